package train

import (
	"context"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// Features of the layers below, computed once, change nothing but the time: a
// training that goes through these layers again for every batch ends at the
// same bits.
func TestFeaturesChangeNothing(t *testing.T) {
	end := func(memory int) map[string][]uint32 {
		stages := []Stage{
			{First: 1, Last: 1, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 10, DataStart: 0.5},
			{First: 2, Last: 2, Optimizer: Adam{Rate: 0.01}, Epochs: 2, Batch: 10, DataStart: 0.5},
			{First: 3, Last: 3, Optimizer: Adam{Rate: 0.01}, Epochs: 2, Batch: 10, DataStart: 0.5, Objective: CD{Noise: models.HiddenNoise}},
		}
		trainer := newTrainer(t, stackSpec(unit.Multinary{}), stages, bars(43), 3)
		trainer.memory = memory
		features, err := trainer.features(context.Background(), stages[2])
		if err != nil {
			t.Fatal(err)
		}
		if (features != nil) != (memory > 0) {
			t.Fatalf("with %d bytes for features: kept is %v", memory, features != nil)
		}
		run(t, trainer, -1)
		return bits(trainer)
	}
	sameBits(t, "features kept and computed again", end(featureBytes), end(0))
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
