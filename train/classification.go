package train

import (
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
}

// measures says that the loss of other examples tells how good a model is.
func (Classification) measures() {}

// Build adds the cross-entropy.
func (c Classification) Build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	classifier, ok := model.(models.Classifying)
	if !ok || task.Labels == nil {
		return nil, fmt.Errorf("classification: %T has no classes", model.Spec())
	}
	logits := classifier.ClassLogits(g, task.V)
	loss := &Loss{Logits: logits, Total: g.SoftmaxCrossEntropy(task.Labels, logits)}
	var output models.OutputLayer
	switch net := model.(type) {
	case *models.ClassifierNet:
		output = net.OutputLayer
	case *models.CodeClassifier:
		output = net.OutputLayer
	default:
		if c.OutputOnly {
			return nil, fmt.Errorf("classification: output_only wants an output layer on others, which %T has not", model.Spec())
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
	v := task.V
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
