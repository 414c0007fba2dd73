package kernel

import (
	"math"
	"testing"
)

func TestLimitNorms(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(31)
		const limit = 3
		for _, s := range [][2]int{{1, 1}, {9, 5}, {64, 40}, {65, 33}, {784, 500}, {3000, 3}, {0, 4}, {4, 0}} {
			rows, cols := s[0], s[1]
			before := normals(r, rows*cols)
			for i := range before { // so that about half of the columns are above
				before[i] *= limit / float32(math.Sqrt(float64(rows)))
			}
			if rows == 784 {
				before[7], before[8], before[9] = float32(math.NaN()), float32(math.Inf(1)), 1e30
			}
			var first []float32
			for _, threads := range []int{1, 2, 5} {
				useThreads(t, threads)
				x, untouched := guarded(len(before))
				copy(x, before)
				LimitNorms(x, rows, cols, limit)
				if !untouched() {
					t.Fatalf("%v: wrote beyond the matrix", s)
				}
				if first == nil {
					first = x
				} else if i := sameBits(first, x); i >= 0 {
					t.Errorf("%v: element %d differs on %d threads", s, i, threads)
				}
			}
			for j := range cols {
				square := 0.0
				for i := j; i < len(before); i += cols {
					square += float64(before[i]) * float64(before[i])
				}
				factor := 1.0
				if square > limit*limit && square < math.MaxFloat32 {
					factor = limit / math.Sqrt(square)
				}
				for i := j; i < len(before); i += cols {
					want := factor * float64(before[i])
					if !agrees(first[i], want, 1e-5*math.Abs(want)) {
						t.Fatalf("%v: element %d is %v, want %v", s, i, first[i], want)
					}
				}
			}
		}
	})
}
