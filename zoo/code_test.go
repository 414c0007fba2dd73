package zoo_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

// A recipe of an architecture without layers trains and finishes: what only
// layers have is left away.
func TestRecipeWithoutLayers(t *testing.T) {
	models.Types["bottleneck"] = Bottleneck{}
	recipe := zoo.Recipe{
		Name: "digits-bottleneck", About: "An autoencoder", Data: zoo.Source{Set: "digits", Images: 60},
		Model: Bottleneck{Units: 4},
		Stages: []train.Stage{{
			Objective: train.Reconstruction{}, Optimizer: train.Adam{Rate: 0.003}, Epochs: 1, Batch: 20,
		}},
	}
	if err := zoo.Check([]zoo.Recipe{recipe}); err != nil {
		t.Error(err)
	}
	folder := filepath.Join(t.TempDir(), "run")
	training, err := zoo.Start(recipe, zoo.Options{}, folder)
	if err != nil {
		t.Fatal(err)
	}
	defer training.Close()
	if err := training.Train(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	result, err := training.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Test.Depths) != 1 || !(result.Test.Error > 0 && result.Test.Error < 1) || result.Test.Codes.Units != 4 {
		t.Errorf("measured %+v", result.Test)
	}
	trained, err := zoo.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	images, err := recipe.Data.Open("", data.Test)
	if err != nil {
		t.Fatal(err)
	}
	images = images.Head(60)
	again, err := zoo.Reconstruct(trained.Model, images)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, v := range zoo.Floats(images) {
		sum += float64(v-again[i]) * float64(v-again[i]) / float64(len(again))
	}
	if d := sum - result.Test.Error; d > 1e-6 || d < -1e-6 {
		t.Errorf("error %g, of the weights file %g", result.Test.Error, sum)
	}
	for _, name := range []string{"samples.png", "filters-*.png", "layers.png", "loss.png"} {
		if has := slices.ContainsFunc(result.Files, func(f zoo.File) bool { return f.Name == name }); has != (name == "loss.png") {
			t.Errorf("it says that it has %s: %v", name, has)
		}
	}
	card, err := os.ReadFile(filepath.Join(folder, "card.md"))
	if err != nil || strings.Contains(string(card), "zoo sample") || !strings.Contains(string(card), "This model has no samples") {
		t.Errorf("%v in the card\n%s", err, card)
	}

	recipe.Sampling.From = zoo.FromNoise
	if _, err := zoo.Start(recipe, zoo.Options{}, folder+"2"); err == nil || !strings.Contains(err.Error(), "no layers to sample") {
		t.Errorf("a sampling of what has none: %v", err)
	}
}
