package kernel

import (
	"math"
	"testing"
)

func TestAdam(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(11)
		tails(func(n int) {
			const rate, beta1, beta2, epsilon = 1e-3, 0.9, 0.999, 1e-8
			p, pOnly := guarded(n)
			m, mOnly := guarded(n)
			v, vOnly := guarded(n)
			copy(p, normals(r, n))
			clear(m)
			clear(v)
			wantP, wantM, wantV := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range p {
				wantP[i] = float64(p[i])
			}
			for step := 1; step <= 5; step++ {
				grad := normals(r, n)
				if n > 0 {
					grad[0] = 0 // 0/0 but for epsilon
				}
				Adam(p, m, v, grad, rate, beta1, beta2, epsilon, step)
				// Algorithm 1 of the paper, line by line.
				for i, g := range grad {
					g := float64(g)
					wantM[i] = beta1*wantM[i] + (1-beta1)*g
					wantV[i] = beta2*wantV[i] + (1-beta2)*g*g
					mHat := wantM[i] / (1 - math.Pow(beta1, float64(step)))
					vHat := wantV[i] / (1 - math.Pow(beta2, float64(step)))
					wantP[i] -= rate * mHat / (math.Sqrt(vHat) + epsilon)
				}
			}
			for i := range p {
				if e := math.Abs(float64(p[i]) - wantP[i]); !(e <= 1e-6*max(1, math.Abs(wantP[i]))) {
					t.Fatalf("n = %d: p[%d] = %v, want %v", n, i, p[i], wantP[i])
				}
				if e := math.Abs(float64(m[i]) - wantM[i]); !(e <= 1e-6) {
					t.Fatalf("n = %d: m[%d] = %v, want %v", n, i, m[i], wantM[i])
				}
				if e := math.Abs(float64(v[i]) - wantV[i]); !(e <= 1e-5*wantV[i]) {
					t.Fatalf("n = %d: v[%d] = %v, want %v", n, i, v[i], wantV[i])
				}
			}
			if !pOnly() || !mOnly() || !vOnly() {
				t.Fatalf("n = %d: wrote outside of a slice", n)
			}
		})
	})
}

// With a constant gradient each step is the rate, whatever the gradient's size.
func TestAdamStepIsTheRate(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		for _, g := range []float32{1e-4, 1, -300} {
			p, m, v := []float32{0}, []float32{0}, []float32{0}
			for step := 1; step <= 10; step++ {
				Adam(p, m, v, []float32{g}, 0.01, 0.9, 0.999, 1e-8, step)
			}
			want := -0.1 * math.Copysign(1, float64(g))
			if math.Abs(float64(p[0])-want) > 1e-4 {
				t.Errorf("gradient %v: after ten steps of 0.01 at %v, want %v", g, p[0], want)
			}
		}
	})
}
