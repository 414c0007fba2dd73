package reproduce

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
)

// p1 is the study of pre-training by Boltzmann machines against rectified
// units, and how much of it is done.
type p1 struct {
	*Lab
	epochs      int   // of tuning
	part        int   // one in so many of the pre-training's iterations is done; 1: all
	pairs       []int // of layers, of autoencoders of several depths
	depthEpochs int   // of tuning of these
	batches     []int // beside the paper's 32
	held        int   // training images, and test images, that errors by epoch are of

	trainSet, testSet *data.Images
}

// autoencoder is one of the paper's three, or a variant.
type autoencoder struct {
	name, title string
	recipe      zoo.Recipe
	pretraining []train.Stage // none but for machines
	machines    string        // the name of their run, which variants share
}

func newP1(l *Lab) *p1 {
	e := &p1{Lab: l, epochs: 20, part: 1, pairs: []int{1, 2, 3, 4, 5, 6, 7}, depthEpochs: 5, batches: []int{128, 512}, held: 5000}
	if l.Quick {
		e.epochs, e.part, e.pairs, e.depthEpochs, e.batches, e.held = 2, 20, []int{1, 3, 7}, 1, []int{128}, 1000
	}
	return e
}

// open reads the digits. They are an experiment's own, so that an epoch need
// not read them again.
func (e *p1) open() (err error) {
	source := zoo.Source{Set: "mnist", Size: 28, Whole: true}
	if e.Quick {
		source.Images = 5000
	}
	if e.trainSet, err = source.Open(e.Root, data.Train); err != nil {
		return err
	}
	e.testSet, err = source.Open(e.Root, data.Test)
	return err
}

// recipe is one of the zoo for this experiment, with a tuning of so many
// epochs.
func (e *p1) recipe(name string, epochs int) (zoo.Recipe, error) {
	r, err := zoo.Lookup(zoo.All(), name)
	if err != nil {
		return r, err
	}
	r.BuiltIn = nil // an experiment on other data is another one
	if e.Quick {
		r.Data.Images = 5000
	}
	tuning := r.Stages[len(r.Stages)-1]
	tuning.Epochs = epochs
	r.Stages = []train.Stage{tuning}
	return r, nil
}

// reading is what the paper may mean by an iteration of its pre-training.
type reading struct {
	name, title string
	updates     int // in an iteration
}

// readings are of one update, of an epoch of as many digits as the paper tests
// on, which its count of multiplications fits, and of an epoch of all digits.
var readings = []reading{{"updates", "an update", 1}, {"epochs", "an epoch of 10,000 digits", 40}, {"whole", "an epoch of 60,000 digits", 240}}

// pretraining is the paper's, by a reading.
func (e *p1) pretraining(r reading) []train.Stage {
	stages := zoo.RectifierPretraining(r.updates)
	for i := range stages {
		s := &stages[i]
		s.Updates = (s.Updates + e.part - 1) / e.part
	}
	return stages
}

// three are the paper's autoencoders.
func (e *p1) three() ([]autoencoder, error) {
	all := []autoencoder{
		{name: "rbm", title: "RBM + sigmoid", pretraining: e.pretraining(readings[1]), machines: "machines"},
		{name: "sigmoid", title: "sigmoid"},
		{name: "relu", title: "ReLU"},
	}
	for i, name := range []string{"mnist-ae-rbm-sigmoid", "mnist-ae-sigmoid", "mnist-ae-relu"} {
		var err error
		if all[i].recipe, err = e.recipe(name, e.epochs); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// widths are those of so many layers from 512 units to 32, falling by one
// factor: the paper's for five.
func widths(layers int) []int {
	w := make([]int, layers)
	for i := range w {
		part := float64(layers-1-i) / float64(max(1, layers-1))
		w[i] = int(math.Round(32 * math.Pow(16, part)))
	}
	return w
}

// deep is the autoencoder with other layers. Each machine learns for ten epochs
// of all digits: the paper has no numbers for these.
func (e *p1) deep(a autoencoder, layers []int) autoencoder {
	switch m := a.recipe.Model.(type) {
	case models.Autoencoder:
		m.Layers = layers
		a.recipe.Model = m
	case models.Unrolled:
		body := models.Stack{Shape: []int{28, 28, 1}}
		a.pretraining = nil
		visible := 28 * 28
		for i, n := range layers {
			body.Layers = append(body.Layers, models.RBM{
				Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Units: n, Deviation: math.Sqrt(2 / float64(visible+n)),
			})
			visible = n
			s := e.pretraining(readings[0])[0]
			s.Name, s.First, s.Last = fmt.Sprintf("layer%d", i+1), i+1, i+1
			s.Epochs, s.Updates = 10, 0
			a.pretraining = append(a.pretraining, s)
		}
		m.Body = body
		a.recipe.Model = m
		a.machines = fmt.Sprintf("machines-%d-layers", 2*len(layers))
	}
	return a
}

// missed are mean squared errors of pixels.
type missed struct {
	Train float64 `json:"train"`
	Test  float64 `json:"test"`
}

// tuned is a trained autoencoder, and how it came there.
type tuned struct {
	*run
	pretrained *run     // nil where it was not
	byEpoch    []missed // of the first images, from before the tuning on
	test       float64  // of all test images, in the end
}

// tune trains an autoencoder, or finds it trained.
func (e *p1) tune(ctx context.Context, a autoencoder, seed uint64) (*tuned, error) {
	t := &tuned{}
	a.recipe.Seed = seed
	name, from := fmt.Sprintf("%s-seed%d", a.name, seed), ""
	var err error
	if len(a.pretraining) > 0 {
		from = fmt.Sprintf("%s-seed%d", a.machines, seed)
		if t.pretrained, err = e.pretrain(ctx, a, from); err != nil {
			return nil, err
		}
	}
	if t.run, err = e.Lab.train(ctx, name, a.recipe, from, e.follow(name)); err != nil {
		return nil, err
	}
	start, err := once(e.Lab, name+"-start", t.sum, func() (missed, error) {
		model, err := e.start(a, t.pretrained, seed)
		if err != nil {
			return missed{}, err
		}
		return e.errorsOf(model)
	})
	if err != nil {
		return nil, err
	}
	path := e.measuredFile(name + "-by-epoch")
	if _, err := readJSON(path, &t.byEpoch); err != nil {
		return nil, err
	}
	if err := epochs(path, len(t.byEpoch), a.recipe.Stages[0].Epochs); err != nil {
		return nil, err
	}
	t.byEpoch = append([]missed{start}, t.byEpoch...)
	t.test, err = once(e.Lab, name+"-test", t.sum, func() (float64, error) { return meanError(t.Model, e.testSet) })
	return t, err
}

// pretrain trains the machines of an autoencoder, or finds them trained. What
// the decoder's activation is makes no difference to them.
func (e *p1) pretrain(ctx context.Context, a autoencoder, name string) (*run, error) {
	m := a.recipe.Model.(models.Unrolled)
	m.Decoder = ""
	a.recipe.Model, a.recipe.Stages = m, a.pretraining
	return e.Lab.train(ctx, name, a.recipe, "", nil)
}

// start is the model that a tuning begins with.
func (e *p1) start(a autoencoder, pretrained *run, seed uint64) (models.Model, error) {
	model, err := a.recipe.Model.New(graph.NewRandom(seed))
	if err != nil || pretrained == nil {
		return model, err
	}
	from := pretrained.Model.Tensors()
	for i, x := range model.Tensors() {
		copy(x.Data, from[i].Data)
	}
	return model, nil
}

// follow measures the model at the end of every epoch, into the lab's file of
// that name.
func (e *p1) follow(name string) func(zoo.Progress, *zoo.Training) error {
	return func(p zoo.Progress, t *zoo.Training) error {
		path := e.measuredFile(name + "-by-epoch")
		var all []missed
		if _, err := readJSON(path, &all); err != nil {
			return err
		}
		if err := epochs(path, min(len(all), p.Epoch), p.Epoch); err != nil {
			return err
		}
		now, err := e.errorsOf(t.Model())
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return writeJSON(path, append(all[:p.Epoch], now))
	}
}

// errorsOf are those of the first training and test images.
func (e *p1) errorsOf(model models.Model) (errs missed, err error) {
	if errs.Train, err = meanError(model, e.trainSet.Head(e.held)); err != nil {
		return errs, err
	}
	errs.Test, err = meanError(model, e.testSet.Head(e.held))
	return errs, err
}

// meanError is a model's mean squared error of a pixel.
func meanError(model models.Model, images metric.Source) (float64, error) {
	coder, ok := model.(models.Coder)
	if !ok {
		return 0, fmt.Errorf("reproduce: a model of type %s has no code", models.Types.Name(model.Spec()))
	}
	all, err := metric.Reconstruction(coder, images, batch)
	if err != nil {
		return 0, err
	}
	return all[len(all)-1], nil
}

// runP1 makes the page.
func runP1(ctx context.Context, l *Lab) (*Page, error) {
	e := newP1(l)
	if err := e.open(); err != nil {
		return nil, err
	}
	defer e.trainSet.Close()
	defer e.testSet.Close()
	three, err := e.three()
	if err != nil {
		return nil, err
	}
	trained := make([][]*tuned, len(three)) // by seed
	for _, seed := range l.seeds() {
		for i, a := range three {
			t, err := e.tune(ctx, a, seed)
			if err != nil {
				return nil, err
			}
			trained[i] = append(trained[i], t)
		}
	}
	page := &Page{Title: "Pre-training against rectified units"}
	for _, part := range []func(context.Context, []autoencoder, [][]*tuned) (*Section, error){
		e.figure1, e.figure2, e.cost, e.vanishing, e.depth, e.varied,
	} {
		section, err := part(ctx, three, trained)
		if err != nil {
			return nil, err
		}
		page.Sections = append(page.Sections, *section)
	}
	page.Intro = []string{
		"The study compares three autoencoders 784-512-256-128-64-32-64-128-256-512-784 of digits: of sigmoid units, pre-trained layer by layer as " +
			"restricted Boltzmann machines with Gaussian visible units (*RBM + sigmoid*); of sigmoid units from random weights (*sigmoid*); of rectified units " +
			"clipped at 1 from random weights (*ReLU*). It finds that the pre-trained one starts lowest, that the rectified one ends lowest, and that the third " +
			"hardly learns. These are its figures, done again, and then what it leaves open: what the pre-training costs, whether gradients vanish, other depths.",
		l.provenance("p1"),
	}
	return page, nil
}

// inOrder counts the seeds in which the errors of the last are lowest, then
// those of the first: ReLU, RBM + sigmoid, sigmoid.
func inOrder(trained [][]*tuned, of func(*tuned) float64) (count int) {
	for seed := range trained[0] {
		at := make([]float64, len(trained))
		for i := range trained {
			at[i] = of(trained[i][seed])
		}
		if order := []float64{at[2], at[0], at[1]}; slices.IsSorted(order) {
			count++
		}
	}
	return count
}
