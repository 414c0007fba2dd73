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
				log, err := c.unit.LogMeasure(share)
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
		s    float64
		is   bool
	}{
		{unit.Binary{}, 0.5, false}, {unit.Binary{}, 1, true},
		{unit.Multinary{Levels: 6}, 0.5, true}, {unit.Multinary{Levels: 6}, 0.6, false}, {unit.Multinary{Levels: 6}, -1. / 6, false},
		{unit.Multinary{}, float64(float32(100) / 255), true}, {unit.Gaussian{}, 0.5, true},
		{unit.ReLU{}, 0.5, true}, {unit.ReLU{}, -0.5, false},
	} {
		log, err := c.unit.LogMeasure(c.s)
		if err != nil || math.IsInf(log, -1) == c.is {
			t.Errorf("%+v: measure of %g is exp %g, %v", c.unit, c.s, log, err)
		}
	}
	for _, u := range []unit.Exact{unit.Multinary{Activation: "tanh"}, unit.Multinary{Gain: 2}} {
		if _, err := u.LogMeasure(0); err == nil {
			t.Errorf("%+v is exact", u)
		}
	}
}
