package graph

import (
	"fmt"
)

// operandsOf lists the operands of n in order, repeated ones repeatedly.
func operandsOf(n *Node) []*Node {
	var operands []*Node
	if it := n.Graph().From(n.ID()); it != nil {
		for it.Next() {
			operands = append(operands, it.Node().(*Node))
		}
	}
	return operands
}

// ordered lists everything that outputs are computed from, and them, operands
// before users.
func ordered(outputs []*Node) []*Node {
	var order []*Node
	seen := map[*Node]bool{}
	var visit func(*Node)
	visit = func(n *Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, o := range operandsOf(n) {
			visit(o)
		}
		order = append(order, n)
	}
	for _, n := range outputs {
		visit(n)
	}
	return order
}

// Grad returns the gradient of loss, which has one element, with respect to
// each node of wrt. It is reverse mode by graph transformation: the gradients
// are nodes, of which Grad may be asked again. Only what the answer needs is
// built. A node that loss does not depend on, or only through Stop, is a
// failure.
func (g *Graph) Grad(loss *Node, wrt ...*Node) []*Node {
	gradients := make([]*Node, len(wrt))
	if g.broken("grad", append([]*Node{loss}, wrt...)...) {
		return gradients
	}
	if loss.Shape().TotalSize() != 1 {
		g.mismatch("grad", loss)
		return gradients
	}
	order := ordered([]*Node{loss})
	need := map[*Node]bool{}
	for _, n := range wrt {
		need[n] = true
	}
	wants := map[*Node][]bool{}
	for _, n := range order {
		o, ok := n.Op().(*op)
		if !ok {
			continue
		}
		operands := operandsOf(n)
		want := o.DiffWRT(len(operands))
		for i, c := range operands {
			want[i] = want[i] && need[c]
			need[n] = need[n] || want[i]
		}
		wants[n] = want
	}
	total := map[*Node]*Node{loss: g.Full(1, loss.Shape()...)}
	for i := len(order) - 1; i >= 0; i-- {
		n := order[i]
		grad, o := total[n], wants[n]
		if grad == nil || o == nil || !need[n] {
			continue
		}
		operands := operandsOf(n)
		f := n.Op().(*op).function
		onto, _ := f.(accumulator)
		for j, c := range operands {
			if o[j] && onto != nil && total[c] != nil {
				total[c] = onto.pullOnto(g, operands, grad, j, total[c])
				o[j] = false
			}
		}
		pulled := f.pull(g, operands, n, grad, o)
		if g.err != nil {
			g.err = fmt.Errorf("%w, in the gradient of %v", g.err, n.Op())
			return gradients
		}
		for j, c := range operands {
			switch {
			case !o[j]:
			case total[c] == nil:
				total[c] = pulled[j]
			default:
				total[c] = g.Add(total[c], pulled[j])
			}
		}
	}
	for i, n := range wrt {
		if gradients[i] = total[n]; gradients[i] == nil {
			g.Fail(fmt.Errorf("graph: gradient: %v does not depend on %v", loss, n))
		}
	}
	return gradients
}
