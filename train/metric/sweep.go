package metric

import (
	"context"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// Source is a set of examples of one size, such as *data.Images.
type Source interface {
	Len() int
	Size() int                          // values of an example
	Floats(dst []float32, index ...int) // writes the examples named, one after the other
}

// Sweep computes something of all examples, in order, batch by batch. build
// adds it to a graph, for a batch v of examples of the given shape (B×shape);
// each gets the values of the nodes that build returned, for n examples. They
// are good until it returns.
func Sweep(source Source, batch int, shape []int, build func(g *graph.Graph, v *graph.Node) []*graph.Node, each func(n int, values [][]float32) error) error {
	return sweep(nil, source, batch, shape, build, each)
}

// sweep is Sweep with streams that build may draw from.
func sweep(random *graph.Random, source Source, batch int, shape []int, build func(g *graph.Graph, v *graph.Node) []*graph.Node, each func(n int, values [][]float32) error) error {
	size := graph.Size(shape)
	if source.Size() != size {
		return fmt.Errorf("metric: examples of %d values do not fit inputs of shape %v", source.Size(), shape)
	}
	if batch < 1 {
		return fmt.Errorf("metric: batch of %d, want at least 1", batch)
	}
	var (
		n       int
		machine *graph.Machine
		input   *graph.Node
		values  [][]float32
		x       []float32
		index   []int
	)
	for from := 0; from < source.Len(); from += n {
		if m := min(batch, source.Len()-from); m != n {
			n = m
			g := graph.New(random)
			input = g.Input("v", append([]int{n}, shape...)...)
			nodes := build(g, input)
			var err error
			if machine, err = g.Compile(nodes...); err != nil {
				return err
			}
			values = make([][]float32, len(nodes))
			for i, node := range nodes {
				values[i] = machine.Value(node)
			}
			x, index = make([]float32, n*size), make([]int, n)
		}
		for i := range index {
			index[i] = from + i
		}
		source.Floats(x, index...)
		if err := machine.Set(input, x); err != nil {
			return err
		}
		if err := machine.Run(); err != nil {
			return err
		}
		if err := each(n, values); err != nil {
			return err
		}
	}
	return nil
}

// activations are the states of a layer for some examples.
type activations struct {
	size int
	x    []float32
}

func (a *activations) Len() int  { return len(a.x) / a.size }
func (a *activations) Size() int { return a.size }
func (a *activations) Floats(dst []float32, index ...int) {
	for _, i := range index {
		dst = dst[copy(dst, a.x[i*a.size:(i+1)*a.size]):]
	}
}

// Climb is what layers, one on the other, make of examples, computed once and
// held: of machines the mean hidden states of the top one. Without layers it is
// the examples.
func Climb[L models.Level](ctx context.Context, layers []L, source Source, batch int) (Source, error) {
	if len(layers) == 0 {
		return source, nil
	}
	return climb(ctx, nil, layers[0].InputShape(), layers[len(layers)-1].OutputShape(), source, batch,
		func(g *graph.Graph, v *graph.Node) *graph.Node { return models.Up(g, layers, v) })
}

// Encoded is a model's codes of examples, computed once and held.
func Encoded(ctx context.Context, model models.Coder, source Source, batch int) (Source, error) {
	return climb(ctx, nil, model.InputShape(), model.CodeShape(), source, batch, model.Encode)
}

// Changed is what build makes of each of the examples of that shape, (B×shape) to
// as many values, computed once and held; it may draw from random's streams.
func Changed(ctx context.Context, random *graph.Random, shape []int, source Source, batch int, build func(g *graph.Graph, v *graph.Node) *graph.Node) (Source, error) {
	return climb(ctx, random, shape, shape, source, batch, build)
}

func climb(ctx context.Context, random *graph.Random, in, out []int, source Source, batch int, up func(g *graph.Graph, v *graph.Node) *graph.Node) (Source, error) {
	above := &activations{size: graph.Size(out)}
	above.x = make([]float32, 0, source.Len()*above.size)
	return above, sweep(random, source, batch, in,
		func(g *graph.Graph, v *graph.Node) []*graph.Node { return []*graph.Node{up(g, v)} },
		func(_ int, values [][]float32) error {
			above.x = append(above.x, values[0]...)
			return ctx.Err()
		})
}
