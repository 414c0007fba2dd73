// Package graphtest checks the gradients of computation graphs, here and in
// tests of models and objectives made elsewhere.
package graphtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"boltzoo/graph"
)

// Loss builds a loss of one element from the nodes of the tensors that
// Gradient was given.
type Loss func(g *graph.Graph, in []*graph.Node) *graph.Node

// Step is the step of the finite differences, in the tensors' own units. The
// differences are of fourth order, so that a step this large has no truncation
// error to speak of and float32 rounding is divided by it.
const Step = 0.02

// Gradient compares graph.Grad of the loss with finite differences for every
// element of every tensor. It fails where they differ by more than tolerance
// times the largest element of that gradient, or than tolerance itself.
func Gradient(t testing.TB, tolerance float64, loss Loss, tensors ...*graph.Tensor) {
	t.Helper()
	g := graph.New(nil)
	in := params(g, tensors)
	l := loss(g, in)
	check(t, g, tolerance, l, in, tensors)
}

// SecondGradient is Gradient for a loss made of the gradient of the given
// one: the sum of its elements, each with a weight of its own.
func SecondGradient(t testing.TB, tolerance float64, loss Loss, tensors ...*graph.Tensor) {
	t.Helper()
	g := graph.New(nil)
	in := params(g, tensors)
	l := loss(g, in)
	var sum *graph.Node
	for i, d := range g.Grad(l, in...) {
		if g.Err() != nil {
			break
		}
		weights := Random(fmt.Sprintf("weights%d", i), uint64(i), d.Shape()...)
		term := g.Sum(g.Mul(d, g.Param(weights)))
		if sum == nil {
			sum = term
		} else {
			sum = g.Add(sum, term)
		}
	}
	check(t, g, tolerance, sum, in, tensors)
}

func params(g *graph.Graph, tensors []*graph.Tensor) []*graph.Node {
	in := make([]*graph.Node, len(tensors))
	for i, p := range tensors {
		in[i] = g.Param(p)
	}
	return in
}

func check(t testing.TB, g *graph.Graph, tolerance float64, loss *graph.Node, in []*graph.Node, tensors []*graph.Tensor) {
	t.Helper()
	gradients := g.Grad(loss, in...)
	m, err := g.Compile(append([]*graph.Node{loss}, gradients...)...)
	if err != nil {
		t.Fatal(err)
	}
	run := func() {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
	}
	run()
	analytic := make([][]float32, len(tensors))
	for i, d := range gradients {
		analytic[i] = append([]float32(nil), m.Value(d)...)
	}
	for i, p := range tensors {
		scale := 1.0
		for _, d := range analytic[i] {
			scale = max(scale, math.Abs(float64(d)))
		}
		for j, x := range p.Data {
			at := func(steps float64) float64 {
				p.Data[j] = float32(float64(x) + steps*Step)
				run()
				return float64(m.Value(loss)[0])
			}
			numeric := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * Step)
			p.Data[j] = x
			if diff := math.Abs(numeric - float64(analytic[i][j])); !(diff <= tolerance*scale) {
				t.Errorf("gradient of %s[%d]: %g, by finite differences %g (tolerance %g)", p.Name, j, analytic[i][j], numeric, tolerance*scale)
			}
		}
	}
}

// Random returns a tensor of standard normal numbers, the same ones for the
// same seed.
func Random(name string, seed uint64, shape ...int) *graph.Tensor {
	t := graph.NewTensor(name, shape...)
	source := rand.New(rand.NewPCG(seed, 0x5eed))
	for i := range t.Data {
		t.Data[i] = float32(source.NormFloat64())
	}
	return t
}

// Positive is Random, made positive and kept from zero.
func Positive(name string, seed uint64, shape ...int) *graph.Tensor {
	t := Random(name, seed, shape...)
	for i, v := range t.Data {
		t.Data[i] = float32(0.5 + math.Abs(float64(v)))
	}
	return t
}

// Value compiles and runs the graph and returns the output's value.
func Value(t testing.TB, g *graph.Graph, output *graph.Node) []float32 {
	t.Helper()
	m, err := g.Compile(output)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), m.Value(output)...)
}

// Near fails unless got and want agree to tolerance times the largest
// magnitude in want.
func Near(t testing.TB, what string, tolerance float64, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(float64(w)))
	}
	for i := range want {
		if diff := math.Abs(float64(got[i]) - float64(want[i])); !(diff <= tolerance*scale) {
			t.Fatalf("%s: element %d is %g, want %g (differs by %g, tolerance %g)", what, i, got[i], want[i], diff, tolerance*scale)
		}
	}
}
