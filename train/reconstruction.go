package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// Reconstruction is the error of going up through all layers by means and down
// again: the stack unrolled into an autoencoder with tied weights (Hinton and
// Salakhutdinov 2006, who untie them). Gradients flow through everything; the
// running means of centred layers stay as they are.
type Reconstruction struct {
	// Loss is "squared" (also if empty), the mean over all elements of
	// (v−v')², or "cross-entropy", the Bernoulli cross-entropy of an example
	// in nats, for visible units with values in [0,1].
	Loss string `json:"loss,omitempty"`
}

// Build adds the error.
func (r Reconstruction) Build(g *graph.Graph, model models.Model, first, last int, v *graph.Node) (*Loss, error) {
	layers, err := layersOf("reconstruction", model)
	if err != nil {
		return nil, err
	}
	loss := &Loss{}
	h := v
	for i, l := range layers {
		below := h
		h = l.Encode(g, h)
		if i+1 >= first && i+1 <= last {
			loss.Parts = append(loss.Parts, Part{Layer: l, Visible: below, Hidden: h})
		}
	}
	bottom := layers[0]
	y := bottom.Down(g, models.Down(g, layers[1:], h))
	switch r.Loss {
	case "", "squared":
		loss.Total = g.SquaredError(v, bottom.Visible.Mean(g, y))
	case "cross-entropy":
		if !logistic(bottom.Visible) {
			return nil, fmt.Errorf("reconstruction: cross-entropy wants logistic visible units, %s has %T", bottom.Name, bottom.Visible)
		}
		loss.Total = g.CrossEntropy(v, y)
	default:
		return nil, fmt.Errorf("reconstruction: loss %q, want squared or cross-entropy", r.Loss)
	}
	return loss, nil
}

// logistic tells whether the mean of the units is σ.
func logistic(u unit.Unit) bool {
	switch u := u.(type) {
	case unit.Binary:
		return true
	case unit.Multinary:
		return u.Activation == "" || u.Activation == "sigmoid"
	}
	return false
}
