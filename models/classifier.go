package models

import (
	"encoding/json"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models/tagged"
)

// Classifier is a network for classes: a softmax layer on the mean hidden
// states of a machine or a stack, or on the code of an autoencoder,
//
//	p(k|v) = softmax_k(c + f(v) U)
//
// The body can be pre-trained as what it is, layer by layer and without
// labels, and the whole then be fine-tuned by back-propagation (Hinton and
// Salakhutdinov 2006; Vincent et al. 2010 for autoencoders). Without
// pre-training it is a common network, of sigmoid units where the hidden units
// are binary.
type Classifier struct {
	Body      Spec    `json:"-"`                   // RBM, ConvRBM, Stack or Autoencoder
	Classes   int     `json:"classes"`             // K
	Deviation float64 `json:"deviation,omitempty"` // of the initial weights U; 0 means 0.01
}

// New makes the network.
func (c Classifier) New(random *graph.Random) (Model, error) {
	if c.Classes < 2 {
		return nil, fmt.Errorf("models: classifier of %d classes, want at least 2", c.Classes)
	}
	if !(c.Deviation >= 0) {
		return nil, fmt.Errorf("models: classifier: deviation %g of the output's weights, want at least 0", c.Deviation)
	}
	if c.Body == nil {
		return nil, fmt.Errorf("models: classifier without a body, want %s", classifierBodies)
	}
	body, err := c.Body.New(random)
	if err != nil {
		return nil, err
	}
	coder, ok := body.(Coder)
	if !ok {
		return nil, c.refuse()
	}
	out := OutputLayer{
		OutputWeight: graph.NewTensor("output.weight", graph.Size(coder.CodeShape()), c.Classes),
		OutputBias:   graph.NewTensor("output.bias", c.Classes),
	}
	drawWeights(out.OutputWeight, c.Deviation, random)
	switch body := body.(type) {
	case *BeliefNet:
		return &ClassifierNet{body, out, c}, nil
	case *paired:
		return &CodeClassifier{body, out, c}, nil
	}
	return nil, c.refuse()
}

// classifierBodies are what a classifier can be on.
const classifierBodies = "rbm, conv-rbm, stack or autoencoder"

func (c Classifier) refuse() error {
	return fmt.Errorf("models: classifier: a model of type %s cannot be the body, want %s", Types.Name(c.Body), classifierBodies)
}

// OutputLayer is the softmax layer of a classifier.
type OutputLayer struct {
	OutputWeight *graph.Tensor // U: code×K
	OutputBias   *graph.Tensor // c: K
}

// LogitsOf is c + hU of codes h: (B×code) to (B×K).
func (o OutputLayer) LogitsOf(g *graph.Graph, h *graph.Node) *graph.Node {
	return g.Affine(h, g.Param(o.OutputWeight), g.Param(o.OutputBias))
}

// ClassifierNet is a Classifier on machines, with parameters. It can do what
// its body can: it has its layers, its codes, its free energy.
type ClassifierNet struct {
	*BeliefNet
	OutputLayer
	spec Classifier
}

var (
	_ Classifying = (*ClassifierNet)(nil)
	_ Layered     = (*ClassifierNet)(nil)
	_ Coder       = (*ClassifierNet)(nil)
	_ Energetic   = (*ClassifierNet)(nil)
)

// Spec is what the network was made from.
func (c *ClassifierNet) Spec() Spec { return c.spec }

// Tensors are the body's and the output layer's.
func (c *ClassifierNet) Tensors() []*graph.Tensor {
	return append(c.BeliefNet.Tensors(), c.OutputWeight, c.OutputBias)
}

// Parameters are the body's and the output layer's.
func (c *ClassifierNet) Parameters() []*graph.Tensor {
	return append(c.BeliefNet.Parameters(), c.OutputWeight, c.OutputBias)
}

// Classes is K.
func (c *ClassifierNet) Classes() int { return c.spec.Classes }

// ClassLogits is c + f(v) U: (B×input) to (B×K).
func (c *ClassifierNet) ClassLogits(g *graph.Graph, v *graph.Node) *graph.Node {
	return c.LogitsOf(g, c.Encode(g, v))
}

// CodeClassifier is a Classifier on an autoencoder, with parameters. Pairs of
// layers can learn to reconstruct; classes learn with the encoder alone.
type CodeClassifier struct {
	*paired
	OutputLayer
	spec Classifier
}

var (
	_ Classifying = (*CodeClassifier)(nil)
	_ Deep        = (*CodeClassifier)(nil)
)

// Spec is what the network was made from.
func (c *CodeClassifier) Spec() Spec { return c.spec }

// Tensors are the body's and the output layer's.
func (c *CodeClassifier) Tensors() []*graph.Tensor { return c.Parameters() }

// Parameters are the body's and the output layer's.
func (c *CodeClassifier) Parameters() []*graph.Tensor {
	return append(c.paired.Parameters(), c.OutputWeight, c.OutputBias)
}

// Encoders are the parameters of the encoder's layers first to last, from 1,
// and those of them that are weights.
func (c *CodeClassifier) Encoders(first, last int) (parameters, weights []*graph.Tensor) {
	return c.encoders(first, last)
}

// Classes is K.
func (c *CodeClassifier) Classes() int { return c.spec.Classes }

// ClassLogits is c + f(v) U: (B×input) to (B×K).
func (c *CodeClassifier) ClassLogits(g *graph.Graph, v *graph.Node) *graph.Node {
	return c.LogitsOf(g, c.Encode(g, v))
}

type classifierFields Classifier

// MarshalJSON writes the spec, with the body's type.
func (c Classifier) MarshalJSON() ([]byte, error) {
	body, err := Types.Encode(c.Body)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return json.Marshal(struct {
		Body json.RawMessage `json:"body"`
		classifierFields
	}{body, classifierFields(c)})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (c *Classifier) UnmarshalJSON(data []byte) (err error) {
	var fields struct {
		Body json.RawMessage `json:"body"`
		classifierFields
	}
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	*c = Classifier(fields.classifierFields)
	if fields.Body == nil {
		return fmt.Errorf(`classifier: want a "body"`)
	}
	if c.Body, err = Types.Decode(fields.Body); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}
