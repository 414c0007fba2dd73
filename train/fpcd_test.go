package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
)

// Fast weights follow W ← ηW − ε dL/dW, L's gradient being that which the
// machine itself learns by.
func TestFastWeightsLearnAndDecay(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 6}
	stages := []Stage{{Objective: FPCD{Chains: 8, FastRate: 0.3, Decay: 0.6}, Optimizer: SGD{Rate: 0.1}, Epochs: 2, Batch: 20}}
	trainer := newTrainer(t, spec, stages, bars(40), 1)
	l := trainer.layers[0]
	names := []string{"layer1.fast.weight", "layer1.fast.visible.bias", "layer1.fast.hidden.bias"}
	slow := []*graph.Tensor{l.Weight, l.VisibleBias, l.HiddenBias}
	want := make([][]float64, 3)
	for step := range 4 {
		before := [][]float32{slices.Clone(slow[0].Data), slices.Clone(slow[1].Data), slices.Clone(slow[2].Data)}
		run(t, trainer, 1)
		for i, x := range slow {
			fast := trainer.chains[names[i]]
			if want[i] == nil {
				want[i] = make([]float64, len(x.Data))
			}
			for j := range x.Data {
				gradient := float64(before[i][j]-x.Data[j]) / 0.1
				want[i][j] = 0.6*want[i][j] - 0.3*gradient
				if math.Abs(float64(fast.Data[j])-want[i][j]) > 1e-4 {
					t.Fatalf("step %d: %s[%d] is %g, want %g", step, names[i], j, fast.Data[j], want[i][j])
				}
			}
		}
	}
}

// Each persistent objective finds the likelihood's maximum, which lies at minus
// the entropy of the data; see TestPCDMaximisesLikelihood.
func TestPersistentObjectivesMaximiseLikelihood(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{2, 2, 1}, Units: 4, Deviation: 0.5}
	for _, objective := range []Objective{
		FPCD{Chains: 256, FastRate: 0.02},
		Tempering{Chains: 64, Temperatures: 4},
	} {
		stages := []Stage{{Objective: objective, Optimizer: Adam{Rate: 0.02}, Schedule: Linear, Epochs: 300, Batch: 64}}
		trainer := newTrainer(t, spec, stages, pairs(512), 2)
		before := logLikelihood(trainer.layers[0])
		run(t, trainer, -1)
		if after := logLikelihood(trainer.layers[0]); after < -1.36 || after > -1.21 {
			t.Errorf("%#v: log-likelihood went from %.3f to %.3f nats, want near the bound −1.21", objective, before, after)
		}
	}
}

// What they keep is in a checkpoint.
func TestPersistentObjectivesResume(t *testing.T) {
	for _, objective := range []stepped{FPCD{Chains: 7, FastRate: 0.1}, Tempering{Chains: 5, Temperatures: 3}} {
		stages := []Stage{
			{First: 2, Last: 3, Objective: objective, Optimizer: Adam{Rate: 0.01}, Epochs: 2, Batch: 10},
			{First: 2, Last: 3, Objective: objective.steps(2), Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 10},
		}
		whole := resumes(t, func() *Trainer {
			return newTrainer(t, stackSpec(unit.Binary{}), stages, bars(43), 3)
		}, 3, 9, 10, 12)
		for name, x := range whole.chains {
			if !strings.Contains(name, ".gaps") && slices.Max(x.Data) == slices.Min(x.Data) {
				t.Errorf("%#v: nothing has happened to %s", objective, name)
			}
		}
	}
}

func TestPersistentObjectivesRefuse(t *testing.T) {
	for want, objective := range map[string]Objective{
		"pcd: k 0 and chains -1":           PCD{Chains: -1},
		"fpcd: k -1":                       FPCD{K: -1, FastRate: 1},
		"fpcd: fast_rate 0":                FPCD{},
		"fast_rate 1 and decay 1":          FPCD{FastRate: 1, Decay: 1},
		"tempering: 1 temperatures":        Tempering{Temperatures: 1},
		"tempering: k 0 and chains -3":     Tempering{Chains: -3},
		"cd: explicit with flow":           CD{Explicit: true, Flow: 1},
		"the objective brings its own gra": CD{Explicit: true},
	} {
		stage := Stage{Objective: objective, Optimizer: Adam{Rate: 0.1}, Epochs: 1}
		if strings.HasPrefix(want, "the") {
			stage.Penalties.L2 = 1
		}
		if _, err := New(newModel(t, stackSpec(unit.Binary{}), 1), []Stage{stage}, bars(4), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%#v: %v, want %q", objective, err, want)
		}
	}
}

// Learning by explicit statistics is learning by the derivative, to rounding.
func TestExplicitStatisticsLearnTheSame(t *testing.T) {
	var ends [2][]float32
	for i, explicit := range []bool{false, true} {
		stages := []Stage{{Objective: CD{K: 2, Explicit: explicit}, Optimizer: SGD{Rate: 0.05}, Epochs: 2, Batch: 10, DataStart: 0.5}}
		trainer := newTrainer(t, stackSpec(unit.Multinary{}), stages, bars(43), 1)
		run(t, trainer, -1)
		for _, x := range trainer.model.Parameters() {
			ends[i] = append(ends[i], x.Data...)
		}
	}
	near(t, "parameters", ends[1], ends[0], 1e-4)
}

// Chains of counts start at documents, whose lengths they keep.
func TestChainsOfCounts(t *testing.T) {
	images := &data.Images{Name: "words", Height: 1, Width: 5, Channels: 1, Sum: "words", One: 1}
	for i := range 30 {
		images.Pix = append(images.Pix, byte(i%4), 3, byte(i%3), 0, 1)
	}
	spec := models.RBM{Visible: unit.ReplicatedSoftmax{}, Hidden: unit.Binary{}, Shape: []int{1, 5, 1}, Units: 4}
	for _, objective := range []stepped{PCD{Chains: 40}, FPCD{Chains: 20, FastRate: 0.01}, Tempering{Chains: 7, Temperatures: 3}} {
		stages := []Stage{{Objective: objective, Optimizer: Adam{Rate: 0.01}, Epochs: 2, Batch: 10}}
		whole := resumes(t, func() *Trainer { return newTrainer(t, spec, stages, images, 1) }, 0, 3)
		states := whole.chains["layer1.chains"]
		for c := range states.Shape[0] {
			words, want := float32(0), float32(0)
			for j := range 5 {
				words += states.Data[c*5+j]
				if _, ok := objective.(Tempering); ok {
					want += float32(images.Pix[c%7*5+j])
				} else {
					want += float32(images.Pix[c%30*5+j])
				}
			}
			if words != want {
				t.Errorf("%#v: chain %d has %g words, began with %g", objective, c, words, want)
			}
		}
	}
}
