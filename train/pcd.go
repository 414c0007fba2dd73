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

func (p PCD) check() error {
	if p.K < 0 || p.Chains < 0 {
		return fmt.Errorf("k %d and chains %d, want at least 0", p.K, p.Chains)
	}
	return nil
}

func (p PCD) persist(l *models.Layer, random *graph.Random) []*graph.Tensor {
	return []*graph.Tensor{newChains(l, orInt(p.Chains, 100), random)}
}

// Build adds Σ_ℓ ⟨F(v)⟩ − ⟨F(chains)⟩ of the layers that learn.
func (p PCD) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	return persistently("pcd", p, g, model, task, func(l *models.Layer, kept []*graph.Tensor) (*graph.Node, []Chain) {
		next := l.Chain(g, g.Param(kept[0]), max(p.K, 1), models.AllNoise)
		return next, []Chain{{kept[0], next}}
	})
}

// Chain is something that persists, such as the states of Markov chains: after
// each step it is what the node Next was.
type Chain struct {
	States *graph.Tensor
	Next   *graph.Node
}

// A persistent objective keeps tensors from step to step.
type persistent interface {
	Objective
	check() error
	// persist makes those of one layer, as they are in the beginning.
	persist(l *models.Layer, random *graph.Random) []*graph.Tensor
}

// persistently is the loss of an objective whose negative phase is made from
// what it keeps of each layer. negative is the visible states of that phase,
// and what is kept for the next step.
func persistently(name string, p persistent, g *graph.Graph, model models.Model, task Task,
	negative func(l *models.Layer, kept []*graph.Tensor) (*graph.Node, []Chain)) (*Loss, error) {
	layers := layersOf(model)
	if layers == nil {
		return nil, fmt.Errorf("%s: a model of type %s has no layers", name, models.Types.Name(model.Spec()))
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	kept := map[*models.Layer][]*graph.Tensor{}
	for _, l := range layers[task.First-1 : task.Last] {
		for _, like := range p.persist(l, graph.NewRandom(0)) {
			x := task.Chains[like.Name]
			if x == nil {
				return nil, fmt.Errorf("%s: no %s", name, like.Name)
			}
			kept[l] = append(kept[l], x)
		}
	}
	var chains []Chain
	loss := layerwise(g, layers, task, 0, func(l *models.Layer, v *graph.Node) Part {
		states, more := negative(l, kept[l])
		chains = append(chains, more...)
		return Part{Loss: l.Contrast(g, v, g.Stop(states))}
	})
	loss.Chains = chains
	return loss, nil
}

// chainsSuffix follows the name of a layer in that of its chains' states.
const chainsSuffix = ".chains"

// newChains are n chains of visible states, at uniform noise: a few steps take
// them to where the machine wants them.
func newChains(l *models.Layer, n int, random *graph.Random) *graph.Tensor {
	states := graph.NewTensor(l.Name+chainsSuffix, append([]int{n}, l.StateShape()...)...)
	random.Stream(states.Name).Uniform(states.Data)
	return states
}

func orInt(value, zero int) int {
	if value == 0 {
		return zero
	}
	return value
}
