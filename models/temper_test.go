package models

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// exponents are (1−β) a₀·v − βE(v,h) of all visible and hidden states, for a
// binary machine.
func exponents(r *reference, base []float64, beta float64) (e [][]float64) {
	for i := range 1 << len(r.a) {
		v := state(i, len(r.a))
		free := 0.0
		for k := range v {
			free += (1 - beta) * base[k] * v[k]
		}
		var row []float64
		for j := range 1 << len(r.b) {
			row = append(row, free-beta*energy(r, v, state(j, len(r.b))))
		}
		e = append(e, row)
	}
	return e
}

// tempered is a tiny machine with a base, and the machines β that are tested:
// one for each of the 16 visible states, three times over.
func tempered(t *testing.T, centred, based bool) (m Tempered, base []float64, v, beta *graph.Tensor) {
	m = Tempered{Layer: tiny(t, centred)}
	base = make([]float64, 4)
	if based {
		m.Base = graphtest.Random("a₀", 40, 4)
		for i := range base {
			base[i] = float64(m.Base.Data[i])
		}
	}
	v, beta = graph.NewTensor("v", 48, 4), graph.NewTensor("β", 48)
	for i := range 48 {
		copy(v.Data[4*i:], allVisible().Data[4*(i%16):][:4])
		beta.Data[i] = []float32{0, 0.375, 1}[i/16]
	}
	return m, base, v, beta
}

// The tempered free energy is the enumerated one, the machine's own at β = 1,
// and LogZ0 sums it at β = 0.
func TestTemperedFreeEnergyByEnumeration(t *testing.T) {
	for _, centred := range []bool{false, true} {
		for _, based := range []bool{false, true} {
			t.Run(fmt.Sprintf("centred=%v/base=%v", centred, based), func(t *testing.T) {
				m, base, v, beta := tempered(t, centred, based)
				g := graph.New(nil)
				got := graphtest.Value(t, g, m.FreeEnergy(g, g.Param(v), g.Param(beta)))
				r, _ := unroll(m.Layer, sigma, sigma)
				var want []float32
				z0 := 0.0
				for part, b := range []float64{0, 0.375, 1} {
					for _, row := range exponents(r, base, b) {
						sum := 0.0
						for _, e := range row {
							sum += math.Exp(e)
						}
						want = append(want, float32(-math.Log(sum)))
						if part == 0 {
							z0 += sum
						}
					}
				}
				graphtest.Near(t, "F_β", 2e-6, got, want)
				graphtest.Near(t, "log Z₀", 2e-6, graphtest.Value(t, g, m.LogZ0(g)), []float32{float32(math.Log(z0))})
				g = graph.New(nil)
				all := g.Param(allVisible())
				graphtest.Near(t, "F", 2e-6, graphtest.Value(t, g, m.Layer.FreeEnergy(g, all)), want[32:])
			})
		}
	}
}

// Chains at three temperatures in one batch visit states as often as the
// enumerated distribution of each says, and Start draws from that of β = 0.
func TestTemperedGibbsByEnumeration(t *testing.T) {
	for _, centred := range []bool{false, true} {
		t.Run(fmt.Sprintf("centred=%v", centred), func(t *testing.T) {
			m, base, _, _ := tempered(t, centred, true)
			r, _ := unroll(m.Layer, sigma, sigma)
			const chains, burn, rounds = 1500, 10, 40
			beta := graph.NewTensor("β", chains)
			betas := []float64{0, 0.375, 1}
			for i := range chains {
				beta.Data[i] = float32(betas[i%3])
			}
			g := graph.New(graph.NewRandom(12))
			start, in := m.Start(g, chains), g.Input("v", chains, 4)
			out := in
			for range 10 {
				out = m.Gibbs(g, out, g.Param(beta))
			}
			machine, err := g.Compile(start, out)
			if err != nil {
				t.Fatal(err)
			}
			var counts [4][16]float64 // of the betas, and of Start
			count := func(into int, v []float32) {
				s := 0
				for j := range 4 {
					s += int(v[j]) << j
				}
				counts[into][s]++
			}
			for round := range burn + rounds {
				if err := machine.Run(); err != nil {
					t.Fatal(err)
				}
				v := machine.Value(out)
				for c := range chains {
					if round >= burn {
						count(c%3, v[4*c:])
						count(3, machine.Value(start)[4*c:])
					}
				}
				if err := machine.Set(in, v); err != nil {
					t.Fatal(err)
				}
			}
			for i, b := range append(betas, 0) {
				p, z, n, chi := make([]float64, 16), 0.0, 0.0, 0.0
				for s, row := range exponents(r, base, b) {
					for _, e := range row {
						p[s] += math.Exp(e)
					}
					z += p[s]
					n += counts[i][s]
				}
				for s := range p {
					want := n * p[s] / z
					chi += (counts[i][s] - want) * (counts[i][s] - want) / want
				}
				if chi > 44.3 { // as in TestGibbsByEnumeration
					t.Errorf("β=%g: chi-square of visited states is %.1f, want below 44.3", b, chi)
				}
			}
		})
	}
}

// Only machines whose conditional distributions belong to one joint have a
// likelihood.
func TestExact(t *testing.T) {
	for _, c := range []struct {
		visible, hidden unit.Unit
		copies          float64
		levels          float64
		problem         string
	}{
		{unit.Binary{}, unit.Binary{}, 0, 1, ""},
		{unit.Gaussian{}, unit.Binary{}, 1, 1, ""},
		{unit.Binary{}, unit.Gaussian{}, 1, 1, ""},
		{unit.Multinary{Levels: 7}, unit.Multinary{Levels: 7}, 1, 7, ""},
		{unit.Multinary{Levels: 7}, unit.Multinary{Levels: 14}, 2, 7, ""},
		{unit.Multinary{Levels: 7}, unit.Binary{}, 0, 0, "levels"},
		{unit.Binary{}, unit.Multinary{Levels: 2}, 1, 0, "levels"},
		{unit.Multinary{}, unit.Multinary{Gain: 0.5}, 1, 0, "gain 0.5"},
		{unit.Binary{}, unit.ClippedReLU{}, 1, 0, "clipped-relu units"},
	} {
		l := tiny(t, false)
		l.Visible, l.Hidden, l.Copies = c.visible, c.hidden, c.copies
		levels, err := l.Exact()
		if levels != c.levels || (err != nil) != (c.problem != "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%+v: %g levels, error %v", c, levels, err)
		}
	}
}

// The free energy of hidden states is the enumerated one.
func TestHiddenFreeEnergyByEnumeration(t *testing.T) {
	for _, centred := range []bool{false, true} {
		l := tiny(t, centred)
		r, _ := unroll(l, sigma, sigma)
		h, want := graph.NewTensor("h", 8, 3), make([]float32, 8)
		for j := range 8 {
			sum := 0.0
			for i := range 16 {
				sum += math.Exp(-energy(r, state(i, 4), state(j, 3)))
			}
			want[j] = float32(-math.Log(sum))
			for k, s := range state(j, 3) {
				h.Data[3*j+k] = float32(s)
			}
		}
		g := graph.New(nil)
		graphtest.Near(t, fmt.Sprintf("centred=%v: F(h)", centred), 2e-6, graphtest.Value(t, g, l.HiddenFreeEnergy(g, g.Param(h))), want)
	}
}
