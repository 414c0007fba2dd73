package zoo

import (
	"boltzoo/models"
	"boltzoo/train"
)

// spiralDenoising is the experiment of which zoo plot --field shows what it
// learns: noise moves a point off the curve, and the way back is all that can be
// known. Its level is half of what would let turns of the spiral, 0.19 apart,
// be mistaken for each other.
func spiralDenoising() Recipe {
	return Recipe{
		Name:  "spiral-ae-denoising",
		About: "Denoising autoencoder of points in the plane: its field of arrows points to the curve that they lie near",
		Paper: "Vincent et al. 2008; Alain and Bengio 2014",
		Data:  Source{Set: "spiral", Images: 10000},
		Model: models.Autoencoder{Shape: []int{1, 2, 1}, Layers: []int{128, 128}, Output: "linear"},
		Stages: []train.Stage{{
			Name:      "denoising",
			Objective: train.Reconstruction{Corruption: train.Corruptions{{Form: "gaussian", Level: 0.05}}},
			Optimizer: train.Adam{Rate: 0.003},
			Schedule:  train.Linear,
			Epochs:    300, Batch: 100,
		}},
		Seed: 1,
	}
}
