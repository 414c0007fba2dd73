package train

import (
	"errors"
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

	// Contraction is a penalty on the Jacobian of the code of what is encoded.
	Contraction Contraction `json:"contraction,omitzero"`

	// Dropout is the probability with which each hidden unit, those of the code
	// included, is left out in learning.
	Dropout float64 `json:"dropout,omitempty"`
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
	if err := errors.Join(r.Corruption.Check(), r.Contraction.Check()); err != nil {
		return nil, fmt.Errorf("reconstruction: %w", err)
	}
	if err := checkDropout(r.Dropout); err != nil {
		return nil, fmt.Errorf("reconstruction: %w", err)
	}
	seen := r.Corruption.Apply(g, task.V, "corruption")
	layers := layersOf(model)
	if layers == nil {
		return r.ofCode(g, model, task, seen)
	}
	if r.Dropout > 0 || r.Contraction != (Contraction{}) {
		return nil, fmt.Errorf("reconstruction: dropout and contraction are for autoencoders, not for a model of type %s", models.Types.Name(model.Spec()))
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
		return nil, fmt.Errorf("reconstruction: cross-entropy wants logistic visible units, %s has %s", bottom.Name, unit.Types.Name(bottom.Visible))
	}
	loss.Total = g.CrossEntropy(task.V, y)
	return loss, nil
}

// ofCode is the loss of a model without layers: examples from the code of what
// it has seen of them.
func (r Reconstruction) ofCode(g *graph.Graph, model models.Model, task Task, seen *graph.Node) (*Loss, error) {
	loss := &Loss{Parameters: model.Parameters()}
	if weighted, ok := model.(models.Weighted); ok {
		loss.Weights = weighted.Weights()
	}
	coder, ok := model.(models.Coder)
	if !ok {
		return nil, fmt.Errorf("reconstruction: a model of type %s has no code to reconstruct from", models.Types.Name(model.Spec()))
	}
	if conv, ok := model.Spec().(models.ConvAutoencoder); ok && conv.Corrects() && len(r.Corruption) == 0 {
		return nil, fmt.Errorf("reconstruction: a network with output %s begins as the identity and learns nothing from examples that are not corrupted", conv.Output)
	}
	loss.Code = coder.Encode(g, seen)
	bottom, h := coder, loss.Code // what is decoded by, and from
	if r.Dropout > 0 && !task.Measure {
		deep, ok := model.(models.Deep)
		if !ok {
			return nil, fmt.Errorf("reconstruction: dropout wants an autoencoder of dense layers, not a model of type %s", models.Types.Name(model.Spec()))
		}
		loss.Code, bottom, h = r.dropped(g, deep, seen)
	}
	if !task.Measure {
		var err error
		if loss.Penalty, err = r.Contraction.of(g, coder, seen); err != nil {
			return nil, fmt.Errorf("reconstruction: %w", err)
		}
	}
	v := task.V
	if r.Loss == "cross-entropy" {
		logistic, ok := bottom.(models.Logistic)
		if !ok {
			return nil, fmt.Errorf("reconstruction: cross-entropy wants logits, which a model of type %s has not: use squared", models.Types.Name(model.Spec()))
		}
		loss.Total = g.CrossEntropy(g.Flatten(v), g.Flatten(logistic.Logits(g, h)))
		return loss, nil
	}
	loss.Total = g.SquaredError(v, g.Reshape(bottom.Decode(g, h), v.Shape()...))
	return loss, nil
}

// dropped is the code of v, and what is still to be decoded, and by which pair
// of layers, after all hidden layers have lost units.
func (r Reconstruction) dropped(g *graph.Graph, deep models.Deep, v *graph.Node) (code *graph.Node, bottom models.Coder, h *graph.Node) {
	levels := deep.Levels()
	h = v
	for _, l := range levels {
		code = l.Encode(g, h)
		h = dropout(g, code, r.Dropout)
	}
	for i := len(levels); i > 1; i-- {
		h = dropout(g, deep.Part(i, i).Decode(g, h), r.Dropout)
	}
	return code, deep.Part(1, 1), h
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
