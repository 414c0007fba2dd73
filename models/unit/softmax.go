package unit

import (
	"fmt"
	"math"
	"slices"

	"boltzoo/graph"
)

// Softmax units, Potts units in physics, are groups of K of which exactly one
// is 1 (Hinton's "Practical Guide", section 13.1): Φ = log Σ_k exp x_k and
// f = softmax, over each group. Groups are runs of the last axis.
type Softmax struct {
	Classes int `json:"classes,omitempty"` // K; 0 means the whole last axis
}

// groups is x as a matrix with a row for each group.
func (u Softmax) groups(g *graph.Graph, x *graph.Node) *graph.Node {
	if g.Err() != nil || x == nil {
		return nil
	}
	shape := x.Shape()
	k, last := u.Classes, shape[len(shape)-1]
	if k == 0 {
		k = last
	}
	if k < 1 || last%k != 0 {
		g.Fail(fmt.Errorf("unit: softmax: %d units a place or example cannot be groups of %d classes", last, u.Classes))
		return nil
	}
	return g.Reshape(x, shape.TotalSize()/k, k)
}

// like is rows of groups in the shape of x.
func like(g *graph.Graph, rows, x *graph.Node) *graph.Node {
	if g.Err() != nil {
		return nil
	}
	return g.Reshape(rows, x.Shape()...)
}

// Mean is exp x_k / Σ_l exp x_l over each group.
func (u Softmax) Mean(g *graph.Graph, x *graph.Node) *graph.Node {
	return like(g, g.Softmax(u.groups(g, x)), x)
}

// Sample draws the one of each group.
func (u Softmax) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	return like(g, g.Categorical(g.Softmax(u.groups(g, x)), stream), x)
}

// LogNormaliser is Σ log Σ_k exp x_k, the outer sum over groups.
func (u Softmax) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	each := g.LogSumExp(u.groups(g, x))
	if g.Err() != nil {
		return nil
	}
	batch := x.Shape()[0]
	if each.Shape()[0] == batch {
		return each
	}
	return g.RowSum(g.Reshape(each, batch, each.Shape()[0]/batch))
}

// Potential is zero.
func (Softmax) Potential(*graph.Graph, *graph.Node) *graph.Node { return nil }

// Inverse is log m, where m is kept above a hundredth of the mean of its group.
func (u Softmax) Inverse(m []float64) []float64 {
	k := u.Classes
	if k == 0 {
		k = len(m)
	}
	x := make([]float64, 0, len(m))
	for group := range slices.Chunk(m, k) {
		x = append(x, logShares(group)...)
	}
	return x
}

// logShares are the logarithms of the shares that positive numbers have of
// their sum, those of rare ones as if they had a hundredth of their due.
func logShares(m []float64) []float64 {
	total := 0.0
	for _, v := range m {
		total += v
	}
	if total <= 0 {
		return make([]float64, len(m)) // no data: all alike
	}
	return mapped(m, func(v float64) float64 { return math.Log(max(v/total, 0.01/float64(len(m)))) })
}
