package kernel

import (
	"math"
	"testing"
)

// generators are the draws whose bits do not depend on the path.
var generators = map[string]func(dst []float32, key, counter uint64){
	"uniform": Uniform,
	"normal":  Normal,
	"gaussian": func(dst []float32, key, counter uint64) {
		mean, deviation := make([]float32, len(dst)), make([]float32, len(dst))
		for i := range mean {
			mean[i], deviation[i] = float32(i%5), float32(i%3)
		}
		Gaussian(dst, mean, deviation, key, counter)
	},
	"bernoulli": func(dst []float32, key, counter uint64) {
		p := make([]float32, len(dst))
		for i := range p {
			p[i] = float32(i%17) / 16
			if i%29 == 0 {
				p[i] /= 1 << 26 // less than the first 24 bits tell
			}
		}
		Bernoulli(dst, p, key, counter)
	},
}

func TestRandomSameBits(t *testing.T) {
	for name, draw := range generators {
		for _, n := range []int{0, 1, 15, 16, 17, 31, 33, 47, 100, 4095, 4096, 4097, 3*randomBlock + 77, 12 * randomBlock} {
			usePath(t, portable())
			useThreads(t, 1)
			want := make([]float32, n)
			draw(want, 42, 7)
			for _, p := range paths {
				usePath(t, p)
				for _, threads := range []int{1, 2, 3, 7} {
					useThreads(t, threads)
					got, untouched := guarded(n)
					draw(got, 42, 7)
					if i := sameBits(got, want); i >= 0 {
						t.Fatalf("%s: %d numbers, %s, %d threads: element %d is %v, want %v", name, n, p.name, threads, i, got[i], want[i])
					}
					if !untouched() {
						t.Fatalf("%s: %d numbers, %s: wrote outside of the slice", name, n, p.name)
					}
				}
			}
		}
	}
}

// A draw is a function of its block's counter: cutting it at a block, or going
// on behind it, gives the same numbers, and a short draw is the beginning of a
// long one.
func TestRandomBlocks(t *testing.T) {
	for n, want := range map[int]uint64{0: 0, 1: 1, 4096: 1, 4097: 2, 8192: 2} {
		if got := Blocks(n); got != want {
			t.Errorf("Blocks(%d) = %d, want %d", n, got, want)
		}
	}
	everyPath(t, func(t *testing.T) {
		for name, draw := range generators {
			if name != "uniform" && name != "normal" {
				continue // their probabilities go by position
			}
			whole, part := make([]float32, 3*randomBlock), make([]float32, randomBlock+5)
			draw(whole, 1, 10)
			draw(part, 1, 11)
			if i := sameBits(part, whole[randomBlock:2*randomBlock+5]); i >= 0 {
				t.Errorf("%s: element %d of the second block depends on the first", name, i)
			}
		}
	})
}

// The generator against its published form, one lane by itself.
func TestXoshiro(t *testing.T) {
	var s lanes
	s.seed(3, 4)
	x := [4]uint32{s[5], s[21], s[37], s[53]}
	rotl := func(x uint32, k int) uint32 { return x<<k | x>>(32-k) }
	got := make([]float32, 640)
	Uniform(got, 3, 4)
	for i := 5; i < len(got); i += 16 {
		result := rotl(x[0]+x[3], 7) + x[0]
		t0 := x[1] << 9
		x[2] ^= x[0]
		x[3] ^= x[1]
		x[1] ^= x[2]
		x[0] ^= x[3]
		x[2] ^= t0
		x[3] = rotl(x[3], 11)
		if want := float32(result>>8) / (1 << 24); got[i] != want {
			t.Fatalf("element %d is %v, want %v", i, got[i], want)
		}
	}
}

// A toss is decided by all 32 bits of a draw.
func TestBernoulliTellsAllBits(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		p, x, drawn := make([]float32, randomBlock), make([]float32, randomBlock), make([]uint32, randomBlock)
		for counter := range uint64(20) {
			var s lanes
			s.seed(3, counter)
			for i := range p {
				drawn[i] = s.next(i % 16)
				p[i] = float32(drawn[i]) / (1 << 32) // as near as a float32 comes
			}
			Bernoulli(x, p, 3, counter)
			for i, got := range x {
				if want := float64(p[i])*(1<<32) > float64(drawn[i]); (got == 1) != want {
					t.Fatalf("element %d: %v with a probability of %v, where the draw is %d·2⁻³²", i, got, p[i], drawn[i])
				}
			}
		}
	})
}

const draws = 1 << 20

func TestUniformIsUniform(t *testing.T) {
	x := make([]float32, draws)
	for key := range uint64(4) {
		Uniform(x, key, 0)
		const cells = 1000
		var count [cells]int
		for i, v := range x {
			if v < 0 || v >= 1 {
				t.Fatalf("element %d is %v", i, v)
			}
			count[int(v*cells)]++
		}
		checkChiSquare(t, "uniform", count[:], func(int) float64 { return 1. / cells })
		// pairs of neighbours, and of neighbours in one lane
		for _, lag := range []int{1, 16, randomBlock} {
			var pairs [32 * 32]int
			for i := range x[:draws-lag] {
				if i/lag%2 == 0 {
					pairs[int(x[i]*32)*32+int(x[i+lag]*32)]++
				}
			}
			checkChiSquare(t, "pairs", pairs[:], func(int) float64 { return 1. / 1024 })
		}
		// the last of the 24 bits
		odd := 0
		for _, v := range x {
			odd += int(v*(1<<24)) & 1
		}
		checkZ(t, "last bit", float64(odd), draws/2, math.Sqrt(draws)/2)
	}
}

// checkChiSquare compares counts with the probabilities of their cells. The
// statistic is nearly normal, its mean the degrees of freedom d and its
// variance 2d.
func checkChiSquare(t *testing.T, name string, count []int, probability func(cell int) float64) {
	t.Helper()
	total := 0
	for _, n := range count {
		total += n
	}
	chi := 0.0
	for i, n := range count {
		want := float64(total) * probability(i)
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	d := float64(len(count) - 1)
	checkZ(t, name+": chi-square", chi, d, math.Sqrt(2*d))
}

func checkZ(t *testing.T, name string, got, mean, deviation float64) {
	t.Helper()
	if z := (got - mean) / deviation; math.Abs(z) > 5 {
		t.Errorf("%s is %v, want %v ± %v", name, got, mean, deviation)
	}
}

func TestNormalIsNormal(t *testing.T) {
	x := make([]float32, draws)
	for key := range uint64(3) {
		Normal(x, key, 1000)
		var moments [5]float64
		const cells = 64 // between -3.2 and 3.2, and the two tails
		var count [cells + 2]int
		for _, v := range x {
			z := float64(v)
			for k, p := 1, z; k < len(moments); k, p = k+1, p*z {
				moments[k] += p
			}
			count[1+int(math.Floor(min(max((z+3.2)*10, -1), cells)))]++
		}
		n := float64(draws)
		checkZ(t, "mean", moments[1]/n, 0, 1/math.Sqrt(n))
		checkZ(t, "variance", moments[2]/n, 1, math.Sqrt(2/n))
		checkZ(t, "third moment", moments[3]/n, 0, math.Sqrt(15/n))
		checkZ(t, "fourth moment", moments[4]/n, 3, math.Sqrt(96/n))
		below := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
		checkChiSquare(t, "normal", count[:], func(i int) float64 {
			lo, hi := 0.0, 1.0
			if i > 0 {
				lo = below(float64(i-1)/10 - 3.2)
			}
			if i <= cells {
				hi = below(float64(i)/10 - 3.2)
			}
			return hi - lo
		})
		// the two numbers of a pair, and neighbours
		for _, lag := range []int{1, 16, 32} {
			sum, squares := 0.0, 0.0
			for i := range x[:draws-lag] {
				sum += float64(x[i]) * float64(x[i+lag])
				squares += (float64(x[i])*float64(x[i]) - 1) * (float64(x[i+lag])*float64(x[i+lag]) - 1)
			}
			checkZ(t, "correlation", sum, 0, math.Sqrt(n))
			checkZ(t, "correlation of squares", squares, 0, 2*math.Sqrt(n))
		}
	}
}

// The transform against float64, from the smallest to the largest uniforms.
func TestBoxMuller(t *testing.T) {
	r := newRand(12)
	check := func(u, v float32) {
		t.Helper()
		radius := math.Sqrt(-2 * math.Log(float64(u)))
		sin, cos := math.Sincos(2 * math.Pi * float64(v))
		x, y := boxMuller(u, v)
		if math.Abs(float64(x)-radius*cos) > 1e-6*(0.1+radius) || math.Abs(float64(y)-radius*sin) > 1e-6*(0.1+radius) {
			t.Errorf("boxMuller(%v, %v) = %v, %v, want %v, %v", u, v, x, y, radius*cos, radius*sin)
		}
	}
	const last = 1 - 1./(1<<24)
	for _, u := range []float32{1. / (1 << 32), 1. / (1 << 24), 0.25, 0.3, 0.5, 0.75, last, 1} {
		for _, v := range []float32{0, 1. / (1 << 24), 0.124, 0.125, 0.126, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, last} {
			check(u, v)
		}
	}
	for range 100000 {
		check(float32(1+r.IntN(1<<32))/(1<<32), float32(r.IntN(1<<24))/(1<<24))
	}
}

func TestBernoulli(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		p, x := make([]float32, draws), make([]float32, draws)
		for _, q := range []float32{0, 1, 0.5, 0.001, 0.9, 1. / (1 << 20)} {
			for i := range p {
				p[i] = q
			}
			Bernoulli(x, p, 5, 6)
			ones := 0.0
			for i, v := range x {
				if v != 0 && v != 1 {
					t.Fatalf("element %d is %v", i, v)
				}
				ones += float64(v)
			}
			mean := draws * float64(q)
			checkZ(t, "number of ones", ones, mean, math.Sqrt(mean*(1-float64(q)))+1e-9)
		}
		u := make([]float32, 1000)
		Uniform(u, 8, 9)
		for i := range u {
			p[i] = 0.3
		}
		p[7], p[8], p[9] = float32(math.NaN()), -1, 2
		Bernoulli(p[:1000], p[:1000], 8, 9) // in place
		for i, v := range u {
			if i == 7 {
				if p[i] == p[i] {
					t.Fatalf("a probability of NaN gives %v", p[i])
				}
				continue
			}
			want := float32(0)
			if i != 8 && (v < 0.3 || i == 9) {
				want = 1
			}
			if p[i] != want {
				t.Fatalf("element %d is %v where the uniform number is %v", i, p[i], v)
			}
		}
	})
}

// Streams that differ by little in key or counter have nothing in common.
func TestStreamsAreIndependent(t *testing.T) {
	const n, streams = 1024, 40
	type name struct{ key, counter uint64 }
	var names []name
	for i := range uint64(streams / 4) {
		names = append(names, name{0, i}, name{i + 1, 0}, name{1 << i, 1 << i}, name{^i, ^uint64(0) - i})
	}
	x := make([][]float32, 0, streams)
	seen := map[name]bool{}
	for _, s := range names {
		if seen[s] {
			continue
		}
		seen[s] = true
		u := make([]float32, n)
		Uniform(u, s.key, s.counter)
		x = append(x, u)
	}
	total, pairs := 0.0, 0.0
	for i := range x {
		for j := range i {
			r := 0.0
			for k := range n {
				r += (float64(x[i][k]) - 0.5) * (float64(x[j][k]) - 0.5)
			}
			z := r * 12 / math.Sqrt(n)
			if math.Abs(z) > 5 {
				t.Errorf("streams %d and %d: correlation %v standard deviations", i, j, z)
			}
			total += z * z
			pairs++
		}
	}
	checkZ(t, "sum of squared correlations", total, pairs, math.Sqrt(2*pairs))
}
