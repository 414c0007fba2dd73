package zoo

import (
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// mnistDBN is a small convolutional stack for digits.
func mnistDBN() Recipe {
	u := unit.Multinary{Levels: 255}
	return Recipe{
		Name:    "mnist-dbn",
		About:   "Multinary convolutional deep belief network, four layers, on handwritten digits",
		Paper:   multinaryPaper,
		Data:    Source{Set: "mnist", Size: 28},
		BuiltIn: &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{1, 2, 4, 4}},
		Model: models.Stack{Shape: []int{28, 28, 1}, Layers: []models.Spec{
			centredConv(u, 32), // 28 → 14
			centredConv(u, 64), // 14 → 7
			models.RBM{Visible: u, Hidden: u, Units: 500, Copies: 6, Centred: true},
			models.RBM{Visible: u, Hidden: u, Units: 100, Copies: 5, Centred: true},
		}},
		Stages: []train.Stage{
			greedy("conv1", 1, 1, 32, 0.01),
			greedy("conv2", 2, 2, 32, 0.01),
			greedy("dense1", 3, 5, 64, 0.003),
			greedy("dense2", 4, 5, 64, 0.003),
		},
		Sampling: Sampling{From: FromPrior},
		Seed:     1,
	}
}

// mnistRBM is the binary machine of Salakhutdinov and Murray's study.
func mnistRBM() Recipe {
	return Recipe{
		Name:    "mnist-rbm",
		About:   "Binary restricted Boltzmann machine of 500 hidden units on handwritten digits",
		Paper:   "Hinton 2002; Salakhutdinov and Murray 2008",
		Data:    Source{Set: "mnist", Size: 28},
		BuiltIn: &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{20}},
		Model: models.RBM{
			Visible: unit.Binary{}, Hidden: unit.Binary{},
			Shape: []int{28, 28, 1}, Units: 500, Centred: true,
		},
		Stages: []train.Stage{{
			Name: "cd1",
			// The hidden states are drawn, the visible ones are means: Hinton's
			// "Practical Guide", section 3.
			Objective: train.CD{Noise: models.HiddenNoise},
			Optimizer: train.Adam{Rate: 0.001},
			Schedule:  train.Linear,
			Epochs:    20, Batch: 100,
			DataStart: 0.5,
		}},
		// The prior of codes is only where the chain starts: it then mixes to
		// what the machine itself believes.
		Sampling: Sampling{From: FromPrior, Steps: 1000, Noise: models.AllNoise},
		Seed:     1,
	}
}

func centredConv(u unit.Unit, filters int) models.ConvRBM {
	c := halvingConv(u, filters)
	c.Centred = true
	return c
}
