package train

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// ErrDiverged is wrapped by the error that ends a training whose numbers are
// no longer finite, or of which nothing more can come. The error names the
// stage, the layer, the quantity, the step, the cause where it is seen, and
// what to change.
var ErrDiverged = errors.New("training diverged")

// ErrData is wrapped by the error about data that a model cannot learn from.
var ErrData = errors.New("data do not suit the model")

// diverged adds to what is wrong where it happened and what to do about it.
func (t *Trainer) diverged(what error) error {
	number := min(t.at.Stage, len(t.stages)-1) // after the last stage, in that
	s, prefix := t.stages[number], fmt.Sprintf("stages.%d", number)
	hint := fmt.Sprintf("lower %s.optimizer.rate (%g)", prefix, s.optimizer().LearningRate())
	if cd, ok := s.objective().(CD); ok && cd.Flow > 0 {
		hint += fmt.Sprintf(", or lower %s.objective.flow (%g)", prefix, cd.Flow)
	}
	if f, ok := s.objective().(FPCD); ok {
		hint += fmt.Sprintf(", or lower %s.objective.fast_rate (%g)", prefix, f.FastRate)
	}
	if s.DataStart == 0 && len(t.layers) > 0 {
		hint += fmt.Sprintf(", or start layers from their data (%s.data_start=0.5)", prefix)
	}
	if p := s.Penalties.Sparsity; p.Cost > 0 && p.entropic() && t.layers == nil {
		hint += fmt.Sprintf(", or set %s.penalties.sparsity.form=squared or l1 where a code is not from 0 to 1", prefix)
	}
	for i, l := range t.layers {
		if cause := vanished(l); cause != "" {
			hint = fmt.Sprintf("%s: set the least deviation of the visible units of layer %d, their field least", cause, i+1)
			break
		}
	}
	return t.located(ErrDiverged, number, fmt.Errorf("%w at step %d (epoch %d, batch %d): %s", what, t.at.Step, t.at.Epoch, t.at.Batch, hint))
}

// located says in which stage something is wrong.
func (t *Trainer) located(kind error, number int, what error) error {
	name := fmt.Sprintf("stages.%d", number)
	if s := t.stages[number]; s.Name != "" {
		name += fmt.Sprintf(" (%s)", s.Name)
	}
	return fmt.Errorf("train: %w: %s: %w", kind, name, what)
}

// vanished finds a visible unit whose learned variance has gone to nothing, as
// it does where the data never change: the likelihood has no maximum then.
func vanished(l *models.Layer) string {
	if l.VisibleLogVariance == nil {
		return ""
	}
	const small = -12 // a deviation of 0.0025
	for i, z := range l.VisibleLogVariance.Data {
		if z < small {
			return fmt.Sprintf("the variance of %s's visible unit %d has gone to exp(%.3g), as its data hardly vary", l.Name, i, z)
		}
	}
	return ""
}

// finiteTensors tells of the first of the tensors that has something else than
// numbers.
func finiteTensors(tensors []*graph.Tensor) error {
	for _, t := range tensors {
		for i, x := range t.Data {
			if x-x != 0 {
				return fmt.Errorf("%s[%d] is %g", t.Name, i, x)
			}
		}
	}
	return nil
}

// unsuited is the error about data that a stage cannot learn from.
func (t *Trainer) unsuited(format string, args ...any) error {
	return t.located(ErrData, t.at.Stage, fmt.Errorf(format, args...))
}

// checkNumbers finds values of these images that are no numbers. Where there are
// some the loss is none either.
func (t *Trainer) checkNumbers(x []float32, images []int) error {
	size := len(x) / len(images)
	for i, v := range x {
		if !isFinite(float64(v)) {
			return t.unsuited("value %d of image %d of %s is %g: mend the data, or leave the image out", i%size, images[i/size], t.images.Name, v)
		}
	}
	return nil
}

// checkFirst finds what is wrong with the first batch of a stage: values that are
// no numbers, and if it learns from the images themselves, those that the visible
// units cannot have, or nothing to learn.
func (t *Trainer) checkFirst(s Stage, x []float32, images []int) error {
	if err := t.checkNumbers(x, images); err != nil {
		return err
	}
	if t.data.passed > 0 || t.images.Len() < 2 {
		return nil
	}
	const few = 8 // as many may be alike by chance
	n := len(images)
	alike, size := n >= few, len(x)/n
	least, most, square := x[0], x[0], 0.0
	for i, v := range x {
		alike = alike && v == x[i%size]
		least, most = min(least, v), max(most, v)
		square += float64(v) * float64(v)
	}
	if alike {
		return t.unsuited("all %d images of the first batch are the same, every feature is constant: there is nothing to learn from %s", n, t.images.Name)
	}
	first, _ := s.Span(len(t.layers))
	if len(t.layers) == 0 || first > 1 {
		return nil
	}
	bottom := t.layers[0]
	if logistic(bottom.Visible) && (least < 0 || most > 1) {
		return t.unsuited("values go from %g to %g, but %s's visible units have them from 0 to 1: scale the data to that, or take gaussian units and data of variance 1", least, most, bottom.Name)
	}
	if u, ok := bottom.Visible.(unit.Gaussian); ok {
		// Pixels from 0 to 1 and a deviation of 1/30 are the limit of what
		// somebody may mean.
		const far = 30
		if rms := math.Sqrt(square/float64(len(x))) / or(u.Deviation, 1); rms > far {
			return t.unsuited("values go from %g to %g, %.0f times the deviation of %s's gaussian visible units (root mean square): scale the data to variance 1, or set the units' deviation (%g) to that of the data",
				least, most, rms, bottom.Name, or(u.Deviation, 1))
		}
	}
	return nil
}

// saturated tells whether nothing can be learnt any more, as the hidden units of
// all layers that learn are stuck where their activation is flat.
func (m *machine) saturated() error {
	var first *layerNodes
	for i := range m.layers {
		n := &m.layers[i]
		activity, deviation := m.scalar(n.activity), math.Sqrt(max(0, m.scalar(n.variance)))
		off := activity == 0 && deviation == 0
		end := logistic(n.layer.Hidden) && min(activity, 1-activity) < 1e-3 && deviation < 1e-3
		if !off && !end {
			return nil
		}
		if first == nil {
			first = n
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("%s: all hidden units are at %.3g whatever the data, so no weight has a gradient", first.layer.Name, m.scalar(first.activity))
}

// stuck is the error about a stage whose layers are saturated before it has
// learnt anything.
func (t *Trainer) stuck(s Stage, what error) error {
	first, last := s.Span(len(t.layers))
	for _, l := range t.layers[first-1 : last] {
		for j, b := range l.HiddenBias.Data {
			if math.Abs(float64(b)) > 10 {
				return t.located(ErrDiverged, t.at.Stage, fmt.Errorf("%w: %s[%d] is %g before the first step: start from smaller biases, or from the data (stages.%d.data_start=0.5)",
					what, l.HiddenBias.Name, j, b, t.at.Stage))
			}
		}
	}
	return t.located(ErrDiverged, t.at.Stage, fmt.Errorf("%w before the first step: start from smaller weights (deviation in the model), or from the data (stages.%d.data_start=0.5)", what, t.at.Stage))
}

// guessing follows whether a network tells classes worse than one that has
// learnt nothing and gives all of them the same probability, whose loss is
// log K. A rate that is far too high throws weights about like that for ever,
// in numbers that stay finite.
type guessing struct {
	loss   float64 // sum over the examples of the epoch
	images int     // of the epoch
	steps  int     // of the stage
	worse  int     // epochs in a row
}

const (
	worseThanGuessing = 1.05 // of log K; a network that waits for its weights to grow has log K
	guessingEpochs    = 5    // in a row end a stage; its last epoch is enough
	guessingSteps     = 100  // before that weights as drawn may do what they like
)

// checkGuessing adds a step.
func (t *Trainer) checkGuessing(s Stage, step Step) error {
	classifier, ok := t.model.(models.Classifying)
	if _, learns := s.objective().(Classification); !ok || !learns {
		return nil
	}
	c := &t.guessing
	c.loss += step.Loss * float64(step.N)
	c.images += step.N
	c.steps++
	if !step.EndOfEpoch {
		return nil
	}
	mean, chance := c.loss/float64(c.images), math.Log(float64(classifier.Classes()))
	c.loss, c.images = 0, 0
	c.worse++
	if mean < worseThanGuessing*chance {
		c.worse = 0
	}
	if c.steps < guessingSteps || c.worse == 0 || c.worse < guessingEpochs && !step.EndOfStage {
		return nil
	}
	return t.diverged(fmt.Errorf("the loss, %.3g in the mean of the epoch, is worse than that of guessing among %d classes, %.3g", mean, classifier.Classes(), chance))
}

// tooFar is the root mean square of logistic units' pre-activations that no
// training arrives at, tooFarBinary that of binary units that learn as machines:
// beyond 20 a unit is 0 or 1 to a float32. Machines that have learnt digits well
// have some 5 to 10, and some hundreds at a rate that is a thousand times too
// high; small networks that learn classes well can have some hundreds, too.
const (
	tooFar       = 1000
	tooFarBinary = 100
)

// tooVague is the logarithm of a learned variance that no data have: values
// would be in the ten thousands.
const tooVague = 20

// probe computes the pre-activations of the layers that learn.
type probe struct {
	*graph.Machine
	in      *graph.Node
	layers  []*models.Layer
	squares []*graph.Node // half of the mean square of each
}

func (t *Trainer) newProbe(s Stage, n int) (*probe, error) {
	g := graph.New(nil)
	m := &machine{}
	task := m.inputs(g, t.model, s, n, t.data.passed)
	p, v := &probe{in: task.V}, task.V
	for i, l := range t.layers[t.data.passed:task.Last] {
		_, counts := l.Visible.(unit.Replicated)
		if t.data.passed+i+1 >= task.First && logistic(l.Hidden) && !counts {
			p.layers = append(p.layers, l)
			p.squares = append(p.squares, g.Mean(g.Map(graph.HalfSquare, l.Up(g, v))))
		}
		v = l.Encode(g, v)
	}
	if len(p.layers) == 0 {
		return p, nil
	}
	var err error
	p.Machine, err = g.Compile(p.squares...)
	return p, err
}

// checkScale looks, after an epoch, for layers that have left the range in
// which their units do anything but switch.
func (t *Trainer) checkScale(s Stage, x []float32, n int) error {
	if len(t.layers) == 0 {
		return nil
	}
	if t.probe == nil {
		var err error
		if t.probe, err = t.newProbe(s, n); err != nil {
			return err
		}
	}
	for _, l := range t.layers {
		if z := l.VisibleLogVariance; z != nil && slices.Max(z.Data) > tooVague {
			return t.diverged(fmt.Errorf("%s: the variance of a visible unit has gone to exp(%.3g)", l.Name, slices.Max(z.Data)))
		}
	}
	p := t.probe
	if len(p.layers) == 0 {
		return nil
	}
	if err := errors.Join(p.Set(p.in, x), p.Run()); err != nil {
		return err
	}
	for i, l := range p.layers {
		far := float64(tooFar)
		_, binary := l.Hidden.(unit.Binary)
		if _, machine := s.objective().(bottomUp); binary && machine {
			far = tooFarBinary
		}
		if rms := math.Sqrt(2 * float64(p.Value(p.squares[i])[0])); !(rms < far) {
			return t.diverged(fmt.Errorf("%s: pre-activations of hidden units have a root mean square of %.3g, where these can only be 0 or 1", l.Name, rms))
		}
	}
	return nil
}
