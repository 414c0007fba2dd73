package graph_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// moments of the density exp(xs − s²/2) of s > 0, by quadrature around its
// mode: the logarithm of its integral, mean, variance, third central moment.
func moments(x float64) (logZ, mean, variance, skew float64) {
	mode := max(0, x)
	reach := 12.0
	if x < 0 {
		reach = 60 / (3 - x) // the density falls as exp(xs)
	}
	at := func(f func(s float64) float64) float64 {
		density := func(s float64) float64 { return f(s) * math.Exp(x*(s-mode)-(s*s-mode*mode)/2) }
		return quad.Fixed(density, max(0, mode-reach), mode+reach, 400, quad.Legendre{}, 0)
	}
	z := at(func(float64) float64 { return 1 })
	mean = at(func(s float64) float64 { return s }) / z
	variance = at(func(s float64) float64 { return (s - mean) * (s - mean) }) / z
	skew = at(func(s float64) float64 { return math.Pow(s-mean, 3) }) / z
	return math.Log(z) + x*mode - mode*mode/2, mean, variance, skew
}

// The functions of the truncated normal are its moments, in both tails and
// across the seam of the series.
func TestTruncatedMoments(t *testing.T) {
	x := []float32{-300, -50, -21, -20.001, -19.999, -19, -10, -5, -2, -1, -0.3, 0, 0.4, 1, 3, 8, 30}
	eval := func(f graph.Function) []float32 {
		out := make([]float32, len(x))
		f.Eval(out, x)
		return out
	}
	third, ok := graph.TruncatedVariance.Derivative()
	if !ok {
		t.Fatal("the truncated variance has no derivative")
	}
	got := [][]float32{eval(graph.LogTruncated), eval(graph.TruncatedMean), eval(graph.TruncatedVariance), eval(third)}
	for i, v := range x {
		logZ, mean, variance, skew := moments(float64(v))
		for j, want := range []float64{logZ, mean, variance, skew} {
			// The third moment vanishes as exp(−x²/2) for large x.
			if off := math.Abs(float64(got[j][i]) - want); !(off <= 3e-7*math.Abs(want)+1e-9) {
				t.Errorf("x=%g: %v is %g, want %g", v, []graph.Function{graph.LogTruncated, graph.TruncatedMean, graph.TruncatedVariance, third}[j], got[j][i], want)
			}
		}
	}
}

// The integral of softplus, by quadrature.
func TestSoftplusIntegral(t *testing.T) {
	x := []float32{-80, -10, -3, -1, -0.1, 0, 0.1, 0.7, 2, 15, 90}
	got := make([]float32, len(x))
	graph.SoftplusIntegral.Eval(got, x)
	for i, v := range x {
		want := 0.0
		for to := float64(v); to > -110; to -= 4 {
			want += quad.Fixed(func(s float64) float64 { return math.Log1p(math.Exp(s)) }, to-4, to, 40, quad.Legendre{}, 0)
		}
		if off := math.Abs(float64(got[i]) - want); !(off <= 2e-7*want) {
			t.Errorf("∫softplus to %g is %g, want %g", v, got[i], want)
		}
	}
	nan := []float32{float32(math.NaN())}
	for _, f := range []graph.Function{graph.SoftplusIntegral, graph.LogTruncated, graph.TruncatedMean, graph.TruncatedVariance} {
		out := make([]float32, 1)
		if f.Eval(out, nan); out[0] == out[0] {
			t.Errorf("%v of NaN is %g", f, out[0])
		}
		for _, v := range []float32{-math.MaxFloat32, -1e30, -1e5, 1e5, 1e30, math.MaxFloat32} {
			if f.Eval(out, []float32{v}); out[0] != out[0] {
				t.Errorf("%v of %g is NaN", f, v)
			}
		}
	}
}

func TestGradientsOfRectified(t *testing.T) {
	for _, f := range []graph.Function{graph.SoftplusIntegral, graph.LogTruncated, graph.TruncatedMean} {
		t.Run(f.String(), func(t *testing.T) {
			x := graphtest.Random("x", uint64(f), 3, 4)
			loss := func(g *graph.Graph, in []*graph.Node) *graph.Node { return weigh(g, g.Map(f, in[0])) }
			graphtest.Gradient(t, 1e-4, loss, x)
			graphtest.SecondGradient(t, 3e-4, loss, x)
		})
	}
}

// draws of an op at one x, n of them.
func draws(t *testing.T, x float32, n int, sample func(g *graph.Graph, x *graph.Node) *graph.Node) []float32 {
	t.Helper()
	p := graph.NewTensor("x", n)
	for i := range p.Data {
		p.Data[i] = x
	}
	g := graph.New(graph.NewRandom(21))
	return graphtest.Value(t, g, sample(g, g.Param(p)))
}

// States drawn above 0 have the truncated normal's distribution: chi-square
// over twenty intervals of equal probability, found by bisection.
func TestTruncatedDraws(t *testing.T) {
	const n, cells = 40_000, 20
	for _, x := range []float32{-30, -4, -0.5, 0, 0.5, 5} {
		// log P(s > c) = log ∫₀^∞ exp((x−c)s − s²/2) − log ∫₀^∞ exp(xs − s²/2) + xc − c²/2
		above := func(c float64) float64 {
			at, _, _, _ := moments(float64(x) - c)
			all, _, _, _ := moments(float64(x))
			return math.Exp(at - all + float64(x)*c - c*c/2)
		}
		edges := make([]float64, cells+1)
		edges[cells] = math.Inf(1)
		for i := 1; i < cells; i++ {
			lo, hi := 0.0, 20.0
			for range 60 {
				if mid := (lo + hi) / 2; above(mid) > 1-float64(i)/cells {
					lo = mid
				} else {
					hi = mid
				}
			}
			edges[i] = lo
		}
		counts := make([]float64, cells)
		for _, s := range draws(t, x, n, func(g *graph.Graph, x *graph.Node) *graph.Node { return g.Truncated(x, "s") }) {
			if !(s >= 0) {
				t.Fatalf("x=%g: drew %g", x, s)
			}
			for i := range cells {
				if float64(s) < edges[i+1] {
					counts[i]++
					break
				}
			}
		}
		chi := 0.0
		for _, c := range counts {
			chi += (c - n/cells) * (c - n/cells) / (n / cells)
		}
		// 19 degrees of freedom: 50.8 is exceeded once in 10,000.
		if chi > 50.8 {
			t.Errorf("x=%g: chi-square of draws is %.1f, want below 50.8", x, chi)
		}
	}
	for x, want := range map[float32]float32{float32(math.Inf(-1)): 0, float32(math.Inf(1)): float32(math.Inf(1)), -math.MaxFloat32: 0, 1e30: 1e30} {
		for _, s := range draws(t, x, 3, func(g *graph.Graph, x *graph.Node) *graph.Node { return g.Truncated(x, "s") }) {
			if math.Abs(float64(s-want)) > 1e-30 && s != want {
				t.Errorf("x=%g: drew %g, want %g", x, s, want)
			}
		}
	}
}

// The number of offset copies that are on has the probability
// exp(xn − n²/2) / Π_{k≤n} (1−e⁻ᵏ), normalised: what the sum over all subsets
// of n copies is, by the q-binomial theorem.
func TestOffsetCopies(t *testing.T) {
	const n = 50_000
	for _, x := range []float32{-3, -0.2, 0.5, 2.7, 40} {
		from := max(0, int(x)-30)
		p, sum := []float64{}, 0.0
		for k := from; k < from+80; k++ {
			u := float64(k*k) / 2
			for i := 1; i <= k; i++ {
				u += math.Log1p(-math.Exp(-float64(i)))
			}
			w := math.Exp(float64(x)*(float64(k)-float64(x)) - u + float64(x)*float64(x)/2)
			p = append(p, w)
			sum += w
		}
		counts := make([]float64, len(p))
		for _, s := range draws(t, x, n, func(g *graph.Graph, x *graph.Node) *graph.Node { return g.OffsetCopies(x, "s") }) {
			counts[int(s)-from]++
		}
		chi, cells, rest, restWant := 0.0, 0, 0.0, 0.0
		for i := range p {
			want := n * p[i] / sum
			if want < 8 {
				rest += counts[i]
				restWant += want
				continue
			}
			chi += (counts[i] - want) * (counts[i] - want) / want
			cells++
		}
		if restWant > 1 {
			chi += (rest - restWant) * (rest - restWant) / restWant
			cells++
		}
		// 5 deviations above the mean, for a distribution with a longer tail.
		if limit := float64(cells-1) + 6*math.Sqrt(2*float64(cells-1)); chi > limit {
			t.Errorf("x=%g: chi-square of counts is %.1f, want below %.1f", x, chi, limit)
		}
	}
	if s := draws(t, float32(math.NaN()), 1, func(g *graph.Graph, x *graph.Node) *graph.Node { return g.OffsetCopies(x, "s") })[0]; s == s {
		t.Errorf("NaN gives %g copies", s)
	}
}
