package graph

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// integral passes on the value of a quadrature, its third operand, and has
// the gradient of the integral that it stands for.
type integral struct {
	integrand func(*Node) *Node
}

func (*integral) String() string { return "∫" }

func (*integral) run(out []float32, in [][]float32) { copy(out, in[2]) }

func (*integral) copies() int { return 2 }

func (*integral) heldConstant(operand int) bool { return operand == 2 }

func (s *integral) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, 3)
	if want[0] {
		pulled[0] = g.Scale(-1, g.Mul(grad, s.integrand(in[0])))
	}
	if want[1] {
		pulled[1] = g.Mul(grad, s.integrand(in[1]))
	}
	return pulled
}

// Integral is ∫_lo^hi f(t) dt, element by element, for an activation f given
// as a graph: f adds the nodes that compute it from t, of lo's shape, and
// must treat each element alone. It is what the loss of a restricted
// Boltzmann machine with any hidden units asks for (P2, equation 6: the loss
// integrates the activation function).
//
// The value is by Gauss-Legendre quadrature with the given number of points:
// exact for polynomials of degree 2·points−1, near float32 rounding for
// smooth f with a few points per unit of the interval's length; a kink, as
// ReLU's, costs accuracy. The gradient is not the quadrature's but the
// integral's: f(hi)·dhi − f(lo)·dlo. Parameters inside f are held constant.
func (g *Graph) Integral(f func(t *Node) *Node, lo, hi *Node, points int) *Node {
	if g.broken("integral", lo, hi) {
		return nil
	}
	if !slices.Equal(lo.Shape(), hi.Shape()) {
		return g.mismatch("integral", lo, hi)
	}
	if points < 1 {
		g.Fail(fmt.Errorf("graph: integral by %d points, want at least 1", points))
		return nil
	}
	at, weight := make([]float64, points), make([]float64, points)
	quad.Legendre{}.FixedLocations(at, weight, 0, 1)
	a, b := g.Stop(lo), g.Stop(hi)
	var mean *Node
	for i, p := range at {
		term := g.Scale(weight[i], f(g.Combine(1-p, a, p, b)))
		if i == 0 {
			mean = term
		} else {
			mean = g.Add(mean, term)
		}
	}
	value := g.Mul(g.Sub(b, a), mean)
	return g.apply(&integral{f}, lo.Shape(), lo, hi, value)
}
