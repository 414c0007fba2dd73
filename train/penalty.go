package train

import (
	"fmt"
	"slices"

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
	Sparsity Sparsity `json:"sparsity,omitzero"`  // of hidden units
}

// Sparsity is a penalty on hidden units, or on those of an autoencoder's code,
// that are too active, summed over them. q is a unit's mean activity over the
// batch, and over places of a convolution.
type Sparsity struct {
	Target float64 `json:"target,omitempty"` // p; none of l1
	Cost   float64 `json:"cost"`             // λ
	// Form is
	//
	//   - "cross-entropy" (also if empty), λ (−p log q − (1−p) log(1−q)), for
	//     units with states from 0 to 1 (Hinton's "Practical Guide", section 11):
	//     the Kullback-Leibler divergence of q from p, but for a constant;
	//   - "squared", λ (p−q)² (Lee, Ekanadham and Ng 2008);
	//   - "l1", λ ⟨|h|⟩: a Laplace prior ½λ exp(−λ|h|) of each state (P4).
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
	case !slices.Contains([]string{"", "cross-entropy", "squared", "l1"}, s.Form):
		return fmt.Errorf("penalties.sparsity.form %q, want cross-entropy, squared or l1", s.Form)
	case s.Form == "l1" && s.Target != 0:
		return fmt.Errorf("penalties.sparsity.target %g, want none of l1", s.Target)
	case s.Cost > 0 && s.entropic() && !(s.Target > 0 && s.Target < 1):
		return fmt.Errorf("penalties.sparsity.target %g, want between 0 and 1", s.Target)
	}
	return nil
}

// add makes the penalties part of the loss.
func (p Penalties) add(g *graph.Graph, loss *Loss) error {
	if (p.L2 > 0 || p.L1 > 0 || p.MaxNorm > 0) && len(loss.Weights) == 0 {
		return fmt.Errorf("penalties: the model does not tell which of its parameters are weights")
	}
	if p.Sparsity.Cost > 0 && len(loss.Parts) == 0 && loss.Code == nil {
		return fmt.Errorf("penalties.sparsity: the objective has no hidden units")
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
		if p.L1 > 0 {
			term(p.L1, magnitude(g, w))
		}
	}
	if p.Sparsity.Cost > 0 {
		for _, part := range loss.Parts {
			term(p.Sparsity.Cost, p.Sparsity.of(g, part.Hidden, part.Layer.HiddenBias.Shape))
		}
		if loss.Code != nil && g.Err() == nil {
			term(p.Sparsity.Cost, p.Sparsity.of(g, loss.Code, loss.Code.Shape()[1:]))
		}
	}
	return nil
}

// magnitude is Σ |x|: |x| = max(0,x) + max(0,−x), of slope 0 at 0.
func magnitude(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Add(g.Sum(g.SumMap(graph.ReLU, x)), g.Sum(g.SumMap(graph.ReLU, g.Scale(-1, x))))
}

// entropic tells whether the form is the cross-entropy.
func (s Sparsity) entropic() bool { return s.Form == "" || s.Form == "cross-entropy" }

// of is the penalty of states h (B×…), those of units of this shape at all
// places, without the factor: (1).
func (s Sparsity) of(g *graph.Graph, h *graph.Node, units []int) *graph.Node {
	if g.Err() != nil {
		return nil
	}
	if s.Form == "l1" {
		return g.Scale(float64(graph.Size(units))/float64(h.Shape().TotalSize()), magnitude(g, h))
	}
	return s.ofMeans(g, batchMean(g, h, units))
}

// ofMeans is the penalty of mean activities q.
func (s Sparsity) ofMeans(g *graph.Graph, q *graph.Node) *graph.Node {
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
