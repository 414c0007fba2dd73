package models

import (
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// small has layers that cannot be mixed up: all widths differ.
func small(activation, code, output string) Autoencoder {
	return Autoencoder{Shape: []int{2, 3, 1}, Layers: []int{5, 4, 3}, Activation: activation, Code: code, Output: output}
}

func newAutoencoder(t *testing.T, spec Autoencoder) *paired {
	t.Helper()
	model, err := spec.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	return model.(*paired)
}

// The code and what is decoded, against loops in float64.
func TestAutoencoderIsItsLayers(t *testing.T) {
	relu := func(x float64) float64 { return max(0, x) }
	linear := func(x float64) float64 { return x }
	clipped := func(x float64) float64 { return min(1, max(0, x)) }
	tied := small("clipped-relu", "sigmoid", "clipped-relu")
	tied.Tied = true
	for _, c := range []struct {
		spec                 Autoencoder
		hidden, code, output func(float64) float64
	}{
		{tied, clipped, sigma, clipped},
		{small("", "", ""), relu, relu, sigma},
		{small("tanh", "linear", "linear"), math.Tanh, linear, linear},
		{small("sigmoid", "tanh", "sigmoid"), sigma, math.Tanh, sigma},
		{small("linear", "relu", "linear"), linear, relu, linear},
	} {
		m := newAutoencoder(t, c.spec)
		for i, p := range m.Parameters() {
			if strings.HasSuffix(p.Name, "bias") {
				copy(p.Data, graphtest.Random("bias", uint64(i), p.Size()).Data)
			}
		}
		v := graphtest.Positive("v", 4, 2, 2, 3, 1)
		g := graph.New(nil)
		h := m.Encode(g, g.Param(v))
		codes := graphtest.Value(t, g, h)
		decoded := graphtest.Value(t, g, m.Decode(g, h))
		for b := range 2 {
			x := make([]float64, 6)
			for i := range x {
				x[i] = float64(v.Data[6*b+i])
			}
			for i, d := range layersOf(m) {
				f := map[int]func(float64) float64{2: c.code, 5: c.output}[i]
				if f == nil {
					f = c.hidden
				}
				y := make([]float64, d.bias.Size())
				for j := range y {
					y[j] = float64(d.bias.Data[j])
					for k := range x {
						w := k*len(y) + j
						if d.tied {
							w = j*len(x) + k
						}
						y[j] += x[k] * float64(d.weight.Data[w])
					}
					y[j] = f(y[j])
				}
				x = y
				if i == 2 {
					nearFloat64(t, "code", codes[3*b:3*b+3], x)
				}
			}
			nearFloat64(t, "decoded", decoded[6*b:6*b+6], x)
		}
	}
}

// layersOf are the layers of the encoder and then those of the decoder.
func layersOf(m *paired) []denseLayer {
	var layers []denseLayer
	for _, e := range m.encoder {
		layers = append(layers, e.(denseLayer))
	}
	return append(layers, m.decoder...)
}

func nearFloat64(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i]) - want[i]); !(d < 1e-5) {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

func TestAutoencoderGradients(t *testing.T) {
	tied := small("tanh", "sigmoid", "")
	tied.Tied = true
	for _, spec := range []Autoencoder{small("tanh", "", ""), small("sigmoid", "linear", ""), small("tanh", "linear", "linear"), tied} {
		m := newAutoencoder(t, spec)
		v := graphtest.Positive("v", 4, 3, 6)
		graphtest.Gradient(t, 2e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node {
			x := g.Param(v)
			return g.SquaredError(x, m.Decode(g, m.Encode(g, x)))
		}, m.Parameters()...)
		if spec.Output == "" {
			graphtest.Gradient(t, 2e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node {
				x := g.Param(v)
				return g.CrossEntropy(x, m.Logits(g, m.Encode(g, x)))
			}, m.Parameters()...)
		}
	}
}

// The initial weights have the variance of their sources.
func TestAutoencoderStarts(t *testing.T) {
	spec := Autoencoder{Shape: []int{20, 20, 1}, Layers: []int{300, 200}, Code: "linear"}
	clipped, glorot := spec, spec
	clipped.Activation = "clipped-relu"
	glorot.Init = "xavier"
	xavier := []float64{2. / 700, 2. / 500, 2. / 500, 2. / 700}
	he := []float64{2. / 400, 2. / 500, 2. / 200, 2. / 700}
	for _, c := range []struct {
		spec      Autoencoder
		variances []float64
	}{{spec, he}, {clipped, he}, {glorot, xavier}} {
		for i, d := range layersOf(newAutoencoder(t, c.spec)) {
			sum := 0.0
			for _, w := range d.weight.Data {
				sum += float64(w) * float64(w)
			}
			if got := sum / float64(d.weight.Size()); math.Abs(got/c.variances[i]-1) > 0.03 {
				t.Errorf("%+v: %s: variance %g, want %g", c.spec, d.weight.Name, got, c.variances[i])
			}
			if slices.Max(d.bias.Data) != 0 || slices.Min(d.bias.Data) != 0 {
				t.Errorf("%s is not zero", d.bias.Name)
			}
		}
	}
	m := newAutoencoder(t, spec)
	if !slices.Equal(m.InputShape(), []int{20, 20, 1}) || !slices.Equal(m.CodeShape(), []int{200}) {
		t.Errorf("shapes %v to %v", m.InputShape(), m.CodeShape())
	}
	seen := map[string]bool{}
	for _, p := range m.Tensors() {
		if seen[p.Name] {
			t.Errorf("two tensors are named %s", p.Name)
		}
		seen[p.Name] = true
	}
}

func TestLinearOutputsHaveNoLogits(t *testing.T) {
	m := newAutoencoder(t, small("", "", "linear"))
	g := graph.New(nil)
	x := g.Input("v", 2, 6)
	if m.Logits(g, m.Encode(g, x)); g.Err() == nil || !strings.Contains(g.Err().Error(), "no logits") {
		t.Errorf("logits of a linear output: %v", g.Err())
	}
}

// Pairs put together are the whole, and each has its own tensors.
func TestPartsOfAnAutoencoder(t *testing.T) {
	tied := small("sigmoid", "", "")
	tied.Tied = true
	for _, spec := range []Autoencoder{small("tanh", "linear", ""), tied} {
		m := newAutoencoder(t, spec)
		g := graph.New(nil)
		v := g.Param(graphtest.Positive("v", 4, 3, 2, 3, 1))
		lower, upper := m.Part(1, 1), m.Part(2, 3)
		h := upper.Encode(g, lower.Encode(g, v))
		graphtest.Near(t, "code", 0, graphtest.Value(t, g, h), graphtest.Value(t, g, m.Encode(g, v)))
		graphtest.Near(t, "decoded", 0, graphtest.Value(t, g, lower.Decode(g, upper.Decode(g, h))), graphtest.Value(t, g, m.Decode(g, h)))
		if !slices.Equal(upper.InputShape(), []int{5}) || !slices.Equal(upper.CodeShape(), []int{3}) || !slices.Equal(lower.InputShape(), []int{2, 3, 1}) {
			t.Errorf("parts go from %v to %v and to %v", lower.InputShape(), upper.InputShape(), upper.CodeShape())
		}
		seen := map[*graph.Tensor]bool{}
		for _, p := range slices.Concat(lower.Parameters(), upper.Parameters()) {
			seen[p] = true
		}
		if len(seen) != len(m.Parameters()) || len(lower.Parameters())+len(upper.Parameters()) != len(seen) {
			t.Errorf("parts of %d and %d tensors, the whole has %d", len(lower.Parameters()), len(upper.Parameters()), len(m.Parameters()))
		}
		if weights := len(m.Weights()); spec.Tied && weights != 3 || !spec.Tied && weights != 6 {
			t.Errorf("%d weights", weights)
		}
	}
}
