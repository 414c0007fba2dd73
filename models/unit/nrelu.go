package unit

import (
	"math"

	"boltzoo/graph"
)

// NReLU units, noisy rectified linear ones, stand for infinitely many binary
// copies with pre-activations x−½, x−1½, x−2½ …, of which they count those that
// are on (Nair and Hinton 2010, section 2):
//
//	Σ_i σ(x−i+½) ≈ f(x) = softplus(x),   Σ_i softplus(x−i+½) ≈ Φ(x) = ∫₋∞^x softplus = −Li₂(−eˣ)
//
// The integrals are at most 0.0106 and 0.042 off the sums.
//
// The paper draws max(0, x + N(0, σ(x))), which is fast, and not the sum of the
// copies: near x = 0 its mean is 0.41 below f. The stationary distribution of a
// chain with such states is not known, and f and Φ are those of another model,
// the copies. Counted they are drawn, and the energy of the chain is theirs:
// n are on with probability proportional to exp(xn − U(n)),
//
//	U(n) = n²/2 + Σ_{k≤n} log(1−e⁻ᵏ)
//
// for n = 0, 1, 2 …, nearly a ReLU's s²/2.
type NReLU struct {
	Counted bool `json:"counted,omitempty"` // states count the copies that are on
}

// Mean is softplus(x).
func (NReLU) Mean(g *graph.Graph, x *graph.Node) *graph.Node { return g.Map(graph.Softplus, x) }

// Sample draws max(0, x + N(0, σ(x))), or Counted the sum of the copies.
func (u NReLU) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	if u.Counted {
		return g.OffsetCopies(x, stream)
	}
	return g.Map(graph.ReLU, g.Gaussian(x, g.Map(graph.Sqrt, g.Map(graph.Sigmoid, x)), stream))
}

// LogNormaliser is Σ_j −Li₂(−exp x_j).
func (NReLU) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.SumMap(graph.SoftplusIntegral, x)
}

// Potential is left out: it does not depend on parameters, and the mean-field
// loss not on it.
func (NReLU) Potential(*graph.Graph, *graph.Node) *graph.Node { return nil }

// Inverse is log(exp m − 1) for m of at least 0.001.
func (NReLU) Inverse(m []float64) []float64 {
	return mapped(m, func(m float64) float64 {
		m = max(m, 0.001)
		return m + math.Log(-math.Expm1(-m))
	})
}
