package unit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// kinds are all units, with the variance of a state that each promises.
var kinds = []struct {
	name     string
	unit     unit.Unit
	variance func(x float64) float64
}{
	{"binary", unit.Binary{}, bump},
	{"multinary", unit.Multinary{}, func(x float64) float64 { return bump(x) / 255 }},
	{"multinary of 10 levels", unit.Multinary{Levels: 10}, func(x float64) float64 { return bump(x) / 10 }},
	{"multinary with gain", unit.Multinary{Levels: 100, Gain: 0.5}, func(x float64) float64 { return 0.5 * bump(x) / 100 }},
	{"multinary tanh", unit.Multinary{Activation: "tanh"}, func(x float64) float64 { return (1 - math.Pow(math.Tanh(x), 2)) / 255 }},
	{"multinary softplus", unit.Multinary{Levels: 50, Activation: "softplus"}, func(x float64) float64 { return sigma(x) / 50 }},
	{"gaussian", unit.Gaussian{}, func(float64) float64 { return 1 }},
	{"gaussian of deviation ½", unit.Gaussian{Deviation: 0.5}, func(float64) float64 { return 0.25 }},
	{"clipped relu", unit.ClippedReLU{}, func(x float64) float64 {
		if x > 0 && x < 1 {
			return 1
		}
		return 0
	}},
}

func sigma(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
func bump(x float64) float64  { return sigma(x) * (1 - sigma(x)) }

// points lie away from the kinks of clipped units.
func points() *graph.Tensor {
	x := graph.NewTensor("x", 5, 1)
	copy(x.Data, []float32{-2.3, -0.4, 0.3, 0.8, 2.6})
	return x
}

// The mean is the derivative of the log-normaliser.
func TestMeanIsDerivativeOfLogNormaliser(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := points()
			g := graph.New(nil)
			mean := graphtest.Value(t, g, k.unit.Mean(g, g.Param(p)))
			const h = 1.0 / 256
			at := func(step float32) []float32 {
				moved := points()
				for i := range moved.Data {
					moved.Data[i] += step
				}
				g := graph.New(nil)
				return graphtest.Value(t, g, k.unit.LogNormaliser(g, g.Param(moved)))
			}
			numeric := at(h)
			for i, below := range at(-h) {
				numeric[i] = (numeric[i] - below) / (2 * h)
			}
			graphtest.Near(t, "mean", 3e-4, mean, numeric)
		})
	}
}

// Drawn states have the mean and the variance that the unit promises.
func TestSamplesHaveMeanAndVariance(t *testing.T) {
	const draws = 100_000
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			for _, x := range points().Data {
				p := graph.NewTensor("x", draws)
				for i := range p.Data {
					p.Data[i] = x
				}
				g := graph.New(graph.NewRandom(4))
				n := g.Param(p)
				mean := float64(graphtest.Value(t, g, k.unit.Mean(g, n))[0])
				states := graphtest.Value(t, g, k.unit.Sample(g, n, "s"))
				sum, square := 0.0, 0.0
				for _, s := range states {
					sum += float64(s)
					square += (float64(s) - mean) * (float64(s) - mean)
				}
				want := k.variance(float64(x))
				if off := math.Abs(sum/draws - mean); off > 5*math.Sqrt(want/draws)+1e-6 {
					t.Errorf("x=%g: mean of states %g, want %g", x, sum/draws, mean)
				}
				// The variance of an estimated variance is at most that of
				// kurtosis 20 here; binary units at 0.09 are near it.
				if off := math.Abs(square/draws - want); off > 5*want*math.Sqrt(20.0/draws)+1e-6 {
					t.Errorf("x=%g: variance of states %g, want %g", x, square/draws, want)
				}
			}
		})
	}
}

// The bias that Inverse finds has the mean asked for.
func TestInverse(t *testing.T) {
	for _, k := range kinds {
		if k.name == "multinary softplus" {
			continue // its bias starts at the mean itself
		}
		for _, mean := range []float64{0.1, 0.5, 0.9} {
			p := graph.NewTensor("x", 1)
			p.Data[0] = float32(k.unit.Inverse(mean))
			g := graph.New(nil)
			if got := graphtest.Value(t, g, k.unit.Mean(g, g.Param(p)))[0]; math.Abs(float64(got)-mean) > 1e-5 {
				t.Errorf("%s: mean at Inverse(%g) is %g", k.name, mean, got)
			}
		}
	}
	for _, m := range []float64{0, 1} {
		if x := (unit.Binary{}).Inverse(m); math.Abs(x) > 10 {
			t.Errorf("the inverse of %g is %g, want a bias that can still move", m, x)
		}
	}
}

// The picture that multinary units are drawn from, f(x) = Nσ(kx) as a sum of N
// logistic units with offsets f⁻¹(n−½), holds while k is small: copies are
// one unit wide, the whole sigmoid 1/k. The error, as a share of N, at most
// over x, is noted here for N = 255: below 1 % to k = 0.4, then growing.
func TestSumOfOffsetCopies(t *testing.T) {
	const n = 255
	worst := func(k float64) (worst float64) {
		for x := -12 / k; x <= 12/k; x += 0.05 / k {
			sum := 0.0
			for i := 1; i <= n; i++ {
				share := (float64(i) - 0.5) / n
				sum += sigma(x - math.Log(share/(1-share))/k)
			}
			worst = max(worst, math.Abs(sum/n-sigma(k*x)))
		}
		return worst
	}
	for _, c := range []struct{ k, share float64 }{{0.01, 0.0018}, {0.1, 0.0016}, {0.4, 0.0217}, {1, 0.0872}} {
		if got := worst(c.k); math.Abs(got-c.share) > 1e-4 {
			t.Errorf("k=%g: the sum is off by %.5f N, documented as %g", c.k, got, c.share)
		}
	}
}

func TestUnitsRoundTripAsJSON(t *testing.T) {
	for _, k := range kinds {
		text, err := unit.Types.Encode(k.unit)
		if err != nil {
			t.Fatal(err)
		}
		back, err := unit.Types.Decode(text)
		if err != nil || back != k.unit {
			t.Errorf("%s: %s came back as %#v, %v", k.name, text, back, err)
		}
		if !json.Valid(text) {
			t.Errorf("%s: %s is not JSON", k.name, text)
		}
	}
	for text, want := range map[string]string{
		`{"type":"binery"}`:                 "unknown type",
		`{"type":"multinary","level":3}`:    `unknown field "level"`,
		`{"levels":3}`:                      `no "type"`,
		`{"type":"multinary","levels":"3"}`: "levels",
	} {
		if _, err := unit.Types.Decode([]byte(text)); err == nil || !bytes.Contains([]byte(err.Error()), []byte(want)) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
	names := []string{}
	for name := range unit.Types {
		names = append(names, name)
	}
	if slices.Sort(names); fmt.Sprint(names) != "[binary clipped-relu gaussian multinary]" {
		t.Errorf("kinds are %v: is each tested above?", names)
	}
}
