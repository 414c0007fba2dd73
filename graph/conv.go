package graph

import (
	"fmt"

	"boltzoo/graph/internal/kernel"
)

// conv is one of three functions over one geometry. With x the images, w the
// filters and y the feature maps, each is linear in both its operands, and the
// derivative of each is the other two.
type conv struct {
	kind   convKind
	geo    kernel.Conv
	biased bool
}

type convKind int

const (
	convForward    convKind = iota // y from x, w
	convTransposed                 // x from y, w
	convFilter                     // w from x, y
)

func (c *conv) String() string {
	name := [...]string{"conv", "convᵀ", "conv∂w"}[c.kind]
	if c.biased {
		name += "+b"
	}
	return fmt.Sprintf("%s %d×%d/%d pad %d", name, c.geo.KH, c.geo.KW, c.geo.Stride, c.geo.Pad)
}

func (c *conv) run(out []float32, in [][]float32) {
	var bias []float32
	if c.biased {
		bias = in[2]
	}
	switch c.kind {
	case convForward:
		c.geo.Forward(out, in[0], in[1], bias)
	case convTransposed:
		c.geo.Transposed(out, in[0], in[1], bias)
	case convFilter:
		c.geo.Filter(out, in[0], in[1])
	}
}

func (c *conv) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, len(in))
	op := func(kind convKind, a, b *Node) *Node { return g.conv(kind, c.geo, a, b) }
	switch c.kind {
	case convForward:
		if want[0] {
			pulled[0] = op(convTransposed, grad, in[1])
		}
		if want[1] {
			pulled[1] = op(convFilter, in[0], grad)
		}
	case convTransposed:
		if want[0] {
			pulled[0] = op(convForward, grad, in[1])
		}
		if want[1] {
			pulled[1] = op(convFilter, grad, in[0])
		}
	case convFilter:
		if want[0] {
			pulled[0] = op(convTransposed, in[1], grad)
		}
		if want[1] {
			pulled[1] = op(convForward, in[0], grad)
		}
	}
	if c.biased && want[2] {
		pulled[2] = g.colSum(grad, in[2].Shape())
	}
	return pulled
}

func (g *Graph) conv(kind convKind, geo kernel.Conv, operands ...*Node) *Node {
	oh, ow := geo.Out()
	shapes := [...][]int{
		convForward:    {geo.N, oh, ow, geo.F},
		convTransposed: {geo.N, geo.H, geo.W, geo.C},
		convFilter:     {geo.KH, geo.KW, geo.C, geo.F},
	}
	byX, x := scaled(operands[0])
	byY, y := scaled(operands[1])
	by, rest := byX*byY, operands[2:]
	if by == 1 {
		return g.apply(&conv{kind: kind, geo: geo, biased: len(rest) == 1}, shapes[kind], append([]*Node{x, y}, rest...)...)
	}
	out := g.Scale(by, g.apply(&conv{kind: kind, geo: geo}, shapes[kind], x, y))
	if len(rest) == 1 {
		out = g.addRow(1, out, 1, rest[0])
	}
	return out
}

// Conv is the convolution of images x (B×H×W×C) with filters w (KH×KW×C×F),
// plus b (F) at every place: (B×OH×OW×F) with OH = (H+2pad−KH)/stride + 1.
// (Like everybody's in the field, it is a correlation: filters are not
// turned.)
func (g *Graph) Conv(x, w, b *Node, stride, pad int) *Node {
	if g.broken("conv", x, w, b) {
		return nil
	}
	xs, ws := x.Shape(), w.Shape()
	if len(xs) != 4 || len(ws) != 4 || xs[3] != ws[2] || b.Shape().TotalSize() != ws[3] || stride < 1 || pad < 0 ||
		xs[1]+2*pad < ws[0] || xs[2]+2*pad < ws[1] {
		return g.mismatch("conv", x, w, b)
	}
	geo := kernel.Conv{N: xs[0], H: xs[1], W: xs[2], C: xs[3], F: ws[3], KH: ws[0], KW: ws[1], Stride: stride, Pad: pad}
	return g.conv(convForward, geo, x, w, b)
}

// ConvT is the transposed convolution of feature maps y (B×OH×OW×F) through
// the filters w (KH×KW×C×F) of Conv, plus a, one a channel (C) or one a pixel
// (height×width×C): images (B×height×width×C), for which Conv must give maps
// of y's size.
func (g *Graph) ConvT(y, w, a *Node, height, width, stride, pad int) *Node {
	if g.broken("conv transposed", y, w, a) {
		return nil
	}
	ys, ws := y.Shape(), w.Shape()
	if len(ys) != 4 || len(ws) != 4 || ys[3] != ws[3] || stride < 1 || pad < 0 || height+2*pad < ws[0] || width+2*pad < ws[1] {
		return g.mismatch("conv transposed", y, w, a)
	}
	geo := kernel.Conv{N: ys[0], H: height, W: width, C: ws[2], F: ws[3], KH: ws[0], KW: ws[1], Stride: stride, Pad: pad}
	if oh, ow := geo.Out(); oh != ys[1] || ow != ys[2] {
		return g.mismatch("conv transposed", y, w, a)
	}
	switch a.Shape().TotalSize() {
	case geo.C:
		return g.conv(convTransposed, geo, y, w, a)
	case geo.H * geo.W * geo.C:
		return g.AddRow(g.conv(convTransposed, geo, y, w), a)
	}
	return g.mismatch("conv transposed", y, w, a)
}
