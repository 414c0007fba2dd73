package train

import (
	"fmt"

	"boltzoo/graph"
)

// Penalties are added to what a stage minimises, so that their gradient comes
// by differentiation too, or keep weights in bounds after each step. They are
// for the layers that learn, and for weights, not biases. Zero fields are
// none.
type Penalties struct {
	L2       float64  `json:"l2,omitempty"`       // λ of ½λ Σ w²: weight decay (P3: 1e-4)
	L1       float64  `json:"l1,omitempty"`       // λ of λ Σ |w|
	MaxNorm  float64  `json:"max_norm,omitempty"` // of the weights into one hidden unit, which are scaled down to it (Srebro and Shraibman 2005; Hinton et al. 2012)
	Sparsity Sparsity `json:"sparsity,omitzero"`  // of the mean hidden activity
}

// Sparsity is a penalty on hidden units whose mean activity q over the batch,
// and over places of a convolution, is not the target p, summed over units.
type Sparsity struct {
	Target float64 `json:"target"` // p
	Cost   float64 `json:"cost"`   // λ
	// Form is "cross-entropy" (also if empty), λ (−p log q − (1−p) log(1−q)),
	// for units with states from 0 to 1 (Hinton's "Practical Guide", section
	// 11), or "squared", λ (p−q)² (Lee, Ekanadham and Ng 2008).
	Form string `json:"form,omitempty"`
}

func (p Penalties) check() error {
	for _, c := range []struct {
		name  string
		value float64
	}{{"l2", p.L2}, {"l1", p.L1}, {"max_norm", p.MaxNorm}, {"sparsity.cost", p.Sparsity.Cost}} {
		if !(c.value >= 0) || !isFinite(c.value) {
			return fmt.Errorf("penalties.%s %g, want at least 0", c.name, c.value)
		}
	}
	s := p.Sparsity
	switch {
	case s.Form != "" && s.Form != "cross-entropy" && s.Form != "squared":
		return fmt.Errorf("penalties.sparsity.form %q, want cross-entropy or squared", s.Form)
	case s.Cost > 0 && s.Form != "squared" && !(s.Target > 0 && s.Target < 1):
		return fmt.Errorf("penalties.sparsity.target %g, want between 0 and 1", s.Target)
	}
	return nil
}

// add makes the penalties part of the loss.
func (p Penalties) add(g *graph.Graph, loss *Loss) error {
	if (p.L2 > 0 || p.L1 > 0 || p.MaxNorm > 0) && len(loss.Weights) == 0 {
		return fmt.Errorf("penalties: the model does not tell which of its parameters are weights")
	}
	if p.Sparsity.Cost > 0 && len(loss.Parts) == 0 {
		return fmt.Errorf("penalties.sparsity: the model has no layers of hidden units")
	}
	if loss.Gradients != nil && (p.L2 > 0 || p.L1 > 0 || p.Sparsity.Cost > 0) {
		return fmt.Errorf("penalties: the objective brings its own gradients, which have none of them")
	}
	term := func(cost float64, n *graph.Node) { loss.Total = g.Combine(1, loss.Total, cost, n) }
	for _, t := range loss.Weights {
		w := g.Param(t)
		if p.L2 > 0 {
			term(p.L2, g.Sum(g.SumMap(graph.HalfSquare, w)))
		}
		if p.L1 > 0 { // |w| = max(0,w) + max(0,−w), of slope 0 at 0
			term(p.L1, g.Sum(g.SumMap(graph.ReLU, w)))
			term(p.L1, g.Sum(g.SumMap(graph.ReLU, g.Scale(-1, w))))
		}
	}
	if p.Sparsity.Cost > 0 {
		for _, part := range loss.Parts {
			term(p.Sparsity.Cost, p.Sparsity.of(g, batchMean(g, part.Hidden, part.Layer.HiddenBias.Shape)))
		}
	}
	return nil
}

// of is the penalty of mean activities q, without the factor: (1).
func (s Sparsity) of(g *graph.Graph, q *graph.Node) *graph.Node {
	if s.Form == "squared" {
		return g.Scale(2, g.Sum(g.Map(graph.HalfSquare, g.Shift(1, q, -s.Target))))
	}
	// A unit that is off, or on, for all of a batch has a large penalty, but a
	// finite one that can be differentiated.
	const away = 1e-6
	on := g.Map(graph.Log, g.Shift(1-2*away, q, away))
	off := g.Map(graph.Log, g.Shift(2*away-1, q, 1-away))
	return g.Sum(g.Combine(-s.Target, on, s.Target-1, off))
}

// limit keeps the weights into each hidden unit, the last axis, within
// MaxNorm.
func (p Penalties) limit(weights []*graph.Tensor) {
	if p.MaxNorm == 0 {
		return
	}
	for _, w := range weights {
		graph.LimitNorms(w.Data, w.Shape[len(w.Shape)-1], p.MaxNorm)
	}
}
