package models

import (
	"fmt"

	"boltzoo/graph"
)

// Deep models are autoencoders of layers in pairs: one of the encoder and the
// one of the decoder that mirrors it. A pair can learn alone, on the codes of
// those below it (Bengio, Lamblin, Popovici and Larochelle 2007).
type Deep interface {
	Coder
	Weighted
	// Levels are the encoder's layers from the bottom up.
	Levels() []Level
	// Part is the autoencoder of the pairs first to last alone, from 1: what it
	// reconstructs are the codes of the pair below. Its tensors are the model's
	// own.
	Part(first, last int) Deep
}

// Level is a layer of an encoder: a machine of a stack, seen through its means,
// or a layer of an autoencoder.
type Level interface {
	// InputShape is the shape of one input.
	InputShape() []int
	// OutputShape is the shape of one output.
	OutputShape() []int
	// Encode is (B×input) to (B×output).
	Encode(g *graph.Graph, v *graph.Node) *graph.Node
}

// Dense levels are f(x), element by element, of x = b + vW. So their Jacobian
// is known without differentiation: ∂f_j/∂v_i = f'(x_j) W_ij.
type Dense interface {
	Level
	// Preactivation is x: (B×input) to (B×output).
	Preactivation(g *graph.Graph, v *graph.Node) *graph.Node
	// Activation is f.
	Activation() graph.Function
	// Matrix is W: inputs×outputs.
	Matrix() *graph.Tensor
}

// LevelsOf are the layers of a model's encoder from the bottom up, none for a
// model that cannot be taken apart.
func LevelsOf(model Model) []Level {
	switch m := model.(type) {
	case Deep:
		return m.Levels()
	case Layered:
		var levels []Level
		for _, l := range m.Layers() {
			levels = append(levels, l)
		}
		return levels
	}
	return nil
}

// encoderLayer is a level that learns by what comes out of it.
type encoderLayer interface {
	Level
	learns() (weight, bias *graph.Tensor)
}

// paired is a Deep model with parameters.
type paired struct {
	spec    Spec
	in      []int // shape of one example
	encoder []encoderLayer
	decoder []denseLayer // from the code down: decoder[i] mirrors encoder[len(encoder)-1-i]
}

var (
	_ Logistic = (*paired)(nil)
	_ Deep     = (*paired)(nil)
)

func (p *paired) Spec() Spec               { return p.spec }
func (p *paired) Tensors() []*graph.Tensor { return p.Parameters() }
func (p *paired) InputShape() []int        { return p.in }
func (p *paired) CodeShape() []int         { return p.encoder[len(p.encoder)-1].OutputShape() }

// Parameters are the weights and biases of the encoder, and those of the
// decoder, where tied weights are not counted again.
func (p *paired) Parameters() []*graph.Tensor {
	parameters, _ := p.encoders(1, len(p.encoder))
	for _, d := range p.decoder {
		if !d.tied {
			parameters = append(parameters, d.weight)
		}
		parameters = append(parameters, d.bias)
	}
	return parameters
}

// encoders are the parameters of the encoder's layers first to last, from 1,
// and those of them that are weights.
func (p *paired) encoders(first, last int) (parameters, weights []*graph.Tensor) {
	for _, e := range p.encoder[first-1 : last] {
		w, b := e.learns()
		parameters, weights = append(parameters, w, b), append(weights, w)
	}
	return parameters, weights
}

// Weights are those of all layers, tied ones once.
func (p *paired) Weights() []*graph.Tensor {
	_, weights := p.encoders(1, len(p.encoder))
	for _, d := range p.decoder {
		if !d.tied {
			weights = append(weights, d.weight)
		}
	}
	return weights
}

// Levels are the encoder's layers.
func (p *paired) Levels() []Level {
	levels := make([]Level, len(p.encoder))
	for i, e := range p.encoder {
		levels[i] = e
	}
	return levels
}

// Part is some of the pairs.
func (p *paired) Part(first, last int) Deep {
	n := len(p.encoder)
	return &paired{p.spec, p.encoder[first-1].InputShape(), p.encoder[first-1 : last], p.decoder[n-last : n-first+1]}
}

// Encode is the code of v: (B×input) to (B×code).
func (p *paired) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	for _, e := range p.encoder {
		v = e.Encode(g, v)
	}
	return v
}

// Decode is what the code h stands for: (B×code) to (B×values of an example).
func (p *paired) Decode(g *graph.Graph, h *graph.Node) *graph.Node {
	return g.Map(p.decoder[len(p.decoder)-1].activation, p.preOutput(g, h))
}

// Logits is y of the output σ(y).
func (p *paired) Logits(g *graph.Graph, h *graph.Node) *graph.Node {
	if f := p.decoder[len(p.decoder)-1].activation; f != graph.Sigmoid {
		g.Fail(fmt.Errorf("models: a model of type %s: a decoder that ends in %v has no logits, want sigmoid", Types.Name(p.spec), f))
		return nil
	}
	return p.preOutput(g, h)
}

func (p *paired) preOutput(g *graph.Graph, h *graph.Node) *graph.Node {
	last := len(p.decoder) - 1
	for _, d := range p.decoder[:last] {
		h = d.Encode(g, h)
	}
	return p.decoder[last].affine(g, h)
}
