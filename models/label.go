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
	shape := v.Shape()
	if len(l.in) != 1 || classes < 2 || len(shape) != 2 || shape[1]+classes != l.in[0] {
		g.Fail(fmt.Errorf("models: %s: free energies of %d classes for examples %v, want as many classes and units as its visible shape %v",
			l.Name, classes, []int(shape), l.in))
		return nil
	}
	batch := shape[0]
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
