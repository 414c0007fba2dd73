package metric

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// layerOf makes a machine with parameters of the given deviation in all places.
func layerOf(t *testing.T, spec models.Spec, deviation float32) *models.Layer {
	t.Helper()
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	l := model.(models.Layered).Layers()[0]
	for i, p := range l.Tensors() {
		copy(p.Data, graphtest.Random(p.Name, uint64(i)+31, p.Shape...).Data)
		for j := range p.Data {
			p.Data[j] *= deviation
		}
	}
	return l
}

// bits is the i-th of the 2ⁿ binary vectors.
func bits(i, n int) []float64 {
	s := make([]float64, n)
	for j := range s {
		s[j] = float64(i >> j & 1)
	}
	return s
}

// binaryTwin is a dense machine in float64, with each unit written out as the
// binary copies that it stands for: a multinary unit of N levels is N of them.
type binaryTwin struct {
	w            [][]float64
	a, b, mu, la []float64
	copiesV      int
}

func twinOf(l *models.Layer, copiesV, copiesH int) binaryTwin {
	t := binaryTwin{copiesV: copiesV}
	of := func(x *graph.Tensor, i int) float64 {
		if x == nil {
			return 0
		}
		return float64(x.Data[i])
	}
	hidden := len(l.HiddenBias.Data)
	for i := range len(l.VisibleBias.Data) * copiesV {
		i /= copiesV
		t.a, t.mu = append(t.a, of(l.VisibleBias, i)), append(t.mu, of(l.VisibleMean, i))
		var row []float64
		for j := range hidden * copiesH {
			// The products of shares of N and of gN count N g times.
			row = append(row, of(l.Weight, i*hidden+j/copiesH)/float64(copiesV))
		}
		t.w = append(t.w, row)
	}
	for j := range hidden * copiesH {
		t.b, t.la = append(t.b, of(l.HiddenBias, j/copiesH)), append(t.la, of(l.HiddenMean, j/copiesH))
	}
	return t
}

// logP is log Σ_h exp(−E(v,h)) by the definition.
func (t binaryTwin) logP(v []float64) float64 {
	sum := 0.0
	for j := range 1 << len(t.b) {
		h := bits(j, len(t.b))
		e := 0.0
		for k := range h {
			e += t.b[k] * (h[k] - t.la[k])
		}
		for i := range v {
			e += t.a[i] * (v[i] - t.mu[i])
			for k := range h {
				e += (v[i] - t.mu[i]) * t.w[i][k] * (h[k] - t.la[k])
			}
		}
		sum += math.Exp(e)
	}
	return math.Log(sum)
}

func (t binaryTwin) logZ() float64 {
	z := 0.0
	for i := range 1 << len(t.a) {
		z += math.Exp(t.logP(bits(i, len(t.a))))
	}
	return math.Log(z)
}

// shares are a state of binary copies as shares of each unit.
func (t binaryTwin) shares(v []float64) []float64 {
	s := make([]float64, len(v)/t.copiesV)
	for i := range v {
		s[i/t.copiesV] += v[i] / float64(t.copiesV)
	}
	return s
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// The partition function and log p(v) are those of a machine of binary units
// whose states are all counted, in float64, by the energy's definition.
func TestLogZByEnumeration(t *testing.T) {
	ctx := context.Background()
	for _, centred := range []bool{false, true} {
		for _, c := range []struct {
			name             string
			visible, hidden  unit.Unit
			shape, units     int
			copies           float64
			copiesV, copiesH int
		}{
			{"fewer hidden", unit.Binary{}, unit.Binary{}, 6, 4, 0, 1, 1},
			{"fewer visible", unit.Binary{}, unit.Binary{}, 3, 7, 0, 1, 1},
			{"multinary", unit.Multinary{Levels: 3}, unit.Multinary{Levels: 3}, 2, 2, 0, 3, 3},
			{"two copies", unit.Multinary{Levels: 2}, unit.Multinary{Levels: 4}, 3, 2, 2, 2, 4},
		} {
			t.Run(fmt.Sprintf("%s/centred=%v", c.name, centred), func(t *testing.T) {
				l := layerOf(t, models.RBM{Visible: c.visible, Hidden: c.hidden, Shape: []int{c.shape}, Units: c.units, Copies: c.copies, Centred: centred}, 1)
				twin := twinOf(l, c.copiesV, c.copiesH)
				want := twin.logZ()
				if got := must[float64](t)(LogZ(ctx, l, nil)); math.Abs(got-want) > 1e-5 {
					t.Errorf("log Z is %g, want %g", got, want)
				}
				v := bits(5, c.shape*c.copiesV)
				s := twin.shares(v)
				ways := 0.0 // of copies that make these shares
				for i := range 1 << len(v) {
					if fmt.Sprint(twin.shares(bits(i, len(v)))) == fmt.Sprint(s) {
						ways++
					}
				}
				got := must[float64](t)(Unnormalised(l, table{s}, 3))
				if want := twin.logP(v) + math.Log(ways); math.Abs(got-want) > 1e-5 {
					t.Errorf("log p*(v) is %g, want %g", got, want)
				}
			})
		}
	}
}

// A block more and a block less, convolutions, and the sum of probabilities.
func TestLogZOfManyStates(t *testing.T) {
	ctx := context.Background()
	wide := layerOf(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{12}, Units: 13, Centred: true}, 0.5)
	conv := layerOf(t, models.ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{4, 3, 1}, Filters: 2, Kernel: 3, Stride: 1, Pad: 1, Centred: true}, 0.5)
	few := layerOf(t, models.ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{4, 4, 1}, Filters: 3, Kernel: 4, Stride: 2, Pad: 1}, 0.5)
	for name, l := range map[string]*models.Layer{"dense": wide, "conv": conv} {
		logZ := must[float64](t)(LogZ(ctx, l, nil))
		all := make(table, 1<<12)
		for i := range all {
			all[i] = bits(i, 12)
		}
		g := graph.New(nil)
		x := graph.NewTensor("v", append([]int{1 << 12}, l.InputShape()...)...)
		for i, v := range all {
			for j := range v {
				x.Data[12*i+j] = float32(v[j])
			}
		}
		sum := 0.0
		for _, f := range graphtest.Value(t, g, l.FreeEnergy(g, g.Param(x))) {
			sum += math.Exp(-float64(f) - logZ)
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("%s: probabilities add up to %g", name, sum)
		}
	}
	// 2^12 hidden states of the last against its 2^16 visible ones.
	var sum logSum
	x := graph.NewTensor("v", 1<<16, 4, 4, 1)
	for i := range 1 << 16 {
		for j := range 16 {
			x.Data[16*i+j] = float32(i >> j & 1)
		}
	}
	g := graph.New(nil)
	for _, f := range graphtest.Value(t, g, few.FreeEnergy(g, g.Param(x))) {
		sum.add(-float64(f))
	}
	if got := must[float64](t)(LogZ(ctx, few, nil)); math.Abs(got-sum.value()) > 1e-5 {
		t.Errorf("log Z by hidden states is %g, by visible ones %g", got, sum.value())
	}
}

// With Gaussian visible units exp(log p(v)) is a density: its integral over a
// fine grid is 1.
func TestGaussianDensity(t *testing.T) {
	l := layerOf(t, models.RBM{Visible: unit.Gaussian{Deviation: 0.7}, Hidden: unit.Binary{}, Shape: []int{2}, Units: 4, Centred: true}, 0.7)
	logZ := must[float64](t)(LogZ(context.Background(), l, nil))
	const step, half = 0.1, 80
	sum := 0.0
	for i := -half; i <= half; i++ {
		row := table{}
		for j := -half; j <= half; j++ {
			row = append(row, []float64{step * float64(i), step * float64(j)})
		}
		x := graph.NewTensor("v", len(row), 2)
		for k, v := range row {
			x.Data[2*k], x.Data[2*k+1] = float32(v[0]), float32(v[1])
		}
		g := graph.New(nil)
		measure := must[float64](t)(unit.Gaussian{Deviation: 0.7}.LogMeasure(make([]float32, 2)))
		for _, f := range graphtest.Value(t, g, l.FreeEnergy(g, g.Param(x))) {
			sum += step * step * math.Exp(measure-float64(f)-logZ)
		}
	}
	if math.Abs(sum-1) > 1e-4 {
		t.Errorf("the density's integral is %g", sum)
	}
}

func TestLikelihoodRefuses(t *testing.T) {
	ctx := context.Background()
	l := layerOf(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{30}, Units: 26}, 1)
	if _, err := LogZ(ctx, l, nil); err == nil || !strings.Contains(err.Error(), "2^25") || Countable(l) {
		t.Errorf("counting 2^26 states: %v", err)
	}
	if _, err := Unnormalised(l, table{make([]float64, 30), append(make([]float64, 29), 0.25)}, 10); err == nil || !strings.Contains(err.Error(), "example 1 is no state of binary units: value 29 is 0.25") {
		t.Errorf("grey data: %v", err)
	}
	l.Hidden = unit.ClippedReLU{}
	if _, err := LogZ(ctx, l, nil); err == nil {
		t.Error("clipped units have a partition function")
	}
	if _, err := Unnormalised(l, rows(1, 3, 30), 10); err == nil {
		t.Error("clipped units have a likelihood")
	}
	if _, err := (AIS{}).Forward(ctx, l, nil, graph.NewRandom(1), nil); err == nil {
		t.Error("clipped units are annealed")
	}
	l.Hidden = unit.Binary{}
	if _, err := (AIS{Chains: -1}).Forward(ctx, l, nil, graph.NewRandom(1), nil); err == nil {
		t.Error("annealing of −1 chains")
	}
	if _, err := (AIS{}).Reverse(ctx, l, nil, rows(1, 3, 29), graph.NewRandom(1), nil); err == nil {
		t.Error("annealing from examples of another size")
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := (AIS{Betas: 10}).Forward(stopped, l, nil, graph.NewRandom(1), nil); err != context.Canceled {
		t.Errorf("a stopped annealing gives %v", err)
	}
}
