package models

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

func newVariational(t *testing.T, output string) *VariationalNet {
	t.Helper()
	model, err := Variational{Shape: []int{2, 2, 1}, Layers: []int{5, 3}, Code: 2, Activation: "tanh", Output: output}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range model.Parameters() {
		copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
	}
	return model.(*VariationalNet)
}

// by is f(b + xW) of one x, in float64.
func (d denseLayer) by(f func(float64) float64, x []float64) []float64 {
	y := make([]float64, d.bias.Size())
	for j := range y {
		sum := float64(d.bias.Data[j])
		for i, v := range x {
			sum += v * float64(d.weight.Data[i*len(y)+j])
		}
		y[j] = f(sum)
	}
	return y
}

// Posterior and likelihood against loops in float64.
func TestVariationalByHand(t *testing.T) {
	identity := func(x float64) float64 { return x }
	for _, output := range []string{"bernoulli", "gaussian"} {
		m := newVariational(t, output)
		v, z := graphtest.Positive("v", 1, 3, 2, 2, 1), graphtest.Random("z", 2, 3, 2)
		for i := range v.Data {
			v.Data[i] = min(1, v.Data[i]/2)
		}
		g := graph.New(nil)
		mean, logVariance := m.Posterior(g, g.Param(v))
		likelihood := m.LogLikelihood(g, g.Param(v), g.Param(z))
		decoded := m.Decode(g, g.Param(z))
		var means, logVariances, likelihoods, examples []float32
		for n := range 3 {
			h, code := make([]float64, 4), []float64{float64(z.Data[2*n]), float64(z.Data[2*n+1])}
			for i := range h {
				h[i] = float64(v.Data[4*n+i])
			}
			for _, d := range m.encoder {
				h = d.by(math.Tanh, h)
			}
			for _, x := range m.mean.by(identity, h) {
				means = append(means, float32(x))
			}
			for _, x := range m.logVariance.by(identity, h) {
				logVariances = append(logVariances, float32(x))
			}
			for _, d := range m.decoder {
				code = d.by(math.Tanh, code)
			}
			sum := 0.0
			for i, y := range m.output.by(identity, code) {
				v := float64(v.Data[4*n+i])
				if output == "gaussian" {
					s := math.Exp(float64(m.noise.Data[0]))
					sum -= (v-y)*(v-y)/(2*s) + math.Log(2*math.Pi*s)/2
				} else {
					y = 1 / (1 + math.Exp(-y))
					sum += v*math.Log(y) + (1-v)*math.Log(1-y)
				}
				examples = append(examples, float32(y))
			}
			likelihoods = append(likelihoods, float32(sum))
		}
		graphtest.Near(t, output+" means", 1e-5, graphtest.Value(t, g, mean), means)
		graphtest.Near(t, output+" log variances", 1e-5, graphtest.Value(t, g, logVariance), logVariances)
		graphtest.Near(t, output+" decoded", 1e-5, graphtest.Value(t, g, decoded), examples)
		graphtest.Near(t, output+" likelihood", 1e-5, graphtest.Value(t, g, likelihood), likelihoods)
		graphtest.Near(t, output+" code", 0, graphtest.Value(t, g, m.Encode(g, g.Param(v))), graphtest.Value(t, g, mean))
		graphtest.Gradient(t, 1e-3, func(g *graph.Graph, in []*graph.Node) *graph.Node {
			return g.Mean(m.LogLikelihood(g, g.Param(v), g.Param(z)))
		}, m.Parameters()[8:]...) // of the decoder
	}
}

// What is drawn is decoded from standard normal codes: their mean and variance
// through a decoder that is nearly linear.
func TestVariationalDraws(t *testing.T) {
	const n = 20000
	model, err := Variational{Shape: []int{2, 1, 1}, Layers: []int{2}, Code: 2, Activation: "tanh", Output: "gaussian"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	m := model.(*VariationalNet)
	const small, large = 0.001, 1000
	copy(m.decoder[0].weight.Data, []float32{small, 0, 0, small})
	copy(m.output.weight.Data, []float32{large, 0, 0, 2 * large})
	copy(m.output.bias.Data, []float32{3, 4})
	g := graph.New(graph.NewRandom(1))
	x := graphtest.Value(t, g, m.Draw(g, n, 0.5))
	for i, want := range []struct{ mean, deviation float64 }{{3, 0.5}, {4, 1}} {
		sum, square := 0.0, 0.0
		for j := i; j < len(x); j += 2 {
			d := float64(x[j]) - want.mean
			sum, square = sum+d, square+d*d
		}
		if math.Abs(sum/n) > 4*want.deviation/math.Sqrt(n) {
			t.Errorf("value %d is %g off its mean", i, sum/n)
		}
		if v := square / n / want.deviation / want.deviation; math.Abs(v-1) > 4*math.Sqrt(2.0/n) {
			t.Errorf("value %d has %g of the variance", i, v)
		}
	}
}

func TestVariationalSpec(t *testing.T) {
	spec := Variational{Shape: []int{4, 4, 1}, Layers: []int{6}, Code: 2, Output: "gaussian"}
	text, err := Types.Encode(spec)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Types.Decode(text)
	if err != nil || !reflect.DeepEqual(back, Spec(spec)) {
		t.Errorf("%s reads as %+v, %v", text, back, err)
	}
	if _, err := Types.Decode(json.RawMessage(`{"type":"variational","latent":3}`)); err == nil {
		t.Error("an unknown field is taken")
	}
	for want, broken := range map[string]Variational{
		"want positive sizes":  {Layers: []int{2}, Code: 1},
		"layers of [] units":   {Shape: []int{2}, Code: 1},
		"layers of [0] units":  {Shape: []int{2}, Layers: []int{0}, Code: 1},
		"code of 0 elements":   {Shape: []int{2}, Layers: []int{2}},
		`output "sigmoid"`:     {Shape: []int{2}, Layers: []int{2}, Code: 1, Output: "sigmoid"},
		`activation "softmax"`: {Shape: []int{2}, Layers: []int{2}, Code: 1, Activation: "softmax"},
	} {
		if _, err := broken.New(graph.NewRandom(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", broken, err, want)
		}
	}
	m := newVariational(t, "gaussian")
	g := graph.New(nil)
	if m.Logits(g, g.Full(0, 1, 2)); g.Err() == nil || !strings.Contains(g.Err().Error(), "no logits") {
		t.Errorf("logits of a gaussian output: %v", g.Err())
	}
}
