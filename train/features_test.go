package train

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// greedy trains one layer after the other.
func greedy() []Stage {
	adam := Adam{Rate: 0.01}
	return []Stage{
		{Last: 1, Optimizer: adam, Epochs: 1, Batch: 10, DataStart: 0.5},
		{First: 2, Last: 2, Optimizer: adam, Epochs: 2, Batch: 10, DataStart: 0.5},
		{First: 3, Optimizer: adam, Epochs: 2, Batch: 10, DataStart: 0.5, Objective: CD{Noise: models.HiddenNoise}},
		{First: 2, Optimizer: adam, Epochs: 1, Batch: 7},
	}
}

// passed trains with so much memory for features, and tells of each stage how many
// layers its data had passed, and what came of it.
func passed(t *testing.T, trainer *Trainer, memory int) ([]int, map[string][]uint32) {
	t.Helper()
	trainer.memory = memory
	var levels []int
	for step, err := range trainer.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if step.EndOfStage {
			levels = append(levels, trainer.data.passed)
		}
	}
	return levels, bits(trainer)
}

// Features of the layers below, computed once, change nothing but the time: a
// training that goes through these layers again for every batch, or that was
// resumed, ends at the same bits.
func TestFeaturesChangeNothing(t *testing.T) {
	const images = 143 // more than are computed at a time
	trained := func(memory int) ([]int, map[string][]uint32) {
		return passed(t, newTrainer(t, stackSpec(unit.Multinary{}), greedy(), bars(images), 3), memory)
	}
	const second, third = 4 * images * 4 * 4 * 6, 4 * images * 20
	levels, want := trained(second)
	if !slices.Equal(levels, []int{0, 1, 2, 1}) {
		t.Errorf("stages see features of layers %v", levels)
	}
	levels, some := trained(second - 1)
	if !slices.Equal(levels, []int{0, 0, 2, 0}) {
		t.Errorf("with memory for the third layer's, stages see features of layers %v", levels)
	}
	levels, none := trained(third - 1)
	if !slices.Equal(levels, []int{0, 0, 0, 0}) {
		t.Errorf("without memory, stages see features of layers %v", levels)
	}
	sameBits(t, "some kept", want, some)
	sameBits(t, "none kept", want, none)

	path := filepath.Join(t.TempDir(), "c")
	for _, at := range []int{20, 43, 50, 80} {
		left := newTrainer(t, stackSpec(unit.Multinary{}), greedy(), bars(images), 3)
		run(t, left, at)
		if err := left.Save(path); err != nil {
			t.Fatal(err)
		}
		// It has been elsewhere, and keeps features of other weights.
		resumed, err := New(newModel(t, stackSpec(unit.Multinary{}), 99), greedy(), bars(images), 3)
		if err != nil {
			t.Fatal(err)
		}
		run(t, resumed, at)
		if err := resumed.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, resumed, -1)
		sameBits(t, "resumed", want, bits(resumed))
	}
}

// code is an architecture without layers: a linear autoencoder, as somebody
// outside this package would define one.
type code struct{ w, a *graph.Tensor }

func (c *code) New(*graph.Random) (models.Model, error) { return c, nil }
func (c *code) Spec() models.Spec {
	return models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Gaussian{}}
}
func (c *code) Tensors() []*graph.Tensor    { return []*graph.Tensor{c.w, c.a} }
func (c *code) Parameters() []*graph.Tensor { return c.Tensors() }
func (c *code) InputShape() []int           { return []int{8, 8, 3} }
func (c *code) CodeShape() []int            { return []int{c.w.Shape[1]} }
func (c *code) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	return g.MatMul(v, g.Param(c.w))
}
func (c *code) Decode(g *graph.Graph, h *graph.Node) *graph.Node {
	y := g.AffineT(h, g.Param(c.w), g.Param(c.a))
	if g.Err() != nil {
		return nil
	}
	return g.Reshape(y, h.Shape()[0], 8, 8, 3)
}

// A model that has a code but no layers learns to reconstruct.
func TestReconstructionOfACode(t *testing.T) {
	c := &code{graph.NewTensor("w", 192, 8), graph.NewTensor("a", 192)}
	graph.NewRandom(1).Stream("w").Normal(c.w.Data)
	for i := range c.w.Data {
		c.w.Data[i] *= 0.05
	}
	trainer, err := New(c, []Stage{{Objective: Reconstruction{}, Optimizer: Adam{Rate: 0.01}, Epochs: 20, Batch: 16}}, bars(64), 1)
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for step, err := range trainer.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, step.Loss)
	}
	if first, last := losses[0], losses[len(losses)-1]; last > first/4 {
		t.Errorf("loss went from %g to %g, want a quarter at most", first, last)
	}
	if _, err := New(c, []Stage{{Optimizer: Adam{Rate: 0.01}, Epochs: 1}}, bars(8), 1); err == nil {
		t.Error("contrastive divergence of a model without layers: want an error")
	}
}
