package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// FPCD is fast persistent contrastive divergence (Tieleman and Hinton 2009):
// PCD whose chains see fast weights and biases on top of the machine's. These
// learn by the same gradient at a rate of their own and decay, so that a chain
// is driven away from where it has been, and the machine itself can learn at a
// small rate.
type FPCD struct {
	K        int     `json:"k,omitempty"`      // Gibbs steps of each chain a step; 0 means 1
	Chains   int     `json:"chains,omitempty"` // 0 means 100
	FastRate float64 `json:"fast_rate"`        // of the fast weights; the paper's is the first rate of the others
	Decay    float64 `json:"decay,omitempty"`  // of the fast weights, a factor each step; 0 means 19/20, the paper's
}

func (FPCD) bottomUp() {}

func (f FPCD) steps(k int) Objective { f.K = k; return f }

func (f FPCD) check() error {
	if err := (PCD{f.K, f.Chains}).check(); err != nil {
		return err
	}
	if !(f.FastRate > 0) || !(f.Decay >= 0 && f.Decay < 1) {
		return fmt.Errorf("fast_rate %g and decay %g, want above 0 and from 0 to below 1", f.FastRate, f.Decay)
	}
	return nil
}

func (f FPCD) persist(l *models.Layer, random *graph.Random) []*graph.Tensor {
	return append([]*graph.Tensor{newChains(l, orInt(f.Chains, 100), random)}, models.FastTensors(l)...)
}

// Build adds Σ_ℓ ⟨F(v)⟩ − ⟨F(chains)⟩ of the layers that learn. F is the
// machine's own; the fast weights decide where the chains go.
func (f FPCD) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	type pair struct{ fast, slow *graph.Tensor }
	var pairs []pair
	loss, err := persistently("fpcd", f, g, model, task, func(l *models.Layer, kept []*graph.Tensor) (*graph.Node, []Chain) {
		fast, states := models.NewFast(l, kept[1:]), g.Param(kept[0])
		for range max(f.K, 1) {
			states = fast.Gibbs(g, states)
		}
		for i, slow := range fast.Slow() {
			pairs = append(pairs, pair{kept[1+i], slow})
		}
		return states, []Chain{{kept[0], states}}
	})
	if err != nil {
		return nil, err
	}
	slow := make([]*graph.Node, len(pairs))
	for i, p := range pairs {
		slow[i] = g.Param(p.slow)
	}
	for i, gradient := range g.Grad(loss.Total, slow...) {
		next := g.Combine(or(f.Decay, 0.95), g.Param(pairs[i].fast), -f.FastRate, gradient)
		loss.Chains = append(loss.Chains, Chain{pairs[i].fast, next})
	}
	return loss, nil
}
