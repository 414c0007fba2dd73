package models

import (
	"fmt"

	"boltzoo/graph"
)

// ClassFreeEnergy is F([v y]) for each class y, for a machine whose last visible
// units are one for each class, of which one is 1 (unit.Mixed with unit.Softmax
// as the rest): v (B×input without those) to (B×classes). The machine's
// distribution of the label is p(y|v) = softmax(−F) (Larochelle and Bengio 2008,
// equation 2).
func (l *Layer) ClassFreeEnergy(g *graph.Graph, v *graph.Node, classes int) *graph.Node {
	if g.Err() != nil || v == nil {
		return nil
	}
	batch, states := v.Shape()[0], l.StateShape()
	if len(states) != 1 || classes < 2 || v.Shape().TotalSize()/batch+classes != states[0] {
		g.Fail(fmt.Errorf("models: %s: free energies of %d classes for examples %v, want as many classes and units as its visible shape %v",
			l.Name, classes, []int(v.Shape()), states))
		return nil
	}
	v = g.Flatten(v)
	energies := make([]*graph.Node, classes)
	for y := range energies {
		parts := []*graph.Node{v}
		if y > 0 {
			parts = append(parts, g.Full(0, batch, y))
		}
		parts = append(parts, g.Full(1, batch, 1))
		if rest := classes - y - 1; rest > 0 {
			parts = append(parts, g.Full(0, batch, rest))
		}
		f := l.FreeEnergy(g, g.Concat(parts...))
		if g.Err() != nil {
			return nil
		}
		energies[y] = g.Reshape(f, batch, 1)
	}
	return g.Concat(energies...)
}

// WithLabels is examples v (B×input) and their labels (B×classes) as states of a
// machine with label units: (B×state).
func (l *Layer) WithLabels(g *graph.Graph, v, labels *graph.Node) *graph.Node {
	return g.Concat(g.Flatten(v), labels)
}

// WithoutLabels is the examples of states s (B×state): (B×input), s itself for a
// machine without label units.
func (l *Layer) WithoutLabels(g *graph.Graph, s *graph.Node) *graph.Node {
	if l.Classes == 0 || g.Err() != nil || s == nil {
		return s
	}
	return g.Reshape(g.Slice(s, 0, graph.Size(l.in)), append([]int{s.Shape()[0]}, l.in...)...)
}

// Labelled is states of a machine with label units: of examples v without labels
// with p(y|v) as the label; anything else is v.
func (l *Layer) Labelled(g *graph.Graph, v *graph.Node) *graph.Node {
	if !l.unlabelled(g, v) {
		return v
	}
	return l.WithLabels(g, v, g.Softmax(g.Scale(-1, l.ClassFreeEnergy(g, v, l.Classes))))
}

// unlabelled tells whether v are examples that lack their label.
func (l *Layer) unlabelled(g *graph.Graph, v *graph.Node) bool {
	if l.Classes == 0 || g.Err() != nil || v == nil {
		return false
	}
	return v.Shape().TotalSize()/v.Shape()[0] == graph.Size(l.in)
}

// labelled is the spec of a machine with label units.
type labelled struct {
	RBM
	classes int
}

func (r labelled) layer(name string, in []int, random *graph.Random) (*Layer, error) {
	return r.withLabels(r.classes, name, in, random)
}

// JointNet is a stack whose top machine has label units. It classifies by the
// free energies that an example has with each label there, below which it
// goes up by means.
type JointNet struct{ *BeliefNet }

var (
	_ Classifying = (*JointNet)(nil)
	_ Layered     = (*JointNet)(nil)
	_ Coder       = (*JointNet)(nil)
	_ Energetic   = (*JointNet)(nil)
)

// Classes is the number of label units.
func (n *JointNet) Classes() int { return n.top().Classes }

// ClassLogits is −F of the top machine with each label: (B×input) to (B×K).
func (n *JointNet) ClassLogits(g *graph.Graph, v *graph.Node) *graph.Node {
	below := Up(g, n.layers[:len(n.layers)-1], v)
	return g.Scale(-1, n.top().ClassFreeEnergy(g, below, n.Classes()))
}
