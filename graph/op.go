package graph

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A function is what one op computes. It is a small struct that holds its
// constants and dimensions. Each is also one of runner, blockwise and
// reduction.
type function interface {
	// String names the function with every constant that decides its result:
	// two of one name, over the same operands, are one node.
	String() string
	// pull returns what the gradient with respect to the output (grad, of
	// the output's shape) gives for each operand: a node where want is set.
	// It uses this package's ops alone, so that the result can be
	// differentiated again.
	pull(g *Graph, in []*Node, out, grad *Node, want []bool) []*Node
}

// A runner computes its output as a whole.
type runner interface {
	// run computes out from in, which it leaves as they are. out overlaps in
	// only as an overwriter allows, and holds arbitrary numbers before.
	run(out []float32, in [][]float32)
}

// An overwriter may compute its output in the place of the operand of this
// number.
type overwriter interface{ overwrites() int }

// A copier's output is a copy of one operand, in whose place it may stay.
type copier interface{ copies() int }

// A drawer draws random numbers: each node of it is a new draw.
type drawer interface{ draws() }

// An accumulator can add what its gradient gives for operand i to a sum in the
// same op.
type accumulator interface {
	pullOnto(g *Graph, in []*Node, grad *Node, i int, sum *Node) *Node
}

// A constant function passes no gradient to the operands it names.
type constant interface{ heldConstant(operand int) bool }

// op makes a function an op of Gorgonia's, so that every graph is a Gorgonia
// graph, to be drawn, walked and run by Gorgonia's own machines as well.
type op struct {
	function
	g     *Graph
	id    int
	shape tensor.Shape
	typ   hm.Type
	arity int
	out   *tensor.Dense // for Do alone: Machine has buffers of its own
}

var _ gorgonia.SDOp = (*op)(nil)

func newOp(g *Graph, f function, id int, shape []int, operands []*Node) *op {
	types := make([]hm.Type, 0, len(operands)+1)
	for _, n := range operands {
		types = append(types, n.Type())
	}
	types = append(types, gorgonia.TensorType{Dims: len(shape), Of: tensor.Float32})
	return &op{function: f, g: g, id: id, shape: tensor.Shape(shape), typ: hm.NewFnType(types...), arity: len(operands)}
}

func (o *op) Arity() int    { return o.arity }
func (o *op) Type() hm.Type { return o.typ }
func (o *op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return o.shape.Clone(), nil
}

// Do runs the function into a buffer that the op keeps. A panic becomes an
// error here: Gorgonia's machines run ops in a goroutine of their own, where
// nobody could recover it.
func (o *op) Do(values ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer o.rescue(&err)
	if o.out == nil {
		o.out = tensor.New(tensor.WithShape(o.shape...), tensor.Of(tensor.Float32))
	}
	in := make([][]float32, len(values))
	for i, v := range values {
		d, ok := v.(*tensor.Dense)
		if !ok {
			return nil, fmt.Errorf("graph: %v: operand %d is a %T, want a dense tensor", o, i, v)
		}
		in[i] = d.Float32s()
	}
	if m, ok := newMember(o); ok {
		shape := o.shape
		if m.sum != nil {
			shape = values[0].Shape()
		}
		alone(m, shape, o.out.Float32s(), in).run()
	} else {
		o.function.(runner).run(o.out.Float32s(), in)
	}
	return o.out, nil
}

func (o *op) rescue(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("graph: %v: %v", o.function, r)
	}
}

func (o *op) ReturnsPtr() bool     { return false }
func (o *op) CallsExtern() bool    { return false }
func (o *op) OverwritesInput() int { return -1 }

// WriteHash gives each op a hash of its own: Gorgonia merges nodes of equal
// 32-bit hashes, and Graph.apply has merged what may be merged.
func (o *op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "boltzoo %d %v", o.id, o.function) }

func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *op) DiffWRT(inputs int) []bool {
	wrt := make([]bool, inputs)
	c, held := o.function.(constant)
	for i := range wrt {
		wrt[i] = !held || !c.heldConstant(i)
	}
	return wrt
}

func (o *op) SymDiff(inputs gorgonia.Nodes, output, grad *Node) (gorgonia.Nodes, error) {
	in := []*Node(inputs)
	pulled := o.pull(o.g, in, output, grad, o.DiffWRT(len(in)))
	return gorgonia.Nodes(pulled), o.g.err
}
