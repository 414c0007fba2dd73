package zoo_test

import (
	"context"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
)

// Bottleneck is a new architecture: an autoencoder with one hidden layer,
// whose decoder has the encoder's weights. It is plain data; New makes the
// parameters.
type Bottleneck struct {
	Units int `json:"units"`
}

func (b Bottleneck) New(random *graph.Random) (models.Model, error) {
	m := &bottleneck{
		spec: b,
		w:    graph.NewTensor("weight", 28*28, b.Units),
		a:    graph.NewTensor("visible.bias", 28, 28, 1),
		b:    graph.NewTensor("hidden.bias", b.Units),
	}
	random.Stream("init weight").Normal(m.w.Data)
	for i := range m.w.Data {
		m.w.Data[i] *= 0.05
	}
	return m, nil
}

type bottleneck struct {
	spec    Bottleneck
	w, a, b *graph.Tensor
}

func (m *bottleneck) Spec() models.Spec           { return m.spec }
func (m *bottleneck) Tensors() []*graph.Tensor    { return []*graph.Tensor{m.w, m.a, m.b} }
func (m *bottleneck) Parameters() []*graph.Tensor { return m.Tensors() }
func (m *bottleneck) InputShape() []int           { return []int{28, 28, 1} }
func (m *bottleneck) CodeShape() []int            { return []int{m.spec.Units} }

// Encode and Decode are the graph builders: σ(vW + b) and σ(hWᵀ + a).
func (m *bottleneck) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	return g.Map(graph.Sigmoid, g.Affine(v, g.Param(m.w), g.Param(m.b)))
}

func (m *bottleneck) Decode(g *graph.Graph, h *graph.Node) *graph.Node {
	return g.Map(graph.Sigmoid, g.AffineT(h, g.Param(m.w), g.Param(m.a)))
}

// A new architecture is one file: what it is, and how to go up and down as a
// graph. What can be done with it follows: having a code, it learns to
// reconstruct. The name in models.Types is what recipes and weights files call
// it.
func Example_newArchitecture() {
	const seed = 1
	models.Types["bottleneck"] = Bottleneck{}
	model, err := Bottleneck{Units: 64}.New(graph.NewRandom(seed))
	if err != nil {
		fmt.Println(err)
		return
	}
	trainer, err := train.New(model, []train.Stage{{
		Objective: train.Reconstruction{},
		Optimizer: train.Adam{Rate: 0.003},
		Epochs:    4, Batch: 32,
	}}, data.Digits(seed, 1000), seed)
	if err != nil {
		fmt.Println(err)
		return
	}
	sum := 0.0
	for step, err := range trainer.Run(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		sum += step.Loss
		if step.EndOfEpoch {
			fmt.Printf("epoch %d: squared error %.2f\n", step.Epoch+1, sum/float64(step.Batches))
			sum = 0
		}
	}
	// Output:
	// epoch 1: squared error 0.10
	// epoch 2: squared error 0.06
	// epoch 3: squared error 0.05
	// epoch 4: squared error 0.04
}
