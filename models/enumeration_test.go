package models

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// species are units few enough for all their states to be listed, or laid on a
// grid that integrates over them.
type species struct {
	name   string
	unit   unit.Unit
	units  int
	states [][]float64
	// measure is the log of how many microscopic states a state stands for, or of
	// the grid's weight; nil: 0. potential is U; nil: 0. z is log σ² of the units
	// that learn it.
	measure   func(s []float64) float64
	potential func(s, z []float64) float64
	grid      bool    // states are a grid's, not all there are
	near      float64 // how far Φ and f of a unit are from the sums that they stand for
}

func (p species) weight(s, z []float64) (w float64) {
	if p.measure != nil {
		w = p.measure(s)
	}
	if p.potential != nil {
		w -= p.potential(s, z)
	}
	return w
}

// product lists all vectors of n elements of a set.
func product(set []float64, n int) [][]float64 {
	if n == 0 {
		return [][]float64{nil}
	}
	var all [][]float64
	for _, rest := range product(set, n-1) {
		for _, s := range set {
			all = append(all, append(slices.Clone(rest), s))
		}
	}
	return all
}

// beside lists all pairs of states side by side.
func beside(first, rest [][]float64) (all [][]float64) {
	for _, a := range first {
		for _, b := range rest {
			all = append(all, slices.Concat(a, b))
		}
	}
	return all
}

func oneOf(n int) (all [][]float64) {
	for i := range n {
		s := make([]float64, n)
		s[i] = 1
		all = append(all, s)
	}
	return all
}

// documents are the counts of all documents of d words, of a vocabulary of n.
func documents(d, n int) (all [][]float64) {
	numbers := make([]float64, d+1)
	for i := range numbers {
		numbers[i] = float64(i)
	}
	for _, s := range product(numbers, n) {
		sum := 0.0
		for _, v := range s {
			sum += v
		}
		if sum == float64(d) {
			all = append(all, s)
		}
	}
	return all
}

func allSpecies() map[string]species {
	bits := []float64{0, 1}
	// The trapezoid rule is exact for normal densities, to exp(−2π²σ²/step²).
	const step = 0.5
	var line, counts []float64
	for s := -7.5; s <= 7.5; s += step {
		line = append(line, s)
	}
	steps := func(s []float64) float64 { return float64(len(s)) * math.Log(step) }
	half, weights := make([]float64, 24), make([]float64, 24)
	quad.Legendre{}.FixedLocations(half, weights, 0, 8)
	for n := range 14 {
		counts = append(counts, float64(n))
	}
	squares := func(s, z []float64) (u float64) {
		for i, v := range s {
			u += v * v / 2 * math.Exp(-z[i])
		}
		return u
	}
	one := func(s, _ []float64) float64 { return squares(s, make([]float64, len(s))) }
	// A document's words can be put in order in D!/Π n! ways.
	orders := func(s []float64) (w float64) {
		d := 0.0
		for _, n := range s {
			f, _ := math.Lgamma(n + 1)
			w -= f
			d += n
		}
		f, _ := math.Lgamma(d + 1)
		return w + f
	}
	all := map[string]species{}
	for _, s := range []species{
		{name: "binary", unit: unit.Binary{}, units: 3, states: product(bits, 3)},
		{name: "softmax", unit: unit.Softmax{}, units: 3, states: oneOf(3)},
		{name: "softmaxes", unit: unit.Softmax{Classes: 2}, units: 4, states: beside(oneOf(2), oneOf(2))},
		{name: "mixed", unit: unit.Mixed{Units: 2, First: unit.Binary{}, Rest: unit.Softmax{}}, units: 5, states: beside(product(bits, 2), oneOf(3))},
		{name: "2 words", unit: unit.ReplicatedSoftmax{}, units: 3, states: documents(2, 3), measure: orders},
		{name: "5 words", unit: unit.ReplicatedSoftmax{}, units: 3, states: documents(5, 3), measure: orders},
		{name: "gaussian", unit: unit.Gaussian{}, units: 2, states: product(line, 2), grid: true, measure: steps, potential: one},
		{name: "learned gaussian", unit: unit.LearnedGaussian{}, units: 2, states: product(line, 2), grid: true, measure: steps, potential: squares},
		{name: "relu", unit: unit.ReLU{}, units: 2, states: product(half, 2), grid: true, potential: one, measure: func(s []float64) (w float64) {
			for _, v := range s {
				w += math.Log(weights[slices.Index(half, v)])
			}
			return w
		}},
		// Φ and f of noisy rectified units are integrals in place of sums.
		{name: "nrelu", unit: unit.NReLU{Counted: true}, units: 2, states: product(counts, 2), near: 0.042, potential: func(s, _ []float64) (u float64) {
			for _, n := range s {
				u += n * n / 2
				for k := 1.0; k <= n; k++ {
					u += math.Log1p(-math.Exp(-k))
				}
			}
			return u
		}},
	} {
		all[s.name] = s
	}
	return all
}

// between is a machine of few units of two kinds.
func between(t *testing.T, v, h species, centred bool) *Layer {
	t.Helper()
	model, err := RBM{Visible: v.unit, Hidden: h.unit, Shape: []int{v.units}, Units: h.units, Centred: centred}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	l := model.(Layered).Layers()[0]
	for i, p := range l.Tensors() {
		for j, x := range graphtest.Random(p.Name, uint64(i)+50, p.Shape...).Data {
			p.Data[j] = 0.3 * x // energies of real units are bounded
		}
	}
	return l
}

// joint is −E(v,h) − U(v) − U(h) and the log measures of all pairs of states.
func joint(l *Layer, v, h species) [][]float64 {
	r, _ := unroll(l, nil, nil)
	z := logVariances(r)
	hidden := make([]float64, len(h.states))
	for j, s := range h.states {
		hidden[j] = h.weight(s, nil)
	}
	all := make([][]float64, len(v.states))
	for i, s := range v.states {
		all[i] = make([]float64, len(h.states))
		visible := v.weight(s, z)
		for j, o := range h.states {
			all[i][j] = visible + hidden[j] - energy(r, s, o)
		}
	}
	return all
}

func logVariances(r *reference) []float64 {
	z := make([]float64, len(r.precision))
	for i, p := range r.precision {
		z[i] = -math.Log(p)
	}
	return z
}

func logSumExp(x []float64) float64 {
	top, sum := slices.Max(x), 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}

// tensorOf are states as a batch.
func tensorOf(name string, states [][]float64) *graph.Tensor {
	t := graph.NewTensor(name, len(states), len(states[0]))
	for i, s := range states {
		for j, v := range s {
			t.Data[i*len(s)+j] = float32(v)
		}
	}
	return t
}

// sameButConstant fails unless got and want differ by one number, to within
// tolerance times the largest magnitude in want, or tolerance itself: free
// energies leave constants out.
func sameButConstant(t *testing.T, what string, tolerance float64, got []float32, want []float64) {
	t.Helper()
	least, most, scale := math.Inf(1), math.Inf(-1), 1.0
	for i := range want {
		d := float64(got[i]) - want[i]
		least, most, scale = min(least, d), max(most, d), max(scale, math.Abs(want[i]))
	}
	if !(most-least <= 2*tolerance*scale) {
		t.Errorf("%s: differs by %g to %g, want one constant to within %g", what, least, most, tolerance)
	}
}

// pairs are the machines that are tested: each visible kind with binary hidden
// units, each hidden kind with binary visible ones, and some that are neither.
var pairs = [][2]string{
	{"binary", "binary"}, {"softmax", "binary"}, {"softmaxes", "binary"}, {"mixed", "binary"}, {"2 words", "binary"}, {"5 words", "binary"},
	{"gaussian", "binary"}, {"learned gaussian", "binary"}, {"relu", "binary"},
	{"binary", "softmax"}, {"binary", "softmaxes"}, {"binary", "mixed"}, {"binary", "gaussian"}, {"binary", "relu"}, {"binary", "nrelu"},
	{"learned gaussian", "softmax"}, {"learned gaussian", "nrelu"}, {"relu", "relu"}, {"5 words", "nrelu"}, {"mixed", "relu"},
}

func forPairs(t *testing.T, f func(t *testing.T, l *Layer, v, h species)) {
	all := allSpecies()
	for _, pair := range pairs {
		v, h := all[pair[0]], all[pair[1]]
		for _, centred := range []bool{false, true} {
			if _, replicated := v.unit.(unit.Replicated); replicated && centred {
				continue
			}
			t.Run(fmt.Sprintf("%s-%s/centred=%v", v.name, h.name, centred), func(t *testing.T) { f(t, between(t, v, h, centred), v, h) })
		}
	}
}

// inner are the states around which the other layer's grid reaches far enough
// to have all of its density given them.
func (p species) inner() (rows []int, states [][]float64) {
	for i, s := range p.states {
		if !p.grid && p.near == 0 || slices.Max(s) < 3 && slices.Min(s) > -3 {
			rows, states = append(rows, i), append(states, s)
		}
	}
	return rows, states
}

// meanOf is the mean of states under exponents.
func meanOf(states [][]float64, exponents []float64) []float32 {
	all := logSumExp(exponents)
	mean := make([]float64, len(states[0]))
	for j, s := range states {
		for k := range mean {
			mean[k] += math.Exp(exponents[j]-all) * s[k]
		}
	}
	out := make([]float32, len(mean))
	for k, m := range mean {
		out[k] = float32(m)
	}
	return out
}

// Given visible states, the free energy and the mean hidden states are the sums
// over all hidden states; given hidden states, the log-normaliser and the mean
// of the visible units are the sums over all visible ones.
func TestUnitsByEnumeration(t *testing.T) {
	forPairs(t, func(t *testing.T, l *Layer, v, h species) {
		e := joint(l, v, h)
		r, _ := unroll(l, nil, nil)
		z := logVariances(r)

		rows, states := v.inner()
		free, means := make([]float64, len(rows)), []float32{}
		for n, i := range rows {
			free[n] = -logSumExp(e[i])
			if v.measure != nil {
				free[n] += v.measure(v.states[i])
			}
			means = append(means, meanOf(h.states, e[i])...)
		}
		g := graph.New(nil)
		in := g.Param(tensorOf("v", states))
		sameButConstant(t, "F", max(2e-6, h.near*float64(h.units)), graphtest.Value(t, g, l.FreeEnergy(g, in)), free)
		graphtest.Near(t, "⟨h⟩", max(1e-5, h.near), graphtest.Value(t, g, l.Encode(g, in)), means)

		rows, states = h.inner()
		normaliser := make([]float64, len(rows))
		means = nil
		column := make([]float64, len(v.states))
		for n, j := range rows {
			for i := range column {
				column[i] = e[i][j]
			}
			// What of the exponent is not x s − U(s) of visible units is bias
			// and potential of hidden ones, and what centring subtracts.
			o := h.states[j]
			normaliser[n] = logSumExp(column) - h.weight(o, nil)
			for k := range o {
				normaliser[n] -= r.draws(v.states[0]) * r.b[k] * (o[k] - r.la[k])
			}
			for i, y := range r.down(o) {
				normaliser[n] += y * r.mu[i] * math.Exp(-z[i])
			}
			means = append(means, meanOf(v.states, column)...)
		}
		g = graph.New(nil)
		in = g.Param(tensorOf("h", states))
		visible := l.Visible
		if u, ok := visible.(unit.Replicated); ok {
			visible = u.Times(g.Full(r.draws(v.states[0]), len(states)))
		}
		y := l.Down(g, in)
		sameButConstant(t, "Φ", 2e-6, graphtest.Value(t, g, visible.LogNormaliser(g, y)), normaliser)
		graphtest.Near(t, "⟨v⟩", 1e-5, graphtest.Value(t, g, visible.Mean(g, y)), means)
	})
}

// Between a base rate and the machine the free energy is the sum over hidden
// states at each β, and the log-normaliser at β = 0 that of both layers' units;
// summed over the visible states of exact machines they have one Z.
func TestTemperedUnits(t *testing.T) {
	forPairs(t, func(t *testing.T, l *Layer, v, h species) {
		r, _ := unroll(l, nil, nil)
		z := logVariances(r)
		m := Tempered{Layer: l, Base: graphtest.Random("a₀", 71, v.units)}
		_, states := v.inner()
		betas := []float64{0, 0.375, 1}
		rows, beta := [][]float64{}, graph.NewTensor("β", len(betas)*len(states))
		var want []float64
		for n, b := range betas {
			for i, s := range states {
				beta.Data[n*len(states)+i] = float32(b)
				rows = append(rows, s)
				exponent := make([]float64, len(h.states))
				for j, o := range h.states {
					exponent[j] = h.weight(o, nil) - b*energy(r, s, o)
				}
				f := -logSumExp(exponent)
				if v.potential != nil {
					f += v.potential(s, z)
				}
				for k := range s {
					f -= (1 - b) * float64(m.Base.Data[k]) * s[k] * r.precision[k]
				}
				want = append(want, f)
			}
		}
		g := graph.New(nil)
		got := graphtest.Value(t, g, m.FreeEnergy(g, g.Param(tensorOf("v", rows)), g.Param(beta)))
		for n, b := range betas { // a centred machine's constant goes with β
			from, to := n*len(states), (n+1)*len(states)
			sameButConstant(t, fmt.Sprintf("F at β=%g", b), max(2e-6, h.near*float64(h.units)), got[from:to], want[from:to])
		}

		if _, err := l.Exact(); err != nil {
			return
		}
		logZ := func(p species, u unit.Unit, free []float32) float64 {
			terms := make([]float64, len(free))
			for i, s := range p.states {
				log, err := u.(unit.Exact).LogMeasure(tensorOf("", [][]float64{s}).Data)
				if err != nil {
					t.Fatal(err)
				}
				terms[i] = log - float64(free[i])
				if p.measure != nil {
					terms[i] += p.measure(s)
				}
			}
			return logSumExp(terms)
		}
		g = graph.New(nil)
		all, n := g.Param(tensorOf("all v", v.states)), len(v.states)
		z0 := logZ(v, l.Visible, graphtest.Value(t, g, m.FreeEnergy(g, all, g.Full(0, n))))
		if got := float64(graphtest.Value(t, g, m.LogZ0(g))[0]); math.Abs(got-z0) > 1e-5 {
			t.Errorf("log Z at β=0 is %g, by the sum over visible states %g", got, z0)
		}
		z1 := logZ(v, l.Visible, graphtest.Value(t, g, m.FreeEnergy(g, all, g.Full(1, n))))
		hidden := graphtest.Value(t, g, l.HiddenFreeEnergy(g, g.Param(tensorOf("all h", h.states))))
		if z := logZ(h, l.Hidden, hidden); math.Abs(z-z1) > 1e-5 {
			t.Errorf("log Z is %g by hidden states, %g by visible ones", z, z1)
		}
	})
}

// With all states under their exact probabilities as the negative phase, the
// gradient of the contrastive loss is that of −⟨log p(v)⟩ by finite differences,
// for all parameters, learned variances among them.
func TestLikelihoodGradientsOfUnits(t *testing.T) {
	forPairs(t, func(t *testing.T, l *Layer, v, h species) {
		if h.near > 0 {
			t.Skip("Φ is an approximation of the sum")
		}
		rows, _ := v.inner()
		data := map[int]float64{rows[0]: 0.5, rows[len(rows)/2]: 0.25, rows[len(rows)-1]: 0.25}
		logP := func() []float64 {
			e := joint(l, v, h)
			p := make([]float64, len(e))
			for i := range e {
				p[i] = logSumExp(e[i])
			}
			z := logSumExp(p)
			for i := range p {
				p[i] -= z
			}
			return p
		}
		weights := graph.NewTensor("weights", len(v.states))
		for i, p := range logP() {
			weights.Data[i] = float32(data[i] - math.Exp(p))
		}
		g := graph.New(nil)
		loss := g.Sum(g.Mul(l.FreeEnergy(g, g.Param(tensorOf("v", v.states))), g.Param(weights)))
		for _, p := range l.Parameters() {
			got := graphtest.Value(t, g, g.Grad(loss, g.Param(p))[0])
			want := make([]float32, p.Size())
			for i, old := range p.Data {
				const step = 1.0 / 1024
				likelihood := func(to float32) (sum float64) {
					p.Data[i] = to
					for s, logP := range logP() {
						sum += data[s] * logP
					}
					return sum
				}
				want[i] = -float32((likelihood(old+step) - likelihood(old-step)) / (float64(old+step) - float64(old-step)))
				p.Data[i] = old
			}
			graphtest.Near(t, p.Name, 1e-3, got, want)
		}
	})
}

// Long chains of the graph's Gibbs sampler visit states, visible and hidden
// ones, as often as the sums over all states say.
func TestGibbsOfUnits(t *testing.T) {
	forPairs(t, func(t *testing.T, l *Layer, v, h species) {
		if v.grid && h.grid {
			t.Skip("no states to count")
		}
		index := func(p species) map[string]int {
			at := map[string]int{}
			for i, s := range p.states {
				at[fmt.Sprint(s)] = i
			}
			return at
		}
		place := func(p species, at map[string]int, s []float32) int {
			if p.grid {
				return 0
			}
			wide := make([]float64, len(s))
			for i, x := range s {
				wide[i] = float64(x)
			}
			i, ok := at[fmt.Sprint(wide)]
			if !ok {
				t.Fatalf("%v is no state of %s", s, p.name)
			}
			return i
		}
		const chains, burn, rounds, steps = 1000, 5, 25, 6
		random := graph.NewRandom(11)
		g := graph.New(random)
		in := g.Input("v", chains, v.units)
		out := in
		for range steps {
			out = l.Gibbs(g, out, AllNoise)
		}
		hidden := l.Hidden.Sample(g, l.Up(g, out), "after")
		m, err := g.Compile(out, hidden)
		if err != nil {
			t.Fatal(err)
		}
		start := graph.NewTensor("start", chains, v.units)
		for c := range chains {
			for j, x := range v.states[c%len(v.states)] {
				start.Data[c*v.units+j] = float32(x)
			}
		}
		if err := m.Set(in, start.Data); err != nil {
			t.Fatal(err)
		}
		atV, atH := index(v), index(h)
		counts := map[[2]int]float64{}
		for round := range burn + rounds {
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			if round >= burn {
				for c := range chains {
					counts[[2]int{place(v, atV, m.Value(out)[c*v.units:][:v.units]), place(h, atH, m.Value(hidden)[c*h.units:][:h.units])}]++
				}
			}
			if err := m.Set(in, m.Value(out)); err != nil {
				t.Fatal(err)
			}
		}
		e := joint(l, v, h)
		all := make([]float64, len(e))
		for i := range e {
			all[i] = logSumExp(e[i])
		}
		z := logSumExp(all)
		expected := map[[2]int]float64{}
		for i := range e {
			for j := range e[i] {
				cell := [2]int{i, j}
				if v.grid {
					cell[0] = 0
				}
				if h.grid {
					cell[1] = 0
				}
				expected[cell] += chains * rounds * math.Exp(e[i][j]-z)
			}
		}
		chi, freedom, rare, rareWant := 0.0, -1.0, 0.0, 0.0
		for cell, want := range expected {
			if want < 10 {
				rare, rareWant = rare+counts[cell], rareWant+want
				continue
			}
			chi += (counts[cell] - want) * (counts[cell] - want) / want
			freedom++
		}
		if rareWant >= 10 {
			chi += (rare - rareWant) * (rare - rareWant) / rareWant
			freedom++
		}
		// Wilson and Hilferty's approximation, at 4 standard deviations: exceeded
		// once in 30,000 draws of independent states.
		if limit := freedom * math.Pow(1-2/(9*freedom)+4*math.Sqrt(2/(9*freedom)), 3); chi > limit {
			t.Errorf("chi-square of visited states is %.1f for %g degrees of freedom, want below %.1f", chi, freedom, limit)
		}
	})
}

// The free energies of classes are those of the examples with each label, and
// the label's distribution given the rest is that of all states.
func TestClassFreeEnergy(t *testing.T) {
	all := allSpecies()
	v, h := all["mixed"], all["binary"]
	l := between(t, v, h, true)
	e := joint(l, v, h)
	examples := product([]float64{0, 1}, 2)
	var want []float32
	for n := range examples {
		p := make([]float64, 3)
		for y := range p {
			p[y] = logSumExp(e[3*n+y])
		}
		sum := logSumExp(p)
		for _, x := range p {
			want = append(want, float32(math.Exp(x-sum)))
		}
	}
	g := graph.New(nil)
	in := g.Param(tensorOf("v", examples))
	f := l.ClassFreeEnergy(g, in, 3)
	graphtest.Near(t, "p(y|v)", 1e-5, graphtest.Value(t, g, g.Softmax(g.Scale(-1, f))), want)
	graphtest.Gradient(t, 1e-3, func(g *graph.Graph, p []*graph.Node) *graph.Node {
		return g.SoftmaxCrossEntropy(g.Param(tensorOf("y", [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 0}})),
			g.Scale(-1, l.ClassFreeEnergy(g, g.Param(tensorOf("v", examples)), 3)))
	}, l.Parameters()...)
	for _, classes := range []int{1, 2, 4} {
		g := graph.New(nil)
		if l.ClassFreeEnergy(g, g.Param(tensorOf("v", examples)), classes); g.Err() == nil || !strings.Contains(g.Err().Error(), "classes") {
			t.Errorf("%d classes: error %v", classes, g.Err())
		}
	}
}

// Units that know no hidden or no centred form are refused there.
func TestVisibleOnlyUnits(t *testing.T) {
	for want, spec := range map[string]RBM{
		"hidden units are learned-gaussian":   {Visible: unit.Binary{}, Hidden: unit.LearnedGaussian{}},
		"hidden units are replicated-softmax": {Visible: unit.Binary{}, Hidden: unit.ReplicatedSoftmax{}},
		"cannot be centred":                   {Visible: unit.ReplicatedSoftmax{}, Hidden: unit.Binary{}, Centred: true},
	} {
		spec.Shape, spec.Units = []int{3}, 2
		if _, err := spec.New(graph.NewRandom(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", spec, err, want)
		}
	}
}
