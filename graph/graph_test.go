package graph_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// step is a graph with most kinds of ops in it: the loss of a sampled
// restricted Boltzmann machine over n images and its gradient.
func step(random *graph.Random, n int) (g *graph.Graph, v *graph.Node, outputs []*graph.Node) {
	g = graph.New(random)
	v = g.Input("v", n, 8, 8, 2)
	w := g.Param(graphtest.Random("w", 1, 4, 4, 2, 3))
	a, b := g.Param(graphtest.Random("a", 2, 2)), g.Param(graphtest.Random("b", 3, 3))
	free := func(v, x *graph.Node) *graph.Node {
		return g.Combine(-1, g.RowDot(v, a), -1, g.SumMap(graph.Softplus, x))
	}
	x := g.Conv(v, w, b, 2, 1)
	h := g.Bernoulli(g.Map(graph.Sigmoid, x), "h")
	recon := g.Stop(g.Map(graph.Sigmoid, g.ConvT(h, w, a, 8, 8, 2, 1)))
	loss := g.Mean(g.Sub(free(v, x), free(recon, g.Conv(recon, w, b, 2, 1))))
	return g, v, append([]*graph.Node{loss, recon}, g.Grad(loss, w, a, b)...)
}

func TestMachineRepeatsItself(t *testing.T) {
	// Large enough that every op is cut into parts for several threads.
	const n = 600
	data := graphtest.Positive("", 4, n, 8, 8, 2).Data
	run := func() (values [][]float32) {
		g, v, outputs := step(graph.NewRandom(5), n)
		m, err := g.Compile(outputs...)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := m.Set(v, data); err != nil {
				t.Fatal(err)
			}
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(m.Value(v), data) {
				t.Fatal("a run changed its input")
			}
			for _, o := range outputs {
				values = append(values, slices.Clone(m.Value(o)))
			}
		}
		return values
	}
	first, second := run(), run()
	for i := range first {
		if !slices.Equal(first[i], second[i]) {
			t.Errorf("value %d differs between two runs with one seed", i)
		}
	}
	if slices.Equal(first[1], first[6]) {
		t.Error("the hidden states were not drawn anew")
	}
	for _, threads := range []int{1, 2, 5} {
		graph.SetThreads(threads)
		for i, v := range run() {
			if !slices.Equal(first[i], v) {
				t.Errorf("value %d differs on %d threads", i, threads)
			}
		}
	}
	graph.SetThreads(0)
}

func TestRunAllocatesNothing(t *testing.T) {
	graph.SetThreads(1)
	defer graph.SetThreads(0)
	g, _, outputs := step(graph.NewRandom(5), 6)
	m, err := g.Compile(outputs...)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(50, func() { err = errors.Join(err, m.Run()) }); n != 0 || err != nil {
		t.Errorf("a run allocates %v times (%v), want none", n, err)
	}
}

// The graph is Gorgonia's, and its TapeMachine gives the same bits.
func TestTapeMachineAgrees(t *testing.T) {
	data := graphtest.Positive("", 4, 6, 8, 8, 2)
	g, v, outputs := step(graph.NewRandom(5), 6)
	m, err := g.Compile(outputs...)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Set(v, data.Data), m.Run()); err != nil {
		t.Fatal(err)
	}
	tape, tapeV, tapeOutputs := step(graph.NewRandom(5), 6)
	if err := gorgonia.Let(tapeV, tensor.New(tensor.WithShape(data.Shape...), tensor.WithBacking(data.Data))); err != nil {
		t.Fatal(err)
	}
	values := make([]gorgonia.Value, len(tapeOutputs))
	for i, o := range tapeOutputs {
		gorgonia.Read(o, &values[i])
	}
	vm := gorgonia.NewTapeMachine(tape.Expr())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, o := range outputs {
		if !slices.Equal(values[i].Data().([]float32), m.Value(o)) {
			t.Errorf("output %d differs from the TapeMachine's", i)
		}
	}
}

// Where Gorgonia's own Grad is right, on a first call over its own ops, ours
// over ours is the same.
func TestGradAgreesWithGorgonia(t *testing.T) {
	x, w := graphtest.Random("x", 1, 5, 4), graphtest.Random("w", 2, 4, 3)
	theirs := gorgonia.NewGraph()
	leaf := func(p *graph.Tensor) *gorgonia.Node {
		return gorgonia.NodeFromAny(theirs, tensor.New(tensor.WithShape(p.Shape...), tensor.WithBacking(slices.Clone(p.Data))), gorgonia.WithName(p.Name))
	}
	tx, tw := leaf(x), leaf(w)
	y := gorgonia.Must(gorgonia.Tanh(gorgonia.Must(gorgonia.Sigmoid(gorgonia.Must(gorgonia.Mul(tx, tw))))))
	cost := gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(y))))
	gradients, err := gorgonia.Grad(cost, tx, tw)
	if err != nil {
		t.Fatal(err)
	}
	var values [2]gorgonia.Value
	for i := range values {
		gorgonia.Read(gradients[i], &values[i])
	}
	vm := gorgonia.NewTapeMachine(theirs)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	g := graph.New(nil)
	ox, ow := g.Param(x), g.Param(w)
	oy := g.Map(graph.Tanh, g.Map(graph.Sigmoid, g.MatMul(ox, ow)))
	ours := g.Grad(g.Mean(g.Mul(oy, oy)), ox, ow)
	for i, n := range ours {
		graphtest.Near(t, "gradient", 1e-6, graphtest.Value(t, g, n), values[i].Data().([]float32))
	}
}

// Gorgonia's own products go through this package's kernels too.
func TestGorgoniaUsesKernels(t *testing.T) {
	graph.New(nil)
	if name := fmt.Sprintf("%T", gorgonia.WhichBLAS()); name != "kernel.Blas" {
		t.Errorf("gorgonia computes products by %s", name)
	}
}

// Grad may be asked again on one graph: the second answer is as good.
func TestGradTwiceOnOneGraph(t *testing.T) {
	p := graphtest.Random("x", 1, 4)
	g := graph.New(nil)
	x := g.Param(p)
	first := g.Grad(g.Sum(g.Mul(x, x)), x)[0]
	second := g.Grad(g.Sum(g.Mul(x, g.Mul(x, x))), x)[0]
	want := make([][]float32, 2)
	for _, v := range p.Data {
		want[0] = append(want[0], 2*v)
		want[1] = append(want[1], 3*v*v)
	}
	graphtest.Near(t, "first", 1e-6, graphtest.Value(t, g, first), want[0])
	graphtest.Near(t, "second", 1e-6, graphtest.Value(t, g, second), want[1])
}

// The gradient of a mean-field CD-1 loss takes five products and no more: up,
// down, up again, and two for the weights.
func TestGradIsPruned(t *testing.T) {
	g := graph.New(nil)
	v := g.Input("v", 4, 6)
	w, b, a := g.Param(graphtest.Random("w", 1, 6, 3)), g.Param(graphtest.Random("b", 2, 3)), g.Param(graphtest.Random("a", 3, 6))
	x := g.Affine(v, w, b)
	recon := g.Stop(g.Map(graph.Sigmoid, g.AffineT(g.Map(graph.Sigmoid, x), w, a)))
	loss := g.Mean(g.Sub(g.SumMap(graph.Softplus, g.Affine(recon, w, b)), g.SumMap(graph.Softplus, x)))
	outputs := append([]*graph.Node{loss}, g.Grad(loss, w, b)...)
	if _, err := g.Compile(outputs...); err != nil {
		t.Fatal(err)
	}
	var dot bytes.Buffer
	if err := g.Dot(&dot); err != nil {
		t.Fatal(err)
	}
	products := len(regexp.MustCompile(`label="Aᵀ?Bᵀ?[+ "\\]`).FindAllString(dot.String(), -1))
	if products != 5 {
		t.Errorf("%d matrix products, want 5\n%s", products, dot.String())
	}
}

func TestErrorsStick(t *testing.T) {
	x, y := graphtest.Random("x", 1, 2, 3), graphtest.Random("y", 2, 2, 3)
	for name, c := range map[string]struct {
		build func(g *graph.Graph) *graph.Node
		want  string
	}{
		"product":    {func(g *graph.Graph) *graph.Node { return g.MatMul(g.Param(x), g.Param(y)) }, "AB of [2 3] and [2 3]"},
		"combine":    {func(g *graph.Graph) *graph.Node { return g.Add(g.Param(x), g.Reshape(g.Param(y), 3, 2)) }, "[2 3] and [3 2]"},
		"reshape":    {func(g *graph.Graph) *graph.Node { return g.Reshape(g.Param(x), 4, 2) }, "[2 3] to [4 2]"},
		"row":        {func(g *graph.Graph) *graph.Node { return g.AddRow(g.Param(x), g.Input("row", 2)) }, "add row of [2 3] and [2]"},
		"conv":       {func(g *graph.Graph) *graph.Node { return g.Conv(g.Param(x), g.Param(y), g.Param(y), 1, 0) }, "conv of"},
		"integral":   {func(g *graph.Graph) *graph.Node { return g.Integral(nil, g.Param(x), g.Input("hi", 2), 4) }, "integral of"},
		"column sum": {func(g *graph.Graph) *graph.Node { return g.ColSum(g.Param(x), 4) }, "[2 3] to [4]"},
		"column sum of two rows": {func(g *graph.Graph) *graph.Node {
			return g.ColSum(g.Param(x), 6)
		}, "[2 3] to [6]"},
		"row of another layout": {func(g *graph.Graph) *graph.Node {
			return g.AddRow(g.Input("images", 2, 5, 6), g.Input("row", 15))
		}, "add row of [2 5 6] and [15]"},
		"row as a matrix": {func(g *graph.Graph) *graph.Node {
			return g.RowDot(g.Input("v", 4, 6), g.Input("row", 3, 2))
		}, "row dot of [4 6] and [3 2]"},
		"column and vector": {func(g *graph.Graph) *graph.Node {
			return g.Add(g.Input("column", 10, 1), g.Input("vector", 10))
		}, "[10 1] and [10]"},
		"no axes":        {func(g *graph.Graph) *graph.Node { return g.Reshape(g.Input("one", 1)) }, "[1] to []"},
		"negative sizes": {func(g *graph.Graph) *graph.Node { return g.Reshape(g.Param(x), -2, -3) }, "[2 3] to [-2 -3]"},
	} {
		t.Run(name, func(t *testing.T) {
			g := graph.New(nil)
			n := c.build(g)
			after := g.Sum(g.Map(graph.Sigmoid, n))
			_, err := g.Compile(after)
			if n != nil || after != nil || !errors.Is(err, graph.ErrShape) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("nodes %v, %v, error %v; want none and an error with %q", n, after, err, c.want)
			}
		})
	}
	g := graph.New(nil)
	g.Bernoulli(g.Param(x), "h")
	if g.Err() == nil {
		t.Error("sampling without random streams: want an error")
	}
	g = graph.New(nil)
	g.Add(g.Param(x), graph.New(nil).Param(y))
	if g.Err() == nil || !strings.Contains(g.Err().Error(), "another graph") {
		t.Errorf("a node of another graph: %v", g.Err())
	}
	g = graph.New(nil)
	g.Input("v", 2)
	g.Input("v", 2)
	if g.Err() == nil {
		t.Error("two inputs of one name: want an error")
	}
}

func TestMachineErrors(t *testing.T) {
	g := graph.New(nil)
	v := g.Input("v", 2, 3)
	m, err := g.Compile(g.Sum(v))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Set(v, make([]float32, 5)); err == nil || !strings.Contains(err.Error(), "5 values, want 6") {
		t.Errorf("too few values: %v", err)
	}
	if err := m.Set(g.Sum(v), nil); err == nil {
		t.Error("setting what is no input: want an error")
	}
	p := graphtest.Random("p", 1, 3)
	n := g.Param(p)
	if m, err = g.Compile(g.Sum(n)); err != nil {
		t.Fatal(err)
	}
	if err := m.Set(n, make([]float32, 3)); err == nil || p.Data[0] == 0 {
		t.Errorf("setting a parameter: error %v and data %v, want an error and the data as it was", err, p.Data)
	}
	foreign := graph.New(nil)
	sum := gorgonia.Must(gorgonia.Add(foreign.Input("x", 2), foreign.Input("y", 2)))
	if _, err := foreign.Compile(sum); err == nil || !strings.Contains(err.Error(), "no op of this package") {
		t.Errorf("a foreign op: %v", err)
	}
}

// One computation is one node; random draws are many.
func TestCommonNodes(t *testing.T) {
	g := graph.New(graph.NewRandom(1))
	x := g.Param(graphtest.Random("x", 1, 3))
	if a, b := g.Map(graph.Sigmoid, x), g.Map(graph.Sigmoid, x); a != b {
		t.Error("one function of one operand is two nodes")
	}
	if a, b := g.Bernoulli(x, "h"), g.Bernoulli(x, "h"); a == b {
		t.Error("two draws are one node")
	}
}

func TestRandomRestores(t *testing.T) {
	r := graph.NewRandom(7)
	draw := func(name string, n int) []float32 {
		v := make([]float32, n)
		r.Stream(name).Normal(v)
		return v
	}
	draw("a", 10_000)
	state := r.State()
	want := [][]float32{draw("a", 5000), draw("b", 3)}
	r.Restore(state)
	got := [][]float32{draw("a", 5000), draw("b", 3)}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("stream %d does not go on where it was", i)
		}
	}
	if slices.Equal(want[0][:3], want[1]) {
		t.Error("two streams are one")
	}
	other := make([]float32, 10)
	graph.NewRandom(8).Stream("a").Normal(other)
	r.Restore(nil)
	if slices.Equal(draw("a", 10), other) {
		t.Error("two seeds are one")
	}
}

// Every run draws anew, and a restored stream draws the same again.
func TestDrawsGoOn(t *testing.T) {
	for name, draw := range map[string]func(g *graph.Graph, p *graph.Node) *graph.Node{
		"Bernoulli": func(g *graph.Graph, p *graph.Node) *graph.Node { return g.Bernoulli(p, "s") },
		"binomial":  func(g *graph.Graph, p *graph.Node) *graph.Node { return g.Binomial(p, 255, "s") },
		"Gaussian":  func(g *graph.Graph, p *graph.Node) *graph.Node { return g.Gaussian(p, p, "s") },
	} {
		r := graph.NewRandom(1)
		g := graph.New(r)
		s := draw(g, g.Full(0.5, 200))
		m, err := g.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		run := func() []float32 {
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			return slices.Clone(m.Value(s))
		}
		first, state := run(), r.State()
		second := run()
		r.Restore(state)
		if slices.Equal(first, second) {
			t.Errorf("%s: two runs draw the same", name)
		}
		if !slices.Equal(second, run()) {
			t.Errorf("%s: a restored stream draws something else", name)
		}
	}
}

// A vector reshaped from a row is a vector: shapes of one size are not one
// shape.
func TestReshapeOfARow(t *testing.T) {
	p := graphtest.Random("p", 1, 1, 10)
	g := graph.New(nil)
	got := graphtest.Value(t, g, g.RowSum(g.Reshape(g.Param(p), 10)))
	if !slices.Equal(got, p.Data) {
		t.Errorf("row sums of (10) are %v, want its elements %v", got, p.Data)
	}
}

// Counts of binomial draws are those of the binomial distribution, for both
// ways of drawing and both sides of one half.
func TestBinomial(t *testing.T) {
	const draws = 200_000
	for _, c := range []struct {
		n int
		p float64
	}{{1, 0.3}, {7, 0.2}, {7, 0.9}, {255, 0.01}, {255, 0.3}, {255, 0.5}, {255, 0.77}, {255, 0.999}} {
		p := graph.NewTensor("p", draws)
		for i := range p.Data {
			p.Data[i] = float32(c.p)
		}
		g := graph.New(graph.NewRandom(3))
		counts := make([]float64, c.n+1)
		for _, s := range graphtest.Value(t, g, g.Binomial(g.Param(p), c.n, "h")) {
			counts[int(math.Round(float64(s)*float64(c.n)))]++
		}
		// Cells of at least 20 expected draws, the tails thrown together.
		chi, cells, rest, restWant := 0.0, 0, 0.0, 0.0
		for k, count := range counts {
			lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
			q := float64(float32(c.p))
			want := draws * math.Exp(lg(c.n)-lg(k)-lg(c.n-k)+float64(k)*math.Log(q)+float64(c.n-k)*math.Log1p(-q))
			if want < 20 {
				rest, restWant = rest+count, restWant+want
				continue
			}
			chi += (count - want) * (count - want) / want
			cells++
		}
		if restWant > 5 {
			chi += (rest - restWant) * (rest - restWant) / restWant
			cells++
		}
		// Five standard deviations above the mean of a chi-square.
		if limit := float64(cells) + 5*math.Sqrt(2*float64(cells)); chi > limit {
			t.Errorf("binomial(%d, %g): chi-square %.1f over %d cells, want below %.1f", c.n, c.p, chi, cells, limit)
		}
	}
	g := graph.New(graph.NewRandom(3))
	edge := graph.NewTensor("p", 4)
	copy(edge.Data, []float32{0, 1, 0, 1})
	if got := graphtest.Value(t, g, g.Binomial(g.Param(edge), 255, "h")); !slices.Equal(got, edge.Data) {
		t.Errorf("certain events drawn as %v", got)
	}
}

func TestDot(t *testing.T) {
	g := graph.New(nil)
	x := g.Param(graphtest.Random("pixels", 1, 3))
	g.Map(graph.Sigmoid, x)
	var b bytes.Buffer
	if err := g.Dot(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"digraph", `pixels\n[3]`, "sigmoid", "->"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
}
