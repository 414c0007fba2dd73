package zoo

import (
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// cifarGRBM is a machine of whole colour pictures that learns features of
// places: spots, edges, borders, and colours. What that takes, by the error of a
// linear classifier of the codes (500 hidden units, 10,000 images, 15 epochs,
// zoo eval --metrics probe):
//
//	binary hidden units, rate 0.0003             65.0 %
//	binary, sparse (0.05, cost 1)                65.6 %
//	binary, variances not learned (σ = 0.25)     68.1 %
//	rectified, rate 0.0003                       56.0 %
//	rectified, rate 0.001                        53.8 %
//	rectified, rate 0.001, L1 0.02               54.4 %
//	rectified, rate 0.003, L1 0.02               55.3 %
//
// Binary units have to say how bright a patch is by many of them. Learned
// variances, and centring, do for each pixel what standardising the data would.
// Without L1 the filters are large and noisy, at rate 0.003 they are noise of
// single pixels; with it they are local. As it stands, of 27,000 training
// images, three of the five batches, the recipe has an error of 49.3 % (zoo eval
// --metrics probe --train 27000), and reconstructs test images with 0.0053. Krizhevsky's is
// 35.2 %, of ten times the units, fine-tuned with the labels, and of all five
// batches; here the classifier is linear, on codes that know no labels.
//
// Rectified and Gaussian units have an energy without a lower bound where
// weights are large, and these are: the free chain grows without end in less
// than a thousand steps. So codes drawn from the prior are decoded as they are.
func cifarGRBM() Recipe {
	return Recipe{
		Name:    "cifar10-grbm",
		About:   "Gaussian restricted Boltzmann machine of rectified hidden units on colour pictures of ten kinds of things",
		Paper:   "Krizhevsky 2009; Nair and Hinton 2010; Cho, Ilin and Raiko 2011",
		Data:    Source{Set: "cifar-10", Size: 32},
		BuiltIn: &BuiltIn{Set: "faces", Images: 5000, Epochs: []int{10}},
		Model: models.RBM{
			Visible: unit.LearnedGaussian{Least: 0.02}, Hidden: unit.NReLU{},
			Shape: []int{32, 32, 3}, Units: 1000, Centred: true,
		},
		Stages: []train.Stage{{
			Name:      "divergence",
			Objective: train.CD{Noise: models.HiddenNoise},
			Optimizer: train.Adam{Rate: 0.001},
			Schedule:  train.Linear,
			Penalties: train.Penalties{L1: 0.02},
			Epochs:    20, Batch: 100,
			DataStart: 0.1,
		}},
		Sampling: Sampling{From: FromPrior},
		Seed:     1,
	}
}
