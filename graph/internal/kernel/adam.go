package kernel

import "math"

// adamConstants are the numbers of one Adam step.
type adamConstants struct {
	beta1, rest1 float32 // β₁ and 1-β₁
	beta2, rest2 float32
	rate         float32 // α/(1-β₁ᵗ)
	root         float32 // 1/√(1-β₂ᵗ)
	epsilon      float32
}

// Adam makes step number t (from 1) of Adam, algorithm 1 of Kingma and Ba
// (arXiv 1412.6980): it updates the moments m and v from the gradient, and the
// parameters p from the moments corrected for their bias, in place.
//
//	m = β₁m + (1-β₁)g     v = β₂v + (1-β₂)g²
//	p = p - α · m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε)
func Adam(p, m, v, grad []float32, rate, beta1, beta2, epsilon float64, t int) {
	equal(len(p), len(m), len(v), len(grad))
	if t < 1 {
		panic("kernel: adam: steps count from 1")
	}
	c := adamConstants{
		beta1: float32(beta1), rest1: float32(1 - beta1),
		beta2: float32(beta2), rest2: float32(1 - beta2),
		rate:    float32(rate / (1 - math.Pow(beta1, float64(t)))),
		root:    float32(1 / math.Sqrt(1-math.Pow(beta2, float64(t)))),
		epsilon: float32(epsilon),
	}
	operands{dst: p, x: m, y: v, z: grad, adam: c}.pieces(len(p), func(o *operands, from, to int, _ *scratch) {
		current.adam(o.dst[from:to], o.x[from:to], o.y[from:to], o.z[from:to], &o.adam)
	})
}

func adamPortable(p, m, v, grad []float32, c *adamConstants) {
	for i, g := range grad {
		mi := c.beta1*m[i] + c.rest1*g
		vi := c.beta2*v[i] + c.rest2*g*g
		m[i], v[i] = mi, vi
		p[i] -= c.rate * mi / (float32(math.Sqrt(float64(vi)))*c.root + c.epsilon)
	}
}

// adaMaxConstants are the numbers of one AdaMax step.
type adaMaxConstants struct {
	beta1, rest1 float32 // β₁ and 1-β₁
	beta2        float32
	rate         float32 // α/(1-β₁ᵗ)
	epsilon      float32
}

// AdaMax makes step number t (from 1) of AdaMax, algorithm 2 of Kingma and Ba,
// in place. ε is added to the norm, which is 0 until there has been a gradient.
//
//	m = β₁m + (1-β₁)g     u = max(β₂u, |g|)
//	p = p - α/(1-β₁ᵗ) · m/(u+ε)
func AdaMax(p, m, u, grad []float32, rate, beta1, beta2, epsilon float64, t int) {
	equal(len(p), len(m), len(u), len(grad))
	if t < 1 {
		panic("kernel: adamax: steps count from 1")
	}
	c := adaMaxConstants{
		beta1: float32(beta1), rest1: float32(1 - beta1), beta2: float32(beta2),
		rate:    float32(rate / (1 - math.Pow(beta1, float64(t)))),
		epsilon: float32(epsilon),
	}
	operands{dst: p, x: m, y: u, z: grad, adaMax: c}.pieces(len(p), func(o *operands, from, to int, _ *scratch) {
		current.adaMax(o.dst[from:to], o.x[from:to], o.y[from:to], o.z[from:to], &o.adaMax)
	})
}

func adaMaxPortable(p, m, u, grad []float32, c *adaMaxConstants) {
	for i, g := range grad {
		mi := c.beta1*m[i] + c.rest1*g
		ui := max(c.beta2*u[i], float32(math.Abs(float64(g))))
		m[i], u[i] = mi, ui
		p[i] -= c.rate * mi / (ui + c.epsilon)
	}
}
