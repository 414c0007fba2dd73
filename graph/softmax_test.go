package graph_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// The ops of softmax units and of units side by side, as opCases.
func TestGradientsOfGroups(t *testing.T) {
	type nodes = []*graph.Node
	random := graphtest.Random
	smooth := func(g *graph.Graph, n *graph.Node) *graph.Node {
		return weigh(g, g.Map(graph.Tanh, g.Scale(0.3, n)))
	}
	for name, c := range map[string]struct {
		loss graphtest.Loss
		in   []*graph.Tensor
	}{
		"softmax": {func(g *graph.Graph, in nodes) *graph.Node { return weigh(g, g.Softmax(in[0])) },
			[]*graph.Tensor{random("x", 1, 3, 4)}},
		"softmax of images": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Softmax(in[0])) },
			[]*graph.Tensor{random("x", 1, 2, 2, 3)}},
		"log-sum-exp": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.LogSumExp(in[0])) },
			[]*graph.Tensor{random("x", 1, 3, 4)}},
		"softmax cross-entropy": {func(g *graph.Graph, in nodes) *graph.Node {
			return smooth(g, g.SoftmaxCrossEntropy(g.Softmax(in[0]), in[1]))
		}, []*graph.Tensor{random("t", 1, 3, 4), random("y", 2, 3, 4)}},
		"multiply by row": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.MulRow(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 2, 3, 4), random("row", 2, 4)}},
		"slice": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Slice(in[0], 1, 3)) },
			[]*graph.Tensor{random("x", 1, 3, 4)}},
		"slice of channels": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Slice(in[0], 1, 2)) },
			[]*graph.Tensor{random("x", 1, 2, 2, 3)}},
		"concat": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Concat(in[0], in[1], in[0])) },
			[]*graph.Tensor{random("x", 1, 2, 3), random("y", 2, 2, 2)}},
		"concat of channels": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Concat(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 2, 2, 3), random("y", 2, 2, 2, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			graphtest.Gradient(t, 1e-4, c.loss, c.in...)
			graphtest.SecondGradient(t, 3e-4, c.loss, c.in...)
		})
	}
}

// Slices of a concatenation are what was put in.
func TestConcatAndSlice(t *testing.T) {
	x, y := graphtest.Random("x", 1, 2, 3, 2), graphtest.Random("y", 2, 2, 3, 4)
	g := graph.New(nil)
	joined := g.Concat(g.Param(x), g.Param(y))
	if got := []int(joined.Shape()); !slices.Equal(got, []int{2, 3, 6}) {
		t.Errorf("concatenation has shape %v, want [2 3 6]", got)
	}
	if got := graphtest.Value(t, g, g.Slice(joined, 0, 2)); !slices.Equal(got, x.Data) {
		t.Errorf("left part is %v, want %v", got, x.Data)
	}
	if got := graphtest.Value(t, g, g.Slice(joined, 2, 6)); !slices.Equal(got, y.Data) {
		t.Errorf("right part is %v, want %v", got, y.Data)
	}
	for name, build := range map[string]func(g *graph.Graph){
		"slice":  func(g *graph.Graph) { g.Slice(g.Param(x), 1, 3) },
		"concat": func(g *graph.Graph) { g.Concat(g.Param(x), g.Param(graph.NewTensor("z", 3, 2))) },
	} {
		g := graph.New(nil)
		if build(g); !errors.Is(g.Err(), graph.ErrShape) || !strings.Contains(g.Err().Error(), name) {
			t.Errorf("%s out of bounds: error %v", name, g.Err())
		}
	}
}

// Extreme pre-activations give no NaN: the largest takes all, equal ones share.
func TestSoftmaxOfExtremes(t *testing.T) {
	const most = math.MaxFloat32
	x := graph.NewTensor("x", 4, 3)
	copy(x.Data, []float32{most, -most, 0, -most, -most, -most, 90, 90, -90, -200, -100, -100})
	g := graph.New(nil)
	graphtest.Near(t, "softmax", 1e-6, graphtest.Value(t, g, g.Softmax(g.Param(x))),
		[]float32{1, 0, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3, 0.5, 0.5, 0, 0, 0.5, 0.5})
	want := []float32{most, -most, 90 + math.Ln2, -100 + math.Ln2}
	for i, v := range graphtest.Value(t, g, g.LogSumExp(g.Param(x))) {
		if math.Abs(float64(v-want[i])) > 1e-6*math.Abs(float64(want[i])) {
			t.Errorf("row %d: log-sum-exp %g, want %g", i, v, want[i])
		}
	}
	n := graph.NewTensor("n", 1, 2)
	n.Data[1] = float32(math.NaN())
	for what, node := range map[string]*graph.Node{"softmax": g.Softmax(g.Param(n)), "log-sum-exp": g.LogSumExp(g.Param(n))} {
		if v := graphtest.Value(t, g, node)[0]; v == v {
			t.Errorf("%s of NaN is %g", what, v)
		}
	}
}

// Counts follow the multinomial distribution: chi-square over all count
// vectors of three draws from three categories.
func TestMultinomial(t *testing.T) {
	const rows = 20_000
	p, n := graph.NewTensor("p", rows, 3), graph.NewTensor("n", rows)
	share := []float64{0.2, 0.5, 0.3}
	for i := range rows {
		n.Data[i] = 3.0000002 // whole but for rounding
		for j, s := range share {
			p.Data[3*i+j] = float32(2 * s) // any factor will do
		}
	}
	g := graph.New(graph.NewRandom(7))
	states := graphtest.Value(t, g, g.Multinomial(g.Param(p), g.Param(n), "s"))
	seen := map[[3]float32]float64{}
	for i := range rows {
		seen[[3]float32(states[3*i:3*i+3])]++
	}
	factorial := []float64{1, 1, 2, 6}
	chi, cells := 0.0, 0
	for a := range 4 {
		for b := range 4 - a {
			c := 3 - a - b
			want := rows * 6 / factorial[a] / factorial[b] / factorial[c] *
				math.Pow(share[0], float64(a)) * math.Pow(share[1], float64(b)) * math.Pow(share[2], float64(c))
			got := seen[[3]float32{float32(a), float32(b), float32(c)}]
			chi += (got - want) * (got - want) / want
			cells++
		}
	}
	// 9 degrees of freedom: 33.7 is exceeded once in 10,000.
	if chi > 33.7 || len(seen) != cells {
		t.Errorf("chi-square of counts is %.1f over %d of %d vectors, want below 33.7", chi, len(seen), cells)
	}
}

func TestMultinomialOfWrongOperands(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		p    []float32
		n    float32
		want []float32 // nil: the run fails
	}{
		{[]float32{0, 1, 0}, 5, []float32{0, 5, 0}},
		{[]float32{0, 0, 0}, 0, []float32{0, 0, 0}},
		{[]float32{0, 0, 0}, 1, nil},
		{[]float32{1, 1, 1}, 1.5, nil},
		{[]float32{1, 1, 1}, -1, nil},
		{[]float32{1, 1, 1}, float32(math.Inf(1)), nil},
		{[]float32{1, nan, 1}, 2, []float32{nan, nan, nan}},
		{[]float32{1, 1, 1}, nan, []float32{nan, nan, nan}},
	} {
		g := graph.New(graph.NewRandom(1))
		p, n := graph.NewTensor("p", 1, 3), graph.NewTensor("n", 1)
		copy(p.Data, c.p)
		n.Data[0] = c.n
		out := g.Multinomial(g.Param(p), g.Param(n), "s")
		m, err := g.Compile(out)
		if err != nil {
			t.Fatal(err)
		}
		err = m.Run()
		if c.want == nil {
			if err == nil || !strings.Contains(err.Error(), "multinomial ~ s") {
				t.Errorf("%v draws from %v: error %v, want one that names the op", c.n, c.p, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v draws from %v: %v", c.n, c.p, err)
		}
		for j, v := range m.Value(out) {
			if v != c.want[j] && !(v != v && c.want[j] != c.want[j]) {
				t.Errorf("%v draws from %v: %v, want %v", c.n, c.p, m.Value(out), c.want)
			}
		}
	}
}

// Large tables too: the counts of 2,000 categories have their means.
func TestMultinomialOfManyCategories(t *testing.T) {
	const cols, draws = 2000, 1 << 20
	p, n := graph.NewTensor("p", 1, cols), graph.NewTensor("n", 1)
	total := 0.0
	for j := range p.Data {
		p.Data[j] = float32(1 + j%7)
		total += float64(p.Data[j])
	}
	n.Data[0] = draws
	g := graph.New(graph.NewRandom(3))
	chi := 0.0
	for j, v := range graphtest.Value(t, g, g.Multinomial(g.Param(p), g.Param(n), "s")) {
		want := draws * float64(p.Data[j]) / total
		chi += (float64(v) - want) * (float64(v) - want) / want
	}
	// 1999 degrees of freedom: within 5 deviations of 63.2.
	if math.Abs(chi-(cols-1)) > 5*math.Sqrt(2*(cols-1)) {
		t.Errorf("chi-square of counts is %.0f, want near %d", chi, cols-1)
	}
}

// Runs of these ops repeat themselves, allocate nothing and draw anew each
// time.
func TestRunsOfGroups(t *testing.T) {
	graph.SetThreads(1)
	defer graph.SetThreads(0)
	build := func() (*graph.Machine, []*graph.Node) {
		g := graph.New(graph.NewRandom(5))
		x := g.Param(graphtest.Random("x", 1, 50, 8))
		p := g.Softmax(x)
		drawn := g.Multinomial(p, g.Full(20, 50), "words")
		outputs := []*graph.Node{
			drawn, g.Concat(g.Slice(g.Categorical(p, "class"), 0, 3), p), g.LogSumExp(x),
			g.Truncated(x, "rectified"), g.OffsetCopies(x, "copies"),
		}
		m, err := g.Compile(outputs...)
		if err != nil {
			t.Fatal(err)
		}
		return m, outputs
	}
	a, outputs := build()
	b, same := build()
	if n := testing.AllocsPerRun(5, func() {
		if err := a.Run(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a run allocates %v times, want none", n)
	}
	for range 6 {
		if err := b.Run(); err != nil {
			t.Fatal(err)
		}
	}
	last := slices.Clone(a.Value(outputs[0]))
	for i, o := range outputs {
		if !slices.Equal(a.Value(o), b.Value(same[i])) {
			t.Errorf("output %d differs between two runs with one seed", i)
		}
	}
	if err := a.Run(); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(a.Value(outputs[0]), last) {
		t.Error("states were not drawn anew")
	}
}
