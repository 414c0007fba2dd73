package unit

import (
	"fmt"
	"slices"

	"boltzoo/graph"
)

// Multinary units stand for N binary copies whose biases are offset so that
// their sum has the mean N g(kx), for a unit activation g (P2, section 2.2).
// N = 255 makes them the 8-bit values of a picture. (The sum of logistic copies
// with such offsets is Nσ(kx) to half a level up to k = 0.1, to 9 % of N at
// k = 1; the mean is taken as defined, whatever k.)
//
// States are counted in shares, n/N from 0 to 1, and pre-activations are kx.
// In these units the mean-field loss is k/N times the literal one, every
// gradient mapping exactly (W here is kNW there), and does not depend on N or
// k. So N and k change what is learnt through the noise of sampled states
// alone, whose variance is (k/N) g'(x), and through the size of an optimiser's
// steps relative to the weights. (Hidden units of more levels than the visible
// ones are another thing: see RBM.Copies.)
type Multinary struct {
	Levels     int     `json:"levels,omitempty"`     // N; 0 means 255
	Gain       float64 `json:"gain,omitempty"`       // k; 0 means 1
	Activation string  `json:"activation,omitempty"` // g: sigmoid (also if empty), tanh, relu, clipped-relu, softplus or identity
}

// activations are the unit activations g, each with its integral where there
// is one in closed form.
var activations = map[string]struct {
	f, integral graph.Function
	closed      bool
}{
	"sigmoid":      {graph.Sigmoid, graph.Softplus, true},
	"tanh":         {graph.Tanh, graph.LogCosh, true},
	"relu":         {graph.ReLU, graph.HalfSquarePlus, true},
	"clipped-relu": {graph.ClippedReLU, graph.ClippedIntegral, true},
	"identity":     {graph.Identity, graph.HalfSquare, true},
	"softplus":     {f: graph.Softplus},
}

// States is N.
func (m Multinary) States() int {
	if m.Levels == 0 {
		return 255
	}
	return m.Levels
}

func (m Multinary) gain() float64 {
	if m.Gain == 0 {
		return 1
	}
	return m.Gain
}

func (m Multinary) activation(g *graph.Graph) (f, integral graph.Function, closed bool) {
	name := m.Activation
	if name == "" {
		name = "sigmoid"
	}
	a, ok := activations[name]
	if m.Levels < 0 || m.Gain < 0 {
		g.Fail(fmt.Errorf("unit: multinary: %d levels and gain %g, want above 0", m.Levels, m.Gain))
	}
	if !ok {
		g.Fail(fmt.Errorf("unit: multinary: unknown activation %q, want sigmoid, tanh, relu, clipped-relu, softplus or identity", name))
	}
	return a.f, a.integral, a.closed
}

// Mean is g(x).
func (m Multinary) Mean(g *graph.Graph, x *graph.Node) *graph.Node {
	f, _, _ := m.activation(g)
	return g.Map(f, x)
}

// Sample draws the share of the N copies that are on. For g = σ and k = 1 the
// copies are alike and it is binomial; else it is normal, of the same mean and
// variance as the copies' sum.
func (m Multinary) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	f, _, _ := m.activation(g)
	if f == graph.Sigmoid && m.gain() == 1 {
		return g.Binomial(g.Map(f, x), m.States(), stream)
	}
	slope, ok := f.Derivative()
	if !ok {
		g.Fail(fmt.Errorf("unit: multinary: %v has no slope, so no variance", f))
		return nil
	}
	deviation := g.Map(graph.Sqrt, g.Scale(m.gain()/float64(m.States()), g.Map(slope, x)))
	return g.Gaussian(g.Map(f, x), deviation, stream)
}

// quadraturePoints integrate a smooth activation from 0 over |x| < 20 to
// float32 rounding.
const quadraturePoints = 24

// LogNormaliser is Σ_j ∫₀^{x_j} g, in closed form where there is one, else by
// quadrature. (For g = σ it is log 2 a unit more, the value of softplus at 0:
// a constant, which no free-energy difference sees.)
func (m Multinary) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	f, integral, closed := m.activation(g)
	if closed {
		return g.SumMap(integral, x)
	}
	if g.Err() != nil {
		return nil
	}
	activation := func(t *graph.Node) *graph.Node { return g.Map(f, t) }
	return g.RowSum(g.Integral(activation, g.Full(0, x.Shape()...), x, quadraturePoints))
}

// Potential is left out: it does not depend on parameters, and the mean-field
// loss not on it.
func (Multinary) Potential(*graph.Graph, *graph.Node) *graph.Node { return nil }

// Inverse is g⁻¹(m) for the activations with values in an interval, m itself
// for the others.
func (m Multinary) Inverse(means []float64) []float64 {
	switch m.Activation {
	case "", "sigmoid":
		return mapped(means, logit)
	case "tanh":
		return mapped(means, func(m float64) float64 { return logit((1+m)/2) / 2 })
	}
	return slices.Clone(means)
}
