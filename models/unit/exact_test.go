package unit_test

import (
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// Summed over all states, or integrated, the measure times exp N(xs − U(s)) is
// exp NΦ(x).
func TestMeasureNormalises(t *testing.T) {
	for _, c := range []struct {
		name           string
		unit           unit.Exact
		from, to, step float64
		levels, weight float64
	}{
		{"binary", unit.Binary{}, 0, 1, 1, 1, 1},
		{"multinary", unit.Multinary{Levels: 6}, 0, 6, 1, 6, 1},
		{"multinary of 255", unit.Multinary{}, 0, 255, 1, 255, 1},
		{"gaussian", unit.Gaussian{Deviation: 0.5}, -12, 12, 0.01, 1, 0.01},
		{"relu", unit.ReLU{}, 0.0005, 12, 0.001, 1, 0.001},
	} {
		for _, x := range points(1).Data {
			sum := 0.0
			for s := c.from; s <= c.to; s += c.step {
				share := s
				if c.levels > 1 {
					share = s / c.levels
				}
				log, err := c.unit.LogMeasure([]float32{float32(share)})
				if err != nil {
					t.Fatal(err)
				}
				potential := 0.0
				g := graph.New(nil)
				if u := c.unit.Potential(g, g.Full(share, 1, 1)); u != nil {
					potential = float64(graphtest.Value(t, g, u)[0])
				}
				sum += c.weight * math.Exp(log+c.levels*(float64(x)*share-potential))
			}
			g := graph.New(nil)
			want := c.levels * float64(graphtest.Value(t, g, c.unit.LogNormaliser(g, g.Full(float64(x), 1, 1)))[0])
			if got := math.Log(sum); math.Abs(got-want) > 1e-6*max(1, want) {
				t.Errorf("%s, x=%g: log Σ is %g, NΦ %g", c.name, x, got, want)
			}
		}
	}
	for _, c := range []struct {
		unit unit.Exact
		s    []float32
		is   bool
	}{
		{unit.Binary{}, []float32{0, 0.5}, false}, {unit.Binary{}, []float32{1, 0}, true},
		{unit.Multinary{Levels: 6}, []float32{0.5}, true}, {unit.Multinary{Levels: 6}, []float32{0.6}, false}, {unit.Multinary{Levels: 6}, []float32{-1. / 6}, false},
		{unit.Multinary{}, []float32{float32(100) / 255}, true}, {unit.Gaussian{}, []float32{0.5}, true},
		{unit.ReLU{}, []float32{0.5}, true}, {unit.ReLU{}, []float32{-0.5}, false},
		{unit.Softmax{}, []float32{0, 1, 0}, true}, {unit.Softmax{}, []float32{1, 1, 0}, false}, {unit.Softmax{}, []float32{0.5, 0.5, 0}, false},
		{unit.Softmax{Classes: 2}, []float32{0, 1, 1, 0}, true}, {unit.Softmax{Classes: 2}, []float32{1, 1, 0, 0}, false}, {unit.Softmax{Classes: 2}, []float32{1, 0, 0}, false},
		{labelled, []float32{1, 0, 0, 1}, true}, {labelled, []float32{1, 0.5, 0, 1}, false}, {labelled, []float32{1, 0, 1, 1}, false}, {labelled, []float32{1}, false},
	} {
		if _, err := c.unit.LogMeasure(c.s); (err == nil) != c.is {
			t.Errorf("%+v: measure of %g: %v", c.unit, c.s, err)
		}
	}
	for _, u := range []unit.Exact{unit.Multinary{Activation: "tanh"}, unit.Multinary{Gain: 2},
		unit.Mixed{Units: 1, First: unit.Multinary{}, Rest: unit.Softmax{}}, unit.Mixed{Units: 1, First: unit.Binary{}, Rest: unit.ClippedReLU{}}} {
		if u.Exact() == nil {
			t.Errorf("%+v is exact", u)
		}
	}
}

// labelled are two pixels and one of two classes.
var labelled = unit.Mixed{Units: 2, First: unit.Binary{}, Rest: unit.Softmax{}}

// Groups and mixed units are normalised as a whole.
func TestMeasureOfGroupsNormalises(t *testing.T) {
	for _, u := range []unit.Exact{labelled, unit.Softmax{}, unit.Softmax{Classes: 2}} {
		x := graphtest.Random("x", 3, 1, 4)
		sum := 0.0
		for i := range 16 {
			s, dot := make([]float32, 4), 0.0
			for j := range s {
				s[j] = float32(i >> j & 1)
				dot += float64(s[j]) * float64(x.Data[j])
			}
			if log, err := u.LogMeasure(s); err == nil {
				sum += math.Exp(log + dot)
			}
		}
		g := graph.New(nil)
		want := float64(graphtest.Value(t, g, u.LogNormaliser(g, g.Param(x)))[0])
		if math.Abs(math.Log(sum)-want) > 1e-5 {
			t.Errorf("%+v: log Σ is %g, Φ %g", u, math.Log(sum), want)
		}
	}
}
