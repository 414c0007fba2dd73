package zoo

import (
	"math"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// digits is a recipe on all 60,000 digits of MNIST, to be given a model and
// stages.
func digits(name, about, paper string) Recipe {
	return Recipe{
		Name: name, About: about, Paper: paper,
		Data:    Source{Set: "mnist", Size: 28, Whole: true},
		BuiltIn: &BuiltIn{Set: "digits", Images: 10000},
		Seed:    1, // and no samples: a plain autoencoder is no model of its data
	}
}

// mnistAELinear is the autoencoder that principal components are: its tied
// weights span their space. Of 12 units, because the variances along the 12th
// and the 13th component lie apart, as 1 to 0.85, and the space so is well
// defined.
func mnistAELinear() Recipe {
	r := digits("mnist-ae-linear", "Linear autoencoder of 12 units on handwritten digits: principal components",
		"Baldi and Hornik 1989")
	r.Model = models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{12}, Activation: "linear", Output: "linear", Tied: true}
	r.Stages = []train.Stage{{
		Name:      "reconstruction",
		Objective: train.Reconstruction{},
		Optimizer: train.Adam{Rate: 0.002},
		Schedule:  train.Linear,
		Epochs:    20, Batch: 100,
	}}
	r.Expect = []Expect{
		{Metric: testError, Value: 0.03132, Source: "zoo train mnist-ae-linear"},
		{Metric: "largest angle to 12 principal components, degrees", Value: 0.53, Source: "zoo eval runs/mnist-ae-linear --metrics pca --train 60000"},
	}
	return r
}

// mnistAETied is the classical autoencoder of one sigmoid layer with tied
// weights.
func mnistAETied() Recipe {
	r := digits("mnist-ae-tied", "Autoencoder of one sigmoid layer of 64 units with tied weights on handwritten digits",
		"Rumelhart, Hinton and Williams 1986; Vincent et al. 2010")
	r.Model = models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{64}, Activation: "sigmoid", Tied: true}
	r.Stages = []train.Stage{{
		Name:      "reconstruction",
		Objective: train.Reconstruction{Loss: "cross-entropy"},
		Optimizer: train.Adam{Rate: 0.003},
		Schedule:  train.Linear,
		Epochs:    30, Batch: 100,
	}}
	return r
}

// mnistAEDeep is the autoencoder that made deep networks known: machines
// learn layer by layer, the top one with Gaussian hidden units, whose code is
// linear, and then all of it by the cross-entropy.
func mnistAEDeep() Recipe {
	r := digits("mnist-ae-deep", "Deep autoencoder 784-1000-500-250-30 on handwritten digits, pre-trained as Boltzmann machines",
		"Hinton and Salakhutdinov 2006")
	body := models.Stack{Shape: []int{28, 28, 1}}
	for _, n := range []int{1000, 500, 250} {
		body.Layers = append(body.Layers, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: n})
	}
	body.Layers = append(body.Layers, models.RBM{Visible: unit.Binary{}, Hidden: unit.Gaussian{}, Units: 30})
	r.Model = models.Unrolled{Body: body}
	for i, rate := range []float64{0.001, 0.001, 0.001, 0.0005} {
		r.Stages = append(r.Stages, train.Stage{
			Name: layerName(i), First: i + 1, Last: i + 1,
			Objective: train.CD{Noise: models.HiddenNoise},
			Optimizer: train.Adam{Rate: rate},
			Schedule:  train.Linear,
			Epochs:    10, Batch: 100,
			DataStart: 0.5,
		})
	}
	r.Stages = append(r.Stages, train.Stage{
		Name:      "fine-tuning",
		Objective: train.Reconstruction{Loss: "cross-entropy"},
		Optimizer: train.Adam{Rate: 0.001},
		Schedule:  train.Linear,
		Epochs:    150, Batch: 100,
	})
	r.BuiltIn.Epochs = []int{3, 3, 3, 3, 20}
	r.Expect = []Expect{{Metric: testError, Value: 0.00370, Source: "zoo train mnist-ae-deep"}}
	return r
}

// mnistSDAE is a network for classes whose layers first learn to undo masking
// noise, each on the codes of those below it. Then it learns the classes of
// digits with the same noise and dropout, which the paper's does not: without
// dropout, after 40 epochs of classes, it errs in 1.35 % of test digits; without
// noise either, after 12 epochs of each layer and 15 of the classes, in 1.50 %.
func mnistSDAE() Recipe {
	r := digits("mnist-sdae", "Network of three layers of 1000 on handwritten digits, pre-trained as stacked denoising autoencoders",
		"Vincent, Larochelle, Lajoie, Bengio and Manzagol 2010")
	r.Model = models.Classifier{
		Body:    models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{1000, 1000, 1000}, Activation: "sigmoid", Tied: true},
		Classes: 10,
	}
	for i := range 3 {
		r.Stages = append(r.Stages, train.Stage{
			Name: layerName(i), First: i + 1, Last: i + 1,
			Objective: train.Reconstruction{Loss: "cross-entropy", Corruption: train.Corruptions{{Form: "masking", Level: 0.25}}},
			Optimizer: train.Adam{Rate: 0.001},
			Schedule:  train.Linear,
			Epochs:    20, Batch: 100,
		})
	}
	r.Stages = append(r.Stages, train.Stage{
		Name:      "classes",
		Objective: train.Classification{Corruption: train.Corruptions{{Form: "masking", Level: 0.25}}, Dropout: 0.5},
		Optimizer: train.Adam{Rate: 0.0005},
		Schedule:  train.Linear,
		Epochs:    80, Batch: 100,
	})
	r.BuiltIn.Epochs = []int{5, 5, 5, 10}
	return r
}

// P1's network, and its settings (section 3).
var rectifierLayers = []int{512, 256, 128, 64, 32}

const (
	rectifierPaper  = "a study of pre-training by Boltzmann machines against rectified units (P1)"
	rectifierEpochs = 20
)

// rectifierTuning is the training that P1's three autoencoders have in common:
// AdaMax as published, batches of 32.
func rectifierTuning() train.Stage {
	return train.Stage{
		Name:      "autoencoder",
		Objective: train.Reconstruction{},
		Optimizer: train.AdaMax{Rate: 0.001},
		Epochs:    rectifierEpochs, Batch: 32,
	}
}

// RectifierPretraining are the stages of P1's pre-training: mean-field
// contrastive divergence of one machine after the other, for 400, 400, 600, 1000
// and 3000 of what the paper calls iterations, each of so many updates by batches
// of 250. One update is one reading; 40, an epoch of 10,000 digits, is the one that
// the paper's count of multiplications fits: with two for a weight and digit it is
// 4.94·10¹², the paper has 4.93·10¹². An epoch of all digits, 240, takes six times
// as long.
func RectifierPretraining(updates int) []train.Stage {
	var stages []train.Stage
	for i, n := range []int{400, 400, 600, 1000, 3000} {
		stages = append(stages, train.Stage{
			Name: layerName(i), First: i + 1, Last: i + 1,
			Objective: train.CD{},
			Optimizer: train.AdaMax{Rate: 0.001},
			Epochs:    n, Batch: 250, // more epochs than it takes
			Updates: n * updates,
		})
	}
	return stages
}

// mnistAERBMSigmoid is P1's pre-trained autoencoder: machines with Gaussian
// visible units, also above the first, unrolled. The means of such units are
// linear, and so are the layers of the decoder. With sigmoid layers there, of the
// same weights, as P1 can be read as well, the tuning begins no lower than from
// random weights, and the paper's figure does not come out (zoo reproduce p1).
func mnistAERBMSigmoid() Recipe {
	r := digits("mnist-ae-rbm-sigmoid", "Autoencoder 784-512-256-128-64-32 of sigmoid units on handwritten digits, pre-trained as Boltzmann machines", rectifierPaper)
	body := models.Stack{Shape: []int{28, 28, 1}}
	visible := 784
	for _, n := range rectifierLayers {
		body.Layers = append(body.Layers, models.RBM{
			Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Units: n,
			Deviation: math.Sqrt(2 / float64(visible+n)),
		})
		visible = n
	}
	r.Model = models.Unrolled{Body: body}
	r.Stages = append(RectifierPretraining(40), rectifierTuning())
	return r
}

// mnistAESigmoid is the same autoencoder from random weights.
func mnistAESigmoid() Recipe {
	r := digits("mnist-ae-sigmoid", "mnist-ae-rbm-sigmoid from random weights", rectifierPaper)
	r.Model = models.Autoencoder{Shape: []int{28, 28, 1}, Layers: rectifierLayers, Activation: "sigmoid", Init: "xavier"}
	r.Stages = []train.Stage{rectifierTuning()}
	return r
}

// mnistAEReLU is the same autoencoder of rectified units clipped at 1.
func mnistAEReLU() Recipe {
	r := mnistAESigmoid()
	r.Name = "mnist-ae-relu"
	r.About = "mnist-ae-sigmoid with rectified units clipped at 1"
	r.Model = models.Autoencoder{Shape: []int{28, 28, 1}, Layers: rectifierLayers, Activation: "clipped-relu", Output: "clipped-relu", Init: "xavier"}
	return r
}
