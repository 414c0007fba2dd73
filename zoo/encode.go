package zoo

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// Reconstruct is images through the whole model and back.
func Reconstruct(model models.Model, images *data.Images) ([]float32, error) {
	return codes(model, images, func(c models.Coder, g *graph.Graph, v *graph.Node) *graph.Node {
		return c.Decode(g, c.Encode(g, v))
	})
}

// Encode is the codes of images, one after the other.
func Encode(model models.Model, images *data.Images) ([]float32, error) {
	return codes(model, images, func(c models.Coder, g *graph.Graph, v *graph.Node) *graph.Node { return c.Encode(g, v) })
}

func codes(model models.Model, images *data.Images, build func(models.Coder, *graph.Graph, *graph.Node) *graph.Node) ([]float32, error) {
	coder, ok := model.(models.Coder)
	if !ok {
		return nil, fmt.Errorf("zoo: encode: a %T has no code", model.Spec())
	}
	var all []float32
	err := metric.Sweep(images, evalBatch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{build(coder, g, v)}
	}, func(_ int, values [][]float32) error {
		all = append(all, values[0]...)
		return nil
	})
	return all, err
}

// Floats is the pixels of all images, in [0,1].
func Floats(images *data.Images) []float32 {
	index := make([]int, images.Len())
	for i := range index {
		index[i] = i
	}
	pixels := make([]float32, images.Len()*images.Size())
	images.Floats(pixels, index...)
	return pixels
}
