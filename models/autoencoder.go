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
// same widths in reverse order with weights of its own (Hinton and Salakhutdinov
// 2006, the net that is fine-tuned).
type Autoencoder struct {
	Shape      []int  `json:"shape"`                // of one example: height, width, channels
	Layers     []int  `json:"layers"`               // units of the encoder's layers, the code's last
	Activation string `json:"activation,omitempty"` // f of hidden layers: relu (also if empty), sigmoid, tanh or linear
	Code       string `json:"code,omitempty"`       // that of the code; empty: as of the others
	Output     string `json:"output,omitempty"`     // that of what is decoded: sigmoid (also if empty) or linear
}

// layerActivations are what an autoencoder's layers can have.
var layerActivations = map[string]graph.Function{
	"relu":    graph.ReLU,
	"sigmoid": graph.Sigmoid,
	"tanh":    graph.Tanh,
	"linear":  graph.Identity,
}

// New makes the network. Biases begin at zero. Weights into a ReLU are normal
// with variance 2/n for n inputs (He et al. 2015, equation 10), others normal
// with variance 2/(n+m) for n inputs and m outputs (Glorot and Bengio 2010,
// equation 12).
func (a Autoencoder) New(random *graph.Random) (Model, error) {
	if len(a.Shape) == 0 || slices.Min(a.Shape) < 1 {
		return nil, fmt.Errorf("models: autoencoder: shape of one example is %v, want positive sizes", a.Shape)
	}
	if len(a.Layers) == 0 || slices.Min(a.Layers) < 1 {
		return nil, fmt.Errorf("models: autoencoder: layers of %v units, want one or more, of at least 1 unit", a.Layers)
	}
	hidden, err := activationOf("activation", a.Activation, "relu", "sigmoid", "tanh", "linear")
	if err != nil {
		return nil, err
	}
	code := hidden
	if a.Code != "" {
		if code, err = activationOf("code", a.Code, "relu", "sigmoid", "tanh", "linear"); err != nil {
			return nil, err
		}
	}
	output, err := activationOf("output", a.Output, "sigmoid", "linear")
	if err != nil {
		return nil, err
	}
	widths := append([]int{graph.Size(a.Shape)}, a.Layers...)
	m := &autoencoder{spec: a, encoder: denseLayers("encoder", widths, hidden, code, random)}
	slices.Reverse(widths)
	m.decoder = denseLayers("decoder", widths, hidden, output, random)
	return m, nil
}

// activationOf is the function that a field names, the first of names where it
// is empty.
func activationOf(field, name string, names ...string) (graph.Function, error) {
	if name == "" {
		name = names[0]
	}
	if !slices.Contains(names, name) {
		return 0, fmt.Errorf("models: autoencoder: %s %q, want one of %s", field, name, strings.Join(names, ", "))
	}
	return layerActivations[name], nil
}

// denseLayer is f(b + xW).
type denseLayer struct {
	weight, bias *graph.Tensor
	activation   graph.Function
}

// denseLayers go from one width to the next, by f and in the end by last.
func denseLayers(name string, widths []int, f, last graph.Function, random *graph.Random) []denseLayer {
	var layers []denseLayer
	for i, n := range widths[1:] {
		if i == len(widths)-2 {
			f = last
		}
		layers = append(layers, newDense(fmt.Sprintf("%s%d", name, i+1), widths[i], n, f, random))
	}
	return layers
}

func newDense(name string, n, m int, f graph.Function, random *graph.Random) denseLayer {
	d := denseLayer{graph.NewTensor(name+".weight", n, m), graph.NewTensor(name+".bias", m), f}
	deviation := math.Sqrt(2 / float64(n+m))
	if f == graph.ReLU {
		deviation = math.Sqrt(2 / float64(n))
	}
	w := d.weight.Data
	random.Stream("init " + d.weight.Name).Normal(w)
	for i := range w {
		w[i] *= float32(deviation)
	}
	return d
}

// affine is b + xW.
func (d denseLayer) affine(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Affine(x, g.Param(d.weight), g.Param(d.bias))
}

func (d denseLayer) apply(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Map(d.activation, d.affine(g, x))
}

// autoencoder is an Autoencoder with parameters.
type autoencoder struct {
	spec             Autoencoder
	encoder, decoder []denseLayer
}

var (
	_ Logistic = (*autoencoder)(nil)
	_ Weighted = (*autoencoder)(nil)
)

func (a *autoencoder) Spec() Spec               { return a.spec }
func (a *autoencoder) Tensors() []*graph.Tensor { return a.Parameters() }
func (a *autoencoder) InputShape() []int        { return a.spec.Shape }
func (a *autoencoder) CodeShape() []int         { return a.spec.Layers[len(a.spec.Layers)-1:] }
func (a *autoencoder) Parameters() []*graph.Tensor {
	var parameters []*graph.Tensor
	for _, d := range slices.Concat(a.encoder, a.decoder) {
		parameters = append(parameters, d.weight, d.bias)
	}
	return parameters
}

// Weights are those of all layers.
func (a *autoencoder) Weights() []*graph.Tensor {
	var weights []*graph.Tensor
	for _, d := range slices.Concat(a.encoder, a.decoder) {
		weights = append(weights, d.weight)
	}
	return weights
}

// Encode is the code of v: (B×input) to (B×code).
func (a *autoencoder) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	for _, d := range a.encoder {
		v = d.apply(g, v)
	}
	return v
}

// Decode is what the code h stands for: (B×code) to (B×pixels).
func (a *autoencoder) Decode(g *graph.Graph, h *graph.Node) *graph.Node {
	return g.Map(a.decoder[len(a.decoder)-1].activation, a.preOutput(g, h))
}

// Logits is y of the output σ(y).
func (a *autoencoder) Logits(g *graph.Graph, h *graph.Node) *graph.Node {
	if a.decoder[len(a.decoder)-1].activation != graph.Sigmoid {
		g.Fail(fmt.Errorf("models: autoencoder: output %q has no logits, want sigmoid", a.spec.Output))
		return nil
	}
	return a.preOutput(g, h)
}

func (a *autoencoder) preOutput(g *graph.Graph, h *graph.Node) *graph.Node {
	last := len(a.decoder) - 1
	for _, d := range a.decoder[:last] {
		h = d.apply(g, h)
	}
	return a.decoder[last].affine(g, h)
}
