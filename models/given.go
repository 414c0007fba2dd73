package models

import "boltzoo/graph"

// GibbsGiven is a Gibbs step of the distribution of some visible units given
// the others: v' is v where given is 1 and what the step makes of it where
// given is 0. Given (input, one for all examples) keeps part of a picture, which
// the chain completes, or the label of a joint machine, of which it then draws
// examples. v is (B×input). The hidden states see all units, so that a long
// chain of draws samples p(v_rest | v_given).
func (l *Layer) GibbsGiven(g *graph.Graph, v, given *graph.Node, noise Noise) *graph.Node {
	next := l.Gibbs(g, v, noise)
	return g.Add(g.MulRow(v, given), g.MulRow(next, g.Shift(-1, given, 1)))
}
