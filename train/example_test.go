package train_test

import (
	"context"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/train/data"
)

// A restricted Boltzmann machine learns digits by contrastive divergence.
func Example() {
	const seed = 1
	images := data.Digits(seed, 500)
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{28, 28, 1}, Units: 64, Centred: true}
	model, err := spec.New(graph.NewRandom(seed))
	if err != nil {
		fmt.Println(err)
		return
	}
	trainer, err := train.New(model, []train.Stage{{
		Objective: train.CD{Noise: models.HiddenNoise},
		Optimizer: train.Adam{Rate: 0.01},
		Epochs:    3, Batch: 64, DataStart: 0.5,
	}}, images, seed)
	if err != nil {
		fmt.Println(err)
		return
	}
	first := 0.0
	for step, err := range trainer.Run(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		now := step.Layers[0].Reconstruction
		if step.Step == 0 {
			first = now
		}
		if step.EndOfEpoch {
			fmt.Printf("epoch %d: %d images, error has fallen: %v\n", step.Epoch+1, step.Images, now < first)
		}
	}
	// Output:
	// epoch 1: 500 images, error has fallen: true
	// epoch 2: 1000 images, error has fallen: true
	// epoch 3: 1500 images, error has fallen: true
}
