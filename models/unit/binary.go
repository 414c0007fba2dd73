package unit

import (
	"math"

	"boltzoo/graph"
)

// Binary units are 0 or 1: f = σ, Φ = softplus.
type Binary struct{}

// Mean is σ(x).
func (Binary) Mean(g *graph.Graph, x *graph.Node) *graph.Node { return g.Map(graph.Sigmoid, x) }

// Sample draws 1 with probability σ(x).
func (Binary) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	return g.Bernoulli(g.Map(graph.Sigmoid, x), stream)
}

// LogNormaliser is Σ_j log(1+exp x_j).
func (Binary) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.SumMap(graph.Softplus, x)
}

// States is 1.
func (Binary) States() int { return 1 }

// Potential is zero.
func (Binary) Potential(*graph.Graph, *graph.Node) *graph.Node { return nil }

// Inverse is the logit of m, which is kept 0.001 away from 0 and 1: a pixel
// that is black in all data must not get a bias that no gradient can move.
func (Binary) Inverse(m []float64) []float64 { return mapped(m, logit) }

func logit(m float64) float64 {
	m = min(max(m, 0.001), 0.999)
	return math.Log(m / (1 - m))
}
