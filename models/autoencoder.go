package models

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"boltzoo/graph"
)

// Autoencoder is a deep autoencoder of dense layers: an encoder
// h_ℓ = f(b_ℓ + h_{ℓ−1} W_ℓ) from an example to its code, and a decoder of the
// same widths in reverse order (Hinton and Salakhutdinov 2006, the net that is
// fine-tuned). With one linear layer it spans the space of the principal
// components (Baldi and Hornik 1989).
type Autoencoder struct {
	Shape      []int  `json:"shape"`                // of one example: height, width, channels
	Layers     []int  `json:"layers"`               // units of the encoder's layers, the code's last
	Activation string `json:"activation,omitempty"` // f of hidden layers: relu (also if empty), clipped-relu (at 1), sigmoid, tanh or linear
	Code       string `json:"code,omitempty"`       // that of the code; empty: as of the others
	Output     string `json:"output,omitempty"`     // that of what is decoded: sigmoid (also if empty), clipped-relu or linear
	Tied       bool   `json:"tied,omitempty"`       // the decoder multiplies by the encoder's Wᵀ; its biases are its own

	// Init is how weights are drawn, all normal: "xavier" with variance
	// 2/(n+m) for n inputs and m outputs (Glorot and Bengio 2010, equation 12,
	// as P1 has it, for ReLU too); if empty, those into a ReLU with 2/n (He et
	// al. 2015, equation 10) and others as with xavier.
	Init string `json:"init,omitempty"`
}

// layerActivations are what an autoencoder's layers can have.
var layerActivations = map[string]graph.Function{
	"relu":         graph.ReLU,
	"clipped-relu": graph.ClippedReLU,
	"sigmoid":      graph.Sigmoid,
	"tanh":         graph.Tanh,
	"linear":       graph.Identity,
}

// hiddenActivations are those of hidden layers, the one of an empty field
// first.
var hiddenActivations = []string{"relu", "clipped-relu", "sigmoid", "tanh", "linear"}

// New makes the network. Biases begin at zero.
func (a Autoencoder) New(random *graph.Random) (Model, error) {
	p, err := a.pairs(random)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (a Autoencoder) pairs(random *graph.Random) (*paired, error) {
	if len(a.Shape) == 0 || slices.Min(a.Shape) < 1 {
		return nil, fmt.Errorf("models: autoencoder: shape of one example is %v, want positive sizes", a.Shape)
	}
	if len(a.Layers) == 0 || slices.Min(a.Layers) < 1 {
		return nil, fmt.Errorf("models: autoencoder: layers of %v units, want one or more, of at least 1 unit", a.Layers)
	}
	hidden, err := activationOf("autoencoder", "activation", a.Activation, hiddenActivations...)
	if err != nil {
		return nil, err
	}
	code := hidden
	if a.Code != "" {
		if code, err = activationOf("autoencoder", "code", a.Code, hiddenActivations...); err != nil {
			return nil, err
		}
	}
	output, err := activationOf("autoencoder", "output", a.Output, "sigmoid", "clipped-relu", "linear")
	if err != nil {
		return nil, err
	}
	if a.Init != "" && a.Init != "xavier" {
		return nil, fmt.Errorf("models: autoencoder: init %q, want xavier or nothing", a.Init)
	}
	inputs := graph.Size(a.Shape)
	if n := slices.Min(a.Layers); hidden == graph.Identity && code == graph.Identity && output == graph.Identity && n >= inputs {
		return nil, fmt.Errorf("models: autoencoder: linear layers of %d units and more copy examples of %d values: want a layer of fewer", n, inputs)
	}
	m := &paired{spec: a, in: a.Shape}
	in := a.Shape
	for i, n := range a.Layers {
		d := denseLayer{in: in, activation: hidden}
		if i == len(a.Layers)-1 {
			d.activation = code
		}
		d.allocate(fmt.Sprintf("encoder%d", i+1), n)
		d.draw(a.Init, random)
		m.encoder = append(m.encoder, d)
		in = []int{n}
	}
	for i := range a.Layers {
		encoder := m.encoder[len(a.Layers)-1-i].(denseLayer)
		d := denseLayer{in: encoder.OutputShape(), activation: hidden}
		if i == len(a.Layers)-1 {
			d.activation = output
		}
		name, n := fmt.Sprintf("decoder%d", i+1), graph.Size(encoder.in)
		if a.Tied {
			d.weight, d.bias, d.tied = encoder.weight, graph.NewTensor(name+".bias", n), true
		} else {
			d.allocate(name, n)
			d.draw(a.Init, random)
		}
		m.decoder = append(m.decoder, d)
	}
	return m, nil
}

// activationOf is the function that a field of a model names, the first of
// names where it is empty.
func activationOf(model, field, name string, names ...string) (graph.Function, error) {
	if name == "" {
		name = names[0]
	}
	if !slices.Contains(names, name) {
		return 0, fmt.Errorf("models: %s: %s %q, want one of %s", model, field, name, strings.Join(names, ", "))
	}
	return layerActivations[name], nil
}

// denseLayer is f(b + xW), or f(b + xWᵀ) where W is tied to the layer that it
// mirrors.
type denseLayer struct {
	in           []int         // shape of one x
	weight, bias *graph.Tensor // inputs×outputs, or tied outputs×inputs; outputs
	activation   graph.Function
	tied         bool
}

// newDense is a layer of inputs of that shape and m outputs, its weights drawn.
func newDense(name string, in []int, m int, f graph.Function, random *graph.Random) denseLayer {
	d := denseLayer{in: in, activation: f}
	d.allocate(name, m)
	d.draw("", random)
	return d
}

// allocate makes the parameters of m outputs, all zero.
func (d *denseLayer) allocate(name string, m int) {
	d.weight, d.bias = graph.NewTensor(name+".weight", graph.Size(d.in), m), graph.NewTensor(name+".bias", m)
}

// draw draws the weights, as Autoencoder.Init says.
func (d *denseLayer) draw(init string, random *graph.Random) {
	n, m := float64(graph.Size(d.in)), float64(d.bias.Size())
	deviation := math.Sqrt(2 / (n + m))
	if init == "" && (d.activation == graph.ReLU || d.activation == graph.ClippedReLU) {
		deviation = math.Sqrt(2 / n)
	}
	drawWeights(d.weight, deviation, random)
}

// InputShape is the shape of one x.
func (d denseLayer) InputShape() []int { return d.in }

// OutputShape is the shape of one f(b + xW).
func (d denseLayer) OutputShape() []int { return d.bias.Shape }

// Encode is f(b + xW).
func (d denseLayer) Encode(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Map(d.activation, d.affine(g, x))
}

// affine is b + xW.
func (d denseLayer) affine(g *graph.Graph, x *graph.Node) *graph.Node {
	if d.tied {
		return g.AffineT(x, g.Param(d.weight), g.Param(d.bias))
	}
	return g.Affine(x, g.Param(d.weight), g.Param(d.bias))
}

var _ Dense = denseLayer{}

// Preactivation is b + xW.
func (d denseLayer) Preactivation(g *graph.Graph, x *graph.Node) *graph.Node { return d.affine(g, x) }

// Activation is f.
func (d denseLayer) Activation() graph.Function { return d.activation }

// Matrix is W.
func (d denseLayer) Matrix() *graph.Tensor { return d.weight }

func (d denseLayer) learns() (weight, bias *graph.Tensor) { return d.weight, d.bias }
