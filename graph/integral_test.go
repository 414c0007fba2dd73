package graph_test

import (
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// The quadrature agrees with the integrals known in closed form, to float32
// rounding of their size.
func TestIntegralAgainstClosedForms(t *testing.T) {
	lo, hi := graphtest.Random("lo", 1, 8, 16), graphtest.Random("hi", 2, 8, 16)
	for i := range lo.Data {
		lo.Data[i] *= 3
		hi.Data[i] *= 3
	}
	for _, c := range []struct{ f, integral graph.Function }{
		{graph.Sigmoid, graph.Softplus},
		{graph.Tanh, graph.LogCosh},
		{graph.Identity, graph.HalfSquare},
		{graph.SigmoidSlope, graph.Sigmoid},
		{graph.Exp, graph.Exp},
	} {
		t.Run(c.f.String(), func(t *testing.T) {
			g := graph.New(nil)
			a, b := g.Param(lo), g.Param(hi)
			f := func(t *graph.Node) *graph.Node { return g.Map(c.f, t) }
			value := graphtest.Value(t, g, g.Integral(f, a, b, 24))
			closed := graphtest.Value(t, g, g.Sub(g.Map(c.integral, b), g.Map(c.integral, a)))
			graphtest.Near(t, "integral", 1e-6, value, closed)
		})
	}
}

// The symbolic gradient f(hi)·dhi − f(lo)·dlo agrees with finite differences
// of the quadrature, for an activation without a closed integral, and can be
// differentiated again.
func TestIntegralGradient(t *testing.T) {
	loss := func(g *graph.Graph, in []*graph.Node) *graph.Node {
		f := func(t *graph.Node) *graph.Node { return g.Map(graph.Softplus, g.Mul(t, g.Map(graph.Tanh, t))) }
		return weigh(g, g.Integral(f, in[0], in[1], 16))
	}
	lo, hi := graphtest.Random("lo", 1, 2, 3), graphtest.Random("hi", 2, 2, 3)
	graphtest.Gradient(t, 1e-4, loss, lo, hi)
	graphtest.SecondGradient(t, 3e-4, loss, lo, hi)
}

// The gradient takes two evaluations of the integrand, not one a point.
func TestIntegralGradientIsPruned(t *testing.T) {
	g := graph.New(nil)
	lo, hi := g.Param(graphtest.Random("lo", 1, 5)), g.Param(graphtest.Random("hi", 2, 5))
	loss := g.Sum(g.Integral(func(t *graph.Node) *graph.Node { return g.Map(graph.Sigmoid, t) }, lo, hi, 16))
	gradients := g.Grad(loss, lo, hi)
	m, err := g.Compile(gradients...)
	if err != nil {
		t.Fatal(err)
	}
	if m.Steps() > 10 {
		t.Errorf("the gradient computes %d ops; the quadrature should not be among them", m.Steps())
	}
}
