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

// taker keeps gradients, and makes the parameters not a number as it is given
// them.
type taker struct {
	parameters []*graph.Tensor
	gradients  [][]float32
}

func (k *taker) Learn(i, from int, gradient []float32) {
	copy(k.gradients[i][from:], gradient)
	p := k.parameters[i].Data[from : from+len(gradient)]
	for j := range p {
		p[j] = float32(math.NaN())
	}
}

// learning is a graph in which gradients come about in all ways.
func learning() (g *graph.Graph, x *graph.Node, outputs []*graph.Node, parameters []*graph.Tensor, gradients []*graph.Node) {
	g = graph.New(nil)
	param := func(name string, shape ...int) *graph.Node {
		t := graphtest.Random(name, uint64(len(parameters)+1), shape...)
		parameters = append(parameters, t)
		return g.Param(t)
	}
	const batch, in, hidden = 40, 300, 250
	x = g.Input("x", batch, in)
	image := g.Param(graphtest.Random("image", 101, batch, 6, 6, 3))
	w, b, a := param("w", in, hidden), param("b", hidden), param("a", in)
	decayed, deep := param("decayed", hidden, hidden), param("deep", hidden, 7)
	filters, c := param("filters", 4, 4, 3, 5), param("c", 5)
	u, v := param("u", hidden, 9), param("v", hidden, 9)
	shaped := param("shaped", 2, 150, 3)
	linear, twice := param("linear", in, 4), param("twice", in, 8)
	h := g.Map(graph.Sigmoid, g.Affine(x, w, b))
	back := g.AffineT(h, w, a) // w's gradient is a sum of two products
	up := g.Map(graph.Tanh, g.MatMul(h, decayed))
	loss := g.Add(g.SquaredError(x, back), g.Mean(g.Map(graph.HalfSquare, g.MatMul(up, deep))))
	square := func(n *graph.Node) *graph.Node { return g.Sum(g.SumMap(graph.HalfSquare, n)) }
	loss = g.Add(loss, g.Scale(0.01, square(decayed)))
	absolute := g.Sum(g.Add(g.SumMap(graph.ReLU, deep), g.SumMap(graph.ReLU, g.Scale(-1, deep))))
	loss = g.Combine(1, loss, 0.001, absolute)
	maps := g.Map(graph.Sigmoid, g.Conv(image, filters, c, 2, 1))
	loss = g.Add(loss, g.Mean(maps))
	// Each of u and v is a part of the other's gradient.
	loss = g.Add(loss, g.Add(g.Mean(g.MatMul(h, u)), g.Mean(g.Map(graph.HalfSquare, g.MatMul(up, v)))))
	loss = g.Combine(1, loss, 0.1, g.Inner(u, v))
	loss = g.Add(loss, g.Mean(g.Map(graph.Softplus, g.MatMul(x, g.Reshape(shaped, in, 3)))))
	// A product with a parameter as a factor.
	loss = g.Add(loss, g.Inner(g.MatMul(g.Param(parameters[0]), param("around", hidden, 4)), linear))
	// Of the gradient by twice there is another reader.
	loss = g.Add(loss, g.Mean(g.Map(graph.HalfSquare, g.MatMul(x, twice))))
	nodes := make([]*graph.Node, len(parameters))
	for i, p := range parameters {
		nodes[i] = g.Param(p)
	}
	gradients = g.Grad(loss, nodes...)
	norm := g.Inner(gradients[index(parameters, "twice")], gradients[index(parameters, "twice")])
	return g, x, []*graph.Node{loss, norm, gradients[1]}, parameters, gradients
}

func index(parameters []*graph.Tensor, name string) int {
	return slices.IndexFunc(parameters, func(t *graph.Tensor) bool { return t.Name == name })
}

// Learn gives the bits of gradients that are outputs, whatever happens to the
// parameters meanwhile, on any number of threads.
func TestLearn(t *testing.T) {
	defer graph.SetThreads(0)
	data := graphtest.Random("x", 100, 40, 300).Data
	g, x, outputs, _, gradients := learning()
	m, err := g.Compile(append(outputs, gradients...)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Set(x, data), m.Run()); err != nil {
		t.Fatal(err)
	}
	stored := map[string]bool{}
	for _, threads := range []int{1, 2, 5} {
		graph.SetThreads(threads)
		g, x, outputs, parameters, again := learning()
		learner, err := g.CompileStep(outputs, parameters, again)
		if err != nil {
			t.Fatal(err)
		}
		taken := &taker{parameters: parameters}
		for i, p := range parameters {
			taken.gradients = append(taken.gradients, make([]float32, p.Size()))
			stored[p.Name] = learner.Value(again[i]) != nil
		}
		if err := errors.Join(learner.Set(x, data), learner.Run(), learner.Learn(taken)); err != nil {
			t.Fatal(err)
		}
		for i, p := range parameters {
			for j, want := range m.Value(gradients[i]) {
				if got := taken.gradients[i][j]; math.Float32bits(got) != math.Float32bits(want) {
					t.Fatalf("%d threads: gradient of %s differs at %d: %v, want %v", threads, p.Name, j, got, want)
				}
				if p.Data[j] == p.Data[j] {
					t.Fatalf("%d threads: Learn was not called for %s[%d]", threads, p.Name, j)
				}
			}
		}
		if math.Float32bits(m.Value(gradients[1])[3]) != math.Float32bits(learner.Value(again[1])[3]) {
			t.Errorf("%d threads: a gradient that is an output has another value", threads)
		}
		if learner.Flops() != m.Flops() || learner.Products().Steps() != m.Products().Steps() {
			t.Errorf("%d products of %g operations, want %d of %g", learner.Products().Steps(), learner.Flops(), m.Products().Steps(), m.Flops())
		}
		if learner.Steps() != m.Steps() {
			t.Errorf("%d ops, want %d", learner.Steps(), m.Steps())
		}
	}
	// Sums of rows, convolutions, one that is read, and products of parameters.
	want := []string{"b", "a", "c", "filters", "twice", "linear", "around"}
	for name, is := range stored {
		if is != slices.Contains(want, name) {
			t.Errorf("the gradient of %s is stored: %t", name, is)
		}
	}
}

// What a Learner panics with is an error of Learn.
func TestLearnFails(t *testing.T) {
	g, _, outputs, parameters, gradients := learning()
	m, err := g.CompileStep(outputs, parameters, gradients)
	if err := errors.Join(err, m.Run()); err != nil {
		t.Fatal(err)
	}
	if err := m.Learn(failing{}); err == nil || !strings.Contains(err.Error(), "cannot learn") {
		t.Errorf("error %v", err)
	}
}

type failing struct{}

func (failing) Learn(int, int, []float32) { panic("cannot learn") }
