package train

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
)

// alike are n copies of the first bars.
func alike(n int) *data.Images {
	s := bars(1)
	s.Pix = slices.Repeat(s.Pix, n)
	return s
}

// raw are bars whose values are the bytes themselves, up to 255.
func raw(n int) *data.Images {
	s := bars(n)
	s.One = 1
	return s
}

// frozen are bars whose first pixels never change.
func frozen(n int) *data.Images {
	s := bars(n)
	for i := range n {
		for j := range 6 {
			s.Pix[i*192+j] = 128
		}
	}
	return s
}

// What goes wrong in practice ends a training with a message that names the
// cause and what to change.
func TestDivergenceIsExplained(t *testing.T) {
	rbm := func(visible, hidden unit.Unit) models.RBM {
		return models.RBM{Visible: visible, Hidden: hidden, Shape: []int{8, 8, 3}, Units: 10}
	}
	binary, gaussian := rbm(unit.Binary{}, unit.Binary{}), rbm(unit.Gaussian{}, unit.Binary{})
	stage := func(objective Objective, o Optimizer) []Stage {
		return []Stage{{Name: "only", Objective: objective, Optimizer: o, Epochs: 40, Batch: 10}}
	}
	biased := func(t *Trainer) {
		for i := range t.layers[0].HiddenBias.Data {
			t.layers[0].HiddenBias.Data[i] = 50
		}
	}
	oneClass := labelledBars(40)
	for i := range oneClass.Labels {
		oneClass.Labels[i] = 2
	}
	for name, c := range map[string]struct {
		spec   models.Spec
		stages []Stage
		images *data.Images
		spoil  func(t *Trainer)
		kind   error
		want   []string
	}{
		"rate 10, Adam": {binary, stage(CD{}, Adam{Rate: 10}), bars(40), nil, ErrDiverged,
			[]string{"layer1: pre-activations of hidden units have a root mean square of", "lower stages.0.optimizer.rate (10)", "stages.0 (only)"}},
		"rate 10, PCD": {binary, stage(PCD{Chains: 10}, Adam{Rate: 10}), bars(40), nil, ErrDiverged,
			[]string{"pre-activations", "lower stages.0.optimizer.rate (10)"}},
		"rate 10, gradient descent with momentum": {binary, stage(CD{Noise: models.AllNoise}, SGD{10, Ramp{To: 0.9}}), bars(40), nil, ErrDiverged,
			[]string{"layer1", "lower stages.0.optimizer.rate (10)"}},
		"rate 10, gaussian units": {gaussian, stage(CD{}, SGD{Rate: 10}), bars(40), nil, ErrDiverged,
			[]string{"layer1", "lower stages.0.optimizer.rate (10)"}},
		"rate 10, ReLU": {rbm(unit.Gaussian{}, unit.ClippedReLU{}), stage(CD{}, SGD{Rate: 10}), bars(40), nil, ErrDiverged,
			[]string{"layer1", "lower stages.0.optimizer.rate (10)"}},
		"rate 10, learned variances": {rbm(unit.LearnedGaussian{}, unit.NReLU{}), stage(CD{Noise: models.HiddenNoise}, Adam{Rate: 10}), bars(40), nil, ErrDiverged,
			[]string{"layer1: the variance of a visible unit has gone to exp(", "lower stages.0.optimizer.rate (10)"}},
		"rate 10, classes": {barsClassifier(), stage(Classification{}, SGD{10, Ramp{To: 0.9}}), labelledBars(40), nil, ErrDiverged,
			[]string{"stages.0 (only)", "is worse than that of guessing among 4 classes, 1.39", "lower stages.0.optimizer.rate (10)"}},
		"fast weights": {gaussian, stage(FPCD{Chains: 10, FastRate: 10}, Adam{Rate: 0.01}), bars(40), nil, ErrDiverged,
			[]string{"lower stages.0.objective.fast_rate (10)"}},
		"raw bytes for gaussian units": {gaussian, stage(CD{}, Adam{Rate: 0.001}), raw(40), nil, ErrData,
			[]string{"values go from 40 to 249, 68 times the deviation of layer1's gaussian visible units", "scale the data to variance 1", "deviation (1)"}},
		"raw bytes for binary units": {binary, stage(PCD{}, Adam{Rate: 0.001}), raw(40), nil, ErrData,
			[]string{"values go from 40 to 249, but layer1's visible units have them from 0 to 1"}},
		"raw bytes for multinary units": {rbm(unit.Multinary{}, unit.Binary{}), stage(CD{}, Adam{Rate: 0.001}), raw(40), nil, ErrData,
			[]string{"values go from 40 to 249, but layer1's visible units have them from 0 to 1"}},
		"hidden biases of 50": {binary, stage(CD{}, Adam{Rate: 0.01}), bars(40), biased, ErrDiverged,
			[]string{"layer1: all hidden units are at 1", "layer1.hidden.bias[0] is 50 before the first step", "stages.0.data_start=0.5"}},
		"weights that switch all units off": {rbm(unit.Binary{}, unit.ClippedReLU{}), stage(CD{}, Adam{Rate: 0.01}), bars(40), func(t *Trainer) {
			for i := range t.layers[0].Weight.Data {
				t.layers[0].Weight.Data[i] = -1
			}
		}, ErrDiverged, []string{"all hidden units are at 0", "smaller weights"}},
		"constant features": {binary, stage(CD{}, Adam{Rate: 0.01}), alike(40), nil, ErrData,
			[]string{"all 10 images of the first batch are the same", "nothing to learn"}},
		"features whose variance is learned away": {rbm(unit.LearnedGaussian{}, unit.Binary{}), stage(CD{Noise: models.AllNoise}, Adam{Rate: 0.01}), frozen(40), func(t *Trainer) {
			for j := range 6 { // as after a long training
				t.layers[0].VisibleLogVariance.Data[j] = -88
			}
		}, ErrDiverged, []string{"the variance of layer1's visible unit 0 has gone to exp(-88)", "hardly vary", "least"}},
		"one class": {barsClassifier(), stage(Classification{}, SGD{Rate: 0.1}), oneClass, nil, nil,
			[]string{"stages.0: all 40 images of bars that are learnt from are of class 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			model, err := c.spec.New(graph.NewRandom(1))
			if err != nil {
				t.Fatal(err)
			}
			trainer, err := New(model, c.stages, c.images, 1)
			if err == nil {
				if c.spoil != nil {
					c.spoil(trainer)
				}
				for _, err = range trainer.Run(context.Background()) {
				}
			}
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			t.Log(err)
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// Data that are no numbers are found where they are. (Images of bytes cannot
// hold them, so that these are batches by hand.)
func TestDataAreExplained(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 10}
	for want, change := range map[string]func(x []float32){
		"value 5 of image 31 of bars is NaN: mend the data": func(x []float32) { x[192+5] = float32(math.NaN()) },
		"value 0 of image 7 of bars is +Inf":                func(x []float32) { x[0] = float32(math.Inf(1)) },
	} {
		trainer := newTrainer(t, spec, []Stage{{Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 2}}, bars(40), 1)
		s := trainer.stages[0]
		m, err := newMachine(trainer.model, s, 2, 0, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		m.take(trainer.images, nil, []int{7, 31})
		change(m.Value(m.input))
		if _, err := trainer.step(s, m, data.Batch{N: 2, Images: []int{7, 31}}, 20); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A stack of which one layer is dead, or a layer that sleeps at first, is no
// divergence: others learn, or it wakes up.
func TestWhatIsNoDivergence(t *testing.T) {
	for name, c := range map[string]struct {
		spec  models.Spec
		stage Stage
		spoil func(t *Trainer)
	}{
		"one layer of three": {stackSpec(unit.Binary{}), Stage{}, func(t *Trainer) {
			for i := range t.layers[1].HiddenBias.Data {
				t.layers[1].HiddenBias.Data[i] = -50
			}
		}},
		"small weights": {stackSpec(unit.Binary{}), Stage{}, func(t *Trainer) {
			for _, l := range t.layers {
				for i := range l.Weight.Data {
					l.Weight.Data[i] *= 1e-3
				}
			}
		}},
		"a start from data": {models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 10}, Stage{DataStart: 0.5}, func(t *Trainer) {
			for i := range t.layers[0].HiddenBias.Data {
				t.layers[0].HiddenBias.Data[i] = 50
			}
		}},
	} {
		c.stage.Optimizer, c.stage.Epochs, c.stage.Batch = Adam{Rate: 0.01}, 3, 10
		trainer := newTrainer(t, c.spec, []Stage{c.stage}, bars(40), 1)
		c.spoil(trainer)
		for _, err := range trainer.Run(context.Background()) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
