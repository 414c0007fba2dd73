package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// PCD is persistent contrastive divergence, or stochastic maximum likelihood
// (Tieleman 2008; Younes 1989): CD whose negative phase are chains that go on
// from step to step instead of starting from the data. The chains draw all
// their states. Where CD teaches a machine to keep the data where it is, PCD
// teaches what a long chain visits, which is what samples are.
type PCD struct {
	K      int `json:"k,omitempty"`      // Gibbs steps of each chain a step; 0 means 1
	Chains int `json:"chains,omitempty"` // 0 means 100
}

func (PCD) bottomUp() {}

func (p PCD) steps(k int) Objective { p.K = k; return p }

func (p PCD) chains() int {
	if p.Chains == 0 {
		return 100
	}
	return p.Chains
}

// Build adds Σ_ℓ ⟨F(v)⟩ − ⟨F(chains)⟩ of the layers that learn.
func (p PCD) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	layers := layersOf(model)
	if layers == nil {
		return nil, fmt.Errorf("pcd: %T has no layers", model.Spec())
	}
	if p.K < 0 || p.Chains < 0 {
		return nil, fmt.Errorf("pcd: k %d and chains %d, want at least 0", p.K, p.Chains)
	}
	for _, l := range layers[task.First-1 : task.Last] {
		if task.Chains[l.Name] == nil {
			return nil, fmt.Errorf("pcd: no chains for %s", l.Name)
		}
	}
	var chains []Chain
	loss := layerwise(g, layers, task, 0, func(l *models.Layer, v *graph.Node) Part {
		states := task.Chains[l.Name]
		next := l.Chain(g, g.Param(states), max(p.K, 1), models.AllNoise)
		chains = append(chains, Chain{states, next})
		return Part{Loss: l.Contrast(g, v, next)}
	})
	loss.Chains = chains
	return loss, nil
}

// Chain is the states of Markov chains that persist: after each step they are
// what the node Next was.
type Chain struct {
	States *graph.Tensor // (chains×input)
	Next   *graph.Node
}

// A persistent objective has chains that go on from step to step.
type persistent interface{ chains() int }

// newChains are n chains of visible states for each layer, at uniform noise: a
// few steps take them to where the machine wants them.
func newChains(layers []*models.Layer, n int, random *graph.Random) map[string]*graph.Tensor {
	chains := map[string]*graph.Tensor{}
	for _, l := range layers {
		states := graph.NewTensor(l.Name+".chains", append([]int{n}, l.InputShape()...)...)
		random.Stream(states.Name).Uniform(states.Data)
		chains[l.Name] = states
	}
	return chains
}
