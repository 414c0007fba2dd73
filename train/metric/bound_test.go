package metric

import (
	"context"
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// logSigma is the log probability of binary states s given pre-activations.
func logSigma(s, x []float64) (sum float64) {
	for i := range s {
		sum += s[i]*x[i] - math.Log1p(math.Exp(x[i]))
	}
	return sum
}

// plainly are the pre-activations of a dense layer in float64, up or down.
func plainly(l *models.Layer, s []float64, up bool) []float64 {
	from, bias := l.VisibleMean, l.HiddenBias
	if !up {
		from, bias = l.HiddenMean, l.VisibleBias
	}
	x, hidden := make([]float64, len(bias.Data)), len(l.HiddenBias.Data)
	for j := range x {
		x[j] = float64(bias.Data[j])
		for i, v := range s {
			if from != nil {
				v -= float64(from.Data[i])
			}
			if up {
				x[j] += v * float64(l.Weight.Data[i*hidden+j])
			} else {
				x[j] += v * float64(l.Weight.Data[j*hidden+i])
			}
		}
	}
	return x
}

// The bound is that by counting all hidden states, in float64, and below the
// log-likelihood that they add up to.
func TestVariationalBoundByEnumeration(t *testing.T) {
	ctx := context.Background()
	for name, spec := range map[string]models.Stack{
		"two layers": {Shape: []int{5}, Layers: []models.Spec{
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4, Centred: true},
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3},
		}},
		"three layers": {Shape: []int{4}, Layers: []models.Spec{
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3},
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4, Centred: true},
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3, Centred: true},
		}},
		"one layer": {Shape: []int{4}, Layers: []models.Spec{models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			model, err := spec.New(graph.NewRandom(2))
			if err != nil {
				t.Fatal(err)
			}
			layers := model.(models.Layered).Layers()
			for i, p := range model.Parameters() {
				copy(p.Data, graphtest.Random(p.Name, uint64(i)+50, p.Shape...).Data)
			}
			below, top := layers[:len(layers)-1], layers[len(layers)-1]
			twin := twinOf(top, 1, 1)
			logZ := twin.logZ()
			// bound and likelihood of everything above the states s of layer k.
			var above func(k int, s []float64) (bound, p float64)
			above = func(k int, s []float64) (bound, p float64) {
				if k == len(below) {
					return twin.logP(s) - logZ, math.Exp(twin.logP(s) - logZ)
				}
				l := below[k]
				x := plainly(l, s, true)
				for i := range 1 << len(x) {
					h := bits(i, len(x))
					q, given := logSigma(h, x), logSigma(s, plainly(l, h, false))
					b, ph := above(k+1, h)
					bound += math.Exp(q) * (given + b - q)
					p += math.Exp(given) * ph
				}
				return bound, p
			}
			v := table{bits(5, graph.Size(spec.Shape)), bits(2, graph.Size(spec.Shape)), bits(12, graph.Size(spec.Shape))}
			want, likelihood := 0.0, 0.0
			for _, s := range v {
				b, p := above(0, s)
				want += b / 3
				likelihood += math.Log(p) / 3
			}
			var many table // 1000 times the three examples: as many draws at once
			for range 1000 {
				many = append(many, v...)
			}
			got := must[Bound](t)(VariationalBound(ctx, layers, many, 20, 500, graph.NewRandom(7), nil))
			if off := math.Abs(got.Mean - logZ - want); !(off <= 5*got.Deviation+1e-5) || got.Deviation > 0.02 {
				t.Errorf("the bound is %.5f ± %.5f, want %.5f", got.Mean-logZ, got.Deviation, want)
			}
			if want > likelihood+1e-12 || len(below) > 0 && likelihood-want < 0.01 {
				t.Errorf("the bound %.5f is not below the log-likelihood %.5f", want, likelihood)
			}
			if len(below) == 0 && math.Abs(want-likelihood) > 1e-9 {
				t.Errorf("the bound of one machine is %.5f, its log-likelihood %.5f", want, likelihood)
			}
		})
	}
}

func TestBoundRefuses(t *testing.T) {
	for want, layers := range map[string][]models.Spec{
		"gaussian visible units, want binary": {
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4},
			models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Units: 3}},
		"no likelihood": {
			models.RBM{Visible: unit.Binary{}, Hidden: unit.ClippedReLU{}, Units: 4},
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3}},
		"7 levels": {
			models.RBM{Visible: unit.Multinary{Levels: 7}, Hidden: unit.Multinary{Levels: 7}, Units: 4},
			models.RBM{Visible: unit.Multinary{Levels: 7}, Hidden: unit.Binary{}, Units: 3}},
	} {
		model, err := models.Stack{Shape: []int{5}, Layers: layers}.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		_, err = VariationalBound(context.Background(), model.(models.Layered).Layers(), rows(1, 3, 5), 1, 10, graph.NewRandom(1), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
