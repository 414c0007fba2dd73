package zoo

import (
	"fmt"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// mnistDBN is a small convolutional stack for digits. Codes of digits lie in
// clusters, which no normal distribution describes and no multinary top machine
// that we tried: its means are nearly linear. So the dense layers are binary.
// The first learns with drawn hidden states, which makes its codes nearly
// binary; the top machine, with twice the units, learns by persistent chains, and
// samples are what its Gibbs chain visits (Hinton, Osindero and Teh 2006).
func mnistDBN() Recipe {
	return Recipe{
		Name:    "mnist-dbn",
		About:   "Deep belief network of two multinary convolutions and two binary dense layers on handwritten digits",
		Paper:   "Hinton, Osindero and Teh 2006; " + multinaryPaper,
		Data:    Source{Set: "mnist", Size: 28},
		BuiltIn: &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{1, 2, 12, 40}},
		Model: models.Stack{Shape: []int{28, 28, 1}, Layers: []models.Spec{
			centredConv(32, 0), // 28 → 14
			centredConv(64, 2), // 14 → 7
			models.RBM{Visible: unit.Multinary{Levels: 255}, Hidden: unit.Binary{}, Units: 500, Centred: true},
			models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 1000, Centred: true},
		}},
		Stages: []train.Stage{
			greedy("conv1", 1, 1, 32, 0.01),
			greedy("conv2", 2, 1, 32, 0.01),
			{
				Name: "dense1", First: 3, Last: 3,
				Objective: train.CD{Noise: models.HiddenNoise},
				Optimizer: train.Adam{Rate: 0.002},
				Schedule:  train.Linear,
				Epochs:    8, Batch: 64,
				DataStart: 0.5,
			},
			{
				Name: "chains", First: 4, Last: 4,
				Objective: train.PCD{Chains: 128},
				Optimizer: train.Adam{Rate: 0.002},
				Schedule:  train.Linear,
				Epochs:    30, Batch: 64,
				DataStart: 0.25,
			},
		},
		Sampling: Sampling{From: FromPrior, Steps: 1000, Noise: models.AllNoise},
		Seed:     1,
	}
}

const likelihoodOfMNIST = "zoo train mnist-rbm; zoo eval runs/mnist-rbm --metrics loglik --chains 300 --betas 10000"

// mnistRBM is the binary machine of Salakhutdinov and Murray's study, trained
// by persistent chains: after CD-1 a long Gibbs chain fades to blank pictures.
// Its likelihood is that of zeros and ones; it learns from ones drawn anew at
// every step with the grey values as probabilities, and not from one drawing,
// which 500 hidden units begin to learn by heart: after 60 epochs the test
// log-likelihood is −87.7 nats, from one drawing of 55,000 digits −89.3
// (--epochs 60; zoo eval --metrics loglik --chains 200 --betas 5000).
//
// It is centred: black digits on white are then learnt as well as white ones on
// black. With 16 hidden units, whose states can be counted, test digits have,
// in nats (--set model.units=16 --epochs 50 --seed 1, 2, 3, with and without --set
// data.invert=true; zoo eval --metrics loglik):
//
//	mnist-rbm        −143.3, −141.8, −141.8   inverted −141.8, −142.7, −141.8
//	mnist-rbm-pcd    −146.0                   inverted −171.8
func mnistRBM() Recipe {
	return Recipe{
		Name:    "mnist-rbm",
		About:   "Binary restricted Boltzmann machine of 500 hidden units on handwritten digits",
		Paper:   "Hinton 2002; Tieleman 2008; Salakhutdinov and Murray 2008",
		Data:    Source{Set: "mnist", Size: 28, Whole: true},
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
			Epochs:    300, Batch: 100,
			DataStart: 0.1,
			DrawData:  true,
		}},
		// From noise, too, the chain finds digits in the end; from codes near
		// those of data it finds all kinds of them sooner.
		Sampling: Sampling{From: FromPrior, Steps: 1000, Noise: models.AllNoise},
		Expect: []Expect{
			{Metric: testError, Value: 0.00375, Source: "zoo train mnist-rbm"},
			{Metric: "test log-likelihood by AIS, nats", Value: -85.27, Source: likelihoodOfMNIST},
			{Metric: "test log-likelihood by reverse AIS, nats", Value: -84.88, Source: likelihoodOfMNIST},
		},
		Seed: 1,
	}
}

// mnistDBN2000 is the stack of the same study: mnist-rbm, and a larger machine on
// states that are drawn of its hidden units. The upper machine begins as the
// lower one turned over, so the stack begins with the likelihood of mnist-rbm.
// 100 chains of the upper machine begin at noise and lead it astray at first,
// the more the higher the rate: from mnist-rbm's weights the bound is −86.2
// nats after 3 epochs at 0.0005, and −85.0 after 10 at 0.0002 (zoo eval
// --metrics bound --betas 3000 --burn 1000: the mean of AIS and reverse AIS,
// which lie within 0.7). Chains from noise end in spots and dashes that are no
// digits and that they seldom leave, chains from data visit digits of all kinds.
func mnistDBN2000() Recipe {
	r := mnistRBM().as("mnist-dbn-500-2000",
		"Generative deep belief network: mnist-rbm, and 2000 hidden units on its 500",
		"Hinton, Osindero and Teh 2006; Salakhutdinov and Murray 2008")
	r.BuiltIn = &BuiltIn{Set: "digits", Images: 10000, Epochs: []int{30, 10}}
	below := r.Model.(models.RBM)
	shape := below.Shape
	below.Shape = nil
	r.Model = models.Stack{Shape: shape, Layers: []models.Spec{
		below, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 2000, Centred: true},
	}}
	top := r.Stages[0]
	top.Name, top.First, top.Last = "top", 2, 2
	top.Transpose = true
	top.Optimizer, top.Epochs = train.Adam{Rate: 0.0003}, 60
	r.Stages[0].Last = 1
	r.Stages = append(r.Stages, top)
	r.Sampling = Sampling{From: FromData, Steps: 1000, Noise: models.AllNoise}
	const bound = "zoo train mnist-dbn-500-2000; zoo eval runs/mnist-dbn-500-2000 --metrics bound --chains 300 --betas 10000"
	r.Expect = []Expect{
		{Metric: testError, Value: 0.00616, Source: "zoo train mnist-dbn-500-2000"},
		{Metric: "bound of the test log-likelihood by AIS, nats", Value: -85.87, Source: bound},
		{Metric: "bound of the test log-likelihood by reverse AIS, nats", Value: -84.66, Source: bound},
	}
	return r
}

// mnistDBNLabels is mnist-dbn-500-2000 with ten label units beside the 500 that
// the upper machine sees: it tells the class of a digit, and draws digits of a
// class (zoo sample --class).
func mnistDBNLabels() Recipe {
	r := mnistDBN2000().as("mnist-dbn-labels",
		"Joint model of digits and their classes: mnist-dbn-500-2000 with ten label units in its upper machine",
		"Hinton, Osindero and Teh 2006")
	stack := r.Model.(models.Stack)
	stack.Classes = 10
	r.Model = stack
	r.Stages[0].Epochs = 60
	return r
}

// mnistRBMLabels is the machine of mnist-rbm over digits and their classes.
func mnistRBMLabels() Recipe {
	r := mnistRBM().as("mnist-rbm-labels",
		"Joint model of digits and their classes: mnist-rbm with 2000 hidden units and ten label units",
		"Larochelle and Bengio 2008; Tieleman 2008")
	machine := r.Model.(models.RBM)
	shape := machine.Shape
	machine.Shape, machine.Units = nil, 2000
	r.Model = models.Stack{Shape: shape, Layers: []models.Spec{machine}, Classes: 10}
	r.Stages[0].Epochs = 60
	r.Sampling = Sampling{From: FromData, Steps: 1000, Noise: models.AllNoise} // a code of 2000 has no prior
	return r
}

// mnistRBMCD1 is the classical machine: contrastive divergence with one Gibbs
// step, energy not centred. This and the variants after it differ from each
// other, and from mnist-rbm, in one thing each. After five epochs (--epochs 5;
// mnist-rbm-cd25, of five stages, --epochs 1) the log-likelihood of test images
// by AIS and reverse AIS, in nats, and the error of a linear classifier of the
// codes (zoo eval --metrics loglik,probe --betas 3000 --burn 500 --train 10000):
//
//	mnist-rbm-cd1        −117.1 and −118.1   6.0 %
//	mnist-rbm-centred    −120.9 and −120.9   7.9 %
//	mnist-rbm-pcd        −112.3 and −113.1   4.6 %
//	mnist-rbm            −101.7 and −101.7   6.6 %
//	mnist-rbm-cd25        −97.3 and  −97.2   6.2 %
//
// Only with persistent chains are the samples of a long chain digits. The
// other three leave between digits states that no data come near and that a
// chain falls into, spots and blanks, those of CD-25 nearest to digits.
func mnistRBMCD1() Recipe {
	r := mnistRBM().as("mnist-rbm-cd1", "mnist-rbm trained by CD-1 and not centred, the classical way",
		"Hinton 2002; Salakhutdinov and Murray 2008")
	r.Model = plainRBM()
	r.Stages[0].Name, r.Stages[0].Objective = "divergence", train.CD{Noise: models.HiddenNoise}
	return r
}

// mnistRBMCentred is mnist-rbm-cd1 centred.
func mnistRBMCentred() Recipe {
	r := mnistRBMCD1().as("mnist-rbm-centred", "mnist-rbm-cd1 centred",
		"Montavon and Müller 2012; Melchior, Fischer and Wiskott 2016")
	r.Model = mnistRBM().Model
	return r
}

// mnistRBMPCD is mnist-rbm not centred.
func mnistRBMPCD() Recipe {
	r := mnistRBM().as("mnist-rbm-pcd", "mnist-rbm not centred: mnist-rbm-cd1 trained by persistent chains", "Tieleman 2008")
	r.Model = plainRBM()
	return r
}

// mnistRBMCD25 is mnist-rbm-cd1 with a number of Gibbs steps that rises from
// 1 to 25. Its stages are one training: they differ in that number alone, and
// moments go on. The rate, which a schedule would begin anew in each, is
// constant, and falls in the last.
func mnistRBMCD25() Recipe {
	r := mnistRBMCD1().as("mnist-rbm-cd25", "mnist-rbm-cd1 with 1, 3, 5, 10 and then 25 Gibbs steps",
		"Carreira-Perpiñán and Hinton 2005; Salakhutdinov and Murray 2008")
	stage := r.Stages[0]
	r.Stages, r.BuiltIn.Epochs = nil, nil
	for _, k := range []int{1, 3, 5, 10, 25} {
		s := stage
		s.Name, s.Objective = fmt.Sprintf("cd%d", k), train.CD{K: k, Noise: models.HiddenNoise}
		s.Epochs, s.Schedule = stage.Epochs/5, train.Constant
		if k == 25 {
			s.Schedule = train.Linear
		}
		r.Stages = append(r.Stages, s)
		r.BuiltIn.Epochs = append(r.BuiltIn.Epochs, s.Epochs)
	}
	return r
}

// plainRBM is the machine of mnist-rbm, not centred.
func plainRBM() models.RBM {
	rbm := mnistRBM().Model.(models.RBM)
	rbm.Centred = false
	return rbm
}

// centredConv is a convolution of multinary units that halves the sides of a
// picture, with so many copies of its hidden units.
func centredConv(filters int, copies float64) models.ConvRBM {
	c := halvingConv(unit.Multinary{Levels: 255}, unit.Multinary{Levels: int(255 * max(1, copies))}, filters)
	c.Centred, c.Copies = true, copies
	return c
}
