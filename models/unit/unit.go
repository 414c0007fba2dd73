// Package unit has the kinds of units of Boltzmann machines, a file each.
//
// A unit with pre-activation x (bias plus weighted input) has states with
// probability proportional to exp(x s − U(s)), where U is its Potential. All
// else follows from the integral Φ of its activation, log Σ_s exp(x s − U(s)):
// its mean is f = Φ', its variance Φ" (P2, section 2).
package unit

import (
	"boltzoo/graph"
	"boltzoo/models/tagged"
)

// Unit is a kind of unit. Any may be visible or hidden. Shapes are those of
// the pre-activation x (B×…) unless said.
type Unit interface {
	// Mean is f(x), the expected state.
	Mean(g *graph.Graph, x *graph.Node) *graph.Node
	// Sample draws states from the stream of that name.
	Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node
	// LogNormaliser is Σ_j Φ(x_j) for each example: (B).
	LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node
	// Potential is Σ_j U(s_j) for each example, (B), or nil where U is zero.
	Potential(g *graph.Graph, s *graph.Node) *graph.Node
	// Inverse is the x at which the means of one example's units are m, kept
	// finite: the biases that explain data of these means alone.
	Inverse(m []float64) []float64
}

// Leveled units have a number of states above the lowest: N binary copies have
// N.
type Leveled interface{ States() int }

// Scaled units have variances that are learned, and enter the energy's products
// as s/σ². A Layer keeps their parameters.
type Scaled interface {
	Unit
	// With is the unit with log σ² in a tensor of the shape of the bias.
	With(logVariance *graph.Tensor) Unit
	// Scale is s/σ².
	Scale(g *graph.Graph, s *graph.Node) *graph.Node
}

// Replicated units are counts of draws from one distribution, as many as the
// example happens to have. The energy counts hidden biases once for each draw.
type Replicated interface {
	Unit
	// Draws is the number of draws in each example of s: (B).
	Draws(g *graph.Graph, s *graph.Node) *graph.Node
	// Times is the unit with that many draws: (B).
	Times(draws *graph.Node) Unit
}

// Types are the kinds of units by the names that recipes use.
var Types = tagged.Types[Unit]{
	"binary":             Binary{},
	"multinary":          Multinary{},
	"gaussian":           Gaussian{},
	"learned-gaussian":   LearnedGaussian{},
	"relu":               ReLU{},
	"nrelu":              NReLU{},
	"clipped-relu":       ClippedReLU{},
	"softmax":            Softmax{},
	"replicated-softmax": ReplicatedSoftmax{},
	"mixed":              Mixed{},
}

// mapped is f of each element.
func mapped(m []float64, f func(float64) float64) []float64 {
	x := make([]float64, len(m))
	for i, v := range m {
		x[i] = f(v)
	}
	return x
}
