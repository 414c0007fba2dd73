package graph

import "fmt"

// Luminance weighs the three channels of a colour, the last axis of x
// (…×3 to …×1): 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
func (g *Graph) Luminance(x *Node) *Node {
	if g.broken("luminance", x) {
		return nil
	}
	if _, channels := lastAxis(x); channels != 3 {
		g.Fail(fmt.Errorf("graph: luminance of %v, want 3 channels on the last axis: %w", []int(x.Shape()), ErrShape))
		return nil
	}
	channel := func(i int) *Node { return g.Slice(x, i, i+1) }
	return g.Add(g.Combine(0.299, channel(0), 0.587, channel(1)), g.Scale(0.114, channel(2)))
}
