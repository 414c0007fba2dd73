package metric

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// clouds are n points of each of three overlapping classes in the plane, and a
// value that says nothing.
func clouds(seed uint64, n int) Labelled {
	random := rand.New(rand.NewPCG(seed, 1))
	var l Labelled
	var s table
	for i := range 3 * n {
		k := i % 3
		s = append(s, []float64{
			5 + math.Cos(2.1*float64(k)) + 0.7*random.NormFloat64(),
			0.1 * (math.Sin(2.1*float64(k)) + 0.7*random.NormFloat64()),
			random.Float64(),
		})
		l.Labels = append(l.Labels, byte(k))
	}
	l.Source = s
	return l
}

// The probe errs as softmax regression does whose loss plain gradient
// descent has brought to its minimum, in float64.
func TestProbeAgainstGradientDescent(t *testing.T) {
	ctx := context.Background()
	train, test := clouds(1, 200), clouds(2, 500)
	const size, classes = 3, 3
	points := train.Source.(table)
	var mean, squares [size]float64
	for _, v := range points {
		for j := range v {
			mean[j] += v[j] / float64(len(points))
			squares[j] += v[j] * v[j] / float64(len(points))
		}
	}
	variance := 0.0
	for j := range mean {
		variance += (squares[j] - mean[j]*mean[j]) / size
	}
	probabilities := func(p, v []float64) [classes]float64 {
		var y [classes]float64
		z := 0.0
		for k := range classes {
			y[k] = p[size*classes+k]
			for j := range size {
				y[k] += (v[j] - mean[j]) / math.Sqrt(variance) * p[j*classes+k]
			}
			z += math.Exp(y[k])
		}
		for k := range classes {
			y[k] = math.Exp(y[k]) / z
		}
		return y
	}
	best := make([]float64, size*classes+classes)
	for range 4000 { // plain gradient descent, till nothing changes
		grad, largest := make([]float64, len(best)), 0.0
		for i, v := range points {
			y := probabilities(best, v)
			y[train.Labels[i]]--
			for k := range classes {
				grad[size*classes+k] += y[k] / float64(len(points))
				for j := range size {
					grad[j*classes+k] += y[k] * (v[j] - mean[j]) / math.Sqrt(variance) / float64(len(points))
				}
			}
		}
		for i := range best {
			if i < size*classes {
				grad[i] += probeDecay * best[i]
			}
			largest = max(largest, math.Abs(grad[i]))
			best[i] -= grad[i]
		}
		if largest < 1e-6 {
			break
		}
	}
	wrong := 0.0
	for i, v := range test.Source.(table) {
		y, arg := probabilities(best, v), 0
		for k := range y {
			if y[k] > y[arg] {
				arg = k
			}
		}
		if arg != int(test.Labels[i]) {
			wrong++
		}
	}
	want := wrong / float64(test.Len())
	got := must[float64](t)(Probe(ctx, train, test, 100, nil))
	if math.Abs(got-want) > 0.005 || want < 0.05 || want > 0.4 {
		t.Errorf("error %.4f, at the minimum of the loss %.4f", got, want)
	}
	if again := must[float64](t)(Probe(ctx, train, test, 77, nil)); again != got {
		t.Errorf("once %g, once %g", got, again)
	}
	if _, err := Probe(ctx, Labelled{train.Source, train.Labels[:4]}, test, 10, nil); err == nil {
		t.Error("four labels for 600 examples")
	}
	if _, err := Probe(ctx, Labelled{table{{1, 2}, {1, 2}}, []byte{0, 1}}, Labelled{table{{1, 2}}, []byte{0}}, 10, nil); err == nil {
		t.Error("examples that are all alike teach something")
	}
}

func TestClassificationError(t *testing.T) {
	model, err := models.Classifier{Body: models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{3}, Units: 4, Deviation: 1}, Classes: 3, Deviation: 2}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	net, s := model.(*models.ClassifierNet), clouds(3, 20)
	got := must[float64](t)(ClassificationError(net, s, 7))
	wrong := 0.0
	for i, v := range s.Source.(table) {
		h, best, most := through(net.Layers()[0], v, true), 0, math.Inf(-1)
		for k := range 3 {
			y := float64(net.OutputBias.Data[k])
			for j := range h {
				y += h[j] * float64(net.OutputWeight.Data[3*j+k])
			}
			if y > most {
				best, most = k, y
			}
		}
		if best != int(s.Labels[i]) {
			wrong++
		}
	}
	if got != wrong/60 || got == 0 {
		t.Errorf("error %g, want %g", got, wrong/60)
	}
	if _, err := ClassificationError(net, Labelled{s.Source, nil}, 7); err == nil {
		t.Error("examples without labels have an error")
	}
}
