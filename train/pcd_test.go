package train

import (
	"math"
	"path/filepath"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
)

// pairs are 2×2 pictures, of which the two upper pixels agree and the two
// lower ones: four pictures, in the shares 4, 2, 1, 1 of 8.
func pairs(n int) *data.Images {
	s := &data.Images{Name: "pairs", Height: 2, Width: 2, Channels: 1, Sum: "pairs"}
	for i := range n {
		state := [...]int{3, 3, 3, 3, 12, 12, 15, 0}[i%8]
		for j := range 4 {
			s.Pix = append(s.Pix, byte(255*(state>>j&1)))
		}
	}
	return s
}

// logLikelihood is the exact mean log-likelihood of pairs under a binary
// machine, all states of which are counted.
func logLikelihood(l *models.Layer) (sum float64) {
	hidden := l.Weight.Shape[1]
	free := make([]float64, 16) // −log Σ_h exp(−E(v,h))
	z := 0.0
	for v := range free {
		f := 0.0
		for i := range 4 {
			f -= float64(l.VisibleBias.Data[i]) * float64(v>>i&1)
		}
		for j := range hidden {
			x := float64(l.HiddenBias.Data[j])
			for i := range 4 {
				x += float64(l.Weight.Data[i*hidden+j]) * float64(v>>i&1)
			}
			f -= math.Log1p(math.Exp(x))
		}
		free[v] = f
		z += math.Exp(-f)
	}
	for _, v := range []int{3, 3, 3, 3, 12, 12, 15, 0} {
		sum += (-free[v] - math.Log(z)) / 8
	}
	return sum
}

// Persistent chains find the likelihood's maximum, which lies at minus the
// entropy of the data.
func TestPCDMaximisesLikelihood(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{2, 2, 1}, Units: 4, Deviation: 0.5}
	stages := []Stage{{Objective: PCD{Chains: 256, K: 2}, Optimizer: Adam{Rate: 0.02}, Schedule: Linear, Epochs: 400, Batch: 64}}
	trainer := newTrainer(t, spec, stages, pairs(512), 2)
	l := trainer.layers[0]
	before := logLikelihood(l)
	run(t, trainer, -1)
	// Independent units reach −2.65.
	if after := logLikelihood(l); after < -1.35 || after > -1.21 {
		t.Errorf("log-likelihood went from %.3f to %.3f nats, want near the bound −1.21", before, after)
	}
}

// A checkpoint has the chains: a training that is taken up in the middle of an
// epoch ends at the same bits.
func TestPCDResumes(t *testing.T) {
	stages := []Stage{
		{Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 10, DataStart: 0.5},
		{First: 3, Last: 3, Objective: PCD{Chains: 7}, Optimizer: Adam{Rate: 0.01}, Epochs: 3, Batch: 10},
	}
	whole := newTrainer(t, stackSpec(unit.Multinary{Levels: 8}), stages, bars(43), 3)
	run(t, whole, -1)
	first := newTrainer(t, stackSpec(unit.Multinary{Levels: 8}), stages, bars(43), 3)
	run(t, first, 9)
	path := filepath.Join(t.TempDir(), "state.safetensors")
	if err := first.Save(path); err != nil {
		t.Fatal(err)
	}
	second := newTrainer(t, stackSpec(unit.Multinary{Levels: 8}), stages, bars(43), 3)
	if err := second.Load(path); err != nil {
		t.Fatal(err)
	}
	run(t, second, -1)
	sameBits(t, "resumed", bits(whole), bits(second))
	for layer, chains := range whole.chains {
		for i, s := range chains.Data {
			if s != second.chains[layer].Data[i] {
				t.Fatalf("chains of %s differ at %d", layer, i)
			}
		}
	}
}
