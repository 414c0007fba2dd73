package bench

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"boltzoo/graph"
	kernels "boltzoo/graph/bench"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

// Step is how long a training step takes, or another unit of work, and how
// long its matrix products and convolutions alone.
type Step struct {
	Name   string  `json:"name"`
	Ms     float64 `json:"ms"`           // median of the rounds
	BareMs float64 `json:"bare_ms"`      // the same, products and convolutions alone
	Ratio  float64 `json:"ratio"`        // of the two, the median of the rounds' ratios
	Alloc  float64 `json:"alloc_bytes"`  // allocated in a step, the median
	Images float64 `json:"images_per_s"` // at Ms

	spread [2]float64 // the smallest and the largest ratio of a round
}

// work is what is trained: a model by a stage on images.
type work struct {
	name   string
	model  models.Spec
	stage  train.Stage
	images func(seed uint64, n int) *data.Images
}

// rate is that of Adam where steps are measured: so small that hundreds of
// them go nowhere in particular.
const rate = 1e-4

// learning is a stage as training steps are measured: from weights as they are
// drawn, since a step takes no longer or shorter for it.
func learning(s train.Stage, batch int) train.Stage {
	s.Batch, s.Schedule, s.Optimizer, s.DataStart = batch, train.Constant, train.Adam{Rate: rate}, 0
	return s
}

func digits(seed uint64, n int) *data.Images { return repeat(data.Digits(seed, min(n, 512)), n) }

func faces(side int) func(seed uint64, n int) *data.Images {
	return func(seed uint64, n int) *data.Images { return repeat(data.Faces(seed, min(n, 128), side), n) }
}

// repeat is n images, the same again and again: what they show does not matter
// here, and to draw them takes longer than to learn from them.
func repeat(images *data.Images, n int) *data.Images {
	all := *images
	all.Pix = slices.Repeat(images.Pix, (n+images.Len()-1)/images.Len())[:n*images.Size()]
	all.Labels, all.Files = nil, nil
	return &all
}

// denseRBM is a binary machine between the pixels of a digit and 500 hidden
// units, trained by CD-1 with mean fields.
func denseRBM(batch int) work {
	return work{
		name: "rbm-784-500",
		model: models.RBM{
			Visible: unit.Binary{}, Hidden: unit.Binary{},
			Shape: []int{28, 28, 1}, Units: 500,
		},
		stage:  learning(train.Stage{Objective: train.CD{}}, batch),
		images: digits,
	}
}

// ofRecipe is the first stage of a recipe on drawn faces.
func ofRecipe(name string, side, batch int) (work, error) {
	r, err := zoo.Lookup(zoo.All(), name)
	if err != nil {
		return work{}, err
	}
	return work{name: name, model: r.Model, stage: learning(r.Stages[0], batch), images: faces(side)}, nil
}

// deepAutoencoder is a dense one for digits, trained on the squared error.
func deepAutoencoder(batch int) work {
	return work{
		name:   "autoencoder-784-512-256-128-64-32",
		model:  models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{512, 256, 128, 64, 32}},
		stage:  learning(train.Stage{Objective: train.Reconstruction{}}, batch),
		images: digits,
	}
}

// encodeOne is the name of what is no training step: one picture through an
// encoder.
const encodeOne = "mnist-dbn-encode-1"

// works are the training steps that are asked for.
func (o Options) works() ([]work, error) {
	celeba, err := ofRecipe("celeba-dbn", 64, o.size(128, 4))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc([]work{denseRBM(128), celeba, deepAutoencoder(32)}, func(w work) bool { return !wanted(w.name, o.Steps) }), nil
}

// steps measures training steps, and a picture through an encoder.
func (b *benchmark) steps(ctx context.Context) ([]Step, error) {
	works, err := b.works()
	if err != nil {
		return nil, err
	}
	var all []Step
	for _, w := range works {
		b.say("step of %s, batch %d", w.name, w.stage.Batch)
		step, err := b.step(ctx, w)
		if err != nil {
			return nil, fmt.Errorf("bench: %s: %w", w.name, err)
		}
		all = append(all, step)
	}
	if !wanted(encodeOne, b.Steps) {
		return all, nil
	}
	b.say("%s", encodeOne)
	encode, err := b.encode()
	if err != nil {
		return nil, fmt.Errorf("bench: %s: %w", encodeOne, err)
	}
	return append(all, encode), nil
}

// imagesSeed is that of the generated images.
const imagesSeed = 1

// epochBatches is how many batches an epoch has here: as in any training, what
// happens once an epoch is little of a step.
const epochBatches = 64

// step measures the steps of a training against their products.
func (b *benchmark) step(ctx context.Context, w work) (Step, error) {
	model, err := w.model.New(graph.NewRandom(1))
	if err != nil {
		return Step{}, err
	}
	next, stop, err := steppedBy(ctx, w, model, w.images(imagesSeed, b.size(epochBatches, 2)*w.stage.Batch))
	if err != nil {
		return Step{}, err
	}
	defer stop()
	if err := next(); err != nil { // which compiles
		return Step{}, err
	}
	s, err := w.build(model)
	if err != nil {
		return Step{}, err
	}
	return b.against(w.name, w.stage.Batch, next, s.Products().Run)
}

// against measures a step of so many images, and its products alone.
func (b *benchmark) against(name string, images int, step, bare func() error) (Step, error) {
	seconds, err := b.effort.Pace(step, bare)
	if err != nil {
		return Step{}, err
	}
	bytes, err := b.allocated(step)
	if err != nil {
		return Step{}, err
	}
	ratios := kernels.Ratios(seconds[0], seconds[1])
	took := kernels.Median(seconds[0])
	return Step{
		Name: name, Ms: 1e3 * took, BareMs: 1e3 * kernels.Median(seconds[1]), Ratio: kernels.Median(ratios),
		Alloc: bytes, Images: float64(images) / took,
		spread: [2]float64{slices.Min(ratios), slices.Max(ratios)},
	}, nil
}

// allocated is how many bytes a step allocates: the median, so that what is
// made once an epoch is not counted.
func (b *benchmark) allocated(step func() error) (float64, error) {
	var bytes []float64
	for range b.size(9, 1) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := step(); err != nil {
			return 0, err
		}
		runtime.ReadMemStats(&after)
		bytes = append(bytes, float64(after.TotalAlloc-before.TotalAlloc))
	}
	return kernels.Median(bytes), nil
}

// steppedBy returns a function that takes the next step of a training without
// end, and one that stops it.
func steppedBy(ctx context.Context, w work, model models.Model, images *data.Images) (next func() error, stop func(), err error) {
	stage := w.stage
	stage.Epochs = 1 << 30
	trainer, err := train.New(model, []train.Stage{stage}, images, 1)
	if err != nil {
		return nil, nil, err
	}
	step, stop := iter.Pull2(trainer.Run(ctx))
	return func() error {
		_, err, _ := step()
		return err
	}, stop, nil
}

// built is the loss of a batch and its gradients, computed.
type built struct {
	*graph.Machine
	loss      *train.Loss
	gradients []*graph.Node
}

// build computes the loss of a batch and its gradients. What the training adds
// to them, to tell of layers and to centre them, is left out.
func (w work) build(model models.Model) (*built, error) {
	layers := 0
	if layered, ok := model.(models.Layered); ok {
		layers = len(layered.Layers())
	}
	g := graph.New(graph.NewRandom(1))
	task := train.Task{V: g.Input("v", append([]int{w.stage.Batch}, model.InputShape()...)...)}
	task.First, task.Last = w.stage.Span(layers)
	loss, err := w.stage.Objective.Build(g, model, task)
	if err != nil {
		return nil, err
	}
	parameters := make([]*graph.Node, len(loss.Parameters))
	for i, p := range loss.Parameters {
		parameters[i] = g.Param(p)
	}
	s := &built{loss: loss, gradients: g.Grad(loss.Total, parameters...)}
	if s.Machine, err = g.Compile(append(s.gradients, loss.Total)...); err != nil {
		return nil, err
	}
	if err := s.Set(task.V, zoo.Floats(w.images(imagesSeed, w.stage.Batch))); err != nil {
		return nil, err
	}
	return s, s.Run()
}

// encode measures one digit through the encoder of mnist-dbn.
func (b *benchmark) encode() (Step, error) {
	r, err := zoo.Lookup(zoo.All(), "mnist-dbn")
	if err != nil {
		return Step{}, err
	}
	model, err := r.Model.New(graph.NewRandom(1))
	if err != nil {
		return Step{}, err
	}
	coder, ok := model.(models.Coder)
	if !ok {
		return Step{}, fmt.Errorf("a model of type %s has no code", models.Types.Name(model.Spec()))
	}
	pixels := zoo.Floats(digits(imagesSeed, 1))
	g := graph.New(nil)
	v := g.Input("v", append([]int{1}, model.InputShape()...)...)
	m, err := g.Compile(coder.Encode(g, v))
	if err != nil {
		return Step{}, err
	}
	encode := func() error {
		if err := m.Set(v, pixels); err != nil {
			return err
		}
		return m.Run()
	}
	if err := encode(); err != nil {
		return Step{}, err
	}
	return b.against(encodeOne, 1, encode, m.Products().Run)
}
