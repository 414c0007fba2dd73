package zoo

import (
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// mnistDBN is a small convolutional stack for digits. Codes of digits lie in
// ten clusters, which no normal distribution describes, so its top machine
// learns by persistent chains in the end, and samples are what its Gibbs chain
// visits. Few levels, 8, let that chain mix: with 255 a state hardly moves.
func mnistDBN() Recipe {
	u := unit.Multinary{Levels: 255}
	return Recipe{
		Name:    "mnist-dbn",
		About:   "Multinary convolutional deep belief network, four layers, on handwritten digits",
		Paper:   multinaryPaper,
		Data:    Source{Set: "mnist", Size: 28},
		BuiltIn: &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{1, 1, 6, 10, 20}},
		Model: models.Stack{Shape: []int{28, 28, 1}, Layers: []models.Spec{
			centredConv(u, 32, 0), // 28 → 14
			centredConv(u, 64, 2), // 14 → 7
			models.RBM{Visible: u, Hidden: unit.Multinary{Levels: 6 * 255}, Units: 500, Copies: 6, Centred: true},
			models.RBM{
				Visible: unit.Multinary{Levels: 8}, Hidden: unit.Multinary{Levels: 40},
				Units: 100, Copies: 5, Centred: true,
			},
		}},
		Stages: []train.Stage{
			greedy("conv1", 1, 1, 32, 0.01),
			greedy("conv2", 2, 1, 32, 0.01),
			greedy("dense1", 3, 6, 64, 0.005),
			greedy("dense2", 4, 10, 64, 0.005),
			{
				Name: "chains", First: 4, Last: 4,
				Objective: train.PCD{Chains: 128},
				Optimizer: train.Adam{Rate: 0.001},
				Schedule:  train.Linear,
				Epochs:    20, Batch: 64,
				MeanRate: -1,
			},
		},
		Sampling: Sampling{From: FromNoise, Steps: 2000, Noise: models.AllNoise},
		Seed:     1,
	}
}

// mnistRBM is the binary machine of Salakhutdinov and Murray's study, trained
// by persistent chains: after CD-1 a long Gibbs chain fades to blank pictures.
func mnistRBM() Recipe {
	return Recipe{
		Name:    "mnist-rbm",
		About:   "Binary restricted Boltzmann machine of 500 hidden units on handwritten digits",
		Paper:   "Hinton 2002; Tieleman 2008; Salakhutdinov and Murray 2008",
		Data:    Source{Set: "mnist", Size: 28},
		BuiltIn: &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{30}},
		Model: models.RBM{
			Visible: unit.Binary{}, Hidden: unit.Binary{},
			Shape: []int{28, 28, 1}, Units: 500, Centred: true,
		},
		Stages: []train.Stage{{
			Name:      "chains",
			Objective: train.PCD{Chains: 100},
			Optimizer: train.Adam{Rate: 0.002},
			Schedule:  train.Linear,
			Epochs:    30, Batch: 100,
			DataStart: 0.1,
		}},
		// From noise, too, the chain finds digits in the end; from codes near
		// those of data it finds all kinds of them sooner.
		Sampling: Sampling{From: FromPrior, Steps: 1000, Noise: models.AllNoise},
		Seed:     1,
	}
}

func centredConv(u unit.Unit, filters int, copies float64) models.ConvRBM {
	c := halvingConv(u, u, filters)
	if copies > 0 {
		c.Hidden = unit.Multinary{Levels: int(255 * copies)}
	}
	c.Centred, c.Copies = true, copies
	return c
}
