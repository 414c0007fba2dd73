package models

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

var twoLayers = Stack{Shape: []int{4, 4, 2}, Layers: []Spec{
	ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Filters: 3, Kernel: 4, Stride: 2, Pad: 1, Centred: true, Deviation: 0.3},
	RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 5, Deviation: 0.3},
}}

func newNet(t *testing.T, spec Spec) *BeliefNet {
	t.Helper()
	model, err := spec.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	return model.(*BeliefNet)
}

// A stack is its layers, one after the other: up, down, the sum of free
// energies, and a Gibbs step of the top machine between.
func TestStackIsItsLayers(t *testing.T) {
	net := newNet(t, twoLayers)
	below, top := net.layers[0], net.layers[1]
	v := graphtest.Positive("v", 4, 3, 4, 4, 2)
	g := graph.New(graph.NewRandom(1))
	n := g.Param(v)
	h := below.Encode(g, n)
	for what, pair := range map[string][2]*graph.Node{
		"encode":      {net.Encode(g, n), top.Encode(g, h)},
		"decode":      {net.Decode(g, net.Encode(g, n)), below.Decode(g, top.Decode(g, top.Encode(g, h)))},
		"free energy": {net.FreeEnergy(g, n), g.Add(below.FreeEnergy(g, n), top.FreeEnergy(g, h))},
		"Gibbs step":  {net.Gibbs(g, n, MeanField), below.Decode(g, top.Visible.Mean(g, top.Down(g, top.Encode(g, h))))},
	} {
		if got, want := graphtest.Value(t, g, pair[0]), graphtest.Value(t, g, pair[1]); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got[:2], want[:2])
		}
	}
	if got := graphtest.Value(t, g, net.Gibbs(g, n, AllNoise)); slices.Equal(got, graphtest.Value(t, g, net.Gibbs(g, n, MeanField))) {
		t.Error("a drawn Gibbs step is the mean-field one")
	}
	if !slices.Equal(net.InputShape(), []int{4, 4, 2}) || !slices.Equal(net.CodeShape(), []int{5}) {
		t.Errorf("shapes %v to %v", net.InputShape(), net.CodeShape())
	}
}

func TestSpecsRoundTrip(t *testing.T) {
	for _, spec := range []Spec{
		twoLayers,
		RBM{Visible: unit.Gaussian{Deviation: 2}, Hidden: unit.Multinary{Levels: 7}, Shape: []int{9}, Units: 3, Copies: 2},
		Autoencoder{Shape: []int{2, 3, 1}, Layers: []int{4, 2}, Activation: "tanh", Code: "linear", Output: "linear"},
		Autoencoder{Shape: []int{2, 3, 1}, Layers: []int{4}, Activation: "clipped-relu", Tied: true, Init: "xavier"},
		Unrolled{Decoder: "sigmoid", Body: Stack{Shape: []int{4}, Layers: []Spec{RBM{Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Units: 3}}}},
		Classifier{Body: Autoencoder{Shape: []int{2, 3, 1}, Layers: []int{4}}, Classes: 3},
	} {
		text, err := Types.Encode(spec)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Types.Decode(text)
		if err != nil || !reflect.DeepEqual(back, spec) {
			t.Errorf("%s came back as %+v, %v", text, back, err)
		}
	}
	for text, want := range map[string]string{
		`{"type":"rbm","units":3}`: "visible",
		`{"type":"rbm","unit":3,"visible":{"type":"binary"},"hidden":{"type":"binary"}}`:            `unknown field "unit"`,
		`{"type":"stack","shape":[4],"layers":[{"type":"rbm","visible":{"type":"x"},"hidden":{}}]}`: "layer 1",
		`{"type":"rbn"}`:          "unknown type",
		`{"type":"rbm"} trailing`: "after",
	} {
		if _, err := Types.Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

func TestSpecsThatCannotBe(t *testing.T) {
	u := unit.Binary{}
	for want, spec := range map[string]Spec{
		"shape of one example":               RBM{Visible: u, Hidden: u, Units: 3},
		"0 hidden units":                     RBM{Visible: u, Hidden: u, Shape: []int{4}},
		"must be named":                      RBM{Shape: []int{4}, Units: 3},
		"copies":                             RBM{Visible: u, Hidden: u, Shape: []int{4}, Units: 3, Copies: -1},
		"cannot be laid over":                ConvRBM{Visible: u, Hidden: u, Shape: []int{2, 2, 1}, Filters: 2, Kernel: 4, Stride: 1},
		"without layers":                     Stack{Shape: []int{4}},
		"cannot be a layer":                  Stack{Shape: []int{4}, Layers: []Spec{Stack{}}},
		"shape of one example is []":         Autoencoder{Layers: []int{3}},
		"layers of [] units":                 Autoencoder{Shape: []int{4}},
		"layers of [3 0] units":              Autoencoder{Shape: []int{4}, Layers: []int{3, 0}},
		`activation "rely"`:                  Autoencoder{Shape: []int{4}, Layers: []int{3}, Activation: "rely"},
		`code "softmax"`:                     Autoencoder{Shape: []int{4}, Layers: []int{3}, Code: "softmax"},
		`init "he"`:                          Autoencoder{Shape: []int{4}, Layers: []int{3}, Init: "he"},
		"linear layers of 4 units":           Autoencoder{Shape: []int{4}, Layers: []int{5, 4}, Activation: "linear", Output: "linear"},
		"unrolled without a body":            Unrolled{},
		"autoencoder cannot be the":          Unrolled{Body: Autoencoder{Shape: []int{4}, Layers: []int{3}}},
		"is a convolution":                   Unrolled{Body: ConvRBM{Visible: u, Hidden: u, Shape: []int{4, 4, 1}, Filters: 2, Kernel: 2, Stride: 2}},
		"has learned-gaussian visible units": Unrolled{Body: RBM{Visible: unit.LearnedGaussian{}, Hidden: u, Shape: []int{4}, Units: 3}},
		`decoder "softmax"`:                  Unrolled{Body: RBM{Visible: u, Hidden: u, Shape: []int{4}, Units: 3}, Decoder: "softmax"},
		`output "relu"`:                      Autoencoder{Shape: []int{4}, Layers: []int{3}, Output: "relu"},
		"height, width and channels [16 16 4]": Stack{Shape: []int{32, 32, 1}, Layers: []Spec{
			ConvRBM{Visible: u, Hidden: u, Shape: []int{16, 16, 4}, Filters: 2, Kernel: 4, Stride: 2, Pad: 1}}},
	} {
		if _, err := spec.New(graph.NewRandom(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", spec, err, want)
		}
	}
}

// The prior has the mean and the covariance that it was fitted to, and Sample
// draws with them, spread times as wide.
func TestPriorHasMeanAndCovariance(t *testing.T) {
	const d, n = 3, 20000
	factor := [d][d]float64{{1, 0, 0}, {0.5, 0.8, 0}, {-0.3, 0.2, 0.4}}
	z := graphtest.Random("z", 5, n, d)
	x := make([]float32, n*d)
	for i := range n {
		for j := range d {
			x[i*d+j] = float32(j)
			for k := range d {
				x[i*d+j] += float32(factor[j][k]) * z.Data[i*d+k]
			}
		}
	}
	p := newPrior(d)
	if p.Fitted() {
		t.Error("a prior is fitted before Fit")
	}
	if err := p.Fit(x, n); err != nil || !p.Fitted() {
		t.Fatalf("fit: %v", err)
	}
	for _, spread := range []float64{1, 0.5} {
		g := graph.New(graph.NewRandom(2))
		// The mean of a Gaussian unit is its pre-activation.
		s := graphtest.Value(t, g, p.Sample(g, n, spread, unit.Gaussian{}))
		for j := range d {
			for k := range d {
				mean, covariance, want := 0.0, 0.0, 0.0
				for i := range n {
					mean += float64(s[i*d+j]) / n
					covariance += (float64(s[i*d+j]) - float64(j)) * (float64(s[i*d+k]) - float64(k)) / n
				}
				for l := range d {
					want += factor[j][l] * factor[k][l] * spread * spread
				}
				if math.Abs(mean-float64(j)) > 0.03 || math.Abs(covariance-want) > 0.04 {
					t.Errorf("spread %g: mean %d is %.3f, covariance (%d,%d) %.3f, want %d and %.3f", spread, j, mean, j, k, covariance, j, want)
				}
			}
		}
	}
	if err := p.Fit(x[:d], 1); err == nil {
		t.Error("a prior of one example: want an error")
	}
	if newPrior(priorMax+1) != nil {
		t.Error("a code that is too large has a prior")
	}
}
