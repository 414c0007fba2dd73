package zoo

import (
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// freyGRBM is a machine of real pixels that learns how precise each of them is.
//
// Both keep its chains near the data: a rate of 0.0003, where at 0.001 they run
// away and come back for a third of the training, and five Gibbs steps a
// step. The log density of a test image, in nats, by AIS and reverse AIS
// (zoo eval --metrics loglik --betas 2000), and reconstruction error:
//
//	300 epochs, k = 1    907.7 and 907.4   0.00177
//	300 epochs, k = 5    934.2 and 934.9   0.00176
//	900 epochs, k = 1    971.7 and 973.5   0.00156
//	600 epochs, k = 5    962.1 and 965.0   0.00161
//
// Density goes on rising with epochs, but samples do not get better: in the
// longer trainings more of the samples are ghosts, blends of two poses between
// which a chain is stuck. Parallel tempering with 40 chains
// at 10 temperatures does worse in the same time (894 and 896), and shows
// fewer poses.
func freyGRBM() Recipe {
	return Recipe{
		Name:  "frey-grbm",
		About: "Gaussian restricted Boltzmann machine with learned variances on pictures of one face",
		Paper: "Cho, Ilin and Raiko 2011; Tieleman 2008",
		Data:  Source{Set: "frey-faces", Whole: true},
		Model: models.RBM{
			// Pixels that hardly vary are rounded to a byte: a deviation of
			// some of its steps is as precise as they can be known.
			Visible: unit.LearnedGaussian{Least: 0.02}, Hidden: unit.Binary{},
			Shape: []int{28, 20, 1}, Units: 300, Centred: true,
		},
		Stages: []train.Stage{{
			Name:      "chains",
			Objective: train.PCD{K: 5, Chains: 100},
			Optimizer: train.Adam{Rate: 0.0003},
			Schedule:  train.Linear,
			Epochs:    300, Batch: 50,
			DataStart: 0.1,
		}},
		Sampling: Sampling{From: FromPrior, Steps: 1000, Noise: models.AllNoise},
		Expect:   []Expect{{Metric: testError, Value: 0.00176, Source: "zoo train frey-grbm"}},
		Seed:     1,
	}
}
