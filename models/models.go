package models

import (
	"boltzoo/graph"
	"boltzoo/models/tagged"
)

// Spec describes an architecture. It is plain data.
type Spec interface {
	// New allocates the parameters. Initial weights come from random's
	// streams "init" and the tensor's name.
	New(random *graph.Random) (Model, error)
}

// Model is an architecture with parameters. What else it can do it tells by
// the interfaces that it implements: Layered, Coder, Logistic, Stochastic,
// Energetic, Classifying, Weighted, Deep.
type Model interface {
	// Spec is what the model was made from.
	Spec() Spec
	// Tensors are all arrays that the model is made of, under unique names.
	Tensors() []*graph.Tensor
	// Parameters are those of the tensors that learning may change.
	Parameters() []*graph.Tensor
	// InputShape is the shape of one example: height, width, channels.
	InputShape() []int
}

// Layered models are stacks of restricted Boltzmann machines.
type Layered interface {
	Model
	// Layers are the machines from the bottom up; the output of each is the
	// input of the next.
	Layers() []*Layer
}

// Coder models have a deterministic code for an example, and an example for
// a code.
type Coder interface {
	Model
	// CodeShape is the shape of one code.
	CodeShape() []int
	// Encode is the code (B×code) of v (B×input).
	Encode(g *graph.Graph, v *graph.Node) *graph.Node
	// Decode is the example that the code h (B×code) stands for: (B×input), or
	// another shape of as many elements.
	Decode(g *graph.Graph, h *graph.Node) *graph.Node
}

// Logistic coders decode to σ(y), the means of values from 0 to 1.
type Logistic interface {
	Coder
	// Logits is the y whose σ is Decode of the code h: (B×input), or another
	// shape of as many elements.
	Logits(g *graph.Graph, h *graph.Node) *graph.Node
}

// Stochastic coders have a distribution of codes for an example, normal with
// independent elements, and one of examples for a code; codes as such are
// standard normal.
type Stochastic interface {
	Coder
	// Posterior is the means and the logarithms of the variances of the codes
	// of v: (B×input) to (B×code) each.
	Posterior(g *graph.Graph, v *graph.Node) (mean, logVariance *graph.Node)
	// LogLikelihood is log p(v|z), in nats: (B×input) and (B×code) to (B).
	LogLikelihood(g *graph.Graph, v, z *graph.Node) *graph.Node
	// Draw is n examples for codes from the prior, with its deviation times
	// spread: (n×values of an example).
	Draw(g *graph.Graph, n int, spread float64) *graph.Node
}

// Energetic models have a free energy.
type Energetic interface {
	Model
	// FreeEnergy is F(v) for each example: (B).
	FreeEnergy(g *graph.Graph, v *graph.Node) *graph.Node
	// Gibbs is one step of the model's chain from v (B×input).
	Gibbs(g *graph.Graph, v *graph.Node, noise Noise) *graph.Node
}

// Classifying models tell classes.
type Classifying interface {
	Model
	// Classes is their number, K.
	Classes() int
	// ClassLogits is the logarithm of the classes' probabilities given v
	// (B×input), up to a constant of each example: (B×K).
	ClassLogits(g *graph.Graph, v *graph.Node) *graph.Node
}

// Weighted models tell which of their parameters are weights, whose hidden unit
// is the last axis, and not biases: penalties are for these.
type Weighted interface {
	Model
	Weights() []*graph.Tensor
}

// Types are the architectures by the names that recipes use. A program with
// architectures of its own adds them before anything else.
var Types = tagged.Types[Spec]{
	"rbm":              RBM{},
	"conv-rbm":         ConvRBM{},
	"stack":            Stack{},
	"autoencoder":      Autoencoder{},
	"conv-autoencoder": ConvAutoencoder{},
	"unrolled":         Unrolled{},
	"variational":      Variational{},
	"classifier":       Classifier{},
}
