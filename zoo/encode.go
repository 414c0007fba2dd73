package zoo

import (
	"fmt"
	"slices"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/metric"
)

// Reconstruct is images, or other examples, through the whole model and back.
func Reconstruct(model models.Model, images metric.Source) ([]float32, error) {
	return codes(model, images, func(c models.Coder, g *graph.Graph, v *graph.Node) *graph.Node {
		return c.Decode(g, c.Encode(g, v))
	})
}

// Encode is the codes of images, or of other examples, one after the other.
func Encode(model models.Model, images metric.Source) ([]float32, error) {
	return codes(model, images, func(c models.Coder, g *graph.Graph, v *graph.Node) *graph.Node { return c.Encode(g, v) })
}

func codes(model models.Model, images metric.Source, build func(models.Coder, *graph.Graph, *graph.Node) *graph.Node) ([]float32, error) {
	coder, ok := model.(models.Coder)
	if !ok {
		return nil, fmt.Errorf("zoo: encode: a model of type %s has no code", models.Types.Name(model.Spec()))
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

// Decode is the examples that codes stand for, one after the other.
func Decode(model models.Model, codes []float32) ([]float32, error) {
	coder, ok := model.(models.Coder)
	if !ok {
		return nil, fmt.Errorf("zoo: decode: a model of type %s has no code", models.Types.Name(model.Spec()))
	}
	size := graph.Size(coder.CodeShape())
	if len(codes)%size != 0 {
		return nil, fmt.Errorf("zoo: decode: %d numbers, want codes of %d", len(codes), size)
	}
	var all []float32
	err := metric.Sweep(values{size, codes}, evalBatch, coder.CodeShape(), func(g *graph.Graph, h *graph.Node) []*graph.Node {
		return []*graph.Node{coder.Decode(g, h)}
	}, func(_ int, found [][]float32) error {
		all = append(all, found[0]...)
		return nil
	})
	return all, err
}

// Interpolate goes from the code of one example to that of another in steps of
// one length, on a straight line, and is what the codes stand for: as many
// examples as steps, the reconstructions of both at the ends.
func Interpolate(model models.Model, from, to []float32, steps int) ([]float32, error) {
	if size := graph.Size(model.InputShape()); len(from) != size || len(to) != size {
		return nil, fmt.Errorf("zoo: interpolate: from %d numbers to %d, want examples of %d", len(from), len(to), size)
	}
	if steps < 2 {
		return nil, fmt.Errorf("zoo: interpolate: %d steps, want at least 2, the ends", steps)
	}
	ends, err := Encode(model, values{len(from), slices.Concat(from, to)})
	if err != nil {
		return nil, err
	}
	return Decode(model, Between(ends[:len(ends)/2], ends[len(ends)/2:], steps))
}

// Between is so many points on the straight line from one to another, both
// among them, one after the other.
func Between(from, to []float32, steps int) []float32 {
	points := make([]float32, 0, steps*len(from))
	for step := range steps {
		t := float32(step) / float32(steps-1)
		for i, v := range from {
			points = append(points, (1-t)*v+t*to[i])
		}
	}
	return points
}

// values are examples of so many values.
type values struct {
	size int
	x    []float32
}

func (v values) Len() int  { return len(v.x) / v.size }
func (v values) Size() int { return v.size }
func (v values) Floats(dst []float32, index ...int) {
	for _, i := range index {
		dst = dst[copy(dst, v.x[i*v.size:(i+1)*v.size]):]
	}
}

// Floats is the values of all images; of data.Images they are in [0,1].
func Floats(images metric.Source) []float32 {
	index := make([]int, images.Len())
	for i := range index {
		index[i] = i
	}
	pixels := make([]float32, images.Len()*images.Size())
	images.Floats(pixels, index...)
	return pixels
}
