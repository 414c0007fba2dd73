package train

import (
	"fmt"

	"boltzoo/graph"
)

// dropout leaves each of some states out with probability p, drawn anew for
// each example and step. The others count 1/(1−p) times as much, so that a layer
// above sees on average what it sees when none is left out, as everywhere but
// in learning (Srivastava et al. 2014, section 10, who scale weights down
// afterwards instead).
func dropout(g *graph.Graph, h *graph.Node, p float64) *graph.Node {
	if p == 0 || g.Err() != nil {
		return h
	}
	kept := g.Bernoulli(g.Full(1-p, h.Shape()...), "dropout")
	return g.Scale(1/(1-p), g.Mul(h, kept))
}

func checkDropout(p float64) error {
	if !(p >= 0 && p < 1) {
		return fmt.Errorf("dropout %g, want at least 0 and below 1", p)
	}
	return nil
}
