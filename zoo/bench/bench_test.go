package bench

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
)

// What the command's test leaves out: input and growth.
func TestInputAndGrowth(t *testing.T) {
	var said bytes.Buffer
	r, err := Run(context.Background(), Options{
		Only: []string{"input", "growth"}, Quick: true,
		Say: func(format string, _ ...any) { said.WriteString(format + "\n") },
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "CelebA is not there") {
		t.Errorf("it does not say that CelebA is not there, but\n%s", said.String())
	}
	if len(r.Input) != 6 || len(r.Growth) != 5 || len(r.Memory) != 1 || len(r.Gemm)+len(r.Conv)+len(r.Elementwise)+len(r.Steps) > 0 {
		t.Errorf("measured %+v", r)
	}
	for _, i := range r.Input {
		if !(i.Images > 0) || (i.Ratio > 0) != strings.Contains(i.Name, "from the cache") {
			t.Errorf("%+v", i)
		}
	}
	for _, g := range r.Growth {
		if !(g.Ms > 0 && g.Ratio > 0) {
			t.Errorf("%+v", g)
		}
	}
	if m := r.Memory[0]; !(m.Begin > 0 && m.End > 0) {
		t.Errorf("%+v", m)
	}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"GROWTH", "MEMORY", "INPUT", "celeba128-dbn"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// What is exported of a step is a step: the gradients are those that the
// first step of Adam goes against.
func TestExampleIsAStep(t *testing.T) {
	w := deepAutoencoder(3)
	tensors, metadata, err := w.example(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*graph.Tensor{}
	for _, x := range tensors {
		named[x.Name] = x
	}
	if !strings.Contains(metadata["model"], `"type":"autoencoder"`) || metadata["rate"] != "0.0001" {
		t.Errorf("metadata %v", metadata)
	}
	if loss := named["loss"]; loss.Size() != 1 || !(loss.Data[0] > 0) || !slices.Equal(named["batch"].Shape, []int{3, 28, 28, 1}) {
		t.Errorf("loss %v of a batch of shape %v", loss.Data, named["batch"].Shape)
	}
	before, after, gradient := named["decoder5.bias"], named["after.decoder5.bias"], named["gradient.decoder5.bias"]
	for i, d := range gradient.Data {
		want := float64(before.Data[i]) - rate*math.Copysign(1, float64(d))
		if math.Abs(float64(d)) > 1e-5 && math.Abs(float64(after.Data[i])-want) > 1e-6 {
			t.Errorf("%d: %g went to %g against %g, want %g", i, before.Data[i], after.Data[i], d, want)
		}
	}
}

// The products that a step is measured against are those of contrastive
// divergence: for each layer one up, one down, one up again, and the gradients
// of both free energies; of an autoencoder three for each weight, but for the
// first, whose data have no gradient.
func TestProductsOfSteps(t *testing.T) {
	celeba, err := ofRecipe("celeba-dbn", 64, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []work{denseRBM(4), celeba, deepAutoencoder(3)} {
		model, err := w.model.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.build(model)
		if err != nil {
			t.Fatal(err)
		}
		m := s.Products()
		want, products := 0.0, 0
		if layered, ok := model.(models.Layered); ok {
			for _, l := range layered.Layers() {
				places := 1
				if out := l.OutputShape(); len(out) == 3 {
					places = out[0] * out[1]
				}
				want += 5 * 2 * float64(w.stage.Batch*l.Weight.Size()*places)
				products += 5
			}
		} else {
			for i, p := range model.Parameters() {
				if len(p.Shape) == 2 {
					n := 3
					if i == 0 {
						n = 2
					}
					want += float64(n * 2 * w.stage.Batch * p.Size())
					products += n
				}
			}
		}
		if m.Flops() != want || m.Steps() > products {
			t.Errorf("%s: %d products of %g operations, want %d of %g", w.name, m.Steps(), m.Flops(), products, want)
		}
	}
}

func TestUnknownSections(t *testing.T) {
	for word, want := range map[string]string{"gem": "did you mean gemm?", "speed": "want some of gemm, conv"} {
		if _, err := Run(context.Background(), Options{Only: []string{word}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", word, err, want)
		}
	}
}
