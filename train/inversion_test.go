package train

import (
	"context"
	"math"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// A centred machine learns black on white as well as white on black: which of
// two states is called 1 changes the signs of weights and visible biases, and
// nothing else (Montavon and Müller 2012; Melchior, Fischer and Wiskott 2016).
// One that is not centred learns it worse. Learning in mean field draws
// nothing, so that from weights of the other sign the likelihood, exact over
// the states of few hidden units, is the same to rounding.
func TestInversion(t *testing.T) {
	digits := data.Digits(1, 700).Threshold()
	inverted, err := digits.Invert()
	if err != nil {
		t.Fatal(err)
	}
	likelihood := func(images *data.Images, sign float32, centred bool) float64 {
		spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{28, 28, 1}, Units: 8, Centred: centred}
		stages := []Stage{{Objective: CD{K: 3}, Optimizer: SGD{Rate: 0.1}, Schedule: Linear, Epochs: 12, Batch: 20, DataStart: 0.1}}
		trainer := newTrainer(t, spec, stages, images.Head(600), 1)
		l := trainer.layers[0]
		for i := range l.Weight.Data {
			l.Weight.Data[i] *= sign
		}
		run(t, trainer, -1)
		mean, err := metric.Unnormalised(l, images.Tail(200), 100)
		if err != nil {
			t.Fatal(err)
		}
		logZ, err := metric.LogZ(context.Background(), l, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("centred %t, sign %g: %.3f nats", centred, sign, mean-logZ)
		return mean - logZ
	}
	if white, black := likelihood(digits, 1, true), likelihood(inverted, -1, true); math.Abs(white-black) > 0.05 {
		t.Errorf("centred, test digits have %.3f nats, inverted ones %.3f", white, black)
	}
	if white, black := likelihood(digits, 1, false), likelihood(inverted, -1, false); white-black < 2 {
		t.Errorf("not centred, test digits have %.3f nats and inverted ones %.3f: the test tells nothing", white, black)
	}
}
