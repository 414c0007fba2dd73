package train

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// Trainer takes a model through the stages of a training. It changes the
// model's tensors in place.
type Trainer struct {
	model   models.Model
	layers  []*models.Layer // its machines, nil where it has none
	levels  []models.Level  // the layers of its encoder, nil where it has none
	stages  []Stage
	images  *data.Images
	seed    uint64
	random  *graph.Random
	recipe  []byte // JSON of everything that decides the result
	at      Position
	seen    int                        // images
	moments map[*graph.Tensor]*Moments // by parameter, once it has learnt
	started map[string]bool            // layers that have begun to learn, by name
	chains  map[string]*graph.Tensor   // what a persistent objective keeps, by name
	best    *best                      // of the stage, nil unless it has had a validation
	last    []LayerStep                // of the last step, used again
	data    features                   // what the steps of the stage see
	memory  int                        // bytes that features may take

	measures map[int]*measuring // of the stage's validation, by batch size
	noise    *graph.Random      // of validations
	probe    *probe             // of the stage, nil before its first epoch has ended
	guessing guessing           // of the stage, since it began or was resumed
}

// New prepares the training of model on images. The seed decides the order of
// the images and everything that is drawn; the model's initial weights should
// come from graph.NewRandom of the same one.
func New(model models.Model, stages []Stage, images *data.Images, seed uint64) (*Trainer, error) {
	switch {
	case images.Len() == 0:
		return nil, fmt.Errorf("train: %s has no images", images.Name)
	case images.Size() != graph.Size(model.InputShape()):
		return nil, fmt.Errorf("train: images of %s are %d×%d×%d, the model wants %v",
			images.Name, images.Height, images.Width, images.Channels, model.InputShape())
	case len(stages) == 0:
		return nil, fmt.Errorf("train: no stages")
	}
	t := &Trainer{
		model: model, layers: layersOf(model), levels: models.LevelsOf(model), stages: slices.Clone(stages), images: images, seed: seed,
		random:  graph.NewRandom(seed),
		noise:   graph.NewRandom(seed),
		moments: map[*graph.Tensor]*Moments{},
		started: map[string]bool{},
		data:    features{images, 0},
		memory:  featureBytes,
	}
	for i, s := range stages {
		err := s.check(model)
		if err == nil {
			// An objective that the model cannot have should say so now, not
			// after the hours of the stages before.
			err = t.checkMachine(s)
		}
		if err != nil {
			return nil, fmt.Errorf("train: stages.%d: %w", i, err)
		}
	}
	var err error
	t.recipe, err = t.describe()
	return t, err
}

// checkMachine finds out whether the model can have the stage's objective, and
// the images what it learns from.
func (t *Trainer) checkMachine(s Stage) error {
	m, err := newMachine(t.model, s, 1, 0, t.newChains(s), t.random)
	if err != nil {
		return err
	}
	if s.Validation >= t.images.Len() {
		return fmt.Errorf("validation on %d of %d images: none are left to learn from", s.Validation, t.images.Len())
	}
	if m.labels == nil {
		return nil
	}
	return checkLabels(t.images, t.model.(models.Classifying).Classes(), t.learnt(s))
}

// learnt is the number of images that a stage learns from.
func (t *Trainer) learnt(s Stage) int { return t.images.Len() - s.Validation }

// describe is everything that decides the result of the training, as JSON.
func (t *Trainer) describe() ([]byte, error) {
	spec, err := models.Types.Encode(t.model.Spec())
	if err != nil {
		return nil, fmt.Errorf("train: model: %w", err)
	}
	return json.Marshal(recipe{
		Model: spec, Stages: t.stages, Seed: t.seed,
		Data: set{Sum: t.images.Sum, Images: t.images.Len(), Shape: []int{t.images.Height, t.images.Width, t.images.Channels}, One: t.images.One},
	})
}

// newChains are what a stage keeps from step to step, in the beginning, by
// name: nothing unless its objective is persistent.
func (t *Trainer) newChains(s Stage) map[string]*graph.Tensor {
	p, ok := s.objective().(persistent)
	if !ok || t.layers == nil || p.check() != nil {
		return nil
	}
	first, last := s.Span(len(t.layers))
	// Streams of their own: a stage that begins twice, because a run was
	// stopped before its first step, begins alike.
	random := graph.NewRandom(t.seed)
	kept := map[string]*graph.Tensor{}
	for _, l := range t.layers[first-1 : last] {
		for _, x := range p.persist(l, random) {
			kept[x.Name] = x
		}
	}
	return kept
}

// startChains puts those of these chains whose states noise cannot be, counts
// of draws, at the first examples: the same ones at all temperatures, as states
// of different numbers of draws must not be swapped.
func (t *Trainer) startChains(s Stage, names []string) {
	if len(t.layers) == 0 || t.data.passed > 0 {
		return
	}
	bottom := t.layers[0]
	if _, ok := bottom.Visible.(unit.Replicated); !ok {
		return
	}
	for _, name := range names {
		if name != bottom.Name+chainsSuffix {
			continue
		}
		states := t.chains[name]
		index := make([]int, states.Shape[0])
		chains := len(index)
		if p, ok := s.objective().(Tempering); ok {
			chains = p.chains()
		}
		for i := range index {
			index[i] = i % chains % t.data.Len()
		}
		t.data.Floats(states.Data, index...)
	}
}

// Position is where the training stands: the batch that comes next. After the
// last one its stage is the number of stages.
func (t *Trainer) Position() Position { return t.at }

// Run takes one step for each turn of the loop over it, from where the
// training stands to its end. A loop that is left can be taken up by another
// Run. Between steps the model may be used and Save may be called; the model's
// parameters must be left as they are.
//
// An error ends the loop: that of ctx once it is done, ErrDiverged where
// numbers are not finite.
func (t *Trainer) Run(ctx context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		for t.at.Stage < len(t.stages) {
			more, err := t.stage(ctx, yield)
			if err != nil {
				yield(Step{}, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// stage goes on with the stage at hand to its end; more is false where the
// caller's loop was left.
func (t *Trainer) stage(ctx context.Context, yield func(Step, error) bool) (more bool, err error) {
	number := t.at.Stage
	s := t.stages[number]
	if err := t.begin(ctx, s); err != nil {
		return false, fmt.Errorf("train: stages.%d: %w", number, err)
	}
	loader := data.NewLoader(t.served(s), s.BatchSize(), t.seed)
	t.measures, t.probe, t.guessing = map[int]*measuring{}, nil, guessing{}
	machines := map[int]*machine{} // by batch size: that of the stage, and that of a short last batch
	for t.at.Stage == number {
		for batch, err := range loader.Epoch(ctx, t.epoch(), t.at.Batch) {
			if err != nil {
				return false, err
			}
			m := machines[batch.N]
			if m == nil {
				if m, err = newMachine(t.model, s, batch.N, t.data.passed, t.chains, t.random); err != nil {
					return false, fmt.Errorf("train: stages.%d: %w", number, err)
				}
				machines[batch.N] = m
				for _, p := range m.learned {
					if t.moments[p] == nil {
						t.moments[p] = newMoments(p, s.optimizer().Slots())
					}
				}
			}
			m.take(t.data.Source, t.images.Labels, batch.Images)
			step, err := t.step(s, m, batch, loader.Batches())
			if err != nil {
				return false, err
			}
			if !yield(step, nil) {
				return false, nil
			}
			if step.EndOfStage { // which may be in the midst of an epoch
				break
			}
		}
	}
	return true, nil
}

// epoch is the number of the epoch since the training began, which decides the
// order of the images.
func (t *Trainer) epoch() int {
	epoch := t.at.Epoch
	for _, s := range t.stages[:t.at.Stage] {
		epoch += s.Epochs
	}
	return epoch
}

// begin prepares a stage: moments of another objective's gradients, or of
// another optimiser, are forgotten, and chains of another objective too, the
// layers below those that learn give their features, and layers
// that learn for the first time start.
func (t *Trainer) begin(ctx context.Context, s Stage) error {
	fresh := t.at.Epoch == 0 && t.at.Batch == 0
	var begun []string // chains
	if fresh {
		same := t.at.Stage > 0 && sameButSteps(s.objective(), t.stages[t.at.Stage-1].objective())
		if !same {
			clear(t.moments)
		}
		forgetOthers(t.moments, s.optimizer())
		chains := t.newChains(s)
		for name := range chains {
			if before := t.chains[name]; same && before != nil {
				chains[name] = before
			} else {
				begun = append(begun, name)
			}
		}
		t.chains = chains
	}
	if err := t.prepare(ctx, s); err != nil {
		return err
	}
	t.startChains(s, begun)
	if len(t.layers) == 0 {
		return nil
	}
	first, last := s.Span(len(t.layers))
	var below metric.Source = head{t.data, startImages}
	passed := t.data.passed
	for i, l := range t.layers[first-1 : last] {
		if !t.started[l.Name] && s.DataStart > 0 {
			var err error
			if below, err = metric.Climb(ctx, t.layers[passed:first-1+i], below, featureBatch); err != nil {
				return err
			}
			passed = first - 1 + i
			examples := below
			if l.Classes > 0 {
				examples = joint{below, t.images.Labels, l.Classes}
			}
			if err := startFromData(l, examples, s.DataStart); err != nil {
				return fmt.Errorf("%s: start from data: %w", l.Name, err)
			}
		}
		if !t.started[l.Name] && s.Transpose && i == 0 {
			startTransposed(l, t.layers[first-2])
		}
		t.started[l.Name] = true
	}
	return nil
}

// step learns from the batch that m has taken and moves the position on.
func (t *Trainer) step(s Stage, m *machine, batch data.Batch, batches int) (Step, error) {
	x := m.Value(m.input)
	if t.at.Epoch == 0 && t.at.Batch == 0 {
		if err := t.checkFirst(s, x, batch.Images); err != nil {
			return Step{}, err
		}
	}
	if err := m.Run(); err != nil {
		return Step{}, err
	}
	if err := m.finite(); err != nil {
		if cause := t.checkNumbers(x, batch.Images); cause != nil {
			return Step{}, cause
		}
		return Step{}, t.diverged(err)
	}
	if t.at.Epoch == 0 && t.at.Batch == 0 {
		if err := m.saturated(); err != nil {
			return Step{}, t.stuck(s, err)
		}
	}
	taken, all := t.at.Epoch*batches+t.at.Batch, s.steps(batches)
	done := float64(taken) / float64(all)
	if err := m.learn(s, t.moments, done); err != nil {
		return Step{}, err
	}

	t.last = m.tell(t.last)
	step := Step{
		Position: t.at, Name: s.Name, Batches: batches, N: batch.N, Images: t.seen + batch.N,
		Rate: s.rate(done), Loss: m.scalar(m.loss), Penalty: m.scalar(m.total) - m.scalar(m.loss), Layers: t.last,
	}
	step.EndOfEpoch = t.at.Batch == batches-1 || taken == all-1
	if step.EndOfEpoch {
		if err := finiteTensors(t.model.Tensors()); err != nil {
			return Step{}, t.diverged(err)
		}
		if err := t.checkScale(s, x, batch.N); err != nil {
			return Step{}, err
		}
		if err := m.saturated(); err != nil {
			return Step{}, t.diverged(err)
		}
		if s.Validation > 0 {
			var err error
			if step.Validation, err = t.validate(s); err != nil {
				return Step{}, err
			}
		}
		step.EndOfStage = taken == all-1 || s.impatient(step.Validation)
	}
	if err := t.checkGuessing(s, step); err != nil {
		return Step{}, err
	}
	if step.EndOfStage {
		t.restoreBest()
		t.mirror(s)
	}
	t.at.Step++
	t.seen = step.Images
	switch {
	case step.EndOfStage:
		t.at.Stage, t.at.Epoch, t.at.Batch = t.at.Stage+1, 0, 0
	case step.EndOfEpoch:
		t.at.Epoch, t.at.Batch = t.at.Epoch+1, 0
	default:
		t.at.Batch++
	}
	return step, nil
}

// mirror lets the decoder of an unrolled model follow the machines that have
// learnt in a stage.
func (t *Trainer) mirror(s Stage) {
	_, ok := s.objective().(bottomUp)
	if u, is := t.model.(unrolled); is && ok {
		u.Mirror(s.Span(len(t.layers)))
	}
}
