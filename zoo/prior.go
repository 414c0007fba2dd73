package zoo

import (
	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// priorImages decide the prior of codes: enough for a covariance of its size.
const priorImages = 10000

// fitPrior fits the prior of the model's codes to images.
func fitPrior(net dreamer, images *data.Images) error {
	layers := net.Layers()
	below, top := layers[:len(layers)-1], layers[len(layers)-1]
	images = images.Head(priorImages)
	var x []float32
	err := metric.Sweep(images, evalBatch, net.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{top.Up(g, models.Up(g, below, v))}
	}, func(_ int, values [][]float32) error {
		x = append(x, values[0]...)
		return nil
	})
	if err != nil {
		return err
	}
	return net.Prior().Fit(x, images.Len())
}
