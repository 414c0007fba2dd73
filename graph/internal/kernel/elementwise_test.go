package kernel

import (
	"math"
	"math/big"
	"testing"
)

// function is a kernel and what it should compute. floor is the size of the
// result below which only the absolute error counts.
type function struct {
	name      string
	f         func(dst, src []float32)
	reference func(x float64) float64
	at        map[float32]float32 // exact values
}

func functions() []function {
	inf := float32(math.Inf(1))
	zero := float32(math.Copysign(0, -1))
	return []function{
		{"exp", Exp, math.Exp, map[float32]float32{0: 1, inf: inf, -inf: 0, 100: inf, -200: 0, 1e38: inf, -1e38: 0}},
		{"sigmoid", Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
			map[float32]float32{0: 0.5, inf: 1, -inf: 0, 50: 1, 1e38: 1, -1e38: 0}},
		{"sigmoid'", SigmoidSlope, func(x float64) float64 {
			e := math.Exp(-math.Abs(x))
			return e / ((1 + e) * (1 + e))
		}, map[float32]float32{0: 0.25, zero: 0.25, inf: 0, -inf: 0, 1e38: 0, -1e38: 0, 200: 0}},
		{"softplus", Softplus, func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
			map[float32]float32{inf: inf, -inf: 0, 1e38: 1e38, -1e38: 0, 200: 200, -200: 0}},
		{"tanh", Tanh, math.Tanh, map[float32]float32{0: 0, zero: zero, inf: 1, -inf: -1, 30: 1, -30: -1, 1e-30: 1e-30}},
		{"tanh'", TanhSlope, func(x float64) float64 {
			c := math.Cosh(x)
			return 1 / (c * c)
		}, map[float32]float32{0: 1, zero: 1, inf: 0, -inf: 0, 1e38: 0, -1e38: 0, 100: 0}},
		{"logcosh", LogCosh, func(x float64) float64 {
			x = math.Abs(x)
			if x < 0.01 {
				return x*x/2 - x*x*x*x/12
			}
			return x - math.Ln2 + math.Log1p(math.Exp(-2*x))
		}, map[float32]float32{0: 0, zero: 0, inf: inf, -inf: inf, 1e38: 1e38, -1e38: 1e38}},
		{"relu", ReLU, func(x float64) float64 { return max(x, 0) },
			map[float32]float32{0: 0, inf: inf, -inf: 0, 1e-45: 1e-45, -3: 0, 3: 3}},
		{"clipped relu", ClippedReLU, func(x float64) float64 { return min(1, max(x, 0)) },
			map[float32]float32{0: 0, inf: 1, -inf: 0, 0.25: 0.25, 3: 1}},
		{"half square", HalfSquare, func(x float64) float64 { return x * x / 2 },
			map[float32]float32{0: 0, inf: inf, -inf: inf, 1e20: inf, -3: 4.5, 3: 4.5}},
		{"half square of relu", HalfSquareReLU, func(x float64) float64 { x = max(x, 0); return x * x / 2 },
			map[float32]float32{0: 0, inf: inf, -inf: 0, 1e20: inf, -1e20: 0, -3: 0, 3: 4.5}},
		{"clipped integral", ClippedIntegral, func(x float64) float64 {
			c := min(1, max(x, 0))
			return c * (max(x, 0) - c/2)
		}, map[float32]float32{0: 0, inf: inf, -inf: 0, -1: 0, 0.5: 0.125, 1: 0.5, 3: 2.5, 1e30: 1e30}},
		{"sqrt", Sqrt, math.Sqrt, map[float32]float32{0: 0, zero: zero, inf: inf, 4: 2}},
		{"step", Step, func(x float64) float64 { return float64(indicator(x > 0, float32(x))) },
			map[float32]float32{0: 0, zero: 0, inf: 1, -inf: 0, -1: 0, 1e-45: 1}},
		{"box", Box, func(x float64) float64 { return float64(indicator(x > 0 && x < 1, float32(x))) },
			map[float32]float32{0: 0, zero: 0, inf: 0, -inf: 0, 1: 0, 0.5: 1}},
	}
}

func TestFunctions(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(6)
		var src []float32
		for _, scale := range []float64{1e-20, 1e-6, 0.01, 0.3, 1, 4, 20, 60} {
			for range 20000 {
				src = append(src, float32(r.NormFloat64()*scale))
			}
		}
		for x := float32(-110); x < 110; x += 0.0137 {
			src = append(src, x)
		}
		for bits := uint64(0); bits < 1<<32; bits += 8209 { // a prime: all exponents, all digits
			src = append(src, math.Float32frombits(uint32(bits)))
		}
		dst := make([]float32, len(src))
		for _, f := range functions() {
			f.f(dst, src)
			worst, at := 0.0, 0
			for i, x := range src {
				want := f.reference(float64(x))
				if math.Abs(want) > math.MaxFloat32 {
					want = math.Inf(1)
				}
				if float64(dst[i]) == want || want != want && dst[i] != dst[i] {
					continue
				}
				e := math.Abs(float64(dst[i])-want) / ulp(want)
				if math.Abs(want) < 0x1p-126 { // too small for a normal number
					e *= 0x1p-23 // no more is promised than that it is about zero
				}
				if !(e <= worst) {
					worst, at = e, i
				}
			}
			t.Logf("%s: %.2f ulp at %v", f.name, worst, src[at])
			if !(worst <= 2.5) {
				t.Errorf("%s(%v) = %v, want %v: %.2f ulp", f.name, src[at], dst[at], f.reference(float64(src[at])), worst)
			}
		}
	})
}

// ulp is the distance between the float32 numbers around x. Denormal numbers
// count like the smallest normal one.
func ulp(x float64) float64 {
	x = max(math.Abs(x), 0x1p-126)
	return math.Ldexp(1, math.Ilogb(x)-23)
}

func TestFunctionsSpecialValues(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		for _, f := range functions() {
			for x, want := range f.at {
				// in every lane, and in the rest of a vector
				for _, n := range []int{1, 19, 32} {
					src := make([]float32, n)
					src[n-1] = x
					f.f(src, src)
					if got := src[n-1]; math.Float32bits(got) != math.Float32bits(want) {
						t.Errorf("%s(%v) = %v, want %v", f.name, x, got, want)
					}
				}
			}
			nan := []float32{float32(math.NaN())}
			f.f(nan, nan)
			if nan[0] == nan[0] {
				t.Errorf("%s(NaN) = %v", f.name, nan[0])
			}
			tiny := []float32{math.SmallestNonzeroFloat32}
			want := f.reference(float64(tiny[0]))
			f.f(tiny, tiny)
			if e := math.Abs(float64(tiny[0]) - want); e > 2*ulp(want) {
				t.Errorf("%s(smallest) = %v, want %v", f.name, tiny[0], want)
			}
		}
	})
}

// tails calls f for slices of every length around the sizes of vectors.
func tails(f func(n int)) {
	for n := range 70 {
		f(n)
	}
	f(1000)
	f(3*grain + 5)
}

func TestFunctionTails(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(7)
		for _, f := range functions() {
			tails(func(n int) {
				src := normals(r, n)
				src = src[:n:n]
				dst, untouched := guarded(n)
				f.f(dst, src)
				for i, x := range src {
					want := f.reference(float64(x))
					if e := math.Abs(float64(dst[i]) - want); !(e <= 2.5*ulp(want)) && want == want {
						t.Fatalf("%s, n = %d: element %d: f(%v) = %v, want %v", f.name, n, i, x, dst[i], want)
					}
				}
				if !untouched() {
					t.Fatalf("%s, n = %d: wrote outside of the slice", f.name, n)
				}
				f.f(src, src)
				if i := sameBits(src, dst); i >= 0 {
					t.Fatalf("%s, n = %d: element %d differs in place", f.name, n, i)
				}
			})
		}
	})
}

func TestElementwise(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(8)
		for _, k := range []struct {
			name string
			f    func(dst, x, y []float32)
			want func(x, y float64) float64
		}{
			{"axpby", func(dst, x, y []float32) { Axpby(dst, 0.5, x, -3, y) }, func(x, y float64) float64 { return 0.5*x - 3*y }},
			{"add", func(dst, x, y []float32) { Axpby(dst, 1, x, 1, y) }, func(x, y float64) float64 { return x + y }},
			{"mul", Mul, func(x, y float64) float64 { return x * y }},
			{"scale", func(dst, x, y []float32) { Scale(dst, -1.5, x) }, func(x, y float64) float64 { return -1.5 * x }},
		} {
			tails(func(n int) {
				x, y := normals(r, n), normals(r, n)
				dst, untouched := guarded(n)
				k.f(dst, x, y)
				for i := range dst {
					want := k.want(float64(x[i]), float64(y[i]))
					if e := math.Abs(float64(dst[i]) - want); !(e <= 4*ulp(max(math.Abs(want), 1))) {
						t.Fatalf("%s, n = %d: element %d of %v, %v = %v, want %v", k.name, n, i, x[i], y[i], dst[i], want)
					}
				}
				if !untouched() {
					t.Fatalf("%s, n = %d: wrote outside of the slice", k.name, n)
				}
				k.f(x[:n:n], x, y)
				if i := sameBits(x, dst); i >= 0 {
					t.Fatalf("%s, n = %d: element %d differs in the place of x", k.name, n, i)
				}
			})
		}
	})
}

func TestReductions(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(9)
		tails(func(n int) {
			x, y := normals(r, n), normals(r, n)
			sum, dot := new(big.Float).SetPrec(200), new(big.Float).SetPrec(200)
			for i := range x {
				sum.Add(sum, big.NewFloat(float64(x[i])))
				dot.Add(dot, big.NewFloat(float64(x[i])*float64(y[i])))
			}
			wantSum, _ := sum.Float64()
			wantDot, _ := dot.Float64()
			if got := Sum(x); math.Abs(got-wantSum) > 1e-12*float64(n+1) {
				t.Fatalf("sum of %d = %v, want %v", n, got, wantSum)
			}
			if got := Dot(x, y); math.Abs(got-wantDot) > 1e-12*float64(n+1) {
				t.Fatalf("dot of %d = %v, want %v", n, got, wantDot)
			}
		})
		for _, s := range [][2]int{{0, 0}, {1, 1}, {3, 0}, {0, 3}, {5, 7}, {64, 16}, {65, 33}, {200, 130}, {3000, 64}, {2, 40000}, {20000, 3}, {7, 3}, {100001, 1}, {300, 200}, {63, 31}} {
			rows, cols := s[0], s[1]
			x, col := normals(r, rows*cols), normals(r, rows)
			sums, sumsOnly := guarded(cols)
			ColSum(sums, x, rows, cols)
			scaled, scaledOnly := guarded(rows * cols)
			RowScale(scaled, x, col, rows, cols)
			if !sumsOnly() || !scaledOnly() {
				t.Fatalf("%dx%d: wrote outside of a slice", rows, cols)
			}
			wantCols := make([]float64, cols)
			for i := range rows {
				for j := range cols {
					v := x[i*cols+j]
					wantCols[j] += float64(v)
					if got := scaled[i*cols+j]; got != v*col[i] {
						t.Fatalf("%dx%d: [%d,%d] · column = %v, want %v", rows, cols, i, j, got, v*col[i])
					}
				}
			}
			for j, want := range wantCols {
				if e := math.Abs(float64(sums[j]) - want); e > 1e-6*math.Sqrt(float64(rows))+ulp(want) {
					t.Fatalf("%dx%d: column %d sums to %v, want %v", rows, cols, j, sums[j], want)
				}
			}
		}
	})
}

// A number that is not finite comes through wherever it stands.
func TestSpecialValuesComeThrough(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	everyPath(t, func(t *testing.T) {
		r := newRand(20)
		for _, n := range []int{1, 7, 16, 33, 70, 2*grain + 9} {
			for _, c := range [][2]float64{{nan, nan}, {inf, inf}, {-inf, -inf}} {
				x, y, z := normals(r, n), normals(r, n), make([]float32, n)
				at := r.IntN(n)
				x[at], y[at] = float32(c[0]), 2
				cols := 1 + r.IntN(min(n, 5))
				whole := n / cols * cols
				sums, columns := make([]float32, cols), make([]float64, cols)
				ColSum(sums, x[:whole], n/cols, cols)
				AddColumns(columns, x[:whole])
				for name, got := range map[string]float64{
					"sum":    Sum(x),
					"dot":    Dot(x, y),
					"mapped": MapSum(x, func(dst, src []float32) { copy(dst, src) }),
					"column": float64(sums[at%cols]),
					"block":  columns[at%cols],
					"axpby":  func() float64 { Axpby(z, 0, y, 1, x); return float64(z[at]) }(),
					"mul":    func() float64 { Mul(z, x, y); return float64(z[at]) }(),
					"scale":  func() float64 { Scale(z, 0.5, x); return float64(z[at]) }(),
					"rows":   func() float64 { RowScale(z, x, y, n, 1); return float64(z[at]) }(),
					"row":    func() float64 { MulRow(z, x, y[at:at+1], 0); return float64(z[at]) }(),
					"plus":   func() float64 { CombineRow(z, 1, x, 1, y[at:at+1], 0); return float64(z[at]) }(),
				} {
					if (name == "column" || name == "block") && at >= whole {
						continue
					}
					if got != c[1] && !(got != got && c[1] != c[1]) {
						t.Errorf("%s: %v at %d of %d gives %v, want %v", name, c[0], at, n, got, c[1])
					}
				}
				Scale(z, 0, x)
				if z[at] == z[at] {
					t.Errorf("0·%v at %d of %d is %v, want NaN", c[0], at, n, z[at])
				}
			}
		}
	})
}

// A sum of many numbers of one sign is where float32 would go wrong.
func TestColSumIsAccurate(t *testing.T) {
	const rows, cols = 131072, 64
	x := make([]float32, rows*cols)
	for i := range x {
		x[i] = 0.1
	}
	everyPath(t, func(t *testing.T) {
		var first []float32
		for _, threads := range []int{1, 2, 3, 7} {
			useThreads(t, threads)
			got := make([]float32, cols)
			ColSum(got, x, rows, cols)
			want := rows * float64(float32(0.1))
			for j, v := range got {
				if math.Abs(float64(v)-want) > 1e-6*want {
					t.Fatalf("column %d sums to %v, want %v", j, v, want)
				}
			}
			if first == nil {
				first = got
			}
			if j := sameBits(first, got); j >= 0 {
				t.Fatalf("column %d differs on %d threads", j, threads)
			}
		}
	})
}

func TestReduceSameBits(t *testing.T) {
	x := normals(newRand(10), 10*grain+17)
	everyPath(t, func(t *testing.T) {
		var sum, dot float64
		for i, threads := range []int{1, 2, 3, 7} {
			useThreads(t, threads)
			s, d := Sum(x), Dot(x, x)
			if i == 0 {
				sum, dot = s, d
			}
			if s != sum || d != dot {
				t.Fatalf("%d threads: sum %v, dot %v, on one %v, %v", threads, s, d, sum, dot)
			}
		}
	})
}

// A sum of a function is that of the function's values.
func TestMapSum(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(18)
		tails(func(n int) {
			x, y := normals(r, n), make([]float32, n)
			Tanh(y, x)
			want := 0.0
			for _, v := range y {
				want += float64(v)
			}
			if got := MapSum(x, Tanh); !(math.Abs(got-want) <= 1e-12*float64(n+1)) {
				t.Fatalf("n = %d: sum is %v, want %v", n, got, want)
			}
		})
	})
}

// An element's result does not depend on where in a slice it stands, nor on
// the number of threads.
func TestElementwiseSameBits(t *testing.T) {
	const n = 5*grain + 17
	r := newRand(19)
	x, y, first, got := normals(r, n), normals(r, n), make([]float32, n), make([]float32, n)
	kernels := functions()
	kernels = append(kernels,
		function{name: "axpby", f: func(dst, src []float32) { Axpby(dst, 0.3, src, 0.7, y[:len(src)]) }},
		function{name: "mul", f: func(dst, src []float32) { Mul(dst, src, y[:len(src)]) }},
		function{name: "scale", f: func(dst, src []float32) { Scale(dst, 0.3, src) }},
		function{name: "adam", f: func(dst, src []float32) {
			m, v := make([]float32, len(src)), make([]float32, len(src))
			copy(dst, src)
			Adam(dst, m, v, y[:len(src)], 0.1, 0.9, 0.999, 1e-8, 1)
		}},
		function{name: "adamax", f: func(dst, src []float32) {
			m, u := make([]float32, len(src)), make([]float32, len(src))
			copy(dst, src)
			AdaMax(dst, m, u, y[:len(src)], 0.1, 0.9, 0.999, 1e-8, 1)
		}},
	)
	everyPath(t, func(t *testing.T) {
		for _, k := range kernels {
			for i, threads := range []int{1, 2, 3, 7} {
				useThreads(t, threads)
				if i == 0 {
					k.f(first, x)
					continue
				}
				k.f(got, x)
				if i := sameBits(first, got); i >= 0 {
					t.Fatalf("%s on %d threads: element %d is %v, on one %v", k.name, threads, i, got[i], first[i])
				}
			}
			for n := range 70 {
				k.f(got[:n], x[:n])
				if i := sameBits(first[:n], got[:n]); i >= 0 {
					t.Fatalf("%s of %d: element %d is %v, of more it is %v", k.name, n, i, got[i], first[i])
				}
			}
		}
	})
}
