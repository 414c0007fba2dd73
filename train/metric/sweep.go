package metric

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/train/data"
)

// Sweep computes something of all images, in order, batch by batch. build adds
// it to a graph, for a batch v of images of the given shape (B×shape); each
// gets the values of the nodes that build returned, for n images, until the
// next batch.
func Sweep(images *data.Images, batch int, shape []int, build func(g *graph.Graph, v *graph.Node) []*graph.Node, each func(n int, values [][]float32) error) error {
	size := 1
	for _, d := range shape {
		size *= d
	}
	if images.Size() != size {
		return fmt.Errorf("metric: %s: images of %d×%d×%d do not fit a model of inputs %v", images.Name, images.Height, images.Width, images.Channels, shape)
	}
	if batch < 1 {
		return fmt.Errorf("metric: %s: batch of %d images, want at least 1", images.Name, batch)
	}
	var (
		n       int
		machine *graph.Machine
		input   *graph.Node
		nodes   []*graph.Node
		values  [][]float32
		pixels  []float32
		index   []int
	)
	for from := 0; from < images.Len(); from += n {
		if m := min(batch, images.Len()-from); m != n {
			n = m
			g := graph.New(nil)
			input = g.Input("v", append([]int{n}, shape...)...)
			nodes = build(g, input)
			var err error
			if machine, err = g.Compile(nodes...); err != nil {
				return err
			}
			values = make([][]float32, len(nodes))
			pixels, index = make([]float32, n*size), make([]int, n)
		}
		for i := range index {
			index[i] = from + i
		}
		images.Floats(pixels, index...)
		if err := machine.Set(input, pixels); err != nil {
			return err
		}
		if err := machine.Run(); err != nil {
			return err
		}
		for i, node := range nodes {
			values[i] = machine.Value(node)
		}
		if err := each(n, values); err != nil {
			return err
		}
	}
	return nil
}
