package train

import (
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
)

// repeated is a batch of examples, n times over.
func repeated(name string, x *graph.Tensor, n int) *graph.Tensor {
	v := graph.NewTensor(name, append([]int{n * x.Shape[0]}, x.Shape[1:]...)...)
	for i := range v.Data {
		v.Data[i] = x.Data[i%len(x.Data)]
	}
	return v
}

// Units are left out at the rate asked for, and what is above sees the same on
// average as without dropout: exactly so where it is linear.
func TestDropoutScales(t *testing.T) {
	const n, rate = 20000, 0.3
	model, err := models.Autoencoder{Shape: []int{2, 3, 1}, Layers: []int{5, 4}, Activation: "linear", Output: "linear"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range model.Parameters() {
		copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
	}
	coder := model.(models.Deep)
	x := graphtest.Random("x", 9, 1, 2, 3, 1)
	g := graph.New(graph.NewRandom(3))
	v := g.Param(repeated("v", x, n))
	r := Reconstruction{Dropout: rate}
	dropped := graphtest.Value(t, g, dropout(g, coder.Encode(g, v), rate))
	_, bottom, h := r.dropped(g, coder, v)
	decoded := graphtest.Value(t, g, bottom.Decode(g, h))
	one := g.Param(x)
	whole := graphtest.Value(t, g, coder.Decode(g, coder.Encode(g, one)))
	code := graphtest.Value(t, g, coder.Encode(g, one))

	zeros := 0
	for i, y := range dropped {
		want := code[i%len(code)] / (1 - rate)
		switch {
		case y == 0:
			zeros++
		case math.Abs(float64(y-want)) > 1e-5*math.Abs(float64(want)):
			t.Fatalf("unit %d that is kept is %g, want %g", i%len(code), y, want)
		}
	}
	share := float64(zeros) / float64(len(dropped))
	if math.Abs(share-rate) > 4*math.Sqrt(rate*(1-rate)/float64(len(dropped))) {
		t.Errorf("%g of the units are left out, want %g", share, rate)
	}
	for i, want := range whole {
		sum, square := 0.0, 0.0
		for j := i; j < len(decoded); j += len(whole) {
			sum, square = sum+float64(decoded[j]), square+float64(decoded[j])*float64(decoded[j])
		}
		mean := sum / n
		if sd := math.Sqrt((square/n - mean*mean) / n); math.Abs(mean-float64(want)) > 4*sd || sd == 0 {
			t.Errorf("value %d is %g on average, %g without dropout, standard error %g", i, mean, want, sd)
		}
	}
}

// All hidden layers lose units, those of the decoder too.
func TestDropoutOfDecoder(t *testing.T) {
	const n, p = 2000, 0.3
	model, err := models.Autoencoder{Shape: []int{4, 4, 1}, Layers: []int{6, 5}, Activation: "sigmoid"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	g := graph.New(graph.NewRandom(2))
	_, bottom, h := Reconstruction{Dropout: p}.dropped(g, model.(models.Deep), g.Param(graphtest.Random("v", 1, n, 4, 4, 1)))
	lost := 0
	values := graphtest.Value(t, g, h)
	for _, x := range values { // of 6 sigmoid units, none of which is 0 by itself
		if x == 0 {
			lost++
		}
	}
	sd := math.Sqrt(p * (1 - p) / float64(len(values)))
	if share := float64(lost) / float64(len(values)); len(values) != 6*n || math.Abs(share-p) > 4*sd {
		t.Errorf("%g of %d units are lost before the last layer, want %g", share, len(values), p)
	}
	if len(bottom.CodeShape()) != 1 || bottom.CodeShape()[0] != 6 {
		t.Errorf("the last layer decodes %v", bottom.CodeShape())
	}
}

// Dropout is of training alone: what is measured is the whole network, and
// networks learn with it.
func TestDropoutLearns(t *testing.T) {
	model, err := models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{60, 30}, Activation: "tanh"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := New(model, []Stage{{Objective: Reconstruction{Dropout: 0.2}, Optimizer: Adam{Rate: 0.01}, Epochs: 60, Batch: 16, Validation: 8}}, bars(264), 1)
	if err != nil {
		t.Fatal(err)
	}
	steps := run(t, trainer, -1)
	first, last := steps[0], steps[len(steps)-1]
	if last.Loss > first.Loss/2 || last.Validation.Loss > last.Loss {
		t.Errorf("loss goes from %g to %g, %g of validation without dropout", first.Loss, last.Loss, last.Validation.Loss)
	}
	v := graph.NewTensor("v", 8, 8, 8, 3)
	index := []int{256, 257, 258, 259, 260, 261, 262, 263}
	bars(264).Floats(v.Data, index...)
	g := graph.New(nil)
	coder := model.(models.Coder)
	y := coder.Decode(g, coder.Encode(g, g.Param(v)))
	want := graphtest.Value(t, g, g.SquaredError(g.Flatten(g.Param(v)), y))[0]
	best := steps[len(steps)-1].Validation
	for _, s := range steps {
		if s.Validation != nil && s.Validation.Epoch == best.Best {
			best = s.Validation
		}
	}
	if math.Abs(best.Loss-float64(want)) > 1e-6 {
		t.Errorf("validation told a loss of %g, the network has %g", best.Loss, want)
	}
}

// Classes learn with units left out and examples corrupted, and what is
// measured is the whole network on whole examples: the loss of validation is
// that without either.
func TestDropoutOfClassification(t *testing.T) {
	for name, body := range map[string]models.Spec{
		"autoencoder": models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{30}, Activation: "sigmoid", Tied: true},
		"machines":    barsClassifier().Body,
	} {
		noisy := Classification{Dropout: 0.3, Corruption: Corruptions{{Form: "masking", Level: 0.2}}}
		stage := Stage{Objective: noisy, Optimizer: Adam{Rate: 0.01}, Epochs: 40, Batch: 20, Validation: 40}
		trainer := newClassifierTrainer(t, models.Classifier{Body: body, Classes: 4}, []Stage{stage}, labelledBars(240), 1)
		steps := run(t, trainer, -1)
		last := steps[len(steps)-1]
		if last.Validation == nil || last.Validation.Error > 0.25 {
			t.Errorf("%s: validation %+v", name, last.Validation)
		}
		build := func(c Classification, measure bool) float64 {
			t.Helper()
			g := graph.New(graph.NewRandom(1))
			v, labels := graph.NewTensor("v", 4, 8, 8, 3), graph.NewTensor("labels", 4, 4)
			labelledBars(4).Floats(v.Data, 0, 1, 2, 3)
			for i := range 4 {
				labels.Data[i*4+i] = 1
			}
			loss, err := c.Build(g, trainer.model, Task{V: g.Param(v), Labels: g.Param(labels), First: 1, Last: 1, Measure: measure})
			if err != nil {
				t.Fatal(err)
			}
			return float64(graphtest.Value(t, g, loss.Total)[0])
		}
		if a, b, c := build(noisy, true), build(Classification{}, false), build(noisy, false); a != b || a == c {
			t.Errorf("%s: loss %g where it is measured, %g without noise, %g with it", name, a, b, c)
		}
	}
	for want, c := range map[string]Classification{
		"dropout 1, want":      {Dropout: 1},
		"level 2, want 0 to 1": {Corruption: Corruptions{{Form: "masking", Level: 2}}},
	} {
		model, err := barsClassifier().New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(model, []Stage{{Objective: c, Optimizer: Adam{Rate: 1}, Epochs: 1}}, labelledBars(20), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}
