package unit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// kinds are all units, with the variance of a state that each promises, and
// the mean where it is not Mean. Neither depends on more than the unit's x but
// where states exclude one another; there the variance is nil and tested is
// that of counts.
var kinds = []struct {
	name     string
	unit     unit.Unit
	variance func(x float64) float64
	mean     func(x float64) float64
}{
	{"binary", unit.Binary{}, bump, nil},
	{"multinary", unit.Multinary{}, func(x float64) float64 { return bump(x) / 255 }, nil},
	{"multinary of 10 levels", unit.Multinary{Levels: 10}, func(x float64) float64 { return bump(x) / 10 }, nil},
	{"multinary with gain", unit.Multinary{Levels: 100, Gain: 0.5}, func(x float64) float64 { return 0.5 * bump(x) / 100 }, nil},
	{"multinary tanh", unit.Multinary{Activation: "tanh"}, func(x float64) float64 { return (1 - math.Pow(math.Tanh(x), 2)) / 255 }, nil},
	{"multinary softplus", unit.Multinary{Levels: 50, Activation: "softplus"}, func(x float64) float64 { return sigma(x) / 50 }, nil},
	{"gaussian", unit.Gaussian{}, func(float64) float64 { return 1 }, nil},
	{"gaussian of deviation ½", unit.Gaussian{Deviation: 0.5}, func(float64) float64 { return 0.25 }, nil},
	{"learned gaussian", unit.LearnedGaussian{Least: 0.5}, func(float64) float64 { return 0.25 + math.Exp(-1) }, nil},
	{"clipped relu", unit.ClippedReLU{}, func(x float64) float64 {
		if x > 0 && x < 1 {
			return 1
		}
		return 0
	}, nil},
	{"relu", unit.ReLU{}, func(x float64) float64 {
		r := density(x) / below(x)
		return 1 - r*(x+r)
	}, nil},
	{"nrelu", unit.NReLU{}, func(x float64) float64 {
		s := math.Sqrt(sigma(x))
		return (x*x+s*s)*below(x/s) + x*s*density(x/s) - math.Pow(noisyMean(x), 2)
	}, noisyMean},
	{"nrelu, counted", unit.NReLU{Counted: true}, func(x float64) float64 { return overCopies(bump, x) },
		func(x float64) float64 { return overCopies(sigma, x) }},
	{"softmax", unit.Softmax{}, nil, nil},
	{"softmax of 3 classes", unit.Softmax{Classes: 3}, nil, nil},
	{"replicated softmax", unit.ReplicatedSoftmax{}, nil, nil},
	{"mixed", unit.Mixed{Units: 3, First: unit.Binary{}, Rest: unit.Softmax{}}, nil, nil},
	{"mixed of mixed", unit.Mixed{Units: 1, First: unit.Binary{}, Rest: unit.Mixed{Units: 2, First: unit.Softmax{}, Rest: unit.Softmax{Classes: 3}}}, nil, nil},
}

func sigma(x float64) float64    { return 1 / (1 + math.Exp(-x)) }
func bump(x float64) float64     { return sigma(x) * (1 - sigma(x)) }
func softplus(x float64) float64 { return math.Log1p(math.Exp(x)) }

// density and below are those of the standard normal distribution.
func density(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
func below(x float64) float64   { return math.Erfc(-x/math.Sqrt2) / 2 }

// noisyMean is the mean of max(0, x + N(0, σ(x))).
func noisyMean(x float64) float64 {
	s := math.Sqrt(sigma(x))
	return x*below(x/s) + s*density(x/s)
}

// overCopies sums f over the copies that a noisy rectified unit stands for.
func overCopies(f func(float64) float64, x float64) (sum float64) {
	for i := range 100 {
		sum += f(x - float64(i) - 0.5)
	}
	return sum
}

const words = 7

// ready gives units what a layer would: variances, one of them 0.25 + 1/e, and
// the numbers of draws.
func ready(g *graph.Graph, u unit.Unit, rows int) unit.Unit {
	switch u := u.(type) {
	case unit.Scaled:
		z := graph.NewTensor("log variance", 6)
		for i := range z.Data {
			z.Data[i] = -1
		}
		return u.With(z)
	case unit.Replicated:
		return u.Times(g.Full(words, rows))
	}
	return u
}

// points lie away from the kinks of clipped units.
func points(rows int) *graph.Tensor {
	x := graph.NewTensor("x", rows, 6)
	at := []float32{-2.3, -0.4, 0.3, 0.8, 2.6, 1.5}
	for i := range x.Data {
		x.Data[i] = at[(i%6+i/6)%6]
	}
	return x
}

// The mean is the derivative of the log-normaliser: by automatic
// differentiation, which is checked by finite differences. With learned
// variances the derivative is by x/σ².
func TestMeanIsDerivativeOfLogNormaliser(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			const rows = 3
			g := graph.New(nil)
			x := g.Param(points(rows))
			u := ready(g, k.unit, rows)
			mean := u.Mean(g, x)
			if s, ok := u.(unit.Scaled); ok {
				mean = s.Scale(g, mean)
			}
			slope := g.Grad(g.Sum(u.LogNormaliser(g, x)), x)[0]
			graphtest.Near(t, "mean", 2e-6, graphtest.Value(t, g, mean), graphtest.Value(t, g, slope))
			graphtest.Gradient(t, 3e-4, func(g *graph.Graph, in []*graph.Node) *graph.Node {
				return g.Sum(ready(g, k.unit, rows).LogNormaliser(g, in[0]))
			}, points(rows))
		})
	}
}

// Drawn states have the mean and the variance that the unit promises.
func TestSamplesHaveMeanAndVariance(t *testing.T) {
	const draws = 100_000
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := graph.NewTensor("x", draws, 6)
			for i := range p.Data {
				p.Data[i] = points(1).Data[i%6]
			}
			g := graph.New(graph.NewRandom(4))
			n := g.Param(p)
			u := ready(g, k.unit, draws)
			means := graphtest.Value(t, g, u.Mean(g, n))
			states := graphtest.Value(t, g, u.Sample(g, n, "s"))
			for j, x := range points(1).Data {
				mean := float64(means[j])
				if k.mean != nil {
					mean = k.mean(float64(x))
				}
				sum, square := 0.0, 0.0
				for i := j; i < len(states); i += 6 {
					sum += float64(states[i])
					square += (float64(states[i]) - mean) * (float64(states[i]) - mean)
				}
				var want float64
				switch _, replicated := k.unit.(unit.Replicated); {
				case k.variance != nil:
					want = k.variance(float64(x))
				case replicated:
					want = mean * (1 - mean/words)
				default:
					want = mean * (1 - mean)
				}
				if off := math.Abs(sum/draws - mean); off > 5*math.Sqrt(want/draws)+1e-6 {
					t.Errorf("x=%g: mean of states %g, want %g", x, sum/draws, mean)
				}
				// The variance of an estimated variance is at most that of
				// kurtosis 20 here but for a class of share 0.005; binary units
				// at 0.09 are near it.
				kurtosis := max(20, 1/want)
				if off := math.Abs(square/draws - want); off > 5*want*math.Sqrt(kurtosis/draws)+1e-6 {
					t.Errorf("x=%g: variance of states %g, want %g", x, square/draws, want)
				}
			}
		})
	}
}

// The biases that Inverse finds have the means asked for.
func TestInverse(t *testing.T) {
	for _, k := range kinds {
		means := []float64{0.15, 0.35, 0.5}
		if _, ok := k.unit.(unit.Softmax); ok || k.name == "replicated softmax" {
			means = []float64{0.2, 0.1, 0.7}
		}
		switch k.name {
		case "multinary softplus":
			continue // its bias starts at the mean itself
		case "learned gaussian":
			continue // has its variances for six units; the identity
		case "mixed":
			means = []float64{0.15, 0.35, 0.5, 0.1, 0.9}
		case "mixed of mixed":
			means = []float64{0.6, 0.1, 0.9, 0.2, 0.1, 0.7}
		}
		p := graph.NewTensor("x", 1, len(means))
		for i, x := range k.unit.Inverse(means) {
			p.Data[i] = float32(x)
		}
		g := graph.New(nil)
		for i, got := range graphtest.Value(t, g, k.unit.Mean(g, g.Param(p))) {
			if math.Abs(float64(got)-means[i]) > 1e-5 {
				t.Errorf("%s: mean at Inverse(%g) is %g", k.name, means[i], got)
			}
		}
	}
	for _, u := range []unit.Unit{unit.Binary{}, unit.ReLU{}, unit.NReLU{}, unit.Softmax{}, unit.ReplicatedSoftmax{}} {
		for _, x := range u.Inverse([]float64{0, 0, 1}) {
			if !(math.Abs(x) <= 10) {
				t.Errorf("the inverse of means 0, 0, 1 of %T is %g, want biases that can still move", u, x)
			}
		}
	}
}

// What NReLU's comment says of integrals in place of sums, and of the paper's
// sampler.
func TestRectifiedSums(t *testing.T) {
	f, phi, noisy := 0.0, 0.0, 0.0
	for i := -20_000; i <= 20_000; i++ {
		x := float64(i) / 1000
		area := []float32{float32(x)}
		graph.SoftplusIntegral.Eval(area, area)
		f = max(f, math.Abs(overCopies(sigma, x)-softplus(x)))
		phi = max(phi, math.Abs(overCopies(softplus, x)-float64(area[0])))
		noisy = max(noisy, softplus(x)-noisyMean(x))
	}
	if f > 0.0106 || f < 0.0100 || phi > 0.042 || phi < 0.041 || noisy > 0.42 || noisy < 0.41 {
		t.Errorf("mean off by %.4f, Φ by %.4f, noisy mean by %.3f", f, phi, noisy)
	}
}

// No unit gives NaN for any finite pre-activation in float32, for which squares
// may overflow.
func TestExtremes(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			for _, size := range []float32{100, 1e4, 1e15} {
				p := graph.NewTensor("x", 2, 6)
				for i := range p.Data {
					p.Data[i] = points(2).Data[i] * size
				}
				g := graph.New(graph.NewRandom(1))
				x := g.Param(p)
				u := ready(g, k.unit, 2)
				for what, n := range map[string]*graph.Node{"mean": u.Mean(g, x), "Φ": u.LogNormaliser(g, x), "state": u.Sample(g, x, "s")} {
					// Quadrature from 0 loses nothing of a function that is linear.
					for i, v := range graphtest.Value(t, g, n) {
						if v != v || math.IsInf(float64(v), 0) {
							t.Errorf("%s %d at x of %g is %g", what, i, size, v)
						}
					}
				}
			}
		})
	}
}

// Units that a layer must complete, and parts that do not fit, say so.
func TestUnitsThatDoNotFit(t *testing.T) {
	for want, u := range map[string]unit.Unit{
		"have no variances":               unit.LearnedGaussian{},
		"groups of 4 classes":             unit.Softmax{Classes: 4},
		"groups of -1 classes":            unit.Softmax{Classes: -1},
		"6 of 6 units":                    unit.Mixed{Units: 6, First: unit.Binary{}, Rest: unit.Binary{}},
		"0 of 6 units":                    unit.Mixed{First: unit.Binary{}, Rest: unit.Binary{}},
		`want "first" and "rest"`:         unit.Mixed{Units: 3, First: unit.Binary{}},
		"learned-gaussian units cannot":   unit.Mixed{Units: 3, First: unit.LearnedGaussian{}, Rest: unit.Binary{}},
		"replicated-softmax units cannot": unit.Mixed{Units: 3, First: unit.Binary{}, Rest: unit.ReplicatedSoftmax{}},
	} {
		for _, use := range []func(g *graph.Graph, x *graph.Node){
			func(g *graph.Graph, x *graph.Node) { u.Mean(g, x) },
			func(g *graph.Graph, x *graph.Node) { u.Sample(g, x, "s") },
			func(g *graph.Graph, x *graph.Node) { u.LogNormaliser(g, x) },
		} {
			g := graph.New(graph.NewRandom(1))
			use(g, g.Param(points(2)))
			if g.Err() == nil || !strings.Contains(g.Err().Error(), want) {
				t.Errorf("%+v: error %v, want one with %q", u, g.Err(), want)
			}
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
		`{"type":"binery"}`:                                    "unknown type",
		`{"type":"multinary","level":3}`:                       `unknown field "level"`,
		`{"levels":3}`:                                         `no "type"`,
		`{"type":"multinary","levels":"3"}`:                    "levels",
		`{"type":"mixed","units":3,"first":{"type":"binary"}}`: `want "first" and "rest"`,
		`{"type":"mixed","units":3,"first":{"type":"binary"},"rest":{"type":"softmax","class":2}}`: `rest: softmax: json: unknown field "class"`,
	} {
		if _, err := unit.Types.Decode([]byte(text)); err == nil || !bytes.Contains([]byte(err.Error()), []byte(want)) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
	names := []string{}
	for name := range unit.Types {
		names = append(names, name)
	}
	if slices.Sort(names); fmt.Sprint(names) != "[binary clipped-relu gaussian learned-gaussian mixed multinary nrelu relu replicated-softmax softmax]" {
		t.Errorf("kinds are %v: is each tested above?", names)
	}
}
