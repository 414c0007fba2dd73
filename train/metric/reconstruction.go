package metric

import (
	"boltzoo/graph"
	"boltzoo/models"
)

// Reconstruction is the mean over all values of (v−v')² for each depth d from
// 1 on: v' is v encoded through the lowest d layers by means, and decoded
// through them. The last is that of the whole stack, and the only one of a model
// without layers.
func Reconstruction(model models.Coder, source Source, batch int) ([]float64, error) {
	var layers []*models.Layer
	depths := 1
	if layered, ok := model.(models.Layered); ok {
		layers = layered.Layers()
		depths = len(layers)
	}
	sums, n := make([]float64, depths), 0
	err := Sweep(source, batch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		if layers == nil {
			return []*graph.Node{g.SquaredError(v, g.Reshape(model.Decode(g, model.Encode(g, v)), v.Shape()...))}
		}
		errors, h := make([]*graph.Node, depths), v
		for i, l := range layers {
			h = l.Encode(g, h)
			errors[i] = g.SquaredError(v, models.Down(g, layers[:i+1], h))
		}
		return errors
	}, func(size int, values [][]float32) error {
		for i, v := range values {
			sums[i] += float64(v[0]) * float64(size)
		}
		n += size
		return nil
	})
	for i := range sums {
		sums[i] /= float64(n)
	}
	return sums, err
}
