package models

import (
	"math"
	"testing"

	"boltzoo/graph"
)

// Chains of which some visible units are given visit the states of the others
// as often as their enumerated conditional probabilities say.
func TestGibbsGivenByEnumeration(t *testing.T) {
	l := tiny(t, true)
	r, _ := unroll(l, sigma, sigma)
	free, _ := marginals(r)
	const chains, burn, rounds = 500, 20, 200
	v, given := graph.NewTensor("v", chains, 4), graph.NewTensor("given", 4)
	given.Data[0], given.Data[3] = 1, 1
	for c := range chains {
		v.Data[4*c] = 1 // unit 0 is on, unit 3 off
	}
	g := graph.New(graph.NewRandom(8))
	next := g.Param(v)
	for range 3 {
		next = l.GibbsGiven(g, next, g.Param(given), AllNoise)
	}
	m, err := g.Compile(next)
	if err != nil {
		t.Fatal(err)
	}
	counts, n := make([]float64, 16), 0.0
	for round := range burn + rounds {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		copy(v.Data, m.Value(next))
		for c := range chains {
			if round < burn {
				continue
			}
			n++
			for s := range free {
				same := true
				for i, x := range state(s, 4) {
					same = same && float64(v.Data[4*c+i]) == x
				}
				if same {
					counts[s]++
				}
			}
		}
	}
	z := 0.0
	for s, f := range free {
		if x := state(s, 4); x[0] == 1 && x[3] == 0 {
			z += math.Exp(-f)
		}
	}
	for s, f := range free {
		want := 0.0
		if x := state(s, 4); x[0] == 1 && x[3] == 0 {
			want = math.Exp(-f) / z
		}
		// Chains are correlated: five deviations of a tenth of the draws.
		if got := counts[s] / n; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)*10/n) {
			t.Errorf("state %v is visited in %.4f of the steps, want %.4f", state(s, 4), got, want)
		}
	}
}
