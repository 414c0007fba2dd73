package zoo

import (
	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/metric"
)

// toggles are codes in pairs: one unit off and then on, the others at rest.
type toggles struct{ rest []float32 }

func (t toggles) Len() int  { return 2 * len(t.rest) }
func (t toggles) Size() int { return len(t.rest) }
func (t toggles) Floats(dst []float32, index ...int) {
	for _, i := range index {
		copy(dst, t.rest)
		dst[i/2] = float32(i % 2)
		dst = dst[len(t.rest):]
	}
}

// responses are what each hidden unit of the last layer does to the picture
// below: decoded by means with the unit on, less with it off, the other units at
// their means. It is a matrix of picture × units, as the weights of a first layer
// are, and shows what a unit of a higher layer looks for.
func responses(layers []*models.Layer) ([]float32, error) {
	top := layers[len(layers)-1]
	t := toggles{make([]float32, graph.Size(top.OutputShape()))}
	for i := range t.rest {
		t.rest[i] = 0.5
	}
	if top.HiddenMean != nil {
		copy(t.rest, top.HiddenMean.Data)
	}
	units := len(t.rest)
	w := make([]float32, graph.Size(layers[0].InputShape())*units)
	next := 0
	return w, metric.Sweep(t, evalBatch, top.OutputShape(), func(g *graph.Graph, h *graph.Node) []*graph.Node {
		return []*graph.Node{models.Down(g, layers, h)}
	}, func(n int, values [][]float32) error {
		size := len(values[0]) / n
		for i := range n {
			sign := float32(2*(next%2) - 1)
			for p, v := range values[0][i*size : (i+1)*size] {
				w[p*units+next/2] += sign * v
			}
			next++
		}
		return nil
	})
}
