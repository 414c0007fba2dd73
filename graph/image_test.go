package graph_test

import (
	"errors"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// A square in each image, of ones, in all channels; where it is, the test of
// corruption holes counts.
func TestSquare(t *testing.T) {
	g := graph.New(graph.NewRandom(1))
	sums := graphtest.Value(t, g, g.RowSum(g.Square(g.Full(0.5, 9, 7, 5, 3), 4, "s")))
	for i, sum := range sums {
		if sum != 4*4*3 {
			t.Errorf("image %d: %g ones, want %d", i, sum, 4*4*3)
		}
	}
	for _, shape := range [][]int{{9, 7, 3, 3}, {9, 21}} {
		g := graph.New(graph.NewRandom(1))
		if g.Square(g.Full(0, shape...), 4, "s"); !errors.Is(g.Err(), graph.ErrShape) {
			t.Errorf("a square of 4 in %v: %v", shape, g.Err())
		}
	}
}

func TestLuminance(t *testing.T) {
	x := graph.NewTensor("x", 1, 2, 3)
	copy(x.Data, []float32{1, 0.5, 0.25, 1, 1, 1})
	g := graph.New(nil)
	got := graphtest.Value(t, g, g.Luminance(g.Param(x)))
	graphtest.Near(t, "luminance", 1e-6, got, []float32{0.299 + 0.5*0.587 + 0.25*0.114, 1})
	graphtest.Gradient(t, 1e-4, func(g *graph.Graph, in []*graph.Node) *graph.Node { return weigh(g, g.Luminance(in[0])) }, graphtest.Random("x", 1, 2, 3))
	if g.Luminance(g.Full(1, 2, 4)); !errors.Is(g.Err(), graph.ErrShape) {
		t.Errorf("luminance of four channels: %v", g.Err())
	}
}
