package graph

import (
	"fmt"
	"slices"

	"boltzoo/graph/internal/kernel"
)

// rowSum sums each row of a rows×cols matrix.
type rowSum struct {
	onX
	cols int
}

func (*rowSum) String() string { return "Σ rows" }

func (s *rowSum) width(length int) int { return max(1, length/s.cols) }

func (s *rowSum) reduce(sums []float64, x, _ []float32, _ int) {
	n := min(len(x), s.cols) // a block is some rows, or a part of one
	for i := 0; i*n < len(x); i++ {
		sums[i] = kernel.Sum(x[i*n : (i+1)*n])
	}
}

func (*rowSum) finish(out []float32, sums []float64) {
	parts := len(sums) / len(out)
	for i := range out {
		out[i] = float32(addUp(sums[i*parts : (i+1)*parts]))
	}
}

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
	return g.apply(&rowSum{cols: cols}, []int{rows}, x)
}

// colSum sums a tensor over all but its last elements.
type colSum struct{ rows, cols int }

func (*colSum) String() string { return "Σ columns" }

func (s *colSum) run(out []float32, in [][]float32) { kernel.ColSum(out, in[0], s.rows, s.cols) }

func (*colSum) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.tile(grad, in[0].Shape())}
}

// shortColSum is colSum of rows so short that blocks have many of them.
type shortColSum struct {
	onX
	cols int
}

// shortRow is how many rows a block has at least where they are called short.
const shortRow = 8

func (*shortColSum) String() string { return "Σ columns" }

func (s *shortColSum) width(int) int { return s.cols }

func (s *shortColSum) reduce(sums []float64, x, _ []float32, _ int) { kernel.AddColumns(sums, x) }

func (s *shortColSum) finish(out []float32, sums []float64) {
	first := sums[:s.cols]
	for rest := sums[s.cols:]; len(rest) > 0; rest = rest[s.cols:] {
		for j, v := range rest[:s.cols] {
			first[j] += v
		}
	}
	for j, v := range first {
		out[j] = float32(v)
	}
}

func (*shortColSum) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
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
	if by, of := scaled(x); by != 1 {
		return g.Scale(by, g.colSum(of, shape))
	}
	cols := Size(shape)
	if length := blockLength(x.Shape()); length%cols == 0 && length/cols >= shortRow {
		return g.apply(&shortColSum{cols: cols}, shape, x)
	}
	return g.apply(&colSum{x.Shape().TotalSize() / cols, cols}, shape, x)
}

// expand repeats each element of a column along a row; its pull is rowSum.
type expand struct {
	onNone
	cols int
}

func (*expand) String() string { return "expand" }

func (e *expand) block(out, column, _ []float32, from int) {
	for len(out) > 0 {
		n := min(len(out), e.cols-from%e.cols)
		v := column[from/e.cols]
		for j := range out[:n] {
			out[j] = v
		}
		out, from = out[n:], from+n
	}
}

func (*expand) pull(g *Graph, _ []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.RowSum(grad)}
}

func (g *Graph) expand(column *Node, shape []int) *Node {
	return g.apply(&expand{cols: Size(shape) / shape[0]}, shape, column)
}

// tile repeats a row; its pull is colSum.
type tile struct{ onNone }

func (*tile) String() string { return "tile" }

func (*tile) block(out, row, _ []float32, from int) {
	for from %= len(row); len(out) > 0; from = 0 {
		out = out[copy(out, row[from:]):]
	}
}

func (*tile) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.colSum(grad, in[0].Shape())}
}

func (g *Graph) tile(row *Node, shape []int) *Node {
	if g.broken("tile", row) {
		return nil
	}
	by, row := scaled(row)
	return g.Scale(by, g.apply(&tile{}, shape, row))
}

// onlySum is embedded by reductions with one sum a block.
type onlySum struct{}

func (onlySum) width(int) int { return 1 }

func addUp(sums []float64) float64 {
	sum := 0.0
	for _, s := range sums {
		sum += s
	}
	return sum
}

// total sums everything, times a constant.
type total struct {
	onX
	onlySum
	factor float64
}

func (t *total) String() string { return fmt.Sprintf("%g Σ", t.factor) }

func (*total) reduce(sums []float64, x, _ []float32, _ int) { sums[0] = kernel.Sum(x) }

func (t *total) finish(out []float32, sums []float64) { out[0] = float32(t.factor * addUp(sums)) }

func (t *total) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.tile(g.Scale(t.factor, grad), in[0].Shape())}
}

// Sum adds everything up: shape (1).
func (g *Graph) Sum(x *Node) *Node { return g.total(1, x) }

// Mean is the mean of all elements: shape (1).
func (g *Graph) Mean(x *Node) *Node {
	if g.broken("mean", x) {
		return nil
	}
	return g.total(1/float64(x.Shape().TotalSize()), x)
}

// inner is the inner product of two tensors.
type inner struct {
	onXY
	onlySum
}

func (*inner) String() string { return "Σ x ⊙ y" }

func (*inner) reduce(sums []float64, x, y []float32, _ int) { sums[0] = kernel.Dot(x, y) }

func (*inner) finish(out []float32, sums []float64) { out[0] = float32(addUp(sums)) }

func (*inner) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, 2)
	for i := range pulled {
		if want[i] {
			pulled[i] = g.Mul(in[1-i], g.tile(grad, in[i].Shape()))
		}
	}
	return pulled
}

// Inner is Σ x_i y_i of two tensors of one shape: shape (1).
func (g *Graph) Inner(x, y *Node) *Node {
	const name = "inner product"
	if g.broken(name, x, y) {
		return nil
	}
	if !slices.Equal(x.Shape(), y.Shape()) {
		return g.mismatch(name, x, y)
	}
	byX, x := scaled(x)
	byY, y := scaled(y)
	return g.Scale(byX*byY, g.apply(&inner{}, []int{1}, x, y))
}
