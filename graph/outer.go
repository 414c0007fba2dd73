package graph

import (
	"fmt"

	"boltzoo/graph/internal/kernel"
)

// Outer is Σ_b x_b y_bᵀ of two batches, x (B×V) and y (B×H): V×H, the statistics
// of a dense layer's weights.
func (g *Graph) Outer(x, y *Node) *Node {
	if g.broken("outer product", x, y) {
		return nil
	}
	_, v := rowsOf(x)
	_, h := rowsOf(y)
	return g.matmul(true, false, x, y, []int{v, h}, nil)
}

// ConvOuter is the same over all places of a Conv: the sum of what the filters'
// entries connect, of images x (B×H×W×C) and feature maps y (B×OH×OW×F), for
// filters of the given shape, KH×KW×C×F.
func (g *Graph) ConvOuter(x, y *Node, filters []int, stride, pad int) *Node {
	if g.broken("convolutional outer product", x, y) {
		return nil
	}
	xs, ys := x.Shape(), y.Shape()
	if len(xs) != 4 || len(ys) != 4 || len(filters) != 4 || xs[0] != ys[0] || xs[3] != filters[2] || ys[3] != filters[3] || stride < 1 || pad < 0 {
		return g.mismatch(fmt.Sprintf("convolutional outer product for filters %v", filters), x, y)
	}
	geo := kernel.Conv{N: xs[0], H: xs[1], W: xs[2], C: xs[3], F: ys[3], KH: filters[0], KW: filters[1], Stride: stride, Pad: pad}
	if oh, ow := geo.Out(); oh != ys[1] || ow != ys[2] {
		return g.mismatch(fmt.Sprintf("convolutional outer product for filters %v", filters), x, y)
	}
	return g.conv(convFilter, geo, x, y)
}
