package models

import "boltzoo/graph"

// Fast is a machine with fast weights on top of its own (Tieleman and Hinton
// 2009): chains that see the sum of the two leave where they are sooner, as
// the fast ones learn quickly and decay quickly.
type Fast struct {
	Layer  *Layer
	offset *Layer // with the fast parameters only
}

// FastTensors are fast weights, visible and hidden biases for a layer, all
// zero, named NAME.fast.weight and so on.
func FastTensors(l *Layer) []*graph.Tensor {
	var tensors []*graph.Tensor
	for _, t := range slow(l) {
		tensors = append(tensors, graph.NewTensor(l.Name+".fast"+t.Name[len(l.Name):], t.Shape...))
	}
	return tensors
}

// slow are what FastTensors are for, in their order.
func slow(l *Layer) []*graph.Tensor { return []*graph.Tensor{l.Weight, l.VisibleBias, l.HiddenBias} }

// Slow are the layer's own tensors, in the order of FastTensors.
func (f Fast) Slow() []*graph.Tensor { return slow(f.Layer) }

// NewFast is the layer with such fast tensors.
func NewFast(l *Layer, tensors []*graph.Tensor) Fast {
	offset := *l
	offset.Weight, offset.VisibleBias, offset.HiddenBias = tensors[0], tensors[1], tensors[2]
	return Fast{l, &offset}
}

// Gibbs is one step v → h → v', all states drawn, by the sum of both
// parameters: as pre-activations are linear in them, those of each are added.
func (f Fast) Gibbs(g *graph.Graph, v *graph.Node) *graph.Node {
	l := f.Layer
	if err := l.drawable(); err != nil {
		g.Fail(err)
		return nil
	}
	h := l.Hidden.Sample(g, g.Add(l.Up(g, v), f.offset.Up(g, v)), l.Name+".hidden")
	return l.visible(g, v).Sample(g, g.Add(l.Down(g, h), f.offset.Down(g, h)), l.Name+".visible")
}
