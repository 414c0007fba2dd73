package models

import (
	"fmt"

	"boltzoo/graph"
)

// Ladder is parallel tempering of a machine: chains at inverse temperatures
// from 1, the machine itself, down to 0, where visible units are independent
// and a chain goes anywhere in one step. Neighbours swap their states, so that
// what is found at 0 reaches the chains at 1 (Desjardins et al. 2010; Cho,
// Raiko and Ilin 2010). A centred machine keeps its visible biases at all
// temperatures: where hidden units are at their means they explain the data's,
// so that 0 is already near the data.
//
// A ladder is good where all neighbours swap equally often, and is found so:
// the steps δ of β are a softmax of Gaps, which rise where swaps are more
// frequent than the mean and fall where they are less (stochastic
// approximation, Robbins and Monro 1951).
type Ladder struct {
	Layer *Layer
	Gaps  *graph.Tensor // 1×(M−1): δ = softmax(Gaps), β_m = 1 − Σ_{i<m} δ_i
}

// LadderStep is what a step of a ladder adds to a graph.
type LadderStep struct {
	States     *graph.Node // (M·C×input) after k Gibbs steps and an exchange, temperature by temperature from β = 1 on
	Betas      *graph.Node // M
	Acceptance *graph.Node // M−1: the mean over chains of the probability of each swap
	Gaps       *graph.Node // as the field, one step of adaptation later
}

// Step is k Gibbs steps of each chain at its own temperature, then one round
// of exchanges. States are (M·C×input). Gaps move by rate times how much more
// often than the mean a pair swaps.
func (l Ladder) Step(g *graph.Graph, states *graph.Node, k int, rate float64) LadderStep {
	levels := len(l.Gaps.Data) + 1
	if g.Err() != nil || states == nil {
		return LadderStep{}
	}
	rows := states.Shape()[0]
	if levels < 2 || rows%levels != 0 {
		g.Fail(fmt.Errorf("models: %s: %d chains at %d temperatures", l.Layer.Name, rows, levels))
		return LadderStep{}
	}
	chains := rows / levels
	gaps := g.Param(l.Gaps)
	betas := l.betas(g, gaps, levels)
	// Row m·C + c of a batch is chain c at temperature m.
	each := g.RowScale(g.Full(1, levels, chains), betas)
	flat := func(n *graph.Node) *graph.Node { return g.Reshape(n, 1, n.Shape().TotalSize()) }
	beta := g.Reshape(each, rows)
	t := Tempered{Layer: l.Layer}
	if l.Layer.VisibleMean != nil {
		t.Base = l.Layer.VisibleBias
	}
	for range k {
		states = t.Gibbs(g, states, beta)
	}
	if g.Err() != nil {
		return LadderStep{}
	}
	one := flat(beta)
	// F of each state at its own temperature, and at those of its neighbours;
	// at the ends, which have one only, at their own.
	down := g.Concat(g.Slice(one, chains, rows), g.Slice(one, rows-chains, rows))
	up := g.Concat(g.Slice(one, 0, chains), g.Slice(one, 0, rows-chains))
	free := func(b *graph.Node) *graph.Node { return flat(t.FreeEnergy(g, states, g.Reshape(b, rows))) }
	own, atHotter, atColder := free(one), free(down), free(up)
	lower := func(n *graph.Node) *graph.Node { return g.Slice(n, 0, rows-chains) } // of a pair, the one of larger β
	higher := func(n *graph.Node) *graph.Node { return g.Slice(n, chains, rows) }  // the other
	stay := g.Add(lower(own), higher(own))
	swap := g.Add(lower(atHotter), higher(atColder))
	ratio := g.Sub(stay, swap)
	accept := g.Map(graph.Exp, g.Scale(-1, g.Map(graph.ReLU, g.Scale(-1, ratio)))) // min(1, exp)
	acceptance := g.Scale(1/float64(chains), g.RowSum(g.Reshape(accept, levels-1, chains)))
	row := g.Reshape(acceptance, 1, levels-1)
	mean := g.RowScale(g.Full(1, 1, levels-1), g.Mean(acceptance))
	return LadderStep{
		States:     g.Exchange(states, ratio, levels, l.Layer.Name+".exchange"),
		Betas:      betas,
		Acceptance: acceptance,
		Gaps:       g.Combine(1, gaps, rate, g.Sub(row, mean)),
	}
}

// betas are 1 − Σ_{i<m} δ_i: (M).
func (l Ladder) betas(g *graph.Graph, gaps *graph.Node, levels int) *graph.Node {
	below := graph.NewTensor(l.Gaps.Name+".below", levels-1, levels)
	ones := graph.NewTensor(l.Gaps.Name+".one", levels)
	for m := range levels {
		ones.Data[m] = 1
		for i := range m {
			below.Data[i*levels+m] = -1
		}
	}
	return g.Reshape(g.Affine(g.Softmax(gaps), g.Param(below), g.Param(ones)), levels)
}
