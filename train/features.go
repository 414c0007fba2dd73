package train

import (
	"context"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/metric"
)

// featureBytes is the most memory that features may take. Sets that are too
// large for it go through the layers below again for every step.
const featureBytes = 2 << 30

// featureBatch is the number of examples computed at a time.
const featureBatch = 128

// features are what the layers below the first that learns make of all images,
// nil where they would change, or be none, or be too large.
func (t *Trainer) features(ctx context.Context, s Stage) (metric.Source, error) {
	first, _ := s.span(len(t.layers))
	if _, ok := s.objective().(bottomUp); !ok || first == 1 {
		return nil, nil
	}
	if 4*t.images.Len()*elements(t.layers[first-1].InputShape()) > t.memory {
		return nil, nil
	}
	return climb(ctx, t.layers[:first-1], t.images)
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

// climb is the mean hidden states of the top one of layers, for examples of
// the lowest one's visible units.
func climb(ctx context.Context, layers []*models.Layer, source metric.Source) (metric.Source, error) {
	if len(layers) == 0 {
		return source, nil
	}
	above := &activations{size: elements(layers[len(layers)-1].OutputShape())}
	above.x = make([]float32, 0, source.Len()*above.size)
	return above, metric.Sweep(source, featureBatch, layers[0].InputShape(),
		func(g *graph.Graph, v *graph.Node) []*graph.Node { return []*graph.Node{models.Up(g, layers, v)} },
		func(_ int, values [][]float32) error {
			above.x = append(above.x, values[0]...)
			return ctx.Err()
		})
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
