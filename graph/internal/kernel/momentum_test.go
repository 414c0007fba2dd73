package kernel

import (
	"math"
	"testing"
)

// TestMomentum compares five steps with the two equations in float64.
func TestMomentum(t *testing.T) {
	const rate, momentum = 0.03, 0.8
	everyPath(t, func(t *testing.T) {
		r := newRand(12)
		check := func(n int) {
			p, pOnly := guarded(n)
			v, vOnly := guarded(n)
			copy(p, normals(r, n))
			clear(v)
			wantP, wantV := make([]float64, n), make([]float64, n)
			for i := range p {
				wantP[i] = float64(p[i])
			}
			for range 5 {
				grad := normals(r, n)
				Momentum(p, v, grad, rate, momentum)
				for i, g := range grad {
					wantV[i] = momentum*wantV[i] - rate*float64(g)
					wantP[i] += wantV[i]
				}
			}
			for i := range p {
				if e := max(math.Abs(float64(p[i])-wantP[i]), math.Abs(float64(v[i])-wantV[i])); !(e <= 1e-6*max(1, math.Abs(wantP[i]))) {
					t.Fatalf("n = %d: parameter %d is %v, want %v; velocity %v, want %v", n, i, p[i], wantP[i], v[i], wantV[i])
				}
			}
			if !pOnly() || !vOnly() {
				t.Fatalf("n = %d: wrote outside of a slice", n)
			}
		}
		tails(check)
		check(3*grain + 5) // more than one thread, and pieces of pieces
	})
}
