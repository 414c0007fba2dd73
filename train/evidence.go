package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// Evidence is what a variational autoencoder minimises, the evidence lower
// bound with a minus, in nats (Kingma and Welling 2014, equation 3):
//
//	−log p(v) ≤ ⟨KL(q(z|v) ‖ p(z))⟩ − ⟨E_q log p(v|z)⟩
//
// The divergence is closed for normal distributions. The expectation is a mean
// over codes that are drawn as z = μ + exp(½ℓ) ⊙ ε, ε standard normal, so that
// the gradient goes through μ and ℓ.
type Evidence struct {
	Draws int     `json:"draws,omitempty"` // of z for each example and step; 0 means 1
	Beta  float64 `json:"beta,omitempty"`  // factor of the divergence in learning (Higgins et al. 2017); 0 means 1
}

// measures says that the loss of other examples tells how good a model is.
func (Evidence) measures() {}

// Build adds the bound, which is measured with a β of 1 always.
func (e Evidence) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	stochastic, ok := model.(models.Stochastic)
	switch {
	case !ok:
		return nil, fmt.Errorf("evidence: a model of type %s has no distribution of codes, want variational", models.Types.Name(model.Spec()))
	case e.Draws < 0:
		return nil, fmt.Errorf("evidence: %d draws, want at least 1", e.Draws)
	case !(e.Beta >= 0) || !isFinite(e.Beta):
		return nil, fmt.Errorf("evidence: beta %g, want at least 0", e.Beta)
	}
	mean, logVariance := stochastic.Posterior(g, task.V)
	if g.Err() != nil {
		return nil, g.Err()
	}
	beta := or(e.Beta, 1)
	if task.Measure {
		beta = 1
	}
	total := g.Scale(beta, g.Mean(divergence(g, mean, logVariance)))
	shape := mean.Shape()
	for range max(1, e.Draws) {
		noise := g.Gaussian(g.Full(0, shape...), g.Full(1, shape...), "code")
		z := reparameterised(g, mean, logVariance, noise)
		total = g.Combine(1, total, -1/float64(max(1, e.Draws)), g.Mean(stochastic.LogLikelihood(g, task.V, z)))
	}
	loss := &Loss{Total: total, Parameters: model.Parameters(), Code: mean}
	if weighted, ok := model.(models.Weighted); ok {
		loss.Weights = weighted.Weights()
	}
	return loss, nil
}

// reparameterised is z = μ + exp(½ℓ) ⊙ ε.
func reparameterised(g *graph.Graph, mean, logVariance, noise *graph.Node) *graph.Node {
	return g.Add(mean, g.Mul(g.Map(graph.Exp, g.Scale(0.5, logVariance)), noise))
}

// divergence is KL(N(μ, exp ℓ) ‖ N(0,1)) = ½ Σ_j (μ² + exp ℓ − ℓ − 1) of each
// example: (B×code) to (B).
func divergence(g *graph.Graph, mean, logVariance *graph.Node) *graph.Node {
	spread := g.Sub(g.Map(graph.Exp, logVariance), logVariance)
	return g.Add(g.SumMap(graph.HalfSquare, mean), g.RowSum(g.Shift(0.5, spread, -0.5)))
}
