package metric

import (
	"math"
	"testing"

	"boltzoo/graph"
)

func TestBinarise(t *testing.T) {
	const n = 20000
	s := make(table, n)
	for i := range s {
		s[i] = []float64{0, 0.3, 0.5, 0.501, 1}
	}
	sums := func(b Source) (sum [5]float64) {
		if b.Len() != n || b.Size() != 5 {
			t.Fatalf("%d examples of %d", b.Len(), b.Size())
		}
		x := make([]float32, 10)
		for i := 0; i < n; i += 2 {
			b.Floats(x, i, i+1)
			for j, v := range x {
				if v != 0 && v != 1 {
					t.Fatalf("a bit is %g", v)
				}
				sum[j%5] += float64(v)
			}
		}
		return sum
	}
	if got := sums(Binarise(s, nil)); got != [5]float64{0, 0, n, n, n} {
		t.Errorf("by threshold: %v", got)
	}
	drawn := sums(Binarise(s, graph.NewRandom(1)))
	for j, p := range s[0] {
		if math.Abs(drawn[j]/n-p) > 4*math.Sqrt(p*(1-p)/n)+1e-12 {
			t.Errorf("value %g is on in %g of the examples", p, drawn[j]/n)
		}
	}
	if drawn != sums(Binarise(s, graph.NewRandom(1))) || drawn == sums(Binarise(s, graph.NewRandom(2))) {
		t.Error("drawn bits are no function of the seed")
	}
}
