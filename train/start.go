package train

import (
	"math"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/metric"
)

// startImages is how many images decide how a layer starts: enough for means
// and deviations to two digits.
const startImages = 512

// startBatch is the number of examples computed at a time.
const startBatch = 128

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
func climb(layers []*models.Layer, source metric.Source) (metric.Source, error) {
	if len(layers) == 0 {
		return source, nil
	}
	above := &activations{size: 1}
	for _, d := range layers[len(layers)-1].OutputShape() {
		above.size *= d
	}
	above.x = make([]float32, 0, source.Len()*above.size)
	return above, metric.Sweep(source, startBatch, layers[0].InputShape(),
		func(g *graph.Graph, v *graph.Node) []*graph.Node { return []*graph.Node{models.Up(g, layers, v)} },
		func(_ int, values [][]float32) error {
			above.x = append(above.x, values[0]...)
			return nil
		})
}

// startFromData gives a layer parameters that suit these examples of its
// visible states:
//
//   - pre-activations of hidden units have mean 0 and the given standard
//     deviation, each, over the data: W is scaled by unit, and b is 0 but for
//     what the borders of a convolution ask for;
//   - the visible bias explains the data's mean: a = f⁻¹(⟨v⟩), Hinton's
//     "Practical Guide", section 8.1;
//   - μ = ⟨v⟩ and λ = ⟨h⟩.
//
// A layer that is not centred gets the same pre-activations by its biases:
// b less ⟨vW⟩, a less ⟨hWᵀ⟩.
func startFromData(l *models.Layer, source metric.Source, deviation float64) error {
	means := func(shape []int, of func(g *graph.Graph, v *graph.Node) *graph.Node) (*average, error) {
		a := newAverage(shape)
		return a, metric.Sweep(source, startBatch, l.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
			return []*graph.Node{of(g, v)}
		}, a.add)
	}

	clear(l.HiddenBias.Data)
	clear(l.VisibleBias.Data)
	visible, err := means(l.VisibleBias.Shape, func(_ *graph.Graph, v *graph.Node) *graph.Node { return v })
	if err != nil {
		return err
	}
	if l.VisibleMean != nil {
		visible.mean(l.VisibleMean.Data)
		clear(l.HiddenMean.Data)
	}

	x, err := means(l.HiddenBias.Shape, l.Up)
	if err != nil {
		return err
	}
	units := len(l.HiddenBias.Data)
	scale := make([]float32, units)
	for j := range scale {
		scale[j] = 1
		// A unit whose input never changes cannot be scaled.
		if sd := x.deviation(j); sd > 1e-12 {
			scale[j] = float32(deviation / sd)
		}
		l.HiddenBias.Data[j] = -float32(x.at(j)) * scale[j]
	}
	for i := range l.Weight.Data { // the hidden unit is the last axis
		l.Weight.Data[i] *= scale[i%units]
	}

	for i := range l.VisibleBias.Data {
		l.VisibleBias.Data[i] = float32(l.Visible.Inverse(visible.at(i)))
	}
	if l.HiddenMean != nil {
		h, err := means(l.HiddenBias.Shape, l.Encode)
		if err != nil {
			return err
		}
		h.mean(l.HiddenMean.Data)
		return nil
	}
	y, err := means(l.VisibleBias.Shape, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Down(g, l.Encode(g, v)) })
	if err != nil {
		return err
	}
	for i, a := range l.VisibleBias.Data {
		l.VisibleBias.Data[i] = a - (float32(y.at(i)) - a)
	}
	return nil
}

// average accumulates means and deviations over a batch, and over places where
// the shape is that of one place.
type average struct {
	n            float64
	sum, squares []float64
}

func newAverage(shape []int) *average {
	size := 1
	for _, d := range shape {
		size *= d
	}
	return &average{sum: make([]float64, size), squares: make([]float64, size)}
}

// add takes the values of a batch, as metric.Sweep hands them over.
func (a *average) add(_ int, values [][]float32) error {
	for i, v := range values[0] {
		j, x := i%len(a.sum), float64(v)
		a.sum[j] += x
		a.squares[j] += x * x
	}
	a.n += float64(len(values[0]) / len(a.sum))
	return nil
}

func (a *average) at(j int) float64 { return a.sum[j] / a.n }

func (a *average) deviation(j int) float64 {
	mean := a.at(j)
	return math.Sqrt(max(0, a.squares[j]/a.n-mean*mean))
}

func (a *average) mean(dst []float32) {
	for j := range dst {
		dst[j] = float32(a.at(j))
	}
}
