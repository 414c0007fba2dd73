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

	// Corruption of what is encoded; what is decoded is compared with the
	// examples as they were (Vincent et al. 2008: a denoising autoencoder).
	Corruption Corruptions `json:"corruption,omitempty"`
}

func (Reconstruction) forParts() {}

// measures says that the loss of other examples tells how good a model is.
func (Reconstruction) measures() {}

// Build adds the error. A model that has a code but no layers learns with all
// its parameters, and has the cross-entropy if it is models.Logistic.
func (r Reconstruction) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	switch r.Loss {
	case "", "squared", "cross-entropy":
	default:
		return nil, fmt.Errorf("reconstruction: loss %q, want squared or cross-entropy", r.Loss)
	}
	if err := r.Corruption.Check(); err != nil {
		return nil, fmt.Errorf("reconstruction: %w", err)
	}
	seen := r.Corruption.Apply(g, task.V, "corruption")
	layers := layersOf(model)
	if layers == nil {
		return r.ofCode(g, model, task.V, seen)
	}
	loss, h := &Loss{}, seen
	for i, l := range layers {
		v := h
		h = l.Encode(g, v)
		if i+1 >= task.First && i+1 <= task.Last {
			loss.Parts = append(loss.Parts, Part{Layer: l, Visible: v, Hidden: h})
			loss.Parameters = append(loss.Parameters, l.Parameters()...)
			loss.Weights = append(loss.Weights, l.Weight)
		}
	}
	bottom := layers[0]
	y := bottom.Down(g, models.Down(g, layers[1:], h))
	if r.Loss != "cross-entropy" {
		loss.Total = g.SquaredError(task.V, bottom.Visible.Mean(g, y))
		return loss, nil
	}
	if !logistic(bottom.Visible) {
		return nil, fmt.Errorf("reconstruction: cross-entropy wants logistic visible units, %s has %T", bottom.Name, bottom.Visible)
	}
	loss.Total = g.CrossEntropy(task.V, y)
	return loss, nil
}

// ofCode is the loss of a model without layers: examples v from the code of
// what it has seen of them.
func (r Reconstruction) ofCode(g *graph.Graph, model models.Model, v, seen *graph.Node) (*Loss, error) {
	loss := &Loss{Parameters: model.Parameters()}
	if weighted, ok := model.(models.Weighted); ok {
		loss.Weights = weighted.Weights()
	}
	coder, ok := model.(models.Coder)
	if !ok {
		return nil, fmt.Errorf("reconstruction: %T has no code to reconstruct from", model.Spec())
	}
	if r.Loss == "cross-entropy" {
		logistic, ok := model.(models.Logistic)
		if !ok {
			return nil, fmt.Errorf("reconstruction: cross-entropy wants logits, which %T has not: use squared", model.Spec())
		}
		logits := g.Flatten(logistic.Logits(g, logistic.Encode(g, seen)))
		loss.Total = g.CrossEntropy(g.Flatten(v), logits)
		return loss, nil
	}
	decoded := g.Reshape(coder.Decode(g, coder.Encode(g, seen)), v.Shape()...)
	loss.Total = g.SquaredError(v, decoded)
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
