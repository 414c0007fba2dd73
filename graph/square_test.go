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
