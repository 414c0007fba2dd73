package graph

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"boltzoo/graph/internal/kernel"
)

// Node is a node of a Gorgonia expression graph: a float32 tensor to be.
type Node = gorgonia.Node

// ErrShape is wrapped by every error about operands whose shapes do not fit.
var ErrShape = errors.New("shapes do not fit")

// Graph builds a Gorgonia expression graph out of this package's ops.
//
// Builders return only the new node. The first failure is kept, with the op
// and the shapes of its operands; from then on every builder returns nil, and
// Compile returns the failure.
type Graph struct {
	expr   *gorgonia.ExprGraph
	random *Random
	err    error
	params map[*Tensor]*Node
	names  map[string]bool
	made   map[string]*Node  // what was computed already, by op and operands
	full   map[*Node]float64 // constant tensors, all of one value
}

// useKernels gives Gorgonia's own ops this package's matrix product, ten times
// as fast as what they come with. Gorgonia reads the choice unlocked, so it is
// made once.
var useKernels = sync.OnceFunc(func() { gorgonia.Use(kernel.Blas{}) })

// New returns an empty graph. Sampling ops draw from random's streams; nil
// will do where nothing is drawn. The graph has failed already where the
// environment variable BOLTZOO_KERNEL asks for kernels that the processor
// cannot run.
func New(random *Random) *Graph {
	useKernels()
	return &Graph{
		err:    kernel.CheckPath(),
		expr:   gorgonia.NewGraph(),
		random: random,
		params: map[*Tensor]*Node{},
		names:  map[string]bool{},
		made:   map[string]*Node{},
		full:   map[*Node]float64{},
	}
}

// Err is the first failure, or nil.
func (g *Graph) Err() error { return g.err }

// Expr is the Gorgonia graph that is being built.
func (g *Graph) Expr() *gorgonia.ExprGraph { return g.expr }

// Input returns a node whose value Machine.Set provides. Names are unique in
// a graph, since Gorgonia merges leaves of one name.
func (g *Graph) Input(name string, shape ...int) *Node {
	return g.leaf(name, shape, nil)
}

// Param returns the node of t, the same one for the same tensor. Its value is
// t.Data, shared.
func (g *Graph) Param(t *Tensor) *Node {
	if n, ok := g.params[t]; ok || g.err != nil {
		return n
	}
	if len(t.Data) != t.Size() {
		g.Fail(fmt.Errorf("graph: param %s: %d values for shape %v", t.Name, len(t.Data), t.Shape))
		return nil
	}
	n := g.leaf(t.Name, t.Shape, t.Data)
	g.params[t] = n
	return n
}

func (g *Graph) leaf(name string, shape []int, data []float32) *Node {
	if g.err != nil {
		return nil
	}
	if g.names[name] {
		g.Fail(fmt.Errorf("graph: a second leaf is named %q", name))
		return nil
	}
	for _, d := range shape {
		if d <= 0 {
			g.Fail(fmt.Errorf("graph: %s: shape %v: %w", name, shape, ErrShape))
			return nil
		}
	}
	g.names[name] = true
	options := []gorgonia.NodeConsOpt{gorgonia.WithName(name), gorgonia.WithShape(shape...)}
	if data != nil {
		options = append(options, gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
	}
	return gorgonia.NewTensor(g.expr, tensor.Float32, len(shape), options...)
}

// Fail records err unless a failure was recorded before. Builders outside
// this package call it with what they find wrong with their arguments.
func (g *Graph) Fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

// mismatch records that the operands of op do not fit.
func (g *Graph) mismatch(op string, operands ...*Node) *Node {
	shapes := make([]string, len(operands))
	for i, n := range operands {
		shapes[i] = fmt.Sprint([]int(n.Shape()))
	}
	g.Fail(fmt.Errorf("graph: %s of %s: %w", op, strings.Join(shapes, " and "), ErrShape))
	return nil
}

// broken tells whether a builder should give up: a failure is recorded, or an
// operand is missing (which is a failure too).
func (g *Graph) broken(op string, operands ...*Node) bool {
	if g.err != nil {
		return true
	}
	for i, n := range operands {
		if n == nil {
			g.Fail(fmt.Errorf("graph: %s: operand %d is missing", op, i))
			return true
		}
		if n.Graph() != g.expr {
			g.Fail(fmt.Errorf("graph: %s: operand %d (%v) belongs to another graph", op, i, n))
			return true
		}
	}
	return false
}

// apply adds the node of f over the operands. What was computed before is not
// computed twice, unless f draws random numbers.
func (g *Graph) apply(f function, shape []int, operands ...*Node) *Node {
	if g.broken(f.String(), operands...) {
		return nil
	}
	var key strings.Builder
	key.WriteString(f.String())
	for _, n := range operands {
		fmt.Fprintf(&key, " %d", n.ID())
	}
	fmt.Fprintf(&key, " %v", shape)
	_, drawn := f.(drawer)
	if n, ok := g.made[key.String()]; ok && !drawn {
		return n
	}
	n, err := gorgonia.ApplyOp(newOp(g, f, len(g.made), shape, operands), operands...)
	if err != nil {
		g.Fail(fmt.Errorf("graph: %v: %w", f, err))
		return nil
	}
	if drawn {
		fmt.Fprintf(&key, " #%d", len(g.made))
	}
	g.made[key.String()] = n
	return n
}

// Dot writes the graph in Graphviz's language, operands pointing to users,
// leaves as boxes.
func (g *Graph) Dot(w io.Writer) error {
	if g.err != nil {
		return g.err
	}
	var b strings.Builder
	b.WriteString("digraph model {\n\trankdir=BT; node [fontname=\"Helvetica\"];\n")
	for _, n := range g.expr.AllNodes() {
		label, shape := n.Name(), "box"
		if o, ok := n.Op().(*op); ok {
			label, shape = o.function.String(), "ellipse"
		}
		fmt.Fprintf(&b, "\tn%d [label=%q shape=%s];\n", n.ID(), fmt.Sprintf("%s\n%v", label, []int(n.Shape())), shape)
		for _, c := range operandsOf(n) {
			fmt.Fprintf(&b, "\tn%d -> n%d;\n", c.ID(), n.ID())
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}
