package zoo

import (
	"math"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

const multinaryPaper = "Hwang, Hwang and Jo 2020, arXiv 2011.13509"

// celebaDBN is P2's stack for faces of 64×64 pixels, trained as P2 does: end to
// end, all layers in one graph, one Adam, the sum of their losses. What differs
// from the paper's letter, and why, is in celeba-dbn.md.
func celebaDBN() Recipe {
	return Recipe{
		Name:  "celeba-dbn",
		About: "Multinary convolutional deep belief network, eight layers, on colour faces of 64×64 pixels",
		Paper: multinaryPaper,
		Data:  Source{Set: "celeba", Size: 64},
		// The drawn faces have less in them than photographs, and the whole is
		// to take some three minutes.
		BuiltIn: &BuiltIn{Set: "faces", Images: 2000, Epochs: []int{9}},
		Model:   facesStack(64, false, 64, 128, 256, 256),
		Stages:  []train.Stage{endToEnd(16)},
		// Closer to the mean than data are, samples are cleaner.
		Sampling: Sampling{From: FromPrior, Spread: 0.8},
		Expect:   []Expect{{Metric: "test mse", Value: 0.0080, Source: "zoo train celeba-dbn"}},
		Seed:     1,
	}
}

// endToEnd trains all layers at once. The batch is small: what a stack wants
// is many steps.
func endToEnd(epochs int) train.Stage {
	return train.Stage{
		Name:      "end to end",
		Objective: train.CD{},
		Optimizer: train.Adam{Rate: 0.005},
		Schedule:  train.Linear,
		Epochs:    epochs, Batch: 16,
		DataStart: 0.5,
	}
}

// celebaDBNGreedy trains one layer after the other, each on the means of those
// below: faster a step, as these are computed once.
func celebaDBNGreedy() Recipe {
	r := celebaDBN()
	r.Name = "celeba-dbn-greedy"
	r.About = "celeba-dbn trained layer by layer, from the bottom up"
	r.BuiltIn = &BuiltIn{Set: "faces", Images: 3000, Epochs: []int{1, 3, 4, 6, 16, 30, 30, 40}}
	r.Stages = []train.Stage{
		// Small batches, small initial weights and high rates are what a first
		// layer wants: it learns to copy small patches.
		greedy("conv1", 1, 2, 16, 0.03),
		greedy("conv2", 2, 4, 16, 0.01),
		greedy("conv3", 3, 6, 16, 0.01),
		greedy("conv4", 4, 10, 16, 0.01),
		greedy("dense1", 5, 24, 64, 0.005),
		greedy("dense2", 6, 40, 64, 0.005),
		greedy("dense3", 7, 40, 64, 0.005),
		greedy("dense4", 8, 60, 64, 0.005),
	}
	r.Expect = []Expect{{Metric: "test mse", Value: 0.0088, Source: "zoo train celeba-dbn-greedy"}}
	return r
}

// celebaDBNFineTuned goes on from celebaDBNGreedy with the stack unrolled into
// an autoencoder.
func celebaDBNFineTuned() Recipe {
	r := celebaDBNGreedy()
	r.Name = "celeba-dbn-ft"
	r.About = "celeba-dbn-greedy, then the unrolled stack fine-tuned on reconstruction"
	r.Stages = append(r.Stages, train.Stage{
		Name:      "fine-tuning",
		Objective: train.Reconstruction{},
		Optimizer: train.Adam{Rate: 0.001},
		Schedule:  train.Linear,
		Epochs:    8, Batch: 32,
	})
	r.BuiltIn.Epochs = append(r.BuiltIn.Epochs, 4)
	r.Expect = []Expect{{Metric: "test mse", Value: 0.0061, Source: "zoo train celeba-dbn-ft"}}
	return r
}

// celebaDBNPaper is P2's setting to the letter: plain units, gradients that
// flow from layer to layer, a constant rate of 0.03. P2 does not give the initial
// weights; 0.01 is Hinton's "Practical Guide", section 8. The rate is taken in
// shares (see unit.Multinary); in the paper's units its steps would be 255 times
// as large.
func celebaDBNPaper() Recipe {
	r := celebaDBN()
	r.Name = "celeba-dbn-paper"
	r.About = "celeba-dbn in the paper's literal setting, which collapses: for comparison"
	r.Model = facesStack(64, true, 64, 128, 256, 256)
	r.Stages = []train.Stage{{
		Name:      "end to end",
		Objective: train.CD{Flow: 1},
		Optimizer: train.Adam{Rate: 0.03},
		Epochs:    500, Batch: 128, // section 4.1; two days on a P40 for all of CelebA
	}}
	r.Expect = nil
	return r
}

// celeba128DBN has one convolution more, for faces of 128×128 pixels. P2 says
// "five convolutional RBMs"; only this reading gives its 4096 units before the
// dense layers.
func celeba128DBN() Recipe {
	r := celebaDBN()
	r.Name = "celeba128-dbn"
	r.About = "Multinary convolutional deep belief network, nine layers, on colour faces of 128×128 pixels"
	r.Data.Size = 128
	r.Model = facesStack(128, false, 64, 128, 256, 256, 256)
	r.BuiltIn = &BuiltIn{Set: "faces", Images: 1500, Epochs: []int{8}}
	r.Expect = nil
	return r
}

// facesStack is P2's stack (section 4.1): convolutions of 4×4 filters, stride
// 2, padding 1, each of which halves the side, then dense layers of 1000, 500,
// 200 and 100 units. All units are multinary, the visible ones with 255 levels.
// The plain stack is P2's to the letter. The other one is centred, and each
// layer with fewer hidden than visible units has as many times the levels:
// see models.RBM.
func facesStack(side int, plain bool, filters ...int) models.Stack {
	s := models.Stack{Shape: []int{side, side, 3}}
	visible := unit.Multinary{Levels: 255}
	below := side * side * 3
	for _, f := range filters {
		side /= 2
		hidden, g := narrowing(plain, visible, below, side*side*f)
		layer := halvingConv(visible, hidden, f)
		layer.Centred, layer.Copies = !plain, g
		s.Layers = append(s.Layers, layer)
		below = side * side * f
	}
	for _, n := range []int{1000, 500, 200, 100} {
		hidden, g := narrowing(plain, visible, below, n)
		s.Layers = append(s.Layers, models.RBM{Visible: visible, Hidden: hidden, Units: n, Copies: g, Centred: !plain})
		below = n
	}
	return s
}

// narrowing is the hidden units of a layer from v to h units, and their
// copies: v/h, rounded to a half, where the layer gets narrower.
func narrowing(plain bool, visible unit.Multinary, v, h int) (hidden unit.Multinary, copies float64) {
	if plain || h >= v {
		return visible, 0
	}
	copies = math.Round(2*float64(v)/float64(h)) / 2
	return unit.Multinary{Levels: int(copies * float64(visible.Levels))}, copies
}

// halvingConv is a convolution that halves the sides of a picture.
func halvingConv(visible, hidden unit.Unit, filters int) models.ConvRBM {
	return models.ConvRBM{Visible: visible, Hidden: hidden, Filters: filters, Kernel: 4, Stride: 2, Pad: 1}
}

// greedy trains one layer on the means of those below, which stay as they are.
func greedy(name string, layer, epochs, batch int, rate float64) train.Stage {
	return train.Stage{
		Name: name, First: layer, Last: layer,
		Objective: train.CD{},
		Optimizer: train.Adam{Rate: rate},
		Schedule:  train.Linear,
		Epochs:    epochs, Batch: batch,
		DataStart: 0.5,
	}
}
