package metric

import (
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	// Two pictures of 3×4 pixels and two channels: one has a spot and a
	// stripe, the other, beside it, is flat.
	a := []float32{
		0, 9, 0, 9, 0, 9, 0, 9,
		0, 9, 5, 1, 0, 9, 0, 9,
		2, 9, 2, 9, 2, 9, 2, 9,
	}
	b := make([]float32, len(a))
	for i := range b {
		b[i] = 3
	}
	want := []float32{
		0, 9, 0, 9, 0, 9, 0, 9,
		1, 9, 0, 9, 0, 9, 0, 9,
		2, 9, 2, 9, 2, 9, 1, 9,
	}
	if got := Median(slices.Concat(a, b), 3, 4, 2); !slices.Equal(got, slices.Concat(want, b)) {
		t.Errorf("got %v, want %v", got, slices.Concat(want, b))
	}
}
