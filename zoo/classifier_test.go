package zoo_test

import (
	"context"
	"path/filepath"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/zoo"
)

// A recipe of a classifier trains its layers, is fine-tuned and stops early,
// and finishes as a stack does; the progress ends where the images do.
func TestRecipeOfAClassifier(t *testing.T) {
	recipe := zoo.Recipe{
		Name: "digits-classifier", About: "A network", Data: zoo.Source{Set: "digits", Images: 120},
		Model: models.Classifier{Classes: 10, Body: models.Stack{Shape: []int{28, 28, 1}, Layers: []models.Spec{
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 12},
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 8},
		}}},
		Stages: []train.Stage{
			{Last: 1, Optimizer: train.SGD{Rate: 0.1, Momentum: train.Ramp{To: 0.5}}, Epochs: 1, Batch: 20},
			{First: 2, Optimizer: train.SGD{Rate: 0.1}, Epochs: 1, Batch: 20},
			// So high a rate that it soon gets worse.
			{Objective: train.Classification{}, Optimizer: train.Adam{Rate: 0.5}, Epochs: 30, Batch: 20, Validation: 40, Patience: 2},
		},
		Sampling: zoo.Sampling{From: zoo.FromPrior},
		Seed:     1,
	}
	for _, assignment := range []string{"model.body.layers.1.units=7", "stages.0.optimizer.momentum.to=0.7"} {
		var err error
		if recipe, err = zoo.Set(recipe, assignment); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(t.TempDir(), "run")
	training, err := zoo.Start(recipe, zoo.Options{}, folder)
	if err != nil {
		t.Fatal(err)
	}
	defer training.Close()
	var last zoo.Progress
	if err := training.Train(context.Background(), func(p zoo.Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	if last.Done != last.Total || last.Epoch == 29 || last.Validation == nil || last.Left > 1e6 {
		t.Errorf("ends with %d of %d images, epoch %d, %v left", last.Done, last.Total, last.Epoch, last.Left)
	}
	if _, err := training.Finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	trained, err := zoo.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if net, ok := trained.Model.(*models.ClassifierNet); !ok || net.Layers()[1].OutputShape()[0] != 7 {
		t.Errorf("the run holds a %T", trained.Model)
	}
	if _, err := (zoo.Sampling{From: zoo.FromPrior}).Sample(trained.Model, 2, 1, nil); err != nil {
		t.Error(err)
	}
}
