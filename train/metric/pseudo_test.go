package metric

import (
	"context"
	"math"
	"strings"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
)

// The pseudo-likelihood is the sum of conditional probabilities by counting
// hidden states; that of a convolution, and of hidden units that cannot be
// counted, by the free energies of all examples with one unit turned over.
func TestPseudoLikelihoodByEnumeration(t *testing.T) {
	ctx := context.Background()
	examples := table{bits(21, 6), bits(3, 6), bits(58, 6)}
	for _, centred := range []bool{false, true} {
		for name, l := range map[string]*models.Layer{
			"binary": layerOf(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{3, 2, 1}, Units: 4, Centred: centred}, 1),
			"copies": layerOf(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Multinary{Levels: 2}, Shape: []int{6}, Units: 3, Copies: 2, Centred: centred}, 1),
		} {
			copies := 1
			if name == "copies" {
				copies = 2
			}
			twin := twinOf(l, 1, copies)
			want := 0.0
			for _, v := range examples {
				for i := range v {
					turned := append([]float64(nil), v...)
					turned[i] = 1 - v[i]
					a, b := twin.logP(v), twin.logP(turned)
					want += (a - math.Log(math.Exp(a)+math.Exp(b))) / 3
				}
			}
			if got := must[float64](t)(PseudoLikelihood(ctx, l, examples, nil)); math.Abs(got-want) > 1e-5 {
				t.Errorf("%s, centred=%v: %.6f, want %.6f", name, centred, got, want)
			}
		}
		conv := layerOf(t, models.ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{3, 2, 1}, Filters: 2, Kernel: 3, Stride: 1, Pad: 1, Centred: centred}, 1)
		free := func(v []float64) float64 { return must[float64](t)(Unnormalised(conv, table{v}, 1)) }
		want := 0.0
		for _, v := range examples {
			for i := range v {
				turned := append([]float64(nil), v...)
				turned[i] = 1 - v[i]
				want -= math.Log1p(math.Exp(free(turned)-free(v))) / 3
			}
		}
		if got := must[float64](t)(PseudoLikelihood(ctx, conv, examples, nil)); math.Abs(got-want) > 1e-5 {
			t.Errorf("conv, centred=%v: %.6f, want %.6f", centred, got, want)
		}
	}
	l := layerOf(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{6}, Units: 4}, 1)
	if _, err := PseudoLikelihood(ctx, l, rows(1, 3, 6), nil); err == nil || !strings.Contains(err.Error(), "example 0") {
		t.Errorf("grey examples: %v", err)
	}
	l.Visible = unit.Gaussian{}
	if _, err := PseudoLikelihood(ctx, l, examples, nil); err == nil {
		t.Error("Gaussian units have a pseudo-likelihood")
	}
}
