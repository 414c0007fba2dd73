package metric

import (
	"math"

	"boltzoo/graph"
	"boltzoo/models"
)

// Activity is how busy the hidden units of a layer are over a set of examples;
// a unit of a convolution is a channel, at all places.
type Activity struct {
	Layer     string  `json:"layer"`
	Units     int     `json:"units"`
	Mean      float64 `json:"mean"`      // of the mean hidden states
	Deviation float64 `json:"deviation"` // of a unit over examples, mean over units
	Dead      int     `json:"dead"`      // units whose mean state is above 0.01 for no example
	Saturated int     `json:"saturated"` // units whose mean state is below 0.99 for no example
}

// ActivityOf looks at the mean hidden states of each layer of a stack.
func ActivityOf(layers []*models.Layer, source Source, batch int) ([]Activity, error) {
	all := make([]Activity, len(layers))
	moments, low, high := make([]*Moments, len(layers)), make([][]float32, len(layers)), make([][]float32, len(layers))
	for i, l := range layers {
		n := l.HiddenBias.Size()
		all[i] = Activity{Layer: l.Name, Units: n}
		moments[i], low[i], high[i] = NewMoments(n), make([]float32, n), make([]float32, n)
		for j := range n {
			low[i][j], high[i][j] = float32(math.Inf(1)), float32(math.Inf(-1))
		}
	}
	err := Sweep(source, batch, layers[0].InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return representations(g, layers, v)
	}, func(_ int, values [][]float32) error {
		for i, h := range values {
			moments[i].Add(h)
			for k, x := range h {
				j := k % len(low[i])
				low[i][j], high[i][j] = min(low[i][j], x), max(high[i][j], x)
			}
		}
		return nil
	})
	for i := range all {
		a := &all[i]
		for j := range a.Units {
			a.Mean += moments[i].Mean(j) / float64(a.Units)
			a.Deviation += moments[i].Deviation(j) / float64(a.Units)
			if high[i][j] <= 0.01 {
				a.Dead++
			}
			if low[i][j] >= 0.99 {
				a.Saturated++
			}
		}
	}
	return all, err
}

// representations are the mean hidden states of each layer.
func representations[L models.Level](g *graph.Graph, layers []L, v *graph.Node) []*graph.Node {
	nodes := make([]*graph.Node, len(layers))
	for i, l := range layers {
		v = l.Encode(g, v)
		nodes[i] = v
	}
	return nodes
}
