package unit

import (
	"slices"

	"boltzoo/graph"
)

// ClippedReLU units have the activation min(1, max(0, x)) (P1's ReLU). It is
// no exponential family's; the loss integrates it all the same (P2, section
// 2.2), and sampled states have its slope as variance, as multinary ones.
type ClippedReLU struct{}

// Mean is min(1, max(0, x)).
func (ClippedReLU) Mean(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Map(graph.ClippedReLU, x)
}

// Sample adds normal noise of variance f'(x): 1 between the kinks, else 0.
func (ClippedReLU) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	return g.Gaussian(g.Map(graph.ClippedReLU, x), g.Map(graph.Box, x), stream)
}

// LogNormaliser is Σ_j ∫₀^{x_j} min(1, max(0, t)) dt.
func (ClippedReLU) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.SumMap(graph.ClippedIntegral, x)
}

// Potential is zero.
func (ClippedReLU) Potential(*graph.Graph, *graph.Node) *graph.Node { return nil }

// Inverse is m.
func (ClippedReLU) Inverse(m []float64) []float64 { return slices.Clone(m) }
