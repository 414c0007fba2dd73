package zoo

import (
	"boltzoo/models"
	"boltzoo/train"
)

// birdsongAE is an autoencoder of spectrograms of bird song.
func birdsongAE() Recipe {
	return Recipe{
		Name:  "birdsong-ae",
		About: "Convolutional autoencoder of spectrograms of bird song, 0.37 s each in a code of 64",
		Paper: "Masci, Meier, Cireşan and Schmidhuber 2011",
		Data:  Source{Set: "bird-song", Frames: 64},
		Model: models.ConvAutoencoder{
			Shape: []int{64, 64, 1}, Filters: []int{16, 32, 64}, Kernel: 4, Stride: 2, Pad: 1,
			// Linear: most of a spectrogram is black, and sigmoid outputs that are
			// driven there by the first steps stay there.
			Units: 64, Code: "linear", Output: models.OutputLinear,
		},
		Stages: []train.Stage{{
			Name:      "reconstruction",
			Objective: train.Reconstruction{},
			Optimizer: train.Adam{Rate: 0.002},
			Schedule:  train.Linear,
			Epochs:    60, Batch: 32,
		}},
		Seed: 1,
	}
}
