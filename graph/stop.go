package graph

import "fmt"

// flow copies its operand and lets a part of the gradient through.
type flow struct{ part float64 }

func (f *flow) String() string {
	if f.part == 0 {
		return "stop"
	}
	return fmt.Sprintf("flow %g", f.part)
}

func (*flow) run(out []float32, in [][]float32) { copy(out, in[0]) }

func (*flow) copies() int { return 0 }

func (f *flow) heldConstant(int) bool { return f.part == 0 }

func (f *flow) pull(g *Graph, _ []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.Scale(f.part, grad)}
}

// Stop is x, held constant under differentiation: the v' of a contrastive
// loss.
func (g *Graph) Stop(x *Node) *Node { return g.Flow(x, 0) }

// Flow is x, with gradients times part: 0 is Stop, 1 changes nothing.
func (g *Graph) Flow(x *Node, part float64) *Node {
	if part == 1 || g.broken("flow", x) {
		return x
	}
	return g.apply(&flow{part}, x.Shape(), x)
}
