package zoo

import (
	"boltzoo/models"
	"boltzoo/train"
)

// regularised is an autoencoder of one sigmoid layer with tied weights and
// more units than pixels, which could copy the pixels, and must not: what keeps
// it from that, the objective or a penalty, is what these recipes differ in.
func regularised(name, about, paper string, objective train.Reconstruction, penalties train.Penalties) Recipe {
	r := digits(name, about, paper)
	r.Model = models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{1000}, Activation: "sigmoid", Tied: true}
	objective.Loss = "cross-entropy"
	r.Stages = []train.Stage{{
		Name:      "reconstruction",
		Objective: objective,
		Optimizer: train.Adam{Rate: 0.001},
		Schedule:  train.Linear,
		Penalties: penalties,
		Epochs:    30, Batch: 100,
	}}
	return r
}

// mnistAESparse has units that are on for one digit in twenty.
func mnistAESparse() Recipe {
	return regularised("mnist-ae-sparse", "Sparse autoencoder of 1000 units on handwritten digits",
		"Lee, Ekanadham and Ng 2008",
		train.Reconstruction{}, train.Penalties{Sparsity: train.Sparsity{Target: 0.05, Cost: 0.5}})
}

// mnistAEDenoising undoes masking noise.
func mnistAEDenoising() Recipe {
	return regularised("mnist-ae-denoising", "Denoising autoencoder of 1000 units on handwritten digits",
		"Vincent, Larochelle, Lajoie, Bengio and Manzagol 2010",
		train.Reconstruction{Corruption: train.Corruptions{{Form: "masking", Level: 0.4}}}, train.Penalties{})
}

// contractivePenalty is the λ of the contractive recipes.
const contractivePenalty = 0.1

// mnistAEContractive is the network of the first table of Rifai and others: a
// layer of 1000 units that learns as a contractive autoencoder, and then, with
// a softmax on it, classes. The paper fine-tunes by gradient descent alone, and
// has 1.14 % of test digits mistaken; so fine-tuned, for 12 epochs, this network
// has 1.8 %. With dropout and masked pixels, which the recipe has, it has 1.23 %
// (1.25 % after 40 epochs and 100).
func mnistAEContractive() Recipe {
	r := regularised("mnist-ae-contractive", "Network of 1000 units on handwritten digits, pre-trained as a contractive autoencoder",
		"Rifai, Vincent, Muller, Glorot and Bengio 2011",
		train.Reconstruction{Contraction: train.Contraction{Cost: contractivePenalty}}, train.Penalties{})
	r.Model = models.Classifier{Body: r.Model, Classes: 10}
	r.Stages[0].Epochs = 60
	r.Stages = append(r.Stages, train.Stage{
		Name:      "classes",
		Objective: train.Classification{Corruption: train.Corruptions{{Form: "masking", Level: 0.25}}, Dropout: 0.5},
		Optimizer: train.Adam{Rate: 0.001},
		Schedule:  train.Linear,
		Epochs:    200, Batch: 100,
	})
	r.BuiltIn.Epochs = []int{30, 10}
	return r
}

// mnistAEContractiveH has a penalty on how the Jacobian changes as well, from a
// digit to one with noise.
func mnistAEContractiveH() Recipe {
	return regularised("mnist-ae-contractive-h", "Contractive autoencoder of 1000 units on handwritten digits, with a penalty of the second order",
		"Rifai, Mesnil, Vincent, Muller, Bengio, Dauphin and Glorot 2011",
		train.Reconstruction{Contraction: train.Contraction{Cost: contractivePenalty, Curvature: contractivePenalty, Deviation: 0.1}}, train.Penalties{})
}

// mnistAEDropout learns with half of its units.
func mnistAEDropout() Recipe {
	return regularised("mnist-ae-dropout", "Autoencoder of 1000 units with dropout on handwritten digits",
		"Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014",
		train.Reconstruction{Dropout: 0.5}, train.Penalties{})
}

// mnistVAE learns from zeros and ones that are drawn at every step, with the
// grey values as probabilities, as mnist-rbm does: a Bernoulli output is for
// such.
func mnistVAE() Recipe {
	r := digits("mnist-vae", "Variational autoencoder with codes of 20 elements on handwritten digits",
		"Kingma and Welling 2014; Rezende, Mohamed and Wierstra 2014")
	r.Model = models.Variational{Shape: []int{28, 28, 1}, Layers: []int{500}, Code: 20, Activation: "tanh"}
	r.Stages = []train.Stage{{
		Name:      "evidence",
		Objective: train.Evidence{},
		Optimizer: train.Adam{Rate: 0.001},
		Schedule:  train.Linear,
		Epochs:    100, Batch: 100,
		DrawData: true,
	}}
	r.Sampling = Sampling{From: FromPrior}
	return r
}
