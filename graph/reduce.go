package graph

import (
	"fmt"

	"boltzoo/graph/internal/kernel"
)

// rowSum sums each row of a rows×cols matrix.
type rowSum struct{ rows, cols int }

func (*rowSum) String() string { return "Σ rows" }

func (s *rowSum) run(out []float32, in [][]float32) { kernel.RowSum(out, in[0], s.rows, s.cols) }

func (*rowSum) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.expand(grad, in[0].Shape())}
}

// RowSum sums over everything but the first axis: (B×…) to (B). Sums are
// accumulated in float64, here and in every reduction of this package.
func (g *Graph) RowSum(x *Node) *Node {
	if g.broken("row sum", x) {
		return nil
	}
	rows, cols := rowsOf(x)
	return g.apply(&rowSum{rows, cols}, []int{rows}, x)
}

// colSum sums a tensor over all but its last elements.
type colSum struct{ rows, cols int }

func (*colSum) String() string { return "Σ columns" }

func (s *colSum) run(out []float32, in [][]float32) { kernel.ColSum(out, in[0], s.rows, s.cols) }

func (*colSum) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.tile(grad, in[0].Shape())}
}

// ColSum sums x (B×…) into the shape of one example, or of its last axes: over
// the batch, and over all places if the shape is one value a channel. It is
// the gradient of AddRow.
func (g *Graph) ColSum(x *Node, shape ...int) *Node {
	if g.broken("column sum", x) {
		return nil
	}
	if !endsIn(x, shape) {
		g.Fail(fmt.Errorf("graph: column sum of %v to %v: %w", []int(x.Shape()), shape, ErrShape))
		return nil
	}
	return g.colSum(x, shape)
}

// colSum is ColSum by size alone: the row of a product has one axis, whatever
// the shape of the bias that was added to it.
func (g *Graph) colSum(x *Node, shape []int) *Node {
	if g.broken("column sum", x) {
		return nil
	}
	cols := Size(shape)
	return g.apply(&colSum{x.Shape().TotalSize() / cols, cols}, shape, x)
}

// expand repeats each element of a column along a row; its pull is rowSum.
type expand struct{ rows, cols int }

func (*expand) String() string { return "expand" }

func (e *expand) run(out []float32, in [][]float32) {
	for i, v := range in[0] {
		row := out[i*e.cols : (i+1)*e.cols]
		for j := range row {
			row[j] = v
		}
	}
}

func (*expand) pull(g *Graph, _ []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.RowSum(grad)}
}

func (g *Graph) expand(column *Node, shape []int) *Node {
	rows := shape[0]
	return g.apply(&expand{rows, Size(shape) / rows}, shape, column)
}

// tile repeats a row; its pull is colSum.
type tile struct{}

func (tile) String() string { return "tile" }

func (tile) run(out []float32, in [][]float32) {
	for len(out) > 0 {
		out = out[copy(out, in[0]):]
	}
}

func (tile) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.colSum(grad, in[0].Shape())}
}

func (g *Graph) tile(row *Node, shape []int) *Node { return g.apply(tile{}, shape, row) }

// total sums everything, times a constant.
type total struct{ factor float64 }

func (t *total) String() string { return fmt.Sprintf("%g Σ", t.factor) }

func (t *total) run(out []float32, in [][]float32) {
	out[0] = float32(t.factor * kernel.Sum(in[0]))
}

func (t *total) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.tile(g.Scale(t.factor, grad), in[0].Shape())}
}

// Sum adds everything up: shape (1).
func (g *Graph) Sum(x *Node) *Node { return g.apply(&total{1}, []int{1}, x) }

// Mean is the mean of all elements: shape (1).
func (g *Graph) Mean(x *Node) *Node {
	if g.broken("mean", x) {
		return nil
	}
	return g.apply(&total{1 / float64(x.Shape().TotalSize())}, []int{1}, x)
}
