package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// CD is contrastive divergence: for each layer that learns the loss
// L = ⟨F(v) − F(v')⟩ of P2, with v' held constant after K Gibbs steps from v,
// whose gradient is that of CD-K (Hinton 2002). Layers get their data from
// those below by means. All are in one graph, and what is minimised is the
// sum.
type CD struct {
	K     int          `json:"k,omitempty"`     // Gibbs steps; 0 means 1
	Noise models.Noise `json:"noise,omitempty"` // which states are drawn: none, "hidden" or "all"
	// Flow is the part of a layer's gradient that reaches the layers below
	// through its data: 0 stops it, so that every layer learns as if alone,
	// 1 is the literal gradient of the sum. Flow can collapse: the lower
	// layers then make the upper ones' data trivial.
	Flow float64 `json:"flow,omitempty"`
	// Explicit takes the positive and negative statistics for the gradient, as
	// nodes of the graph, instead of differentiating the loss. The two are
	// equal to rounding; it is for comparison, and for one that reads graphs.
	Explicit bool `json:"explicit,omitempty"`
}

func (CD) bottomUp() {}

func (c CD) steps(k int) Objective { c.K = k; return c }

// Build adds Σ_ℓ L_ℓ.
func (c CD) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	layers := layersOf(model)
	if layers == nil {
		return nil, fmt.Errorf("cd: a model of type %s has no layers", models.Types.Name(model.Spec()))
	}
	if c.K < 0 || c.Flow < 0 {
		return nil, fmt.Errorf("cd: k %d and flow %g, want at least 0", c.K, c.Flow)
	}
	if c.Explicit && c.Flow > 0 {
		return nil, fmt.Errorf("cd: explicit with flow %g: statistics are of one layer alone", c.Flow)
	}
	loss := layerwise(g, layers, task, c.Flow, func(l *models.Layer, v *graph.Node) Part {
		chain := l.Chain(g, v, max(c.K, 1), c.Noise)
		return Part{Loss: l.Contrast(g, v, chain), Reconstruction: chain}
	})
	if c.Explicit {
		for _, p := range loss.Parts {
			s := p.Layer.Statistics(g, p.Visible, p.Reconstruction)
			loss.Gradients = append(loss.Gradients, g.Scale(-1, s.Weight), g.Scale(-1, s.Visible), g.Scale(-1, s.Hidden))
			if z := p.Layer.VisibleLogVariance; z != nil { // which has no such statistic
				loss.Gradients = append(loss.Gradients, g.Grad(loss.Total, g.Param(z))...)
			}
		}
	}
	return loss, nil
}
