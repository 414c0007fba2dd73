package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"boltzoo/graph"
)

// Algorithm 1 of Kingma and Ba, line by line in float64.
func TestAdamAgainstThePaper(t *testing.T) {
	const n, steps = 50, 100
	for _, c := range []struct {
		adam                Adam
		beta1, beta2, eps64 float64
	}{
		{Adam{Rate: 0.02}, 0.9, 0.999, 1e-8},
		{Adam{Rate: 0.1, Beta1: 0.5, Beta2: 0.99, Epsilon: 1e-3}, 0.5, 0.99, 1e-3},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		p := graph.NewTensor("p", n)
		theta, m, v := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range theta {
			p.Data[i] = float32(random.NormFloat64())
			theta[i] = float64(p.Data[i])
		}
		state, gradient := newMoments(p, c.adam.Slots()), make([]float32, n)
		for step := 1; step <= steps; step++ {
			rate := c.adam.Rate * Linear.At(float64(step-1)/steps)
			for i := range gradient {
				gradient[i] = float32(random.NormFloat64() * math.Pow(10, float64(i%7-4)))
				g := float64(gradient[i])
				m[i] = c.beta1*m[i] + (1-c.beta1)*g
				v[i] = c.beta2*v[i] + (1-c.beta2)*g*g
				mHat := m[i] / (1 - math.Pow(c.beta1, float64(step)))
				vHat := v[i] / (1 - math.Pow(c.beta2, float64(step)))
				theta[i] -= rate * mHat / (math.Sqrt(vHat) + c.eps64)
			}
			state.Steps++
			c.adam.Update(p.Data, gradient, state, 0, rate, 0)
		}
		for i := range theta {
			if d := math.Abs(float64(p.Data[i]) - theta[i]); d > 2e-5 {
				t.Errorf("%+v: parameter %d is %g, want %g", c.adam, i, p.Data[i], theta[i])
			}
		}
	}
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		s                Schedule
		start, mid, late float64
	}{
		{"", 1, 1, 1},
		{Constant, 1, 1, 1},
		{Linear, 1, 0.5, 0},
		{Cosine, 1, 0.5, 0},
		{Exponential, 1, 0.1, 0.01},
		{Steps, 1, 0.1, 0.01},
	} {
		for i, want := range []float64{c.start, c.mid, c.late} {
			if got := c.s.At(float64(i) / 2); math.Abs(got-want) > 1e-12 {
				t.Errorf("%q at %g: %g, want %g", c.s, float64(i)/2, got, want)
			}
		}
	}
	if a, b, c := Steps.At(0.49), Steps.At(0.74), Steps.At(0.75); a != 1 || b != 0.1 || c != 0.01 {
		t.Errorf("steps: %g, %g and %g", a, b, c)
	}
	if quarter := Cosine.At(0.25); math.Abs(quarter-(1+math.Sqrt(0.5))/2) > 1e-12 {
		t.Errorf("cosine at a quarter: %g", quarter)
	}
}
