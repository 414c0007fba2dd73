package unit

import "boltzoo/graph"

// Gaussian units are real, with potential s²/2σ²: mean σ²x, variance σ². As
// visible units of variance 1 they are P1's; as hidden ones their activation
// is linear.
type Gaussian struct {
	Deviation float64 `json:"deviation,omitempty"` // σ; 0 means 1
}

func (u Gaussian) variance() float64 {
	if u.Deviation == 0 {
		return 1
	}
	return u.Deviation * u.Deviation
}

// Mean is σ²x.
func (u Gaussian) Mean(g *graph.Graph, x *graph.Node) *graph.Node { return g.Scale(u.variance(), x) }

// Sample draws from N(σ²x, σ²).
func (u Gaussian) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	mean := u.Mean(g, x)
	if g.Err() != nil {
		return nil
	}
	deviation := u.Deviation
	if deviation == 0 {
		deviation = 1
	}
	return g.Gaussian(mean, g.Full(deviation, mean.Shape()...), stream)
}

// LogNormaliser is Σ_j σ²x_j²/2, without the constant ½ log 2πσ².
func (u Gaussian) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Scale(u.variance(), g.SumMap(graph.HalfSquare, x))
}

// Potential is Σ_j s_j²/2σ².
func (u Gaussian) Potential(g *graph.Graph, s *graph.Node) *graph.Node {
	return g.Scale(1/u.variance(), g.SumMap(graph.HalfSquare, s))
}

// Inverse is m/σ².
func (u Gaussian) Inverse(m []float64) []float64 {
	return mapped(m, func(m float64) float64 { return m / u.variance() })
}
