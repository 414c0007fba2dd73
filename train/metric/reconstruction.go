package metric

import (
	"boltzoo/graph"
	"boltzoo/models"
)

// Reconstruction is the mean over all values of (v−v')² for each depth d from
// 1 on: v' is v encoded through the lowest d layers by means, and decoded
// through them. The last is that of the whole stack.
func Reconstruction(model models.Layered, source Source, batch int) ([]float64, error) {
	layers := model.Layers()
	sums, n := make([]float64, len(layers)), 0
	err := Sweep(source, batch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		errors, h := make([]*graph.Node, len(layers)), v
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
