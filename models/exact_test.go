package models

import (
	"fmt"
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// tiny is a binary machine small enough to count all states of.
func tiny(t *testing.T, centred bool) *Layer {
	t.Helper()
	model, err := RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{4}, Units: 3, Centred: centred}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	l := model.(Layered).Layers()[0]
	for i, p := range l.Tensors() {
		copy(p.Data, graphtest.Random(p.Name, uint64(i)+20, p.Shape...).Data)
	}
	return l
}

// state is the i-th of the 2ⁿ binary vectors.
func state(i, n int) []float64 {
	s := make([]float64, n)
	for j := range s {
		s[j] = float64(i >> j & 1)
	}
	return s
}

// energy is E(v,h) by the definition, without the units' potentials.
func energy(r *reference, v, h []float64) (e float64) {
	for i := range v {
		s := (v[i] - r.mu[i]) * r.precision[i]
		e -= r.a[i] * s
		for j := range h {
			e -= s * r.w[i][j] * (h[j] - r.la[j])
		}
	}
	for j := range h {
		e -= r.draws(v) * r.b[j] * (h[j] - r.la[j])
	}
	return e
}

// marginals are −log Σ_h exp(−E(v,h)) of every visible state, and log Z.
func marginals(r *reference) (free []float64, logZ float64) {
	visible, hidden := len(r.a), len(r.b)
	z := 0.0
	for i := range 1 << visible {
		sum := 0.0
		for j := range 1 << hidden {
			sum += math.Exp(-energy(r, state(i, visible), state(j, hidden)))
		}
		free = append(free, -math.Log(sum))
		z += sum
	}
	return free, math.Log(z)
}

func allVisible() *graph.Tensor {
	v := graph.NewTensor("v", 16, 4)
	for i := range 16 {
		for j, s := range state(i, 4) {
			v.Data[4*i+j] = float32(s)
		}
	}
	return v
}

// The free energy of the graph is the enumerated one, up to the constant λ·b
// that a centred machine's leaves out.
func TestFreeEnergyByEnumeration(t *testing.T) {
	for _, centred := range []bool{false, true} {
		t.Run(fmt.Sprintf("centred=%v", centred), func(t *testing.T) {
			l := tiny(t, centred)
			g := graph.New(nil)
			got := graphtest.Value(t, g, l.FreeEnergy(g, g.Param(allVisible())))
			r, _ := unroll(l, sigma, sigma)
			free, _ := marginals(r)
			want := make([]float32, len(free))
			for i := range free {
				want[i] = float32(free[i])
			}
			graphtest.Near(t, "free energy", 2e-6, got, want)
		})
	}
}

// With all states under their exact probabilities as the negative phase, the
// gradient of the contrastive loss is that of −⟨log p(v)⟩, here by finite
// differences of the enumerated likelihood.
func TestLikelihoodGradientByEnumeration(t *testing.T) {
	for _, centred := range []bool{false, true} {
		t.Run(fmt.Sprintf("centred=%v", centred), func(t *testing.T) {
			l := tiny(t, centred)
			r, _ := unroll(l, sigma, sigma)
			free, logZ := marginals(r)
			data := map[int]float64{3: 0.5, 5: 0.25, 12: 0.25}
			weights := graph.NewTensor("weights", 16)
			for i := range free {
				weights.Data[i] = float32(data[i] - math.Exp(-free[i]-logZ))
			}
			g := graph.New(nil)
			loss := g.Sum(g.Mul(l.FreeEnergy(g, g.Param(allVisible())), g.Param(weights)))
			for _, p := range l.Parameters() {
				got := graphtest.Value(t, g, g.Grad(loss, g.Param(p))[0])
				want := make([]float32, p.Size())
				for i := range p.Data {
					likelihood := func(step float32) (sum float64) {
						old := p.Data[i]
						p.Data[i] += step
						moved, _ := unroll(l, sigma, sigma)
						p.Data[i] = old
						free, logZ := marginals(moved)
						for s, share := range data {
							sum += share * (-free[s] - logZ)
						}
						return sum
					}
					const h = 1.0 / 1024 // exact in float32
					want[i] = -float32((likelihood(h) - likelihood(-h)) / (2 * h))
				}
				graphtest.Near(t, p.Name, 1e-3, got, want)
			}
		})
	}
}

// Long chains of the graph's Gibbs sampler visit visible states as often as
// the enumerated distribution says. Hidden units of two copies are enumerated
// as what they stand for: twice as many units, in pairs of the same weights.
func TestGibbsByEnumeration(t *testing.T) {
	plain, centred := tiny(t, false), tiny(t, true)
	double := tiny(t, false)
	double.Copies, double.Hidden = 2, unit.Multinary{Levels: 2}
	for name, l := range map[string]*Layer{"plain": plain, "centred": centred, "two copies": double} {
		t.Run(name, func(t *testing.T) {
			r, _ := unroll(l, sigma, sigma)
			if l.Copies == 2 {
				for i := range r.w {
					r.w[i] = append(r.w[i], r.w[i]...)
				}
				r.b, r.la = append(r.b, r.b...), append(r.la, r.la...)
			}
			free, logZ := marginals(r)
			const chains, burn, rounds = 2000, 100, 40
			g := graph.New(graph.NewRandom(11))
			in := g.Input("v", chains, 4)
			out := in
			for range 10 {
				out = l.Gibbs(g, out, AllNoise)
			}
			m, err := g.Compile(out)
			if err != nil {
				t.Fatal(err)
			}
			counts := make([]float64, 16)
			for round := range burn/10 + rounds {
				if err := m.Run(); err != nil {
					t.Fatal(err)
				}
				v := m.Value(out)
				if round >= burn/10 {
					for c := range chains {
						s := 0
						for j := range 4 {
							s += int(v[4*c+j]) << j
						}
						counts[s]++
					}
				}
				if err := m.Set(in, v); err != nil {
					t.Fatal(err)
				}
			}
			chi := 0.0
			for s, n := range counts {
				want := chains * rounds * math.Exp(-free[s]-logZ)
				chi += (n - want) * (n - want) / want
			}
			// 15 degrees of freedom: 44.3 is exceeded once in 10,000 draws of
			// independent states; ten steps apart they nearly are.
			if chi > 44.3 {
				t.Errorf("chi-square of visited states is %.1f, want below 44.3", chi)
			}
		})
	}
}

// The free energy of copies is that of the units that they stand for.
func TestFreeEnergyOfCopies(t *testing.T) {
	l := tiny(t, false)
	l.Copies = 2
	g := graph.New(nil)
	got := graphtest.Value(t, g, l.FreeEnergy(g, g.Param(allVisible())))
	r, _ := unroll(l, sigma, sigma)
	for i := range r.w {
		r.w[i] = append(r.w[i], r.w[i]...)
	}
	r.b, r.la = append(r.b, r.b...), append(r.la, r.la...)
	free, _ := marginals(r)
	want := make([]float32, len(free))
	for i := range free {
		want[i] = float32(free[i])
	}
	graphtest.Near(t, "free energy", 2e-6, got, want)
}

// Copies with the noise of one unit would sample another model: they are
// refused where states are drawn, and fine in mean field.
func TestCopiesWantTheirLevels(t *testing.T) {
	for _, c := range []struct {
		visible, hidden unit.Unit
		copies          float64
		ok              bool
	}{
		{unit.Binary{}, unit.Binary{}, 0, true},
		{unit.Binary{}, unit.Binary{}, 2, false},
		{unit.Binary{}, unit.Multinary{Levels: 2}, 2, true},
		{unit.Multinary{Levels: 255}, unit.Multinary{Levels: 255}, 2.5, false},
		{unit.Multinary{Levels: 255}, unit.Multinary{Levels: 637}, 2.5, true},
		{unit.Multinary{Levels: 255}, unit.Gaussian{}, 2, false},
	} {
		l := tiny(t, false)
		l.Visible, l.Hidden, l.Copies = c.visible, c.hidden, c.copies
		for _, noise := range []Noise{MeanField, HiddenNoise, AllNoise} {
			g := graph.New(graph.NewRandom(1))
			l.Gibbs(g, g.Param(allVisible()), noise)
			if want := c.ok || noise == MeanField; (g.Err() == nil) != want {
				t.Errorf("%+v: noise %q: error %v", c, noise, g.Err())
			}
		}
	}
}

// With Gaussian visible units the free energy is minus the logarithm of the
// density, up to log Z: E(v,h) = Σ v²/2σ² − a·v − b·h − vWh by the definition.
func TestGaussianFreeEnergyByEnumeration(t *testing.T) {
	l := tiny(t, false)
	l.Visible = unit.Gaussian{Deviation: 0.5}
	v := graphtest.Random("v", 9, 5, 4)
	g := graph.New(nil)
	got := graphtest.Value(t, g, l.FreeEnergy(g, g.Param(v)))
	r, _ := unroll(l, sigma, sigma)
	want := make([]float32, 5)
	for n := range want {
		row := make([]float64, 4)
		potential := 0.0
		for i := range row {
			row[i] = float64(v.Data[4*n+i])
			potential += row[i] * row[i] / (2 * 0.25)
		}
		sum := 0.0
		for j := range 8 {
			sum += math.Exp(-potential - energy(r, row, state(j, 3)))
		}
		want[n] = float32(-math.Log(sum))
	}
	graphtest.Near(t, "free energy", 2e-6, got, want)
}

// Following the gradient lowers the loss and raises the exact likelihood.
func TestTrainingRaisesLikelihood(t *testing.T) {
	l := tiny(t, false)
	for _, p := range l.Parameters() {
		for i := range p.Data {
			p.Data[i] *= 0.1
		}
	}
	const batch = 128 // the eight examples repeated, so that the sampled negative phase is not all noise
	data := graph.NewTensor("v", batch, 4)
	for i := range batch {
		for j, s := range state([]int{3, 3, 3, 3, 12, 12, 15, 0}[i%8], 4) {
			data.Data[4*i+j] = float32(s)
		}
	}
	g := graph.New(graph.NewRandom(3))
	loss := l.Contrast(g, g.Param(data), l.Chain(g, g.Param(data), 5, AllNoise))
	params := l.Parameters()
	nodes := make([]*graph.Node, len(params))
	for i, p := range params {
		nodes[i] = g.Param(p)
	}
	gradients := g.Grad(loss, nodes...)
	m, err := g.Compile(gradients...)
	if err != nil {
		t.Fatal(err)
	}
	likelihood := func() (sum float64) {
		r, _ := unroll(l, sigma, sigma)
		free, logZ := marginals(r)
		for _, s := range []int{3, 3, 3, 3, 12, 12, 15, 0} {
			sum += (-free[s] - logZ) / 8
		}
		return sum
	}
	before := likelihood()
	for range 2000 {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		for i, p := range params {
			for j, d := range m.Value(gradients[i]) {
				p.Data[j] -= 0.05 * d
			}
		}
	}
	// Independent units reach −2.65 nats on this data and nothing can pass
	// minus its entropy, −1.21. (CD-5 lingers near −1.85, where all hidden
	// units agree, and needs tens of thousands of steps to leave.)
	if after := likelihood(); after < before+0.5 || after < -2.65+0.5 || after > -1.21 {
		t.Errorf("log-likelihood went from %.3f to %.3f nats, want above −2.15", before, after)
	}
}
