package zoo

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// Eval says what of a trained model is measured, and how.
type Eval struct {
	Metrics []string `json:"metrics,omitempty"` // by name; none: all that the model has
	Limit   int      `json:"limit,omitempty"`   // test images at most; 0: all
	Train   int      `json:"train,omitempty"`   // training images, which some metrics use beside them; 0: as many
	Chains  int      `json:"chains,omitempty"`  // of annealing; 0 means 100
	Betas   int      `json:"betas,omitempty"`   // steps of annealing; 0 means 14,500
	Burn    int      `json:"burn,omitempty"`    // Gibbs steps before reverse annealing; 0 means as many as steps of annealing
	Binary  string   `json:"binary,omitempty"`  // how pixels become 0 or 1 for binary visible units; empty means BinarySample
	Seed    uint64   `json:"seed"`
}

// The ways in which pixels become states of binary units.
const (
	BinarySample    = "sample"    // 1 with the probability of their intensity, drawn once
	BinaryThreshold = "threshold" // 1 from one half on
	BinaryGrey      = "grey"      // as they are, which has no likelihood
)

// Evaluation is what was measured. Metrics that were not asked for are nil.
type Evaluation struct {
	Set     string `json:"set"`
	Images  int    `json:"images"`           // tested
	Train   int    `json:"train"`            // images of the training part that were used beside them
	Binary  string `json:"binary,omitempty"` // how pixels became 0 or 1 for likelihoods and the gap, where units are binary
	Seed    uint64 `json:"seed"`
	BuiltIn bool   `json:"built_in,omitempty"`

	LogLikelihood    *LogLikelihood          `json:"loglik,omitempty"`
	Bound            *VariationalBound       `json:"bound,omitempty"`
	Evidence         *metric.Evidence        `json:"evidence,omitempty"` // of a model with distributions of codes
	PseudoLikelihood *float64                `json:"pseudo,omitempty"`   // mean of an image, nats
	Gap              *Gap                    `json:"gap,omitempty"`
	Reconstruction   []Depth                 `json:"reconstruction,omitempty"`
	Restoration      *Restoration            `json:"restoration,omitempty"`
	Components       *Components             `json:"pca,omitempty"`
	Units            []metric.Activity       `json:"units,omitempty"`           // of each layer
	Autocorrelation  *metric.Autocorrelation `json:"autocorrelation,omitempty"` // of the chain of the top machine
	HSPM             []float64               `json:"hspm,omitempty"`            // of the data and of each layer
	AOD              []metric.Overlap        `json:"aod,omitempty"`             // of each layer
	Probe            *float64                `json:"probe,omitempty"`           // test error of a linear classifier of the codes, a share
	Error            *float64                `json:"error,omitempty"`           // test error of the model's own classifier, a share
}

// LogLikelihood is that of the test images under a machine, the mean of an
// image in nats; a log density where visible units are real.
type LogLikelihood struct {
	Exact *float64 `json:"exact,omitempty"` // where the states can be counted
	LogZ  *float64 `json:"log_z,omitempty"` // counted
	// The two enclose it but for chance: AIS errs upwards, its reverse
	// downwards.
	AIS     *Annealed `json:"ais,omitempty"`
	Reverse *Annealed `json:"reverse_ais,omitempty"`
}

// VariationalBound is the lower bound of the log-likelihood of the test images
// under a deep belief network, the mean of an image in nats, by the partition
// function of its top machine.
type VariationalBound struct {
	LogLikelihood
	Draws     int     `json:"draws"`          // of the hidden layers, for each image
	Deviation float64 `json:"standard_error"` // of these draws alone
}

// Annealed is an estimate of log Z, and of what follows from it.
type Annealed struct {
	Value     float64  `json:"value"` // the log-likelihood, or its bound, with that log Z
	LogZ      float64  `json:"log_z"`
	Deviation float64  `json:"standard_error"`
	Low       *float64 `json:"low,omitempty"` // three standard errors of the mean weight away; none where nothing is left
	High      *float64 `json:"high,omitempty"`
	Effective float64  `json:"effective_chains"`
	Chains    int      `json:"chains"`
	Betas     int      `json:"betas"`
	Burn      int      `json:"burn,omitempty"`
}

// annealed is what an estimate makes of a mean log p + log Z.
func annealed(mean float64, e metric.Estimate) *Annealed {
	return &Annealed{mean - e.LogZ, e.LogZ, e.Deviation, finite(e.Low), finite(e.High), e.Effective, e.Chains, e.Betas, e.Burn}
}

// finite is x, or nil for a bound that is none.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Gap is how much lower the free energy of training images is than that of test
// images, in nats: it grows when a model begins to learn them by heart (Hinton's
// "Practical Guide", section 6).
type Gap struct {
	Train float64 `json:"train"` // mean free energy
	Test  float64 `json:"test"`
	Gap   float64 `json:"gap"` // test less train
}

// Components is a linear autoencoder beside as many principal components of
// training images: the best that it can be.
type Components struct {
	Error float64 `json:"mse"`     // of the components, on test images
	Ratio float64 `json:"ratio"`   // of the model's error to it
	Angle float64 `json:"degrees"` // the largest principal angle between what the model decodes codes to and the components
}

// aspect is something that can be measured.
type aspect struct {
	name, about string
	lacks       func(e *evaluator) error // what the model lacks for it, or nil
	measure     func(e *evaluator, ctx context.Context) error
	generative  bool // says nothing of a network that was trained to classify: left out for one unless asked for
}

// aspects are all of them, in the order in which they are shown.
var aspects = []aspect{
	{name: "loglik", about: "log-likelihood: counted where the states can be, else between reverse annealing and annealing", lacks: (*evaluator).noLikelihood, measure: (*evaluator).logLikelihood, generative: true},
	{name: "bound", about: "variational lower bound of the log-likelihood of a stack", lacks: (*evaluator).noBound, measure: (*evaluator).bound, generative: true},
	{name: "evidence", about: "evidence lower bound of a variational autoencoder, and a closer one by importance sampling", lacks: (*evaluator).noPosterior, measure: (*evaluator).evidence, generative: true},
	{name: "gap", about: "free energy of test images less that of training images", lacks: (*evaluator).noEnergy, measure: (*evaluator).gap, generative: true},
	{name: "pseudo", about: "pseudo-likelihood, over every pixel", lacks: (*evaluator).noPseudo, measure: (*evaluator).pseudo, generative: true},
	{name: "reconstruction", about: "mean squared reconstruction error through each depth", lacks: (*evaluator).noCode, measure: (*evaluator).reconstruction},
	{name: "restoration", about: "likeness to the originals of pictures that the model restores, beside what needs no model", lacks: (*evaluator).noRestoration, measure: (*evaluator).restoration},
	{name: "pca", about: "a linear autoencoder beside as many principal components of the training images", lacks: (*evaluator).notLinear, measure: (*evaluator).pca},
	{name: "units", about: "activity of hidden units; how many are dead or saturated", lacks: (*evaluator).noLayers, measure: (*evaluator).units},
	{name: "autocorrelation", about: "Gibbs steps between states as good as independent", lacks: (*evaluator).noChain, measure: (*evaluator).autocorrelation, generative: true},
	{name: "hspm", about: "Hoyer's sparseness of the data and of each layer", lacks: (*evaluator).noLevels, measure: (*evaluator).hspm},
	{name: "aod", about: "overlap of the units active for k classes, in each layer", lacks: (*evaluator).noOverlap, measure: (*evaluator).aod},
	{name: "probe", about: "test error of a linear classifier of the codes", lacks: (*evaluator).noProbe, measure: (*evaluator).probe},
	{name: "error", about: "test error of the model's own classifier", lacks: (*evaluator).noClasses, measure: (*evaluator).error},
}

// Metrics are the names of what Evaluate can measure.
func Metrics() []string {
	names := make([]string, len(aspects))
	for i, a := range aspects {
		names[i] = a.name
	}
	return names
}

// AboutMetrics is a line for each of Metrics.
func AboutMetrics() string {
	var b strings.Builder
	for _, a := range aspects {
		fmt.Fprintf(&b, "  %-16s%s\n", a.name, a.about)
	}
	return b.String()
}

// Check finds what no model can have measured, before one is loaded.
func (o Eval) Check() error {
	for _, name := range o.Metrics {
		if !slices.Contains(Metrics(), name) {
			return fmt.Errorf("zoo: no metric %q%s: want some of %s", name, DidYouMean(name, Metrics()), strings.Join(Metrics(), ", "))
		}
	}
	switch o.Binary {
	case "", BinarySample, BinaryThreshold, BinaryGrey:
	default:
		return fmt.Errorf("zoo: binary %q, want %s, %s or %s", o.Binary, BinarySample, BinaryThreshold, BinaryGrey)
	}
	if min(o.Limit, o.Train, o.Chains, o.Betas, o.Burn) < 0 {
		return fmt.Errorf("zoo: limit %d, train %d, chains %d, betas %d, burn %d: want at least 0", o.Limit, o.Train, o.Chains, o.Betas, o.Burn)
	}
	return nil
}

// Evaluate measures a model. tell, unless nil, hears how far each metric is.
func (o Eval) Evaluate(ctx context.Context, t *Trained, train, test *data.Images, tell func(name string, done, total int)) (*Evaluation, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if tell == nil {
		tell = func(string, int, int) {}
	}
	if o.Limit > 0 {
		test = test.Head(o.Limit)
	}
	train = train.Head(orElse(o.Train, test.Len()))
	e := &evaluator{Eval: o, model: t.Model, corruption: t.Run.Recipe.Corruption(), train: train, test: test, trainStates: train, testStates: test, random: graph.NewRandom(o.Seed), trainLabels: train.Labels, testLabels: test.Labels}
	e.result = &Evaluation{Set: test.Name, Images: test.Len(), Train: train.Len(), Seed: o.Seed, BuiltIn: t.Run.Data.BuiltIn}
	if layered, ok := t.Model.(models.Layered); ok {
		e.layers = layered.Layers()
	}
	if e.binaryStates() {
		e.binarise()
	}
	_, classifies := t.Model.(models.Classifying)
	for _, a := range aspects {
		lacks := a.lacks(e)
		switch asked := slices.Contains(o.Metrics, a.name); {
		case asked && lacks != nil:
			return nil, fmt.Errorf("zoo: %s: %w", a.name, lacks)
		case asked, len(o.Metrics) == 0 && lacks == nil && !(a.generative && classifies):
		default:
			continue
		}
		e.tell = func(done, total int) { tell(a.name, done, total) }
		e.tell(0, 1)
		if err := a.measure(e, ctx); err != nil {
			return nil, fmt.Errorf("zoo: %s: %w", a.name, err)
		}
	}
	return e.result, ctx.Err()
}

// binaryStates tells whether the model is one of zeros and ones.
func (e *evaluator) binaryStates() bool {
	if len(e.layers) > 0 {
		_, ok := e.layers[0].Visible.(unit.Binary)
		return ok
	}
	v, ok := e.model.Spec().(models.Variational)
	return ok && v.Output != "gaussian"
}

// binarise makes images states of zeros and ones. Likelihoods, and the gap
// of free energies, are those of states; all else looks at the images as they
// are, which is what models are trained on.
func (e *evaluator) binarise() {
	way := e.Binary
	if way == "" {
		way = BinarySample
	}
	e.result.Binary = way
	switch way {
	case BinarySample:
		e.trainStates, e.testStates = metric.Binarise(e.train, e.random), metric.Binarise(e.test, e.random)
	case BinaryThreshold:
		e.trainStates, e.testStates = metric.Binarise(e.train, nil), metric.Binarise(e.test, nil)
	}
}

func orElse[T comparable](n, otherwise T) T {
	var zero T
	if n == zero {
		return otherwise
	}
	return n
}
