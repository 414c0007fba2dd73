package train

import (
	"errors"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// Classification is the softmax cross-entropy of the labels, −⟨log p(k|v)⟩, by
// back-propagation through all layers that learn in the stage: supervised
// fine-tuning, or a network trained from nothing. Visible biases have no part
// in it, and the running means of centred layers stay as they are.
type Classification struct {
	// OutputOnly lets the output layer alone learn, on features that stay.
	OutputOnly bool `json:"output_only,omitempty"`

	// Corruption of the examples, in learning.
	Corruption Corruptions `json:"corruption,omitempty"`

	// Dropout is the probability with which each hidden unit is left out in
	// learning.
	Dropout float64 `json:"dropout,omitempty"`
}

// measures says that the loss of other examples tells how good a model is.
func (Classification) measures() {}

// Build adds the cross-entropy.
func (c Classification) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	classifier, ok := model.(models.Classifying)
	if !ok || task.Labels == nil {
		return nil, fmt.Errorf("classification: a model of type %s has no classes", models.Types.Name(model.Spec()))
	}
	if err := errors.Join(c.Corruption.Check(), checkDropout(c.Dropout)); err != nil {
		return nil, fmt.Errorf("classification: %w", err)
	}
	v := task.V
	if task.Measure {
		c.Dropout = 0
	} else {
		v = c.Corruption.Apply(g, v, "corruption")
	}
	var output models.OutputLayer
	layered := true
	switch net := model.(type) {
	case *models.ClassifierNet:
		output = net.OutputLayer
	case *models.CodeClassifier:
		output = net.OutputLayer
	default:
		layered = false
	}
	loss := &Loss{}
	if layered && c.Dropout > 0 {
		h := v
		for _, l := range models.LevelsOf(model)[task.Below:] {
			h = dropout(g, l.Encode(g, h), c.Dropout)
		}
		loss.Logits = output.LogitsOf(g, h)
	} else {
		loss.Logits = classifier.ClassLogits(g, v)
	}
	loss.Total = g.SoftmaxCrossEntropy(task.Labels, loss.Logits)
	if !layered {
		if c.OutputOnly || c.Dropout > 0 {
			return nil, fmt.Errorf("classification: output_only and dropout want an output layer on others, which a model of type %s has not", models.Types.Name(model.Spec()))
		}
		loss.Parameters = model.Parameters()
		if weighted, ok := model.(models.Weighted); ok {
			loss.Weights = weighted.Weights()
		}
		return loss, nil
	}
	loss.Parameters = []*graph.Tensor{output.OutputWeight, output.OutputBias}
	loss.Weights = []*graph.Tensor{output.OutputWeight}
	if c.OutputOnly {
		return loss, nil
	}
	if net, ok := model.(*models.CodeClassifier); ok {
		parameters, weights := net.Encoders(task.First, task.Last)
		loss.Parameters, loss.Weights = append(loss.Parameters, parameters...), append(loss.Weights, weights...)
		return loss, nil
	}
	for i, l := range layersOf(model) {
		h := l.Encode(g, v)
		if i+1 >= task.First && i+1 <= task.Last {
			loss.Parts = append(loss.Parts, Part{Layer: l, Visible: v, Hidden: h})
			loss.Parameters = append(loss.Parameters, l.Weight, l.HiddenBias)
			loss.Weights = append(loss.Weights, l.Weight)
		}
		v = h
	}
	return loss, nil
}
