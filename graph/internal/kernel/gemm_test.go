package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// naiveGemm is the definition, in float64. It also returns the sum of the
// absolute values of the terms, against which rounding errors are measured.
func naiveGemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) (want, size []float64) {
	want, size = make([]float64, m*n), make([]float64, m*n)
	for i := range m {
		for j := range n {
			s, abs := 0.0, 0.0
			for p := range k {
				if alpha == 0 {
					break // a and b are not read
				}
				ai, bi := i*lda+p, p*ldb+j
				if transA {
					ai = p*lda + i
				}
				if transB {
					bi = j*ldb + p
				}
				x, y := a[ai], b[bi]
				s += float64(x) * float64(y)
				abs += math.Abs(float64(x) * float64(y))
			}
			s *= float64(alpha)
			abs *= math.Abs(float64(alpha))
			if beta != 0 {
				s += float64(beta) * float64(c[i*ldc+j])
				abs += math.Abs(float64(beta) * float64(c[i*ldc+j]))
			}
			want[i*n+j], size[i*n+j] = s, abs
		}
	}
	return want, size
}

// bound is the error allowed to a float32 sum of k terms: that of a chain of
// rounding errors, which no order of summation exceeds.
func bound(k int, size float64) float64 { return float64(k+4)*size/(1<<24) + 1e-37 }

// agrees tells whether got is want but for an error: NaN where that is NaN, and
// infinite where that is.
func agrees(got float32, want, bound float64) bool {
	if want != want || math.IsInf(want, 0) {
		return got != got && want != want || float64(got) == want
	}
	return math.Abs(float64(got)-want) <= bound
}

// spoil puts numbers that are not finite into a few places.
func spoil(r *rand.Rand, s []float32) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if len(s) > 0 && r.IntN(2) == 0 {
			s[r.IntN(len(s))] = float32(v)
		}
	}
}

func TestGemm(t *testing.T) {
	r := newRand(1)
	for trial := range 400 {
		m, n, k := 1+r.IntN(70), 1+r.IntN(90), 1+r.IntN(130)
		switch trial % 40 {
		case 0:
			m, n, k = 1+r.IntN(420), 1+r.IntN(200), 1+r.IntN(1300)
		case 1:
			m, n, k = 1+r.IntN(3), 1+r.IntN(600), 1+r.IntN(600)
		case 2:
			m, n, k = 1+r.IntN(900), 1+r.IntN(3), 1+r.IntN(600)
		case 3:
			k = 0
		case 4:
			k = 512 + r.IntN(3)
		}
		transA, transB := r.IntN(2) == 1, r.IntN(2) == 1
		alpha := []float32{1, 1, -0.5, 0}[r.IntN(4)]
		beta := []float32{0, 1, 0.7}[r.IntN(3)]
		lda, ldb, ldc := k+r.IntN(5), n+r.IntN(5), n+r.IntN(5)
		rowsA, rowsB, colsA, colsB := m, k, k, n
		far := r.IntN(4) == 0 // rows at the same address modulo 4096, or nearly
		if transA {
			lda, rowsA, colsA = m+r.IntN(5), k, m
		}
		if transB {
			ldb, rowsB, colsB = k+r.IntN(5), n, k
		}
		if far {
			lda = (colsA+15)/1024*1024 + 1024 - 8 + r.IntN(17)
		}
		// The slices end with the last element.
		a := normals(r, max(0, (rowsA-1)*lda+colsA))
		b := normals(r, max(0, (rowsB-1)*ldb+colsB))
		a, b = a[:len(a):len(a)], b[:len(b):len(b)]
		before := normals(r, (m-1)*ldc+n)
		if trial%4 == 1 {
			spoil(r, a)
			spoil(r, b)
			spoil(r, before[:n])
		}
		if beta == 0 {
			before[r.IntN(n)] = float32(math.NaN())
		}
		want, size := naiveGemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, before, ldc)
		check := func() {
			name := fmt.Sprintf("%s, trial %d: transA %v, transB %v, m %d, n %d, k %d, alpha %v, beta %v, ld %d %d %d",
				current.name, trial, transA, transB, m, n, k, alpha, beta, lda, ldb, ldc)
			c, untouched := guarded(len(before))
			copy(c, before)
			Gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
			for at, got := range c {
				i, j := at/ldc, at%ldc
				if j >= n {
					if math.Float32bits(got) != math.Float32bits(before[at]) {
						t.Fatalf("%s: element [%d,%d] outside of c was written", name, i, j)
					}
					continue
				}
				if !agrees(got, want[i*n+j], bound(k, size[i*n+j])) {
					t.Fatalf("%s: [%d,%d] = %v, want %v", name, i, j, got, want[i*n+j])
				}
			}
			if !untouched() {
				t.Fatalf("%s: wrote outside of c", name)
			}
		}
		onEachPath(t, func() {
			check()
			smallCaches()
			check()
		})
	}
}

// smallCaches makes the path in use cut products into more and smaller parts,
// and copy what has to be copied, as on a processor with the smallest caches.
func smallCaches() {
	small := *current
	small.ways, small.area = 0, 3000
	current = &small
}

func TestGemmSpecialValues(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		checkSpecialValues(t, 13, 37, 20)
		tiny := math.Float32frombits(3) // denormal
		x, y, z := []float32{tiny}, []float32{1}, []float32{0}
		Gemm(false, false, 1, 1, 1, 1, x, 1, y, 1, 0, z, 1)
		if z[0] != tiny {
			t.Errorf("denormal came out as %g", z[0])
		}
	})
}

// checkSpecialValues multiplies m×k by k×n ones among which there are a NaN in row
// 2 of the first, an Inf in the last column of the second, and a 0 that meets it.
func checkSpecialValues(t *testing.T, m, n, k int) {
	t.Helper()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
	for i := range a {
		a[i] = 1
	}
	for i := range b {
		b[i] = 1
	}
	a[2*k+3] = nan
	b[5*n+n-1] = inf
	a[4*k+5] = 0 // 0·Inf
	Gemm(false, false, m, n, k, 1, a, k, b, n, 0, c, n)
	for i := range m {
		for j := range n {
			want := float32(k)
			switch {
			case i == 2, i == 4 && j == n-1:
				want = nan
			case j == n-1:
				want = inf
			case i == 4:
				want = float32(k - 1)
			}
			if got := c[i*n+j]; got != want && !(got != got && want != want) {
				t.Fatalf("[%d,%d] = %v, want %v", i, j, got, want)
			}
		}
	}
}

func TestGemmSameBits(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(2)
		for _, s := range [][3]int{{128, 500, 784}, {61, 333, 1100}, {700, 40, 90}, {1, 2000, 600}, {90, 30, 1024}, {300, 64, 1030}} {
			m, n, k := s[0], s[1], s[2]
			for trans := range 4 {
				transA, transB := trans&1 != 0, trans&2 != 0
				lda, ldb := k, n
				if transA {
					lda = m
				}
				if transB {
					ldb = k
				}
				a, b := normals(r, m*k), normals(r, k*n)
				var first []float32
				for _, threads := range []int{1, 2, 3, 7, -1} {
					useThreads(t, max(1, threads))
					before := current
					if threads < 0 { // nor does a bit depend on the caches
						smallCaches()
					}
					c := make([]float32, m*n)
					Gemm(transA, transB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
					current = before
					if first == nil {
						first = c
					} else if i := sameBits(first, c); i >= 0 {
						t.Fatalf("%v trans %d: element %d differs on %d threads", s, trans, i, threads)
					}
				}
			}
		}
	})
}

// However the factors are stored, and whichever is transposed to be packed, the
// sums are the same.
func TestGemmTransposed(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(3)
		for _, s := range [][3]int{{32, 512, 784}, {128, 500, 784}, {784, 33, 100}, {1, 700, 300}, {50, 1, 90}, {13, 70, 1}, {40, 1100, 900}} {
			m, k, n := s[0], s[1], s[2]
			a, b := normals(r, m*k), normals(r, k*n)
			across, down := make([]float32, k*m), make([]float32, n*k)
			transposePortable(across, m, a, k, m, k)
			transposePortable(down, k, b, n, k, n)
			want, got := make([]float32, m*n), make([]float32, m*n)
			for _, threads := range []int{1, 2} {
				useThreads(t, threads)
				Gemm(false, false, m, n, k, 0.7, a, k, b, n, 0, want, n)
				for trans, f := range []func(){
					func() { Gemm(true, false, m, n, k, 0.7, across, m, b, n, 0, got, n) },
					func() { Gemm(false, true, m, n, k, 0.7, a, k, down, k, 0, got, n) },
					func() { Gemm(true, true, m, n, k, 0.7, across, m, down, k, 0, got, n) },
				} {
					clear(got)
					if f(); sameBits(want, got) >= 0 {
						t.Errorf("%v, %d threads: form %d differs at element %d", s, threads, 1+trans, sameBits(want, got))
					}
				}
			}
		}
	})
}
