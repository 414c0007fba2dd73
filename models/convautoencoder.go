package models

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"boltzoo/graph"
)

// ConvAutoencoder is an autoencoder of convolutions, for pictures. Each layer of
// the encoder is a convolution with a stride, h_ℓ = f(b_ℓ + conv(h_ℓ₋₁, W_ℓ)), above
// them there may be a dense code, and each layer of the decoder is a transposed
// convolution back to the size of the layer below, with weights of its own (Masci,
// Meier, Cireşan and Schmidhuber 2011, with strides in place of their max-pooling).
//
// To restore a picture, or to colour it, is to keep most of it, which a narrow
// code cannot. So with Skip the decoder also sees the maps of the encoder of each
// size (Ronneberger, Fischer and Brox 2015), and with an Output that corrects it
// sees the picture, and only what is to be added has to be made. The code is all
// that the decoder sees, one after the other: the top maps or the dense code, the
// maps of the encoder from the top down, the picture.
type ConvAutoencoder struct {
	Shape      []int  `json:"shape"`                // of one example: height, width, channels
	Filters    []int  `json:"filters"`              // maps of the encoder's layers, from the picture up
	Kernel     int    `json:"kernel"`               // side of a filter
	Stride     int    `json:"stride"`               // from one place of a filter to the next
	Pad        int    `json:"pad"`                  // zeros around a picture
	Units      int    `json:"units,omitempty"`      // of a dense code; 0: the top maps are the code
	Activation string `json:"activation,omitempty"` // f of hidden layers: relu (also if empty), sigmoid, tanh or linear
	Code       string `json:"code,omitempty"`       // that of the top maps, or of the dense code; empty: as of the others
	Output     Output `json:"output,omitempty"`     // what is decoded: sigmoid (also if empty), linear, correction or colour
	Skip       bool   `json:"skip,omitempty"`       // the decoder sees the encoder's maps of each size
}

// Output says what becomes of a decoder's last pre-activations y.
type Output string

// The outputs of a ConvAutoencoder. Corrections begin at zero: the network begins
// as the identity.
const (
	OutputSigmoid    Output = "sigmoid"
	OutputLinear     Output = "linear"
	OutputCorrection Output = "correction" // v + y
	OutputColour     Output = "colour"     // v + y − luminance(y) in each channel: the luminance of v is kept exactly
)

// New makes the network. Biases begin at zero. Weights are normal, into a ReLU
// with variance 2/n (He et al. 2015, equation 10), others with variance 2/(n+m)
// (Glorot and Bengio 2010, equation 12), for sums of n inputs, each a part of m of
// them. Of a transposed convolution n is what a place within the borders sums over
// on average. Weights of corrections begin at zero.
func (c ConvAutoencoder) New(random *graph.Random) (Model, error) {
	m := &convAutoencoder{spec: c}
	if err := m.build(random); err != nil {
		return nil, fmt.Errorf("models: conv-autoencoder: %w", err)
	}
	return m, nil
}

// convLayer connects maps of a lower layer, nearer to the picture, with those of
// a higher one, up by a convolution or down by a transposed one.
type convLayer struct {
	weight      *graph.Tensor // (side×side×lower×higher)
	bias        *graph.Tensor // one for each map that it makes
	activation  graph.Function
	lower       []int // height, width, maps
	higher      []int
	stride, pad int
}

// up is f(b + conv(x, W)).
func (l convLayer) up(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Map(l.activation, g.Conv(x, g.Param(l.weight), g.Param(l.bias), l.stride, l.pad))
}

// down is a + convᵀ(y, W).
func (l convLayer) down(g *graph.Graph, y *graph.Node) *graph.Node {
	return g.ConvT(y, g.Param(l.weight), g.Param(l.bias), l.lower[0], l.lower[1], l.stride, l.pad)
}

// convAutoencoder is a ConvAutoencoder with parameters.
type convAutoencoder struct {
	spec             ConvAutoencoder
	encoder, decoder []convLayer  // both from the picture up
	dense            []denseLayer // to the dense code and from it; none without
	code             []int        // the shape of a code
}

func (m *convAutoencoder) build(random *graph.Random) error {
	c := m.spec
	switch {
	case len(c.Shape) != 3 || slices.Min(c.Shape) < 1:
		return fmt.Errorf("shape of one example is %v, want height, width and channels", c.Shape)
	case len(c.Filters) == 0 || slices.Min(c.Filters) < 1:
		return fmt.Errorf("filters %v, want those of one layer or more, at least 1 each", c.Filters)
	case c.Kernel < 1 || c.Stride < 1 || c.Pad < 0:
		return fmt.Errorf("filters of side %d, stride %d, pad %d: want at least 1, 1 and 0", c.Kernel, c.Stride, c.Pad)
	case c.Units < 0:
		return fmt.Errorf("units %d, want at least 1, or 0 for no dense code", c.Units)
	case c.output() == OutputColour && c.Shape[2] != 3:
		return fmt.Errorf("output %s of %d channels, want red, green and blue", OutputColour, c.Shape[2])
	}
	switch c.output() {
	case OutputSigmoid, OutputLinear, OutputCorrection, OutputColour:
	default:
		return fmt.Errorf("output %q, want one of %s, %s, %s, %s", c.Output, OutputSigmoid, OutputLinear, OutputCorrection, OutputColour)
	}
	hidden, err := c.activation("activation", c.Activation, graph.ReLU)
	if err != nil {
		return err
	}
	code, err := c.activation("code", c.Code, hidden)
	if err != nil {
		return err
	}

	at := c.Shape
	for i, filters := range c.Filters {
		if at[0]+2*c.Pad < c.Kernel || at[1]+2*c.Pad < c.Kernel {
			return fmt.Errorf("layer %d: filters of side %d, pad %d cannot be laid over %d×%d", i+1, c.Kernel, c.Pad, at[0], at[1])
		}
		higher := []int{(at[0]+2*c.Pad-c.Kernel)/c.Stride + 1, (at[1]+2*c.Pad-c.Kernel)/c.Stride + 1, filters}
		f := hidden
		if i == len(c.Filters)-1 && c.Units == 0 {
			f = code
		}
		m.encoder = append(m.encoder, c.layer(fmt.Sprintf("encoder%d", i+1), true, at, higher, filters, f, random))
		// What the decoder makes of this size it has with the encoder's maps beside it.
		beside := slices.Clone(higher)
		if c.Skip && (i < len(c.Filters)-1 || c.Units > 0) {
			beside[2] *= 2
		}
		f = hidden
		if i == 0 {
			f = graph.Identity
		}
		m.decoder = append(m.decoder, c.layer(fmt.Sprintf("decoder%d", i+1), false, at, beside, at[2], f, random))
		at = higher
	}
	if c.Corrects() {
		clear(m.decoder[0].weight.Data)
	}
	m.code = at
	top := graph.Size(at)
	if c.Units > 0 {
		m.dense = []denseLayer{newDense("code", []int{top}, c.Units, code, random), newDense("top", []int{c.Units}, top, hidden, random)}
		m.code = []int{c.Units}
	}
	if beside := m.beside(); len(beside) > 0 {
		total := graph.Size(m.code)
		for _, shape := range beside {
			total += graph.Size(shape)
		}
		m.code = []int{total}
	}
	return nil
}

func (c ConvAutoencoder) output() Output {
	if c.Output == "" {
		return OutputSigmoid
	}
	return c.Output
}

// Corrects tells whether the output is the picture with something added: of
// pictures that lack nothing such a network has nothing to learn.
func (c ConvAutoencoder) Corrects() bool {
	return c.Output == OutputCorrection || c.Output == OutputColour
}

// activation is the function that a field names.
func (ConvAutoencoder) activation(field, name string, empty graph.Function) (graph.Function, error) {
	if name == "" {
		return empty, nil
	}
	names := []string{"relu", "sigmoid", "tanh", "linear"}
	if !slices.Contains(names, name) {
		return 0, fmt.Errorf("%s %q, want one of %s", field, name, strings.Join(names, ", "))
	}
	return layerActivations[name], nil
}

// layer is the layer between two sizes, up or down, that makes so many maps, its
// weights drawn.
func (c ConvAutoencoder) layer(name string, up bool, lower, higher []int, makes int, f graph.Function, random *graph.Random) convLayer {
	l := convLayer{
		weight: graph.NewTensor(name+".weight", c.Kernel, c.Kernel, lower[2], higher[2]),
		bias:   graph.NewTensor(name+".bias", makes), activation: f,
		lower: lower, higher: higher, stride: c.Stride, pad: c.Pad,
	}
	// A place of the higher maps is connected with side² places of the lower ones,
	// one of the lower with (side/stride)² of the higher.
	side := float64(c.Kernel * c.Kernel)
	n, m := side*float64(lower[2]), side/float64(c.Stride*c.Stride)*float64(higher[2])
	if !up {
		n, m = m, n
	}
	deviation := math.Sqrt(2 / (n + m))
	if f == graph.ReLU {
		deviation = math.Sqrt(2 / n)
	}
	drawWeights(l.weight, deviation, random)
	return l
}

var (
	_ Logistic = (*convAutoencoder)(nil)
	_ Weighted = (*convAutoencoder)(nil)
)

func (m *convAutoencoder) Spec() Spec               { return m.spec }
func (m *convAutoencoder) Tensors() []*graph.Tensor { return m.Parameters() }
func (m *convAutoencoder) InputShape() []int        { return m.spec.Shape }
func (m *convAutoencoder) CodeShape() []int         { return m.code }

func (m *convAutoencoder) Parameters() []*graph.Tensor {
	var parameters []*graph.Tensor
	for _, l := range slices.Concat(m.encoder, m.decoder) {
		parameters = append(parameters, l.weight, l.bias)
	}
	for _, d := range m.dense {
		parameters = append(parameters, d.weight, d.bias)
	}
	return parameters
}

// Weights are those of all layers. The last axis of the decoder's convolutions
// is, as that of the encoder's, the map of the higher layer: a norm that is kept
// in bounds is there that of the weights out of a map.
func (m *convAutoencoder) Weights() []*graph.Tensor {
	var weights []*graph.Tensor
	for _, l := range slices.Concat(m.encoder, m.decoder) {
		weights = append(weights, l.weight)
	}
	for _, d := range m.dense {
		weights = append(weights, d.weight)
	}
	return weights
}

// beside are the shapes of what the code has behind the top maps or the dense
// code: maps from the top down, then the picture.
func (m *convAutoencoder) beside() [][]int {
	var shapes [][]int
	for i, l := range slices.Backward(m.encoder) {
		if m.skips(i) {
			shapes = append(shapes, l.higher)
		}
	}
	if m.spec.Corrects() {
		shapes = append(shapes, m.spec.Shape)
	}
	return shapes
}

// skips tells whether the decoder sees the maps that the i-th layer of the
// encoder makes, beside what it has made of this size itself.
func (m *convAutoencoder) skips(i int) bool {
	return m.spec.Skip && (i < len(m.encoder)-1 || len(m.dense) > 0)
}

// Encode is the code of v: (B×input) to (B×code).
func (m *convAutoencoder) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	if g.Err() != nil {
		return nil
	}
	batch := v.Shape()[0]
	v = g.Reshape(v, append([]int{batch}, m.spec.Shape...)...)
	x, maps := v, make([]*graph.Node, len(m.encoder))
	for i, l := range m.encoder {
		x = l.up(g, x)
		maps[i] = x
	}
	if len(m.dense) > 0 {
		x = m.dense[0].Encode(g, x)
	}
	if len(m.beside()) == 0 {
		return x
	}
	parts := []*graph.Node{g.Flatten(x)}
	for i := range slices.Backward(maps) {
		if m.skips(i) {
			parts = append(parts, g.Flatten(maps[i]))
		}
	}
	if m.spec.Corrects() {
		parts = append(parts, g.Flatten(v))
	}
	return g.Concat(parts...)
}

// Decode is what the code h stands for: (B×code) to (B×height×width×channels).
func (m *convAutoencoder) Decode(g *graph.Graph, h *graph.Node) *graph.Node {
	y, v := m.preOutput(g, h)
	if g.Err() != nil {
		return nil
	}
	switch m.spec.output() {
	case OutputLinear:
		return y
	case OutputCorrection:
		return g.Add(v, y)
	case OutputColour:
		luminance := g.Luminance(y)
		return g.Sub(g.Add(v, y), g.Concat(luminance, luminance, luminance))
	}
	return g.Map(graph.Sigmoid, y)
}

// Logits is y of the output σ(y).
func (m *convAutoencoder) Logits(g *graph.Graph, h *graph.Node) *graph.Node {
	if m.spec.output() != OutputSigmoid {
		g.Fail(fmt.Errorf("models: conv-autoencoder: output %q has no logits, want sigmoid", m.spec.Output))
		return nil
	}
	y, _ := m.preOutput(g, h)
	return y
}

// preOutput is the last pre-activations y, and the picture that they correct,
// nil where they correct none.
func (m *convAutoencoder) preOutput(g *graph.Graph, h *graph.Node) (y, v *graph.Node) {
	if g.Err() != nil {
		return nil, nil
	}
	batch, from := h.Shape()[0], 0
	h = g.Reshape(h, batch, graph.Size(m.code))
	take := func(shape []int) *graph.Node { // the next part of h
		part := g.Slice(h, from, from+graph.Size(shape))
		from += graph.Size(shape)
		return g.Reshape(part, append([]int{batch}, shape...)...)
	}
	beside := m.beside()
	top := m.encoder[len(m.encoder)-1].higher
	if len(m.dense) > 0 {
		y = g.Reshape(m.dense[1].Encode(g, take([]int{m.spec.Units})), append([]int{batch}, top...)...)
	} else {
		y = take(top)
	}
	for i, l := range slices.Backward(m.decoder) {
		if m.skips(i) {
			y = g.Concat(y, take(beside[0]))
			beside = beside[1:]
		}
		y = g.Map(l.activation, l.down(g, y))
	}
	if m.spec.Corrects() {
		v = take(beside[0])
	}
	return y, v
}
