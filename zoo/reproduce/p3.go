package reproduce

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
)

// p3 is the sparseness study of Li, Luo, Yang and Yuan (2013), and how much of
// it is done.
type p3 struct {
	*Lab
	digits, songs network
	wide, deep    []int // hidden units of the machines of figures 1(b) and 1(c)
	figureEpochs  int   // of each of their layers; the paper has 1000
	rateEpochs    int   // in which a rate shows what it is worth
	decayEpochs   int   // in which a weight decay does
}

// network is one of the paper's two networks, on its data.
type network struct {
	name     string // of the data, as recipes have it
	recipe   zoo.Recipe
	pretrain int // epochs of each layer
	tune     int // epochs of back-propagation
	held     int // examples at the end of the training set, which decide on the rate
	paper    []row
	text     string
}

// row is what the paper's tables say of a model.
type row struct {
	model string
	hspm  []float64 // of the data and of the layers
	error float64   // on test data; 0: it does not say
}

// rates are those that the paper chose from.
var rates = []float64{1, 0.1, 0.05, 0.01}

func newP3(l *Lab) (*p3, error) {
	e := &p3{
		Lab: l,
		digits: network{
			name: "mnist", pretrain: 100, tune: 200, held: 10000,
			paper: []row{
				{"DBN", []float64{0.63, 0.39, 0.53, 0.63}, 0.0117},
				{"DpRBM", []float64{0.63, 0.39, 0.58, 0.67}, 0},
				{"Dsigm", []float64{0.63, 0.17, 0.18, 0.06}, 0.0201},
			},
			text: "500-500-2000 units on MNIST.",
		},
		songs: network{
			name: "birdsong", pretrain: 100, tune: 100, held: 2000,
			paper: []row{
				{"DBN", []float64{0.29, 0.12, 0.12, 0.35}, 0.096},
				{"DpRBM", []float64{0.29, 0.62, 0.68, 0.59}, 0},
				{"Dsigm", []float64{0.29, 0.08, 0.11, 0.43}, 0.137},
			},
			text: "50-100-100 units on frames of 16 MFCC. The paper's recordings (35 species, ICML 2013 challenge) are not to be " +
				"had. Ours are twelve, one a species; the paper's numbers stand beside ours for orientation, not for comparison.",
		},
		wide: []int{500, 1000, 2000, 3000, 5000}, deep: []int{500, 1000},
		figureEpochs: 20, rateEpochs: 20, decayEpochs: 40,
	}
	if l.Quick {
		e.digits.pretrain, e.digits.tune, e.digits.held = 3, 5, 1000
		e.songs.pretrain, e.songs.tune = 5, 10
		e.wide, e.deep = []int{250, 500, 1000}, []int{250}
		e.figureEpochs, e.rateEpochs, e.decayEpochs = 2, 3, 3
	}
	for _, n := range []*network{&e.digits, &e.songs} {
		name := n.name + "-dbn"
		if n.name == "mnist" {
			name = "mnist-dbn-500-500-2000"
		}
		var err error
		if n.recipe, err = zoo.Lookup(zoo.All(), name); err != nil {
			return nil, err
		}
		n.recipe.BuiltIn = nil // an experiment on other data is another one
	}
	if l.Quick {
		e.digits.recipe.Data.Images = 5000
	}
	return e, nil
}

// runP3 makes the page.
func runP3(ctx context.Context, l *Lab) (*Page, error) {
	e, err := newP3(l)
	if err != nil {
		return nil, err
	}
	page := &Page{Title: "Sparseness of pre-trained networks"}
	for _, part := range []func(context.Context) (*Section, error){
		func(ctx context.Context) (*Section, error) { return e.table(ctx, "Table 1: digits", e.digits) },
		func(ctx context.Context) (*Section, error) { return e.table(ctx, "Table 2: bird song", e.songs) },
		e.decay, e.figure1a, e.figure1b, e.figure1c, e.figure2,
	} {
		section, err := part(ctx)
		if err != nil {
			return nil, err
		}
		page.Sections = append(page.Sections, *section)
	}
	page.Intro = []string{
		"Li, Luo, Yang and Yuan (arXiv 1312.5813) measured how sparsely the hidden units of networks answer that were " +
			"pre-trained as restricted Boltzmann machines, and those of the same networks trained from random weights. These are " +
			"their tables and figures, done again. *DpRBM* is pre-trained only, *DBN* pre-trained and fine-tuned, *Dsigm* trained from random weights.",
		l.provenance("p3"),
	}
	return page, nil
}

// trio are the three networks of one seed.
type trio struct {
	dbn, pretrained, sigmoid *run
	dbnRate, sigmoidRate     float64
	dbnTried, sigmoidTried   []attempt
}

// attempt is how a rate did on the examples held out, in a short training.
type attempt struct {
	Rate     float64 `json:"rate"`
	Error    float64 `json:"error"` // share of examples
	Diverged bool    `json:"diverged,omitempty"`
}

// trio trains the three networks of a seed, or finds them trained.
func (e *p3) trio(ctx context.Context, n network, seed uint64) (*trio, error) {
	t := &trio{}
	n.recipe.Seed = seed
	name := func(part string) string { return fmt.Sprintf("%s-%s-seed%d", n.name, part, seed) }
	pretrained := n.recipe
	pretrained.Stages = zoo.Pretraining(3, n.pretrain)
	var err error
	if t.pretrained, err = e.train(ctx, name("pretrained"), pretrained, "", e.watch(name("by-epoch"))); err != nil {
		return nil, err
	}
	if t.dbn, t.dbnTried, err = e.tuned(ctx, n, name("dbn"), t.pretrained); err != nil {
		return nil, err
	}
	if t.sigmoid, t.sigmoidTried, err = e.tuned(ctx, n, name("sigmoid"), nil); err != nil {
		return nil, err
	}
	t.dbnRate, t.sigmoidRate = best(t.dbnTried).Rate, best(t.sigmoidTried).Rate
	return t, nil
}

// tuned is the network trained by back-propagation from the weights of the run
// from, or from random ones, at the rate that does best on examples held out, and
// what the rates did.
func (e *p3) tuned(ctx context.Context, n network, name string, from *run) (*run, []attempt, error) {
	init, sum := "", ""
	if from != nil {
		init, sum = from.name, from.sum
	}
	of, err := json.Marshal([]any{n.recipe, n.held, e.rateEpochs, rates, sum})
	if err != nil {
		return nil, nil, err
	}
	attempts, err := once(e.Lab, name+"-rates", string(of), func() ([]attempt, error) {
		var all []attempt
		for _, rate := range rates {
			a, err := e.attempt(ctx, n, fmt.Sprintf("%s-rate%g", name, rate), init, rate)
			if err != nil {
				return nil, err
			}
			all = append(all, a)
		}
		return all, nil
	})
	if err != nil {
		return nil, nil, err
	}
	if best(attempts).Diverged {
		return nil, nil, fmt.Errorf("reproduce: %s: at all rates %v it diverges", name, rates)
	}
	recipe := n.recipe
	recipe.Stages = []train.Stage{zoo.FineTuning(best(attempts).Rate, n.tune)}
	r, err := e.train(ctx, name, recipe, init, nil)
	return r, attempts, err
}

// best is the attempt with the fewest errors.
func best(all []attempt) attempt {
	return slices.MinFunc(all, func(a, b attempt) int { return cmp.Compare(a.Error, b.Error) })
}

// attempt trains for a short time, without the examples held out.
func (e *p3) attempt(ctx context.Context, n network, name, from string, rate float64) (attempt, error) {
	stage := zoo.FineTuning(rate, e.rateEpochs)
	stage.Validation = n.held
	recipe := n.recipe
	recipe.Stages = []train.Stage{stage}
	a := attempt{Rate: rate, Error: 1}
	r, err := e.train(ctx, name, recipe, from, nil)
	if errors.Is(err, train.ErrDiverged) {
		a.Diverged = true
		return a, nil
	}
	if err != nil {
		return a, err
	}
	images, err := recipe.Data.Open(e.Root, data.Train)
	if err != nil {
		return a, err
	}
	defer images.Close()
	a.Error, err = classErrors(r, images.Tail(n.held))
	return a, err
}

// classErrors is the share of examples that a run takes for another class.
func classErrors(r *run, images *data.Images) (float64, error) {
	classifier, ok := r.Model.(models.Classifying)
	if !ok {
		return 0, fmt.Errorf("reproduce: %s: a model of type %s tells no classes", r.name, models.Types.Name(r.Model.Spec()))
	}
	return metric.ClassificationError(classifier, metric.Labelled{Source: images, Labels: images.Labels}, batch)
}
