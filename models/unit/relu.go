package unit

import (
	"boltzoo/graph"
)

// ReLU units are real and not negative, with potential s²/2: Gaussian units cut
// off at 0. Given x a state is from N(x,1) truncated to s ≥ 0, whose mean is a
// smooth rectifier, and
//
//	Φ(x) = log ∫₀^∞ exp(xs − s²/2) ds = x²/2 + log √2π P(x),   f(x) = x + p(x)/P(x)
//
// with p the standard normal density and P its distribution function. Unlike
// NReLU they are an exponential family with mean, free energy and sampler of
// one distribution. A machine with ReLU or Gaussian units on both sides has one
// only while its energy is bounded, as it is for weights of norm below 1.
type ReLU struct{}

// Mean is x + p(x)/P(x).
func (ReLU) Mean(g *graph.Graph, x *graph.Node) *graph.Node { return g.Map(graph.TruncatedMean, x) }

// Sample draws from N(x,1) truncated to s ≥ 0.
func (ReLU) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	return g.Truncated(x, stream)
}

// LogNormaliser is Σ_j log ∫₀^∞ exp(x_j s − s²/2) ds.
func (ReLU) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.SumMap(graph.LogTruncated, x)
}

// Potential is Σ_j s_j²/2.
func (ReLU) Potential(g *graph.Graph, s *graph.Node) *graph.Node {
	return g.SumMap(graph.HalfSquare, s)
}

// Inverse is the x whose mean is m, which is kept above 0.1: the mean falls as
// −1/x, and a bias far below 0 would hardly move.
func (ReLU) Inverse(m []float64) []float64 {
	return mapped(m, func(m float64) float64 {
		m = max(m, 0.1)
		// The mean is above x and above 0 and rises by at most 1.
		low, high := -1/m, m
		for range 60 {
			mid := (low + high) / 2
			mean := []float32{float32(mid)}
			if graph.TruncatedMean.Eval(mean, mean); float64(mean[0]) < m {
				low = mid
			} else {
				high = mid
			}
		}
		return high
	})
}
