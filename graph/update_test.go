package graph_test

import (
	"math"
	"testing"

	"boltzoo/graph"
)

// Columns above the limit end at it, the others stay to the bit, and what is
// no number is not hidden.
func TestLimitNorms(t *testing.T) {
	nan := float32(math.NaN())
	w := []float32{
		3, 0.1, 0, nan,
		-4, 0.2, 2, 1,
	}
	graph.LimitNorms(w, 4, 2)
	want := []float32{1.2, 0.1, 0, nan, -1.6, 0.2, 2, 1}
	for i := range w {
		if w[i] != want[i] && !(w[i] != w[i] && want[i] != want[i]) {
			t.Errorf("weight %d is %g, want %g", i, w[i], want[i])
		}
	}
}
