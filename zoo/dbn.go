package zoo

import (
	"fmt"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

const sparsenessPaper = "Li, Luo, Yang and Yuan 2013 (arXiv 1312.5813); Hinton, Osindero and Teh 2006"

// The settings of P3, section 5. It names the rates that were tried, not those
// that were taken, and no length of the pre-training but those of its figure 1,
// 50 and 1,000 epochs.
const (
	sparsenessBatch = 100
	preEpochs       = 100
	fineRate        = 0.1

	// PretrainingRate is the rate of Pretraining.
	PretrainingRate = 0.1

	// SparsenessDecay is the L2 parameter of P3. Pretraining has it as it is.
	// FineTuning has it beside the sum over a batch, not beside the mean, where
	// it would undo the pre-training: zoo/reproduce shows what it does there.
	SparsenessDecay = 1e-4
)

// sparsenessMomentum rises from 0.5 to 0.9 over half of the epochs.
var sparsenessMomentum = train.Ramp{From: 0.5, To: 0.9, Over: 0.5}

// binaryClassifier is a stack of binary machines with a softmax layer on top.
func binaryClassifier(shape []int, classes int, units ...int) models.Classifier {
	stack := models.Stack{Shape: shape}
	for _, n := range units {
		stack.Layers = append(stack.Layers, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: n})
	}
	return models.Classifier{Body: stack, Classes: classes}
}

// Pretraining are stages of contrastive divergence that train the layers 1 to
// n one after the other, as P3 does.
func Pretraining(layers, epochs int) []train.Stage {
	var stages []train.Stage
	for i := range layers {
		stages = append(stages, train.Stage{
			Name: layerName(i), First: i + 1, Last: i + 1,
			Objective: train.CD{Noise: models.HiddenNoise},
			Optimizer: train.SGD{Rate: PretrainingRate, Momentum: sparsenessMomentum},
			Penalties: train.Penalties{L2: SparsenessDecay},
			Epochs:    epochs, Batch: sparsenessBatch,
		})
	}
	return stages
}

// layerName is that of the stage in which layer i, from 0, learns.
func layerName(i int) string { return fmt.Sprintf("layer%d", i+1) }

// FineTuning is a stage of back-propagation through all layers, as P3 does it.
func FineTuning(rate float64, epochs int) train.Stage {
	return train.Stage{
		Name:      "classes",
		Objective: train.Classification{},
		Optimizer: train.SGD{Rate: rate, Momentum: sparsenessMomentum},
		Penalties: train.Penalties{L2: SparsenessDecay / sparsenessBatch},
		Epochs:    epochs, Batch: sparsenessBatch,
	}
}

// mnistDBN500 is the network of P3's table 1: each layer learns as a binary
// machine on the means of the one below, then all of them by back-propagation.
func mnistDBN500() Recipe {
	return Recipe{
		Name:     "mnist-dbn-500-500-2000",
		About:    "Deep belief network of three binary layers on handwritten digits, fine-tuned to tell their classes",
		Paper:    sparsenessPaper,
		Data:     Source{Set: "mnist", Size: 28, Whole: true},
		BuiltIn:  &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{10, 10, 10, 20}},
		Model:    binaryClassifier([]int{28, 28, 1}, 10, 500, 500, 2000),
		Stages:   append(Pretraining(3, preEpochs), FineTuning(fineRate, 200)),
		Sampling: Sampling{From: FromData, Steps: 200, Noise: models.AllNoise},
		Seed:     1,
	}
}

// fashionDBN500 is the same on clothing.
func fashionDBN500() Recipe {
	r := mnistDBN500()
	r.Name = "fashion-dbn-500-500-2000"
	r.About = "Deep belief network of three binary layers on pictures of clothing, fine-tuned to tell their classes"
	r.Data.Set = "fashion-mnist"
	return r
}

// mnistSigmoid is the network of P3's Dsigm: the same one from random weights.
func mnistSigmoid() Recipe {
	r := mnistDBN500()
	r.Name = "mnist-sigmoid"
	r.About = "Network of three sigmoid layers on handwritten digits, without pre-training"
	r.BuiltIn = &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{20}}
	r.Stages = []train.Stage{FineTuning(fineRate, 200)}
	r.Sampling = Sampling{} // its visible biases learn nothing
	return r
}

// birdsongDBN is the network of P3's table 2, on recordings that can be had.
func birdsongDBN() Recipe {
	return Recipe{
		Name:   "birdsong-dbn",
		About:  "Deep belief network of three binary layers on frames of bird song, fine-tuned to tell the species",
		Paper:  sparsenessPaper,
		Data:   Source{Set: "bird-song"},
		Model:  binaryClassifier([]int{1, 16, 1}, 12, 50, 100, 100),
		Stages: append(Pretraining(3, preEpochs), FineTuning(fineRate, 100)),
		Seed:   1, // and no samples: a frame of coefficients is nothing to look at
	}
}

// birdsongSigmoid is the same network from random weights.
func birdsongSigmoid() Recipe {
	r := birdsongDBN()
	r.Name = "birdsong-sigmoid"
	r.About = "Network of three sigmoid layers on frames of bird song, without pre-training"
	r.Stages = r.Stages[3:]
	return r
}
