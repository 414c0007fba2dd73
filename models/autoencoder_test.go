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

func newAutoencoder(t *testing.T, spec Autoencoder) *autoencoder {
	t.Helper()
	model, err := spec.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	return model.(*autoencoder)
}

// The code and what is decoded, against loops in float64.
func TestAutoencoderIsItsLayers(t *testing.T) {
	relu := func(x float64) float64 { return max(0, x) }
	linear := func(x float64) float64 { return x }
	for _, c := range []struct {
		spec                 Autoencoder
		hidden, code, output func(float64) float64
	}{
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
			for i, d := range slices.Concat(m.encoder, m.decoder) {
				f := map[int]func(float64) float64{2: c.code, 5: c.output}[i]
				if f == nil {
					f = c.hidden
				}
				y := make([]float64, d.bias.Size())
				for j := range y {
					y[j] = float64(d.bias.Data[j])
					for k := range x {
						y[j] += x[k] * float64(d.weight.Data[k*len(y)+j])
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
	for _, spec := range []Autoencoder{small("tanh", "", ""), small("sigmoid", "linear", ""), small("tanh", "linear", "linear")} {
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
	m := newAutoencoder(t, Autoencoder{Shape: []int{20, 20, 1}, Layers: []int{300, 200}, Code: "linear"})
	for i, variance := range []float64{2. / 400, 2. / 500, 2. / 200, 2. / 700} {
		d := slices.Concat(m.encoder, m.decoder)[i]
		sum := 0.0
		for _, w := range d.weight.Data {
			sum += float64(w) * float64(w)
		}
		if got := sum / float64(d.weight.Size()); math.Abs(got/variance-1) > 0.03 {
			t.Errorf("%s: variance %g, want %g", d.weight.Name, got, variance)
		}
		if slices.Max(d.bias.Data) != 0 || slices.Min(d.bias.Data) != 0 {
			t.Errorf("%s is not zero", d.bias.Name)
		}
	}
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
