package graph

import "boltzoo/graph/internal/kernel"

// mulRow multiplies everything by a row, or by one value a channel.
type mulRow struct{ onX }

func (mulRow) String() string { return "x ⊙ row" }

func (mulRow) block(out, x, row []float32, from int) { kernel.MulRow(out, x, row, from) }

func (mulRow) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, 2)
	if want[0] {
		pulled[0] = g.MulRow(grad, in[1])
	}
	if want[1] {
		pulled[1] = g.colSum(g.Mul(grad, in[0]), in[1].Shape())
	}
	return pulled
}

// MulRow multiplies each row of x (B×…) by row, again and again along it: row
// has the shape of one example, or of its last axes, such as one value a
// channel.
func (g *Graph) MulRow(x, row *Node) *Node {
	if g.broken("multiply by row", x, row) {
		return nil
	}
	if !endsIn(x, row.Shape()) {
		return g.mismatch("multiply by row", x, row)
	}
	return g.apply(mulRow{}, x.Shape(), x, row)
}
