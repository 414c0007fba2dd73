package bench

import (
	"context"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
)

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
