package graph

import (
	"fmt"
	"slices"
	"sort"

	"boltzoo/graph/internal/kernel"
)

// A Learner takes gradients as they are computed.
type Learner interface {
	// Learn is given the elements of gradient number i from number from on, good
	// until it returns. Calls come from several threads at once, for different
	// elements.
	Learn(i, from int, gradient []float32)
}

// CompileStep plans a step of learning: Run computes outputs, and after it Learn
// the gradients, number i by parameters[i].
//
// A gradient of weights is as large as they are, and wanted once. Where it is a
// sum of products of what Run leaves, Learn computes it piece by piece, each to
// be learnt from while it is in the cache. Any other is stored by Run, as outputs
// are.
func (g *Graph) CompileStep(outputs []*Node, parameters []*Tensor, gradients []*Node) (*Machine, error) {
	all := slices.Concat(outputs, gradients)
	if g.broken("compile", all...) {
		return nil, g.err
	}
	readers := map[*Node]int{}
	for _, n := range all {
		readers[n]++
	}
	for _, n := range ordered(all) {
		for _, c := range operandsOf(n) {
			readers[c]++
		}
	}
	stored := slices.Clone(outputs)
	last := make([][]lastOp, len(gradients))
	for i, n := range gradients {
		ops := g.lastOps(n, g.params[parameters[i]], readers)
		if !slices.ContainsFunc(ops, lastOp.multiplies) {
			stored = append(stored, n)
			continue
		}
		last[i] = ops
		for _, o := range ops {
			stored = append(stored, slices.DeleteFunc(slices.Clone(o.reads), func(n *Node) bool { return n == nil })...)
		}
	}
	m, err := g.Compile(stored...)
	if err != nil {
		return nil, err
	}
	for i, n := range gradients {
		m.ops += len(last[i])
		m.gradients.add(n, last[i], m)
	}
	return m, nil
}

// lastOp is one of the last ops of a gradient, computed by rows.
type lastOp struct {
	*op
	reads []*Node     // operands, nil for what the op before computes
	in    [][]float32 // their values
}

func (o lastOp) multiplies() bool {
	_, ok := o.function.(*product)
	return ok
}

// lastOps are the ops that compute n by rows, in their order: products, to which
// products and other tensors are added. Nobody else reads what they compute. While
// they run parameters change: of the one called own, whose gradient it is, they may
// read the element that it is computed for, of others nothing.
func (g *Graph) lastOps(n, own *Node, readers map[*Node]int) []lastOp {
	o, ok := n.Op().(*op)
	if !ok || readers[n] > 1 {
		return nil
	}
	operands, whole, before := operandsOf(n), 0, 0
	switch f := o.function.(type) {
	case copier:
		return g.lastOps(operands[f.copies()], own, readers)
	case *product:
		if f.transB {
			return nil // transposed again for every piece
		}
		whole, before = 2, 2
	case *combine, *shift:
	default:
		return nil
	}
	var ops []lastOp
	if before < len(operands) {
		if ops = g.lastOps(operands[before], own, readers); ops != nil {
			operands[before] = nil
		}
	}
	for i, c := range operands {
		if g.changes(c) && !(c == own && i >= whole) {
			return nil
		}
	}
	return append(ops, lastOp{op: o, reads: operands})
}

// changes tells whether n is a parameter, which may learn.
func (g *Graph) changes(n *Node) bool {
	if _, constant := g.full[n]; constant {
		return false
	}
	for _, p := range g.params {
		if p == n {
			return true
		}
	}
	return false
}

// gradients are what Learn computes, cut into pieces.
type gradients struct {
	list    []gradient
	pieces  int
	storage int // of a piece
	learner Learner
}

// gradient is computed by ops from what is stored, or it is stored itself.
type gradient struct {
	ops    []lastOp
	stored []float32
	rows   int
	cols   int // of a row
	length int // rows of a piece
	first  int // number of its first piece
}

// pieceSize is about how many elements a piece has: few enough to be in the
// second-level cache when they are learnt from, and enough for a product.
const pieceSize = 1 << 15

// pieceRows is how many rows a piece has at least: for fewer the second factor
// of the product would be read too often.
const pieceRows = 24

// add plans the computation of n.
func (g *gradients) add(n *Node, ops []lastOp, m *Machine) {
	next := gradient{ops: ops, rows: Size(n.Shape()), cols: 1, first: g.pieces}
	if ops == nil {
		next.stored = m.values[n]
	}
	for i := range ops {
		o := &ops[i]
		for _, c := range o.reads {
			o.in = append(o.in, m.values[c]) // nil where c is nil
		}
		if p, ok := o.function.(*product); ok {
			next.rows, next.cols = p.m, p.n
		}
	}
	pieces := (next.rows*next.cols + pieceSize - 1) / pieceSize
	if pieces > 1 {
		pieces += pieces % 2 // as many for each of two threads
	}
	next.length = min(max((next.rows+pieces-1)/pieces, pieceRows), next.rows)
	g.pieces += next.pieces()
	if ops != nil {
		g.storage = max(g.storage, next.length*next.cols)
	}
	g.list = append(g.list, next)
}

func (d *gradient) pieces() int { return (d.rows + d.length - 1) / d.length }

// Learn computes the gradients of what the last Run left, and hands them to l.
func (m *Machine) Learn(l Learner) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("graph: gradients: %v", r)
		}
	}()
	m.gradients.learner = l
	kernel.Parallel(m.gradients.pieces, m.gradients.storage, &m.gradients)
	m.gradients.learner = nil
	return nil
}

// Part computes piece number i and hands it on.
func (g *gradients) Part(i int, storage []float32) {
	k := sort.Search(len(g.list), func(k int) bool { return g.list[k].first > i }) - 1
	d := &g.list[k]
	from := (i - d.first) * d.length
	g.learner.Learn(k, from*d.cols, d.part(from, min(from+d.length, d.rows), storage))
}

// part is the gradient from row from up to row to.
func (d *gradient) part(from, to int, storage []float32) []float32 {
	i, j := from*d.cols, to*d.cols
	if d.ops == nil {
		return d.stored[i:j]
	}
	out := storage[:j-i]
	for k := range d.ops {
		o := &d.ops[k]
		if p, ok := o.function.(*product); ok {
			if p.onto && o.in[2] != nil {
				copy(out, o.in[2][i:j])
			}
			p.rows(out, o.in[0], o.in[1], from, to)
			continue
		}
		x, y := out, []float32(nil)
		if o.in[0] != nil {
			x = o.in[0][i:j]
		}
		if len(o.in) > 1 {
			y = o.in[1][i:j]
		}
		o.function.(blockwise).block(out, x, y, i)
	}
	return out
}
