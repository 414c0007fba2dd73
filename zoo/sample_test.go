package zoo

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// tinyNet is a machine of 4 visible and 3 hidden binary units, all of whose
// states can be counted.
func tinyNet(t *testing.T) *models.BeliefNet {
	t.Helper()
	m, err := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{2, 2, 1}, Units: 3, Deviation: 1.5}.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	net := m.(*models.BeliefNet)
	random := graph.NewRandom(4)
	random.Stream("a").Normal(net.Layers()[0].VisibleBias.Data)
	random.Stream("b").Normal(net.Layers()[0].HiddenBias.Data)
	return net
}

// TestChainSamplesTheModel compares the mean of pictures at the end of long
// chains with that of the model, by enumeration of its states.
func TestChainSamplesTheModel(t *testing.T) {
	net := tinyNet(t)
	l := net.Layers()[0]
	w, a, b := l.Weight.Data, l.VisibleBias.Data, l.HiddenBias.Data
	var z float64
	mean := make([]float64, 4)
	for state := range 16 {
		free := 0.0 // −F(v)
		x := []float64{float64(b[0]), float64(b[1]), float64(b[2])}
		for i := range 4 {
			if state>>i&1 == 1 {
				free += float64(a[i])
				for j := range x {
					x[j] += float64(w[i*3+j])
				}
			}
		}
		for _, x := range x {
			free += math.Log1p(math.Exp(x))
		}
		p := math.Exp(free)
		z += p
		for i := range mean {
			if state>>i&1 == 1 {
				mean[i] += p
			}
		}
	}
	const n = 20000
	pictures, err := Sampling{From: FromNoise, Steps: 60, Noise: models.AllNoise}.Sample(net, n, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float64, 4)
	for i, v := range pictures {
		got[i%4] += float64(v) / n
	}
	for i := range mean {
		// The deviation of a mean over n is below 0.5/√n = 0.0036.
		if want := mean[i] / z; math.Abs(got[i]-want) > 0.015 {
			t.Errorf("pixel %d: mean %.4f, want %.4f", i, got[i], want)
		}
	}
}

func TestSamplesAreDecidedBySeed(t *testing.T) {
	net := tinyNet(t)
	draw := func(s Sampling, seed uint64) []float32 {
		t.Helper()
		var start []float32
		if s.From == FromData {
			start = slices.Repeat([]float32{0, 1, 0.5, 1}, 70)
		}
		x, err := s.Sample(net, 70, seed, start) // more than are drawn at a time
		if err != nil {
			t.Fatal(err)
		}
		if len(x) != 280 {
			t.Fatalf("%d numbers of 70 samples", len(x))
		}
		return x
	}
	for _, s := range []Sampling{
		{From: FromNoise, Steps: 3, Noise: models.AllNoise},
		{From: FromNoise, Steps: 1},
		{From: FromData, Steps: 2, Noise: models.HiddenNoise},
	} {
		if !slices.Equal(draw(s, 1), draw(s, 1)) {
			t.Errorf("%+v: one seed draws two things", s)
		}
		if slices.Equal(draw(s, 1), draw(s, 2)) {
			t.Errorf("%+v: two seeds draw one thing", s)
		}
	}
	if x := draw(Sampling{From: FromData}, 1); x[1] != 1 || x[2] != 0.5 {
		t.Errorf("no step from data gives %v", x[:4])
	}
}

func TestSampleRefuses(t *testing.T) {
	net := tinyNet(t)
	for want, s := range map[string]Sampling{
		"not fitted":   {From: FromPrior},
		"to start":     {From: FromData},
		"want prior":   {From: "nowhere"},
		"steps -1":     {From: FromNoise, Steps: -1},
		`noise "loud"`: {From: FromNoise, Steps: 1, Noise: "loud"},
	} {
		if _, err := s.Sample(net, 2, 1, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", s, err, want)
		}
	}
}

// What a recipe cannot draw is found before it is trained.
func TestStartRefusesSamplings(t *testing.T) {
	for want, set := range map[string][]string{
		"too large for a prior": {"sampling.from=prior", "model.units=1025"},
		`sampling.from ""`:      {"sampling.from="},
		`sampling.from "data "`: {"sampling.from=data "},
		`sampling.noise "loud"`: {"sampling.noise=loud"},
		"sampling.steps -1":     {"sampling.steps=-1"},
		"sampling.spread -0.5":  {"sampling.spread=-0.5"},
	} {
		r, options := smallRBM()
		options.Set = append(options.Set, set...)
		training, err := Start(r, options, filepath.Join(t.TempDir(), "run"))
		if err == nil {
			training.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", set, err, want)
		}
	}
	for _, r := range All() {
		m, err := r.Model.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Sampling.suits(m); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
}

// A variational autoencoder decodes codes from its own prior, by the seed
// alone; it has no chain.
func TestSampleOfAVariationalAutoencoder(t *testing.T) {
	model, err := models.Variational{Shape: []int{2, 2, 1}, Layers: []int{5}, Code: 2}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	draw := func(s Sampling, seed uint64) []float32 {
		t.Helper()
		pictures, err := s.Sample(model, 3, seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		return pictures
	}
	prior := Sampling{From: FromPrior}
	a, b, other := draw(prior, 1), draw(prior, 1), draw(prior, 2)
	if len(a) != 12 || !slices.Equal(a, b) || slices.Equal(a, other) {
		t.Errorf("twice seed 1: %v, %v, seed 2: %v", a, b, other)
	}
	if at := draw(Sampling{From: FromPrior, Spread: 1e-6}, 1); math.Abs(float64(at[0]-at[4])) > 1e-4 {
		t.Errorf("all codes at 0, and pictures are %v", at)
	}
	for _, s := range []Sampling{{From: FromData}, {From: FromPrior, Steps: 1}, {From: FromPrior, Noise: models.AllNoise}, {}} {
		if _, err := s.Sample(model, 3, 1, nil); err == nil || !strings.Contains(err.Error(), "sampl") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
