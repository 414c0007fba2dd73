package unit

import "boltzoo/graph"

// ReplicatedSoftmax units count the words of a document of D words, each drawn
// from one softmax over the vocabulary of K words, which are the units
// (Salakhutdinov and Hinton 2009). Hidden biases count once for
// each word, so that documents of any length share one machine:
//
//	E(v,h) = −a·v − D b·h − vWh,   F(v) = −a·v − Σ_j Φ(D b_j + Σ_k v_k W_kj)
//
// with D = Σ_k v_k. States are visible ones. F is that of a sequence of words; a
// count v stands for D!/Π v_k! of them. D, which nothing in the machine draws,
// is the example's: where a unit was not told it by Times it is 1, and the
// mean the distribution of a word.
type ReplicatedSoftmax struct{ draws *graph.Node }

var _ Replicated = ReplicatedSoftmax{}

// Draws is D, the sum of the counts: (B).
func (ReplicatedSoftmax) Draws(g *graph.Graph, s *graph.Node) *graph.Node { return g.RowSum(s) }

// Times is the unit for documents of that many words: (B).
func (ReplicatedSoftmax) Times(draws *graph.Node) Unit { return ReplicatedSoftmax{draws} }

// Mean is D exp x_k / Σ_l exp x_l.
func (u ReplicatedSoftmax) Mean(g *graph.Graph, x *graph.Node) *graph.Node {
	p := g.Softmax(x)
	if u.draws == nil {
		return p
	}
	return g.RowScale(p, u.draws)
}

// Sample draws the words. D must be a whole number.
func (u ReplicatedSoftmax) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	if u.draws == nil {
		return g.Categorical(g.Softmax(x), stream)
	}
	return g.Multinomial(g.Softmax(x), u.draws, stream)
}

// LogNormaliser is D log Σ_k exp x_k.
func (u ReplicatedSoftmax) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	f := g.LogSumExp(x)
	if u.draws == nil {
		return f
	}
	return g.Mul(f, u.draws)
}

// Potential is zero.
func (ReplicatedSoftmax) Potential(*graph.Graph, *graph.Node) *graph.Node { return nil }

// Inverse is the logarithm of each word's share, that of rare words as if it
// were a hundredth of the mean.
func (ReplicatedSoftmax) Inverse(m []float64) []float64 { return logShares(m) }
