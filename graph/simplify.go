package graph

// Builders put an equal, cheaper computation in the place of what they are
// asked for where that is plain to see: constants are multiplied out, factors
// move from operands to results, and a mean over examples is taken part by
// part. What a model writes as in its paper, mean free energies above all, and
// the gradient that Grad makes of it, so become what one would write by hand.

// constant tells whether all elements of n are one number that is known now.
func (g *Graph) constant(n *Node) (value float64, ok bool) {
	if value, ok = g.full[n]; ok || n.Op() == nil {
		return value, ok
	}
	switch f := n.Op().(*op).function.(type) {
	case *shift:
		value, ok = g.constant(operandsOf(n)[0])
		return f.alpha*value + f.c, ok
	case *tile, *expand:
		return g.constant(operandsOf(n)[0])
	}
	return 0, false
}

// scaled is n as a multiple of another node.
func scaled(n *Node) (by float64, of *Node) {
	if o, ok := n.Op().(*op); ok {
		if s, ok := o.function.(*shift); ok && s.c == 0 {
			return s.alpha, operandsOf(n)[0]
		}
	}
	return 1, n
}

// tiled is the row that n repeats, or nil.
func tiled(n *Node) *Node {
	if o, ok := n.Op().(*op); ok {
		if _, ok := o.function.(*tile); ok {
			return operandsOf(n)[0]
		}
	}
	return nil
}

// partOf is what n has from from to to of its last axis, if that was put there
// by Concat, or nil.
func partOf(n *Node, from, to int) *Node {
	o, ok := n.Op().(*op)
	if !ok {
		return nil
	}
	c, ok := o.function.(*concat)
	if !ok {
		return nil
	}
	at := 0
	for i, w := range c.widths {
		if at == from && at+w == to {
			return operandsOf(n)[i]
		}
		at += w
	}
	return nil
}

// combine is αx + βy of two tensors of one shape.
func (g *Graph) combine(alpha float64, x *Node, beta float64, y *Node) *Node {
	byX, x := scaled(x)
	byY, y := scaled(y)
	alpha, beta = byX*alpha, byY*beta
	if row := tiled(y); row != nil && alpha != 0 {
		return g.Scale(alpha, g.addRow(1, x, beta/alpha, row))
	}
	if row := tiled(x); row != nil && beta != 0 {
		return g.Scale(beta, g.addRow(1, y, alpha/beta, row))
	}
	return g.apply(&combine{alpha: alpha, beta: beta}, x.Shape(), x, y)
}

// addRow is αx + β row.
func (g *Graph) addRow(alpha float64, x *Node, beta float64, row *Node) *Node {
	byX, x := scaled(x)
	byRow, row := scaled(row)
	return g.apply(&addRow{alpha: byX * alpha, beta: byRow * beta}, x.Shape(), x, row)
}

// total is the sum of all elements of x, times a factor.
func (g *Graph) total(factor float64, x *Node) *Node {
	if g.broken("sum", x) {
		return nil
	}
	by, x := scaled(x)
	factor *= by
	if o, ok := x.Op().(*op); ok {
		in := operandsOf(x)
		switch f := o.function.(type) {
		case *combine:
			return g.combine(f.alpha, g.total(factor, in[0]), f.beta, g.total(factor, in[1]))
		case *rowSum:
			return g.total(factor, in[0])
		case *sumMapped:
			return g.total(factor, g.Map(f.f, in[0]))
		case *rowDot:
			return g.Scale(factor, g.Inner(g.colSum(in[0], in[1].Shape()), in[1]))
		}
	}
	return g.apply(&total{factor: factor}, []int{1}, x)
}
