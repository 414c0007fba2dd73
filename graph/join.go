package graph

import (
	"fmt"
	"slices"
)

// lastAxis splits a shape into rows and the elements of the last axis.
func lastAxis(n *Node) (rows, width int) {
	s := n.Shape()
	if len(s) == 0 {
		return 1, 1
	}
	width = s[len(s)-1]
	return s.TotalSize() / width, width
}

// withLast is the shape of n with another last axis.
func withLast(n *Node, width int) []int {
	shape := slices.Clone([]int(n.Shape()))
	shape[len(shape)-1] = width
	return shape
}

// cut is elements from to to of the last axis.
type cut struct{ from, to, width int }

func (c *cut) String() string { return fmt.Sprintf("[%d:%d]", c.from, c.to) }

func (c *cut) run(out []float32, in [][]float32) {
	n := c.to - c.from
	for i := range len(out) / n {
		copy(out[i*n:(i+1)*n], in[0][i*c.width+c.from:])
	}
}

func (c *cut) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.apply(&pad{*c}, in[0].Shape(), grad)}
}

// Slice is the elements from from to before to of the last axis.
func (g *Graph) Slice(x *Node, from, to int) *Node {
	if g.broken("slice", x) {
		return nil
	}
	_, width := lastAxis(x)
	if x.Dims() == 0 || from < 0 || from >= to || to > width {
		g.Fail(fmt.Errorf("graph: slice [%d:%d] of the last axis of %v: %w", from, to, []int(x.Shape()), ErrShape))
		return nil
	}
	if to-from == width {
		return x
	}
	if part := partOf(x, from, to); part != nil {
		return part
	}
	return g.apply(&cut{from, to, width}, withLast(x, to-from), x)
}

// pad puts its operand where a cut took it from, zero around it.
type pad struct{ cut }

func (p *pad) String() string { return fmt.Sprintf("0[%d:%d]", p.from, p.to) }

func (p *pad) run(out []float32, in [][]float32) {
	n := p.to - p.from
	clear(out)
	for i := range len(in[0]) / n {
		copy(out[i*p.width+p.from:], in[0][i*n:(i+1)*n])
	}
}

func (p *pad) pull(g *Graph, _ []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.Slice(grad, p.from, p.to)}
}

// concat puts tensors side by side along the last axis.
type concat struct{ widths []int }

func (*concat) String() string { return "[x y]" }

func (c *concat) run(out []float32, in [][]float32) {
	for row := 0; len(out) > 0; row++ {
		for i, w := range c.widths {
			copy(out[:w], in[i][row*w:])
			out = out[w:]
		}
	}
}

func (c *concat) pull(g *Graph, _ []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, len(c.widths))
	from := 0
	for i, w := range c.widths {
		if want[i] {
			pulled[i] = g.Slice(grad, from, from+w)
		}
		from += w
	}
	return pulled
}

// Concat puts tensors side by side along the last axis; their other axes are
// the same.
func (g *Graph) Concat(parts ...*Node) *Node {
	if g.broken("concat", parts...) {
		return nil
	}
	if len(parts) == 0 {
		g.Fail(fmt.Errorf("graph: concat of nothing: %w", ErrShape))
		return nil
	}
	if len(parts) == 1 {
		return parts[0]
	}
	c, total := &concat{}, 0
	for _, p := range parts {
		if p.Dims() == 0 || !slices.Equal(withLast(p, 1), withLast(parts[0], 1)) {
			return g.mismatch("concat", parts...)
		}
		_, width := lastAxis(p)
		c.widths = append(c.widths, width)
		total += width
	}
	return g.apply(c, withLast(parts[0], total), parts...)
}
