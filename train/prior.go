package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/metric"
)

// FitPrior fits the model's prior, from which it dreams, to the top layer's
// pre-activations of these examples, taken batch at a time.
func FitPrior(model *models.BeliefNet, source metric.Source, batch int) error {
	prior := model.Prior()
	if prior == nil {
		return fmt.Errorf("train: prior: codes of shape %v are too large for one", model.CodeShape())
	}
	layers := model.Layers()
	below, top := layers[:len(layers)-1], layers[len(layers)-1]
	var x []float32
	err := metric.Sweep(source, batch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{top.Up(g, models.Up(g, below, v))}
	}, func(_ int, values [][]float32) error {
		x = append(x, values[0]...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("train: prior: %w", err)
	}
	return prior.Fit(x, source.Len())
}
