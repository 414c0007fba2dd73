package models

import (
	"boltzoo/graph"
	"boltzoo/models/unit"
)

// Statistics are the positive less the negative statistics of contrastive
// divergence (Hinton 2002), each a mean over the batch:
//
//	weight    ⟨(v−μ)ᵀ g(f(x)−λ)⟩ − ⟨(v'−μ)ᵀ g(f(x')−λ)⟩
//	visible   ⟨v−μ⟩ − ⟨v'−μ⟩
//	hidden    ⟨g(f(x)−λ)⟩ − ⟨g(f(x')−λ)⟩
//
// They are minus the gradient of Contrast, written out instead of derived. A
// bias or a filter that places share has the sum over these. Where variances
// are learned, (v−μ)/σ² stands for v−μ; replicated units count the hidden
// biases once for each draw.
type Statistics struct {
	Weight, Visible, Hidden *graph.Node // shaped as W, a, b
}

// Statistics adds those of the data v and the states v' that a chain has come
// to: both (B×input), of any two batch sizes.
func (l *Layer) Statistics(g *graph.Graph, v, negative *graph.Node) Statistics {
	p, n := l.phase(g, v), l.phase(g, negative)
	return Statistics{g.Sub(p.Weight, n.Weight), g.Sub(p.Visible, n.Visible), g.Sub(p.Hidden, n.Hidden)}
}

// phase is one of the two.
func (l *Layer) phase(g *graph.Graph, v *graph.Node) Statistics {
	h := g.Scale(l.copies(), l.CentredHidden(g, l.Encode(g, v)))
	each := h // what a hidden bias is counted with
	if u, ok := l.Visible.(unit.Replicated); ok {
		each = g.RowScale(h, u.Draws(g, v))
	}
	v = l.statistic(g, v)
	if g.Err() != nil {
		return Statistics{}
	}
	mean := 1 / float64(v.Shape()[0])
	return Statistics{
		Weight:  g.Scale(mean, l.link.outer(g, v, h, l.Weight.Shape)),
		Visible: g.Scale(mean, g.ColSum(v, l.VisibleBias.Shape...)),
		Hidden:  g.Scale(mean, g.ColSum(each, l.HiddenBias.Shape...)),
	}
}

func (dense) outer(g *graph.Graph, v, h *graph.Node, _ []int) *graph.Node { return g.Outer(v, h) }

func (c convolution) outer(g *graph.Graph, v, h *graph.Node, filters []int) *graph.Node {
	return g.ConvOuter(v, h, filters, c.stride, c.pad)
}
