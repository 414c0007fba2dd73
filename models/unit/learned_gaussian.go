package unit

import (
	"fmt"
	"math"
	"slices"

	"boltzoo/graph"
)

// LearnedGaussian units are real, with a mean and a variance that are learned
// (Cho, Ilin and Raiko 2011):
//
//	E(v,h) = Σ_i (v_i−a_i)²/2σ_i² − b·h − Σ_ij v_i/σ_i² W_ij h_j
//
// up to the constant a²/2σ², so that x_j = b_j + Σ_i v_i/σ_i² W_ij, given h the
// mean is y = a + hWᵀ itself and the variance σ². The parameter is log σ², by
// which gradients neither vanish for large variances nor step below zero. They
// are visible units; a Layer keeps the parameter.
type LearnedGaussian struct {
	// Least is added in squares: σ² = Least² + exp z. Where data hardly vary
	// their likelihood grows without bound as σ goes to 0, and v/σ² with it.
	Least float64 `json:"least,omitempty"`

	logVariance *graph.Tensor
}

var _ Scaled = LearnedGaussian{}

// With is the unit with z = log σ² (of Least 0), shaped as the bias.
func (u LearnedGaussian) With(logVariance *graph.Tensor) Unit {
	u.logVariance = logVariance
	return u
}

// variance is σ², shaped as the bias.
func (u LearnedGaussian) variance(g *graph.Graph) *graph.Node {
	if u.logVariance == nil {
		g.Fail(fmt.Errorf("unit: learned-gaussian: the units have no variances; they can be the visible units of a layer only, all of them"))
		return nil
	}
	return g.Shift(1, g.Map(graph.Exp, g.Param(u.logVariance)), u.Least*u.Least)
}

func (u LearnedGaussian) precision(g *graph.Graph) *graph.Node {
	return g.Map(graph.Reciprocal, u.variance(g))
}

// Scale is s/σ².
func (u LearnedGaussian) Scale(g *graph.Graph, s *graph.Node) *graph.Node {
	return g.MulRow(s, u.precision(g))
}

// Mean is x.
func (u LearnedGaussian) Mean(g *graph.Graph, x *graph.Node) *graph.Node {
	u.variance(g) // fails where there is none
	return g.Map(graph.Identity, x)
}

// Sample draws from N(x, σ²).
func (u LearnedGaussian) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	deviation := g.Map(graph.Sqrt, u.variance(g))
	if g.Err() != nil {
		return nil
	}
	return g.Gaussian(x, g.AddRow(g.Full(0, x.Shape()...), deviation), stream)
}

// LogNormaliser is Σ_i x_i²/2σ_i² + ½ log 2πσ_i², the logarithm of
// ∫ exp(xs/σ² − s²/2σ²) ds.
func (u LearnedGaussian) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	variance := u.variance(g)
	if g.Err() != nil {
		return nil
	}
	logs := g.RowDot(g.Full(0.5, x.Shape()...), g.Map(graph.Log, g.Scale(2*math.Pi, variance)))
	return g.Add(logs, g.RowDot(g.Map(graph.HalfSquare, x), u.precision(g)))
}

// Potential is Σ_i s_i²/2σ_i².
func (u LearnedGaussian) Potential(g *graph.Graph, s *graph.Node) *graph.Node {
	return g.RowDot(g.Map(graph.HalfSquare, s), u.precision(g))
}

// Inverse is m.
func (LearnedGaussian) Inverse(m []float64) []float64 { return slices.Clone(m) }
