package metric

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/models"
)

// Labelled are examples with their classes, numbers from 0.
type Labelled struct {
	Source
	Labels []byte
}

func (l Labelled) check() error {
	if len(l.Labels) != l.Len() || l.Len() == 0 {
		return fmt.Errorf("metric: %d labels for %d examples, want one each", len(l.Labels), l.Len())
	}
	return nil
}

// ClassificationError is the share of examples for which the class that the model
// finds most probable is not theirs.
func ClassificationError(model models.Classifying, examples Labelled, batch int) (float64, error) {
	if err := examples.check(); err != nil {
		return 0, err
	}
	return mistaken(examples, batch, model.InputShape(), model.ClassLogits)
}

// mistaken is the share of examples whose largest logit is not that of their
// class.
func mistaken(examples Labelled, batch int, shape []int, logits func(g *graph.Graph, v *graph.Node) *graph.Node) (float64, error) {
	wrong, seen := 0, 0
	err := Sweep(examples, batch, shape, func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{logits(g, v)}
	}, func(n int, values [][]float32) error {
		classes := len(values[0]) / n
		for i := range n {
			row, best := values[0][i*classes:(i+1)*classes], 0
			for k, y := range row {
				if y > row[best] {
					best = k
				}
			}
			if best != int(examples.Labels[seen+i]) {
				wrong++
			}
		}
		seen += n
		return nil
	})
	return float64(wrong) / float64(examples.Len()), err
}

// The probe's training. In a full batch Adam's steps are as good as noiseless;
// with the rate falling to 0 in these many, and the decay below, the loss is
// within a thousandth of its minimum on codes of digits.
const (
	probeSteps = 400
	probeRate  = 0.05
	probeDecay = 1e-4 // of the weights: λ/2 ‖W‖², codes of unit variance
)

// Probe is the error of a linear classifier on examples, mostly codes: softmax
// regression, learnt on train and tried on test, from zero weights and by a fixed
// number of steps, so that it has no randomness. Values are shifted to mean 0
// and scaled so that their mean variance is 1.
func Probe(ctx context.Context, train, test Labelled, batch int, tell func(done, total int)) (float64, error) {
	for _, l := range []Labelled{train, test} {
		if err := l.check(); err != nil {
			return 0, err
		}
	}
	size, n := train.Size(), train.Len()
	if test.Size() != size {
		return 0, fmt.Errorf("metric: probe: examples of %d values to learn and of %d to test", size, test.Size())
	}
	classes := 0
	for _, labels := range [][]byte{train.Labels, test.Labels} {
		for _, k := range labels {
			classes = max(classes, int(k)+1)
		}
	}
	x, targets := graph.NewTensor("x", n, size), graph.NewTensor("targets", n, classes)
	index := make([]int, n)
	for i := range index {
		index[i] = i
		targets.Data[i*classes+int(train.Labels[i])] = 1
	}
	train.Floats(x.Data, index...)
	moments := NewMoments(size)
	moments.Add(x.Data)
	mean, variance := graph.NewTensor("mean", size), 0.0
	for j := range size {
		mean.Data[j] = float32(moments.Mean(j))
		variance += moments.Deviation(j) * moments.Deviation(j) / float64(size)
	}
	if variance == 0 {
		return 0, fmt.Errorf("metric: probe: the %d examples to learn are all alike", n)
	}
	scale := 1 / math.Sqrt(variance)
	w, b := graph.NewTensor("w", size, classes), graph.NewTensor("b", classes)
	logits := func(g *graph.Graph, v *graph.Node) *graph.Node {
		return g.Affine(g.Scale(scale, g.SubRow(v, g.Param(mean))), g.Param(w), g.Param(b))
	}
	g := graph.New(nil)
	decay := g.Scale(probeDecay, g.Sum(g.Map(graph.HalfSquare, g.Param(w))))
	loss := g.Add(g.SoftmaxCrossEntropy(g.Param(targets), logits(g, g.Param(x))), decay)
	gradients := g.Grad(loss, g.Param(w), g.Param(b))
	m, err := g.Compile(gradients...)
	if err != nil {
		return 0, err
	}
	parameters := []*graph.Tensor{w, b}
	var first, second [2][]float32
	for i, p := range parameters {
		first[i], second[i] = make([]float32, p.Size()), make([]float32, p.Size())
	}
	for step := range probeSteps {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := m.Run(); err != nil {
			return 0, err
		}
		rate := probeRate * (1 - float64(step)/probeSteps)
		for i, p := range parameters {
			graph.AdamUpdate(p.Data, first[i], second[i], m.Value(gradients[i]), rate, 0.9, 0.999, 1e-8, step+1)
		}
		if tell != nil {
			tell(step+1, probeSteps)
		}
	}
	return mistaken(test, batch, []int{size}, logits)
}
