package graph

import (
	"fmt"
	"slices"

	"boltzoo/graph/internal/kernel"
)

// combine is αx + βy.
type combine struct {
	onXY
	alpha, beta float64
}

func (c *combine) String() string { return fmt.Sprintf("%g x %+g y", c.alpha, c.beta) }

func (c *combine) block(out, x, y []float32, _ int) {
	kernel.Axpby(out, float32(c.alpha), x, float32(c.beta), y)
}

func (c *combine) pull(g *Graph, _ []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.Scale(c.alpha, grad), g.Scale(c.beta, grad)}
}

// Combine is αx + βy of two tensors of one shape.
func (g *Graph) Combine(alpha float64, x *Node, beta float64, y *Node) *Node {
	if g.broken("combine", x, y) || !slices.Equal(x.Shape(), y.Shape()) {
		return g.alike(&combine{alpha: alpha, beta: beta}, x, y)
	}
	return g.combine(alpha, x, beta, y)
}

// alike applies f to two tensors of one shape, for one of the same.
func (g *Graph) alike(f function, x, y *Node) *Node {
	if g.broken(f.String(), x, y) {
		return nil
	}
	if !slices.Equal(x.Shape(), y.Shape()) {
		return g.mismatch(f.String(), x, y)
	}
	return g.apply(f, x.Shape(), x, y)
}

// Add is x + y.
func (g *Graph) Add(x, y *Node) *Node { return g.Combine(1, x, 1, y) }

// Sub is x − y.
func (g *Graph) Sub(x, y *Node) *Node { return g.Combine(1, x, -1, y) }

// shift is αx + c.
type shift struct {
	onX
	alpha, c float64
}

func (s *shift) String() string { return fmt.Sprintf("%g x %+g", s.alpha, s.c) }

func (s *shift) block(out, x, _ []float32, _ int) {
	if s.c == 0 {
		kernel.Scale(out, float32(s.alpha), x)
		return
	}
	a, c := float32(s.alpha), float32(s.c)
	for i, v := range x {
		out[i] = a*v + c
	}
}

func (s *shift) pull(g *Graph, _ []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.Scale(s.alpha, grad)}
}

// Shift is αx + c, element by element.
func (g *Graph) Shift(alpha float64, x *Node, c float64) *Node {
	if g.broken("shift", x) {
		return nil
	}
	by, x := scaled(x)
	return g.apply(&shift{alpha: by * alpha, c: c}, x.Shape(), x)
}

// Scale is αx.
func (g *Graph) Scale(alpha float64, x *Node) *Node {
	if alpha == 1 {
		return x
	}
	return g.Shift(alpha, x, 0)
}

// Full is a constant tensor, all of one value.
func (g *Graph) Full(value float64, shape ...int) *Node {
	name := fmt.Sprintf("%g %v", value, shape)
	if n, ok := g.made[name]; ok || g.err != nil {
		return n
	}
	t := NewTensor(name, shape...)
	for i := range t.Data {
		t.Data[i] = float32(value)
	}
	n := g.Param(t)
	g.made[name], g.full[n] = n, value
	return n
}

// times is the element-wise product.
type times struct{ onXY }

func (times) String() string { return "⊙" }

func (times) block(out, x, y []float32, _ int) { kernel.Mul(out, x, y) }

func (times) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, 2)
	for i := range pulled {
		if want[i] {
			pulled[i] = g.Mul(grad, in[1-i])
		}
	}
	return pulled
}

// Mul is the element-wise product.
func (g *Graph) Mul(x, y *Node) *Node {
	if g.err == nil && x != nil && y != nil && slices.Equal(x.Shape(), y.Shape()) {
		if c, ok := g.constant(x); ok {
			return g.Scale(c, y)
		}
		if c, ok := g.constant(y); ok {
			return g.Scale(c, x)
		}
	}
	return g.alike(times{}, x, y)
}

// addRow is αx + β row, row being as long as an example or as its last axes.
type addRow struct {
	onX
	alpha, beta float64
}

func (r *addRow) String() string { return fmt.Sprintf("%g x %+g row", r.alpha, r.beta) }

func (r *addRow) block(out, x, row []float32, from int) {
	kernel.CombineRow(out, float32(r.alpha), x, float32(r.beta), row, from)
}

func (r *addRow) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := []*Node{g.Scale(r.alpha, grad), nil}
	if want[1] {
		pulled[1] = g.Scale(r.beta, g.colSum(grad, in[1].Shape()))
	}
	return pulled
}

// endsIn tells whether the shape is that of one example of x, or of its last
// axes.
func endsIn(x *Node, shape []int) bool {
	axes := x.Shape()
	from := len(axes) - len(shape)
	return from >= 1 && slices.Equal(axes[from:], shape)
}

// AddRow adds row to each row of x (B×…), again and again along it: row has
// the shape of one example, or of its last axes, such as one value a channel.
func (g *Graph) AddRow(x, row *Node) *Node {
	if g.broken("add row", x, row) {
		return nil
	}
	if !endsIn(x, row.Shape()) {
		return g.mismatch("add row", x, row)
	}
	return g.addRow(1, x, 1, row)
}

// SubRow is AddRow with a minus.
func (g *Graph) SubRow(x, row *Node) *Node { return g.AddRow(x, g.Scale(-1, row)) }

// RowDot is Σ_j x_ij row_j for each example: (B×…) and a row as in AddRow to
// (B). It is the a·v of an energy.
func (g *Graph) RowDot(x, row *Node) *Node {
	if g.broken("row dot", x, row) {
		return nil
	}
	if !endsIn(x, row.Shape()) {
		return g.mismatch("row dot", x, row)
	}
	rows, cols := rowsOf(x)
	return g.apply(&rowDot{rows, cols, make([]float32, row.Shape().TotalSize())}, []int{rows}, x, row)
}

type rowDot struct {
	rows, cols int
	sums       []float32 // of one example over places, one a channel
}

func (*rowDot) String() string { return "x·row" }

func (d *rowDot) run(out []float32, in [][]float32) {
	x, row := in[0], in[1]
	for i := range out {
		example := x[i*d.cols : (i+1)*d.cols]
		if len(row) < d.cols {
			kernel.ColSum(d.sums, example, d.cols/len(row), len(row))
			example = d.sums
		}
		out[i] = float32(kernel.Dot(example, row))
	}
}

func (d *rowDot) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, 2)
	if want[0] {
		pulled[0] = g.RowScale(g.tile(in[1], in[0].Shape()), grad)
	}
	if want[1] {
		pulled[1] = g.colSum(g.RowScale(in[0], grad), in[1].Shape())
	}
	return pulled
}

// rowScale multiplies each row by a number.
type rowScale struct {
	onX
	cols int
}

func (*rowScale) String() string { return "x ⊙ column" }

func (s *rowScale) block(out, x, column []float32, from int) { scaleRows(out, x, column, from, s.cols) }

// scaleRows multiplies the elements from number from on of rows of cols elements
// by one number a row. They are whole rows, or a part of one.
func scaleRows(out, x, column []float32, from, cols int) {
	column = column[from/cols:]
	if len(x) < cols {
		kernel.Scale(out, column[0], x)
		return
	}
	rows := len(x) / cols
	kernel.RowScale(out, x, column[:rows], rows, cols)
}

func (*rowScale) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, 2)
	if want[0] {
		pulled[0] = g.RowScale(grad, in[1])
	}
	if want[1] {
		pulled[1] = g.RowSum(g.Mul(grad, in[0]))
	}
	return pulled
}

// RowScale multiplies row i of x (B×…) by s_i, s (B).
func (g *Graph) RowScale(x, s *Node) *Node {
	if g.broken("row scale", x, s) {
		return nil
	}
	rows, cols := rowsOf(x)
	if s.Shape().TotalSize() != rows {
		return g.mismatch("row scale", x, s)
	}
	if c, ok := g.constant(s); ok {
		return g.Scale(c, x)
	}
	return g.apply(&rowScale{cols: cols}, x.Shape(), x, s)
}

// reshape copies, where its output cannot stay in its operand's place.
type reshape struct{}

func (reshape) String() string { return "reshape" }

func (reshape) run(out []float32, in [][]float32) { copy(out, in[0]) }

func (reshape) copies() int { return 0 }

func (reshape) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.Reshape(grad, in[0].Shape()...)}
}

// Reshape gives x another shape of the same size.
func (g *Graph) Reshape(x *Node, shape ...int) *Node {
	if g.broken("reshape", x) {
		return nil
	}
	if len(shape) == 0 || slices.Min(shape) < 1 || Size(shape) != x.Shape().TotalSize() {
		g.Fail(fmt.Errorf("graph: reshape %v to %v: %w", []int(x.Shape()), shape, ErrShape))
		return nil
	}
	if slices.Equal(x.Shape(), shape) {
		return x
	}
	return g.apply(reshape{}, shape, x)
}

// Flatten is x as the matrix of its first axis and the rest.
func (g *Graph) Flatten(x *Node) *Node {
	if g.broken("flatten", x) {
		return nil
	}
	rows, cols := rowsOf(x)
	return g.Reshape(x, rows, cols)
}
