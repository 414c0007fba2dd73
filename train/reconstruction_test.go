package train

import (
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
)

// A deep autoencoder learns by both losses, and by cross-entropy only if its
// output is a mean of values from 0 to 1.
func TestAutoencoderLearns(t *testing.T) {
	spec := models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{32, 8}, Activation: "tanh", Code: "linear"}
	stages := func(loss string) []Stage {
		return []Stage{{Objective: Reconstruction{Loss: loss}, Optimizer: Adam{Rate: 0.01}, Epochs: 20, Batch: 16}}
	}
	// Of a cross-entropy the entropy of the images themselves remains.
	for loss, part := range map[string]float64{"squared": 0.25, "cross-entropy": 0.95} {
		model, err := spec.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		trainer, err := New(model, stages(loss), bars(64), 1)
		if err != nil {
			t.Fatal(err)
		}
		steps := run(t, trainer, -1)
		if first, last := steps[0].Loss, steps[len(steps)-1].Loss; last > part*first {
			t.Errorf("%s: loss went from %g to %g, want %g of it at most", loss, first, last, part)
		}
	}
	spec.Output = "linear"
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(model, stages("cross-entropy"), bars(8), 1); err == nil || !strings.Contains(err.Error(), "no logits") {
		t.Errorf("cross-entropy of a linear output: %v", err)
	}
}

// What corrects its input has nothing to learn where nothing is wrong with it,
// and else learns from the identity on.
func TestCorrectionLearns(t *testing.T) {
	spec := models.ConvAutoencoder{Shape: []int{8, 8, 3}, Filters: []int{8, 8}, Kernel: 4, Stride: 2, Pad: 1, Skip: true, Output: models.OutputCorrection}
	train := func(r Reconstruction) (*Trainer, error) {
		model, err := spec.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		return New(model, []Stage{{Objective: r, Optimizer: Adam{Rate: 0.01}, Epochs: 100, Batch: 16}}, bars(64), 1)
	}
	if _, err := train(Reconstruction{}); err == nil || !strings.Contains(err.Error(), "output correction begins as the identity") {
		t.Errorf("nothing to correct: %v", err)
	}
	trainer, err := train(Reconstruction{Corruption: Corruptions{{Form: "masking", Level: 0.3}}})
	if err != nil {
		t.Fatal(err)
	}
	steps := run(t, trainer, -1)
	if first, last := steps[0].Loss, steps[len(steps)-1].Loss; last > first/2 {
		t.Errorf("loss went from %g to %g, want half of it at most", first, last)
	}
}
