package data

import (
	"bytes"
	"math"
	"testing"
)

// Points are near the curve, on all of it, and a function of the seed and of
// their number.
func TestSpiral(t *testing.T) {
	s := Spiral(1, 2000)
	if s.Len() != 2000 || s.Size() != 2 || s.Sum != sum(s.Pix) {
		t.Fatalf("%d points of %d values", s.Len(), s.Size())
	}
	if few := Spiral(1, 100); !bytes.Equal(few.Pix, s.Pix[:200]) {
		t.Error("the first points depend on how many are asked for")
	}
	if bytes.Equal(Spiral(2, 2000).Pix, s.Pix) {
		t.Error("another seed gives the same points")
	}
	const pieces = 400
	var along [8]int
	square := 0.0
	for i := range s.Len() {
		var p [2]float32
		s.Floats(p[:], i)
		best, at := math.Inf(1), 0
		for k := range pieces {
			ax, ay := spiralAt(float64(k) / pieces)
			bx, by := spiralAt(float64(k+1) / pieces)
			if d, _ := segment(float64(p[0]), float64(p[1]), ax, ay, bx, by); d < best {
				best, at = d, k
			}
		}
		if best > 0.032 { // 0.02 √2 and the rounding to bytes
			t.Errorf("point %d, %v, is %.3f away from the curve", i, p, best)
		}
		square += best * best / float64(s.Len())
		along[at*len(along)/pieces]++
	}
	if deviation := math.Sqrt(square); deviation < 0.004 || deviation > 0.01 {
		t.Errorf("points are %.4f away from the curve", deviation)
	}
	for k, n := range along {
		if n < 200 || n > 300 { // of 250 expected, with a deviation of 15
			t.Errorf("%d points on eighth %d of the curve", n, k)
		}
	}
}
