package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// Tempering is PCD with parallel tempering (Desjardins, Courville, Bengio,
// Vincent and Delalleau 2010; Cho, Raiko and Ilin 2010): each persistent chain
// is one of M at temperatures up to infinity that swap states, so that it
// does not stay in one mode. The temperatures are found from how often
// neighbours swap: see models.Ladder.
type Tempering struct {
	K            int     `json:"k,omitempty"`            // Gibbs steps of each chain a step; 0 means 1
	Chains       int     `json:"chains,omitempty"`       // at each temperature; 0 means 100
	Temperatures int     `json:"temperatures,omitempty"` // M; 0 means 10
	LadderRate   float64 `json:"ladder_rate,omitempty"`  // of the adaptation of temperatures; 0 means 0.05, below 0 they stay at equal steps of 1/T
}

func (Tempering) bottomUp() {}

func (p Tempering) steps(k int) Objective { p.K = k; return p }

func (p Tempering) chains() int { return orInt(p.Chains, 100) }

func (p Tempering) check() error {
	if err := (PCD{p.K, p.Chains}).check(); err != nil {
		return err
	}
	if p.Temperatures < 0 || p.Temperatures == 1 {
		return fmt.Errorf("%d temperatures, want at least 2", p.Temperatures)
	}
	return nil
}

func (p Tempering) persist(l *models.Layer, random *graph.Random) []*graph.Tensor {
	temperatures := orInt(p.Temperatures, 10)
	return []*graph.Tensor{
		newChains(l, temperatures*p.chains(), random),
		graph.NewTensor(l.Name+".chains.gaps", 1, temperatures-1),
	}
}

// Build adds Σ_ℓ ⟨F(v)⟩ − ⟨F(chains at β = 1)⟩ of the layers that learn.
func (p Tempering) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	return persistently("tempering", p, g, model, task, func(l *models.Layer, kept []*graph.Tensor) (*graph.Node, []Chain) {
		ladder := models.Ladder{Layer: l, Gaps: kept[1]}
		step := ladder.Step(g, g.Param(kept[0]), max(p.K, 1), max(0, or(p.LadderRate, 0.05)))
		if g.Err() != nil {
			return nil, nil
		}
		n, size := p.chains(), graph.Size(l.StateShape())
		flat := g.Reshape(step.States, 1, step.States.Shape().TotalSize())
		first := g.Reshape(g.Slice(flat, 0, n*size), append([]int{n}, l.StateShape()...)...)
		return first, []Chain{{kept[0], step.States}, {kept[1], step.Gaps}}
	})
}
