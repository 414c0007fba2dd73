package models

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// convSpecs are of all kinds: sides that a stride does not divide, skips with a
// dense code and without, every output.
var convSpecs = []ConvAutoencoder{
	{Shape: []int{6, 8, 2}, Filters: []int{3, 4}, Kernel: 4, Stride: 2, Pad: 1},
	{Shape: []int{7, 5, 1}, Filters: []int{2, 3}, Kernel: 3, Stride: 2, Pad: 1, Units: 4, Activation: "tanh", Code: "linear", Output: OutputLinear},
	{Shape: []int{6, 6, 2}, Filters: []int{3, 2}, Kernel: 4, Stride: 2, Pad: 1, Activation: "sigmoid", Skip: true},
	{Shape: []int{5, 7, 1}, Filters: []int{2, 3, 2}, Kernel: 3, Stride: 2, Pad: 1, Units: 3, Activation: "tanh", Skip: true, Output: OutputCorrection},
	{Shape: []int{6, 4, 3}, Filters: []int{4}, Kernel: 3, Stride: 1, Pad: 1, Activation: "sigmoid", Code: "tanh", Output: OutputColour},
}

// newConv is a network whose parameters are all drawn, biases and those that
// begin at zero too.
func newConv(t *testing.T, spec ConvAutoencoder) *convAutoencoder {
	t.Helper()
	model, err := spec.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range model.Parameters() {
		copy(p.Data, graphtest.Random("p", uint64(i), p.Size()).Data)
		for j := range p.Data {
			p.Data[j] *= 0.4
		}
	}
	return model.(*convAutoencoder)
}

// maps are feature maps of one example in float64.
type maps struct {
	height, width, channels int
	at                      []float64
}

func newMaps(shape []int) maps {
	return maps{shape[0], shape[1], shape[2], make([]float64, graph.Size(shape))}
}

func (m maps) cell(i, j, c int) *float64 { return &m.at[(i*m.width+j)*m.channels+c] }

func (m maps) apply(f func(float64) float64) {
	for i, x := range m.at {
		m.at[i] = f(x)
	}
}

// beside has the channels of m, then those of other.
func (m maps) beside(other maps) maps {
	out := newMaps([]int{m.height, m.width, m.channels + other.channels})
	for i := range m.height {
		for j := range m.width {
			for c := range m.channels {
				*out.cell(i, j, c) = *m.cell(i, j, c)
			}
			for c := range other.channels {
				*out.cell(i, j, m.channels+c) = *other.cell(i, j, c)
			}
		}
	}
	return out
}

// connect adds up, by the definition of a convolution, what every connection
// carries: to the higher maps, or to the lower ones.
func (l convLayer) connect(x maps, up bool) maps {
	lower, higher := x, x
	out := newMaps(l.lower)
	lower = out
	if up {
		out = newMaps(l.higher)
		lower, higher = x, out
	}
	side := l.weight.Shape[0]
	for i := range higher.height {
		for j := range higher.width {
			for di := range side {
				for dj := range side {
					at, beside := i*l.stride-l.pad+di, j*l.stride-l.pad+dj
					if at < 0 || at >= lower.height || beside < 0 || beside >= lower.width {
						continue
					}
					for c := range lower.channels {
						for f := range higher.channels {
							w := float64(l.weight.Data[((di*side+dj)*lower.channels+c)*higher.channels+f])
							if up {
								*higher.cell(i, j, f) += w * *lower.cell(at, beside, c)
							} else {
								*lower.cell(at, beside, c) += w * *higher.cell(i, j, f)
							}
						}
					}
				}
			}
		}
	}
	for k := range out.at {
		out.at[k] += float64(l.bias.Data[k%out.channels])
	}
	return out
}

// reference is the code and the output for one example, by loops in float64.
func (m *convAutoencoder) reference(v []float32) (code, decoded []float64) {
	functions := map[string]func(float64) float64{
		"": func(x float64) float64 { return max(0, x) }, "sigmoid": sigma, "tanh": math.Tanh, "linear": func(x float64) float64 { return x },
	}
	c := m.spec
	f, top := functions[c.Activation], functions[c.Code]
	if c.Code == "" {
		top = f
	}
	picture := newMaps(c.Shape)
	for i, x := range v {
		picture.at[i] = float64(x)
	}
	x := picture
	var passed []maps
	for i, l := range m.encoder {
		x = l.connect(x, true)
		if i == len(m.encoder)-1 && c.Units == 0 {
			x.apply(top)
		} else {
			x.apply(f)
		}
		passed = append(passed, x)
	}
	code = x.at
	y := x
	if c.Units > 0 {
		multiply := func(x []float64, d denseLayer) []float64 {
			out := make([]float64, d.bias.Size())
			for j := range out {
				out[j] = float64(d.bias.Data[j])
				for i := range x {
					out[j] += x[i] * float64(d.weight.Data[i*len(out)+j])
				}
			}
			return out
		}
		h := maps{at: multiply(x.at, m.dense[0])}
		h.apply(top)
		code = h.at
		y = maps{x.height, x.width, x.channels, multiply(h.at, m.dense[1])}
		y.apply(f)
	}
	code = append([]float64(nil), code...)
	for i := len(m.decoder) - 1; i >= 0; i-- {
		if c.Skip && (i < len(passed)-1 || c.Units > 0) {
			y = y.beside(passed[i])
			code = append(code, passed[i].at...)
		}
		y = m.decoder[i].connect(y, false)
		if i > 0 {
			y.apply(f)
		}
	}
	switch c.Output {
	case "":
		y.apply(sigma)
	case OutputCorrection, OutputColour:
		code = append(code, picture.at...)
		for k := range y.at {
			luminance := 0.0
			if c.Output == OutputColour {
				luminance = 0.299*y.at[k/3*3] + 0.587*y.at[k/3*3+1] + 0.114*y.at[k/3*3+2]
			}
			picture.at[k] += y.at[k] - luminance
		}
		y = picture
	}
	return code, y.at
}

func TestConvAutoencoderIsItsLayers(t *testing.T) {
	for _, spec := range convSpecs {
		m := newConv(t, spec)
		size := graph.Size(spec.Shape)
		v := graphtest.Positive("v", 4, append([]int{2}, spec.Shape...)...)
		g := graph.New(nil)
		h := m.Encode(g, g.Param(v))
		codes, decoded := graphtest.Value(t, g, h), graphtest.Value(t, g, m.Decode(g, h))
		n := graph.Size(m.CodeShape())
		for b := range 2 {
			code, want := m.reference(v.Data[b*size : (b+1)*size])
			if len(code) != n {
				t.Fatalf("%+v: the code has %d values, the reference %d", spec, n, len(code))
			}
			nearFloat64(t, "code", codes[b*n:(b+1)*n], code)
			nearFloat64(t, "decoded", decoded[b*size:(b+1)*size], want)
		}
		// A code that comes from elsewhere is decoded alike.
		g = graph.New(nil)
		again := graphtest.Value(t, g, m.Decode(g, g.Param(&graph.Tensor{Name: "h", Shape: append([]int{2}, m.CodeShape()...), Data: codes})))
		for i := range again {
			if math.Abs(float64(again[i]-decoded[i])) > 1e-6 {
				t.Fatalf("%+v: a code by itself is decoded to %v, want %v", spec, again, decoded)
			}
		}
	}
}

func TestConvAutoencoderGradients(t *testing.T) {
	for _, spec := range convSpecs {
		if spec.Activation == "" {
			spec.Activation = "tanh" // the differences step over the corners of a ReLU
		}
		m := newConv(t, spec)
		v := graphtest.Positive("v", 4, append([]int{2}, spec.Shape...)...)
		graphtest.Gradient(t, 2e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node {
			x := g.Param(v)
			return g.SquaredError(x, m.Decode(g, m.Encode(g, g.Map(graph.Tanh, x))))
		}, m.Parameters()...)
		if spec.output() == OutputSigmoid {
			graphtest.Gradient(t, 2e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node {
				x := g.Param(v)
				return g.CrossEntropy(g.Flatten(x), g.Flatten(m.Logits(g, m.Encode(g, x))))
			}, m.Parameters()...)
		}
	}
}

// A network that corrects begins as the identity, and one that colours keeps the
// luminance whatever its weights.
func TestCorrections(t *testing.T) {
	for _, output := range []Output{OutputCorrection, OutputColour} {
		spec := ConvAutoencoder{Shape: []int{8, 8, 3}, Filters: []int{4, 4}, Kernel: 4, Stride: 2, Pad: 1, Skip: true, Output: output}
		model, err := spec.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		v := graphtest.Positive("v", 5, 3, 8, 8, 3)
		restore := func(m Model) []float32 {
			g := graph.New(nil)
			c := m.(Coder)
			return graphtest.Value(t, g, c.Decode(g, c.Encode(g, g.Param(v))))
		}
		if got := restore(model); !reflect.DeepEqual(got, v.Data) {
			t.Errorf("%s: a new network makes %v of %v", output, got[:6], v.Data[:6])
		}
		if output == OutputColour {
			got := restore(newConv(t, spec))
			for i := 0; i < len(got); i += 3 {
				luminance := func(p []float32) float64 {
					return 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
				}
				if a, b := luminance(got[i:]), luminance(v.Data[i:]); math.Abs(a-b) > 1e-5 {
					t.Fatalf("pixel %d has luminance %g, want %g", i/3, a, b)
				}
			}
		}
	}
}

// The initial weights have the variances that keep the size of what passes
// them, and biases are zero.
func TestConvAutoencoderStarts(t *testing.T) {
	spec := ConvAutoencoder{Shape: []int{32, 32, 3}, Filters: []int{64, 64}, Kernel: 4, Stride: 2, Pad: 1}
	model, err := spec.New(graph.NewRandom(2))
	if err != nil {
		t.Fatal(err)
	}
	m := model.(*convAutoencoder)
	variances := map[string]float64{
		"encoder1.weight": 2. / (16 * 3), "encoder2.weight": 2. / (16 * 64),
		"decoder2.weight": 2. / (4 * 64), "decoder1.weight": 2. / (4*64 + 16*3),
	}
	for _, w := range m.Weights() {
		sum := 0.0
		for _, x := range w.Data {
			sum += float64(x) * float64(x)
		}
		if got, want := sum/float64(w.Size()), variances[w.Name]; math.Abs(got/want-1) > 0.1 {
			t.Errorf("%s: variance %g, want %g", w.Name, got, want)
		}
	}
	seen := map[string]bool{}
	for _, p := range m.Tensors() {
		if seen[p.Name] {
			t.Errorf("two tensors are named %s", p.Name)
		}
		seen[p.Name] = true
		if strings.HasSuffix(p.Name, "bias") && (slices.Max(p.Data) != 0 || slices.Min(p.Data) != 0) {
			t.Errorf("%s begins as %v", p.Name, p.Data)
		}
	}
}

func TestConvAutoencoderReadsBack(t *testing.T) {
	for _, spec := range convSpecs {
		text, err := Types.Encode(spec)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Types.Decode(text)
		if err != nil || !reflect.DeepEqual(again, Spec(spec)) {
			t.Errorf("%s reads back as %+v, %v", text, again, err)
		}
	}
	if _, err := Types.Decode(json.RawMessage(`{"type":"conv-autoencoder","filter":[3]}`)); err == nil || !strings.Contains(err.Error(), "filter") {
		t.Errorf("an unknown field: %v", err)
	}
}

func TestConvAutoencoderErrors(t *testing.T) {
	good := ConvAutoencoder{Shape: []int{8, 8, 1}, Filters: []int{4, 4}, Kernel: 4, Stride: 2, Pad: 1}
	for want, change := range map[string]func(c *ConvAutoencoder){
		"shape of one example is [8 8]":         func(c *ConvAutoencoder) { c.Shape = []int{8, 8} },
		"filters [4 0]":                         func(c *ConvAutoencoder) { c.Filters = []int{4, 0} },
		"filters []":                            func(c *ConvAutoencoder) { c.Filters = nil },
		"filters of side 0":                     func(c *ConvAutoencoder) { c.Kernel = 0 },
		"stride 0":                              func(c *ConvAutoencoder) { c.Stride = 0 },
		"pad -1":                                func(c *ConvAutoencoder) { c.Pad = -1 },
		"units -2":                              func(c *ConvAutoencoder) { c.Units = -2 },
		"activation \"soft\", want one of relu": func(c *ConvAutoencoder) { c.Activation = "soft" },
		"code \"soft\"":                         func(c *ConvAutoencoder) { c.Code = "soft" },
		"output \"tanh\", want one of sigmoid":  func(c *ConvAutoencoder) { c.Output = "tanh" },
		"colour of 1 channels":                  func(c *ConvAutoencoder) { c.Output = OutputColour },
		"layer 4: filters of side 4, pad 0":     func(c *ConvAutoencoder) { c.Filters, c.Pad, c.Shape = []int{1, 1, 1, 1}, 0, []int{30, 30, 1} },
		"models: conv-autoencoder: layer 2: filters of si": func(c *ConvAutoencoder) { c.Kernel, c.Pad = 7, 0 },
	} {
		bad := good
		change(&bad)
		if _, err := bad.New(graph.NewRandom(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	linear := good
	linear.Output = OutputLinear
	m := newConv(t, linear)
	g := graph.New(nil)
	if m.Logits(g, m.Encode(g, g.Input("v", 2, 8, 8, 1))); g.Err() == nil || !strings.Contains(g.Err().Error(), "no logits") {
		t.Errorf("logits of a linear output: %v", g.Err())
	}
	g = graph.New(nil)
	if m.Decode(g, m.Encode(g, g.Input("v", 2, 8, 7, 1))); g.Err() == nil {
		t.Error("pictures of another size were encoded")
	}
}
