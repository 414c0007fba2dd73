package train

import (
	"math"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/metric"
)

// startImages is how many images decide how a layer starts: enough for means
// and deviations to two digits.
const startImages = 512

// leastDeviation is what learned deviations start from at least: data that do
// not vary say nothing of how precise a model of them can be.
const leastDeviation = 0.01

// startFromData gives a layer parameters that suit these examples of its
// visible states:
//
//   - pre-activations of hidden units have mean 0 and the given standard
//     deviation, each, over the data: W is scaled by unit, and b is 0 but for
//     what the borders of a convolution ask for;
//   - the visible bias explains the data's mean: a = f⁻¹(⟨v⟩), Hinton's
//     "Practical Guide", section 8.1;
//   - μ = ⟨v⟩ and λ = ⟨h⟩;
//   - learned variances are the data's.
//
// A layer that is not centred gets the same pre-activations by its biases:
// b less ⟨vW⟩, a less ⟨hWᵀ⟩.
func startFromData(l *models.Layer, source metric.Source, deviation float64) error {
	means := func(shape []int, of func(g *graph.Graph, v *graph.Node) *graph.Node) (*metric.Moments, error) {
		m := metric.NewMoments(graph.Size(shape))
		return m, metric.Sweep(source, featureBatch, l.StateShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
			return []*graph.Node{of(g, v)}
		}, func(_ int, values [][]float32) error {
			m.Add(values[0])
			return nil
		})
	}

	clear(l.HiddenBias.Data)
	clear(l.VisibleBias.Data)
	visible, err := means(l.VisibleBias.Shape, func(_ *graph.Graph, v *graph.Node) *graph.Node { return v })
	if err != nil {
		return err
	}
	if l.VisibleLogVariance != nil {
		for i := range l.VisibleLogVariance.Data {
			l.VisibleLogVariance.Data[i] = 2 * float32(math.Log(max(visible.Deviation(i), leastDeviation)))
		}
	}
	if l.VisibleMean != nil {
		setMeans(l.VisibleMean, visible)
		clear(l.HiddenMean.Data)
	}

	x, err := means(l.HiddenBias.Shape, l.Up)
	if err != nil {
		return err
	}
	units := len(l.HiddenBias.Data)
	draws := 1.0 // how often the energy of an example counts hidden biases
	if _, ok := l.Visible.(unit.Replicated); ok {
		draws = 0
		for i := range l.VisibleBias.Data {
			draws += visible.Mean(i)
		}
	}
	scale := make([]float32, units)
	for j := range scale {
		scale[j] = 1
		// What a unit sees of data that never change is rounding, not to be
		// scaled up.
		if sd := x.Deviation(j); sd > 1e-6 {
			scale[j] = float32(deviation / sd)
		}
		l.HiddenBias.Data[j] = -float32(x.Mean(j)/draws) * scale[j]
	}
	for i := range l.Weight.Data { // the hidden unit is the last axis
		l.Weight.Data[i] *= scale[i%units]
	}

	mean := make([]float64, len(l.VisibleBias.Data))
	for i := range mean {
		mean[i] = visible.Mean(i)
	}
	for i, a := range l.Visible.Inverse(mean) {
		l.VisibleBias.Data[i] = float32(a)
	}
	if l.HiddenMean != nil {
		h, err := means(l.HiddenBias.Shape, l.Encode)
		if err != nil {
			return err
		}
		setMeans(l.HiddenMean, h)
		return nil
	}
	y, err := means(l.VisibleBias.Shape, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Down(g, l.Encode(g, v)) })
	if err != nil {
		return err
	}
	for i, a := range l.VisibleBias.Data {
		l.VisibleBias.Data[i] = a - (float32(y.Mean(i)) - a)
	}
	return nil
}

func setMeans(t *graph.Tensor, m *metric.Moments) {
	for i := range t.Data {
		t.Data[i] = float32(m.Mean(i))
	}
}
