package models

import (
	"fmt"
	"math"
	"slices"

	"boltzoo/graph"
)

// Variational is a variational autoencoder: an autoencoder whose encoder and
// decoder give distributions (Kingma and Welling 2014; Rezende, Mohamed and
// Wierstra 2014), the modern form of P4's stochastic autoencoder. Codes z have
// a standard normal prior, and
//
//	q(z|v) = N(μ(v), diag exp ℓ(v)),   p(v|z) with mean g(z).
//
// Dense layers go from v to h, from which μ and ℓ are each a linear layer, and
// layers of the same widths in reverse order go from z to g(z).
type Variational struct {
	Shape      []int  `json:"shape"`                // of one example: height, width, channels
	Layers     []int  `json:"layers"`               // units of the encoder's hidden layers
	Code       int    `json:"code"`                 // elements of z
	Activation string `json:"activation,omitempty"` // of hidden layers: relu (also if empty), clipped-relu (at 1), sigmoid or tanh

	// Output is p(v|z) of each value: "bernoulli" (also if empty), for values
	// from 0 to 1, or "gaussian", with one variance, which is learnt.
	Output string `json:"output,omitempty"`
}

// New makes the network. Biases begin at zero, and the variance of a Gaussian
// output at 1. Weights are drawn as those of an Autoencoder with Init empty.
func (s Variational) New(random *graph.Random) (Model, error) {
	fail := func(format string, args ...any) (Model, error) {
		return nil, fmt.Errorf("models: variational: "+format, args...)
	}
	switch {
	case len(s.Shape) == 0 || slices.Min(s.Shape) < 1:
		return fail("shape of one example is %v, want positive sizes", s.Shape)
	case len(s.Layers) == 0 || slices.Min(s.Layers) < 1:
		return fail("layers of %v units, want one or more, of at least 1 unit", s.Layers)
	case s.Code < 1:
		return fail("code of %d elements, want at least 1", s.Code)
	case s.Output != "" && s.Output != "bernoulli" && s.Output != "gaussian":
		return fail("output %q, want bernoulli or gaussian", s.Output)
	}
	f, err := activationOf("variational", "activation", s.Activation, "relu", "clipped-relu", "sigmoid", "tanh")
	if err != nil {
		return nil, err
	}
	m := &VariationalNet{spec: s}
	in := s.Shape
	for i, n := range s.Layers {
		m.encoder = append(m.encoder, newDense(fmt.Sprintf("encoder%d", i+1), in, n, f, random))
		in = []int{n}
	}
	m.mean = newDense("mean", in, s.Code, graph.Identity, random)
	m.logVariance = newDense("logvariance", in, s.Code, graph.Identity, random)
	in = []int{s.Code}
	for i := range s.Layers {
		n := s.Layers[len(s.Layers)-1-i]
		m.decoder = append(m.decoder, newDense(fmt.Sprintf("decoder%d", i+1), in, n, f, random))
		in = []int{n}
	}
	m.output = newDense("output", in, graph.Size(s.Shape), graph.Identity, random)
	if s.Output == "gaussian" {
		m.noise = graph.NewTensor("output.logvariance", 1)
	}
	return m, nil
}

// VariationalNet is a Variational with parameters.
type VariationalNet struct {
	spec              Variational
	encoder, decoder  []denseLayer // hidden ones
	mean, logVariance denseLayer
	output            denseLayer
	noise             *graph.Tensor // log variance of a Gaussian output, else nil
}

var (
	_ Stochastic = (*VariationalNet)(nil)
	_ Logistic   = (*VariationalNet)(nil)
	_ Weighted   = (*VariationalNet)(nil)
)

// Spec is what the network was made from.
func (m *VariationalNet) Spec() Spec { return m.spec }

// Tensors are its parameters.
func (m *VariationalNet) Tensors() []*graph.Tensor { return m.Parameters() }

// InputShape is the shape of one example.
func (m *VariationalNet) InputShape() []int { return m.spec.Shape }

// CodeShape is that of one z.
func (m *VariationalNet) CodeShape() []int { return []int{m.spec.Code} }

func (m *VariationalNet) layers() []denseLayer {
	return slices.Concat(m.encoder, []denseLayer{m.mean, m.logVariance}, m.decoder, []denseLayer{m.output})
}

// Parameters are the weights and biases of all layers, and the log variance of
// a Gaussian output.
func (m *VariationalNet) Parameters() []*graph.Tensor {
	var parameters []*graph.Tensor
	for _, d := range m.layers() {
		parameters = append(parameters, d.weight, d.bias)
	}
	if m.noise != nil {
		parameters = append(parameters, m.noise)
	}
	return parameters
}

// Weights are those of all layers.
func (m *VariationalNet) Weights() []*graph.Tensor {
	var weights []*graph.Tensor
	for _, d := range m.layers() {
		weights = append(weights, d.weight)
	}
	return weights
}

// Posterior is μ(v) and ℓ(v), the means and the logarithms of the variances of
// q(z|v): (B×input) to (B×code) each.
func (m *VariationalNet) Posterior(g *graph.Graph, v *graph.Node) (mean, logVariance *graph.Node) {
	for _, d := range m.encoder {
		v = d.Encode(g, v)
	}
	return m.mean.Encode(g, v), m.logVariance.Encode(g, v)
}

// Encode is μ(v), the most probable code: (B×input) to (B×code).
func (m *VariationalNet) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	mean, _ := m.Posterior(g, v)
	return mean
}

// preOutput is y, of which the mean of p(v|z) is σ(y) or y itself.
func (m *VariationalNet) preOutput(g *graph.Graph, z *graph.Node) *graph.Node {
	for _, d := range m.decoder {
		z = d.Encode(g, z)
	}
	return m.output.Encode(g, z)
}

// Decode is the mean of p(v|z): (B×code) to (B×values of an example).
func (m *VariationalNet) Decode(g *graph.Graph, z *graph.Node) *graph.Node {
	if m.noise != nil {
		return m.preOutput(g, z)
	}
	return g.Map(graph.Sigmoid, m.preOutput(g, z))
}

// Logits is y of the mean σ(y).
func (m *VariationalNet) Logits(g *graph.Graph, z *graph.Node) *graph.Node {
	if m.noise != nil {
		g.Fail(fmt.Errorf("models: variational: a gaussian output has no logits, want bernoulli"))
		return nil
	}
	return m.preOutput(g, z)
}

// LogLikelihood is log p(v|z) of each example, in nats: (B×input) and (B×code)
// to (B). That of a Bernoulli output is the expected one where values are
// between 0 and 1.
func (m *VariationalNet) LogLikelihood(g *graph.Graph, v, z *graph.Node) *graph.Node {
	v, y := g.Flatten(v), m.preOutput(g, z)
	if g.Err() != nil {
		return nil
	}
	if m.noise == nil {
		return g.Sub(g.RowSum(g.Mul(v, y)), g.SumMap(graph.Softplus, y))
	}
	// −½ Σ ((v−y)²/s + log s + log 2π), s = exp of the log variance.
	n, d := v.Shape()[0], v.Shape()[1]
	logVariance := g.Reshape(g.AddRow(g.Full(0, n, 1), g.Param(m.noise)), n)
	half := g.SumMap(graph.HalfSquare, g.Sub(v, y))
	misfit := g.Mul(half, g.Map(graph.Exp, g.Scale(-1, logVariance)))
	return g.Shift(-1, g.Combine(1, misfit, float64(d)/2, logVariance), -float64(d)/2*math.Log(2*math.Pi))
}

// Draw is n examples: the means of p(v|z) for z from the prior, with its
// deviation times spread. Below 1 codes keep closer to 0 than data do, where
// decoding is surer: (n×values of an example).
func (m *VariationalNet) Draw(g *graph.Graph, n int, spread float64) *graph.Node {
	return m.Decode(g, g.Gaussian(g.Full(0, n, m.spec.Code), g.Full(spread, n, m.spec.Code), "prior"))
}
