package metric

import (
	"context"
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// annealed are machines whose log Z can be counted.
var annealed = []struct {
	name string
	spec models.Spec
}{
	{"binary", models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{12}, Units: 8}},
	{"binary, centred", models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{12}, Units: 8, Centred: true}},
	{"binary, conv, centred", models.ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{4, 3, 1}, Filters: 2, Kernel: 3, Stride: 1, Pad: 1, Centred: true}},
	{"gaussian-binary", models.RBM{Visible: unit.Gaussian{Deviation: 0.8}, Hidden: unit.Binary{}, Shape: []int{6}, Units: 6}},
	{"gaussian-binary, centred", models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Shape: []int{6}, Units: 6, Centred: true}},
	{"binary-gaussian", models.RBM{Visible: unit.Binary{}, Hidden: unit.Gaussian{}, Shape: []int{6}, Units: 5}},
	{"binary with softmax", models.RBM{Visible: unit.Binary{}, Hidden: unit.Softmax{Classes: 3}, Shape: []int{8}, Units: 9}},
	{"multinary", models.RBM{Visible: unit.Multinary{Levels: 5}, Hidden: unit.Multinary{Levels: 5}, Shape: []int{5}, Units: 4}},
	{"multinary copies, centred", models.RBM{Visible: unit.Multinary{Levels: 3}, Hidden: unit.Multinary{Levels: 6}, Shape: []int{5}, Units: 4, Copies: 2, Centred: true}},
}

// Both ways find the counted log Z, within their own error bars.
func TestAnnealingFindsLogZ(t *testing.T) {
	ctx := context.Background()
	for _, c := range annealed {
		t.Run(c.name, func(t *testing.T) {
			l := layerOf(t, c.spec, 0.7)
			want := must[float64](t)(LogZ(ctx, l, nil))
			base := graph.NewTensor("base", l.VisibleBias.Shape...)
			for i := range base.Data {
				base.Data[i] = 0.3 - 0.1*float32(i)
			}
			data := table{make([]float64, graph.Size(l.InputShape()))}
			a := AIS{Chains: 200, Betas: 500}
			random := graph.NewRandom(3)
			steps := 0
			forward := must[Estimate](t)(a.Forward(ctx, l, base, random, func(done, total int) {
				if steps++; done != steps || total != 500 {
					t.Errorf("step %d is told as %d of %d", steps, done, total)
				}
			}))
			reverse := must[Estimate](t)(a.Reverse(ctx, l, base, data, random, nil))
			unbased := must[Estimate](t)(a.Forward(ctx, l, nil, random, nil))
			for way, e := range map[string]Estimate{"forward": forward, "reverse": reverse, "without base": unbased} {
				if !(math.Abs(e.LogZ-want) <= 4*e.Deviation+1e-4) || e.Deviation > 0.05 {
					t.Errorf("%s: log Z is %.4f ± %.4f, want %.4f", way, e.LogZ, e.Deviation, want)
				}
				if !(e.Low < e.LogZ && e.LogZ < e.High) || e.Effective < 100 || e.Effective > 200.001 || e.Chains != 200 || e.Betas != 500 {
					t.Errorf("%s: %+v", way, e)
				}
			}
			if reverse.Burn != 500 || steps != 500 {
				t.Errorf("reverse: %d steps from the data, forward %d, want 500", reverse.Burn, steps)
			}
			again := must[Estimate](t)(a.Forward(ctx, l, base, graph.NewRandom(3), nil))
			if again != forward {
				t.Errorf("one seed gives %+v and %+v", forward, again)
			}
		})
	}
}

// In too few steps the mean of AIS' log Z is below the counted one, and that of
// the reverse way above: they are a bracket.
func TestAnnealingBrackets(t *testing.T) {
	ctx := context.Background()
	for _, c := range annealed {
		t.Run(c.name, func(t *testing.T) {
			l := layerOf(t, c.spec, 1)
			if c.name == "binary-gaussian" { // linear units run away from large weights
				l = layerOf(t, c.spec, 0.7)
			}
			exact := must[float64](t)(LogZ(ctx, l, nil))
			// A single chain's log weight, less what it is in the mean were it
			// exact, is unbiased for the gap.
			gaps := map[string][]float64{}
			w, err := AIS{Chains: 2000}.walk(l, nil, graph.NewRandom(5))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.begin(); err != nil {
				t.Fatal(err)
			}
			betas := schedule(4)
			if err := w.through(ctx, betas, func(int) {}); err != nil {
				t.Fatal(err)
			}
			for _, log := range w.logs {
				gaps["forward"] = append(gaps["forward"], exact-(w.logZ0+log))
			}
			if err := w.through(ctx, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, func(int) {}); err != nil {
				t.Fatal(err)
			}
			clear(w.logs)
			if err := w.through(ctx, []float64{betas[4], betas[3], betas[2], betas[1], betas[0]}, func(int) {}); err != nil {
				t.Fatal(err)
			}
			for _, log := range w.logs {
				gaps["reverse"] = append(gaps["reverse"], w.logZ0-log-exact)
			}
			for way, g := range gaps {
				mean, square := 0.0, 0.0
				for _, x := range g {
					mean += x / float64(len(g))
					square += x * x / float64(len(g))
				}
				if se := math.Sqrt((square - mean*mean) / float64(len(g))); mean < 4*se {
					t.Errorf("%s: log Z is on the wrong side by %.4f ± %.4f", way, -mean, se)
				}
			}
		})
	}
}

// Weights of equal size count whole; one large one counts for all.
func TestEstimateOfWeights(t *testing.T) {
	e := (&walk{logs: []float64{2, 2, 2, 2}, logZ0: 1}).estimate(1)
	if math.Abs(e.LogZ-3) > 1e-12 || math.Abs(e.Effective-4) > 1e-9 || e.Deviation > 1e-6 {
		t.Errorf("equal weights: %+v", e)
	}
	// Weights 1 and 3: mean 2, deviation √2 of one, 1 of their mean.
	logs := []float64{1000, 1000 + math.Log(3)}
	e = (&walk{logs: logs}).estimate(1)
	if want := 1000 + math.Log(2); math.Abs(e.LogZ-want) > 1e-9 || math.Abs(e.Deviation-0.5) > 1e-9 || math.Abs(e.Effective-16./10) > 1e-9 ||
		math.Abs(e.High-want-math.Log(2.5)) > 1e-9 || !math.IsInf(e.Low, -1) {
		t.Errorf("weights 1 and 3: %+v", e)
	}
	e = (&walk{logs: logs}).estimate(-1)
	if want := -1000 - math.Log(2); math.Abs(e.LogZ-want) > 1e-9 || math.Abs(e.Low-want+math.Log(2.5)) > 1e-9 || !math.IsInf(e.High, 1) {
		t.Errorf("reverse: %+v", e)
	}
}

func TestSchedule(t *testing.T) {
	b := schedule(14500)
	for at, want := range map[int]float64{0: 0, 250: 0.25, 500: 0.5, 4500: 0.9, 14500: 1} {
		if math.Abs(b[at]-want) > 1e-9 {
			t.Errorf("β of step %d is %g, want %g", at, b[at], want)
		}
	}
	for _, steps := range []int{1, 2, 7, 100} {
		b := schedule(steps)
		if len(b) != steps+1 || b[0] != 0 || b[steps] != 1 {
			t.Errorf("%d steps: %v", steps, b)
		}
		for i := range steps {
			if b[i+1] <= b[i] {
				t.Errorf("%d steps: β does not rise at %d", steps, i)
			}
		}
	}
}

// Independent units with the base rates explain the data's means.
func TestBaseRate(t *testing.T) {
	l := layerOf(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{3}, Units: 2}, 1)
	base := must[*graph.Tensor](t)(BaseRate(l, table{{1, 0, 0}, {1, 1, 0}, {0, 0, 0}, {1, 0, 0}}, 3))
	for i, want := range []float64{math.Log(3), -math.Log(3), unit.Binary{}.Inverse([]float64{0})[0]} {
		if math.Abs(float64(base.Data[i])-want) > 1e-6 {
			t.Errorf("base rate of unit %d is %g, want %g", i, base.Data[i], want)
		}
	}
}
