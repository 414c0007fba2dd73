package kernel

import (
	"math"
	"testing"
)

// TestAdam compares five steps with algorithms 1 and 2 of the paper, line by
// line in float64.
func TestAdam(t *testing.T) {
	const rate, beta1, beta2, epsilon = 1e-3, 0.9, 0.999, 1e-8
	first := func(m, g float64) float64 { return beta1*m + (1-beta1)*g }
	unbiased := func(m, beta float64, step int) float64 { return m / (1 - math.Pow(beta, float64(step))) }
	for _, k := range []struct {
		name   string
		kernel func(p, m, v, grad []float32, rate, beta1, beta2, epsilon float64, t int)
		second func(v, g float64) float64
		move   func(m, v float64, step int) float64
	}{
		{
			"adam", Adam,
			func(v, g float64) float64 { return beta2*v + (1-beta2)*g*g },
			func(m, v float64, step int) float64 {
				return rate * unbiased(m, beta1, step) / (math.Sqrt(unbiased(v, beta2, step)) + epsilon)
			},
		},
		{
			"adamax", AdaMax,
			func(u, g float64) float64 { return max(beta2*u, math.Abs(g)) },
			func(m, u float64, step int) float64 { return rate * unbiased(m, beta1, step) / (u + epsilon) },
		},
	} {
		everyPath(t, func(t *testing.T) {
			r := newRand(11)
			tails(func(n int) {
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
					k.kernel(p, m, v, grad, rate, beta1, beta2, epsilon, step)
					for i, g := range grad {
						wantM[i] = first(wantM[i], float64(g))
						wantV[i] = k.second(wantV[i], float64(g))
						wantP[i] -= k.move(wantM[i], wantV[i], step)
					}
				}
				for i := range p {
					if e := math.Abs(float64(p[i]) - wantP[i]); !(e <= 1e-6*max(1, math.Abs(wantP[i]))) {
						t.Fatalf("%s, n = %d: parameter %d is %v, want %v", k.name, n, i, p[i], wantP[i])
					}
					if e := math.Abs(float64(m[i]) - wantM[i]); !(e <= 1e-6) {
						t.Fatalf("%s, n = %d: first moment %d is %v, want %v", k.name, n, i, m[i], wantM[i])
					}
					if e := math.Abs(float64(v[i]) - wantV[i]); !(e <= 1e-5*wantV[i]) {
						t.Fatalf("%s, n = %d: second moment %d is %v, want %v", k.name, n, i, v[i], wantV[i])
					}
				}
				if !pOnly() || !mOnly() || !vOnly() {
					t.Fatalf("%s, n = %d: wrote outside of a slice", k.name, n)
				}
			})
		})
	}
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

// What is not a number stays so, wherever it comes from.
func TestAdamKeepsNaN(t *testing.T) {
	nan := float32(math.NaN())
	everyPath(t, func(t *testing.T) {
		for name, update := range map[string]func(p, m, v, grad []float32, rate, beta1, beta2, epsilon float64, t int){"adam": Adam, "adamax": AdaMax} {
			for i := range 4 {
				x := [4][]float32{{1, 1}, {1, 1}, {1, 1}, {1, 1}}
				x[i][1] = nan
				update(x[0], x[1], x[2], x[3], 0.1, 0.9, 0.999, 1e-8, 1)
				if x[0][0] != x[0][0] || x[0][1] == x[0][1] {
					t.Errorf("%s: with operand %d NaN, 1 and NaN became %v", name, i, x[0])
				}
				if i > 1 && x[2][1] == x[2][1] {
					t.Errorf("%s: with operand %d NaN, the second moment became %v", name, i, x[2][1])
				}
			}
		}
	})
}
