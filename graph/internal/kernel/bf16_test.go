package kernel

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// useBF16 rounds the factors of products during a test or benchmark, which is
// skipped where that is impossible.
func useBF16(t testing.TB) {
	if err := SetBF16(true); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { SetBF16(false) })
}

// toBF16 is x rounded to bfloat16, to even in the middle, by the definition of
// the format: the first 16 bits of a float32.
func toBF16(x float32) float32 {
	bits := math.Float32bits(x)
	switch {
	case x != x:
		return x
	case bits&0x7f800000 == 0:
		return math.Float32frombits(bits & (1 << 31))
	}
	low := bits & 0xffff
	bits -= low
	if low > 0x8000 || low == 0x8000 && bits&0x10000 != 0 {
		bits += 0x10000
	}
	return math.Float32frombits(bits)
}

func allToBF16(s []float32) []float32 {
	r := make([]float32, len(s))
	for i, x := range s {
		r[i] = toBF16(x)
	}
	return r
}

func TestGemmBF16(t *testing.T) {
	useBF16(t)
	r := newRand(21)
	for trial := range 600 {
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
			m, n, k = 16*(1+r.IntN(5)), 16*(1+r.IntN(5)), 32*(1+r.IntN(40))
		}
		transA, transB := r.IntN(2) == 1, r.IntN(2) == 1
		alpha := []float32{1, 1, -0.5, 0}[r.IntN(4)]
		beta := []float32{0, 1, 0.7}[r.IntN(3)]
		lda, ldb, ldc := k+r.IntN(5), n+r.IntN(5), n+r.IntN(5)
		rowsA, rowsB, colsA, colsB := m, k, k, n
		if transA {
			lda, rowsA, colsA = m+r.IntN(5), k, m
		}
		if transB {
			ldb, rowsB, colsB = k+r.IntN(5), n, k
		}
		a := normals(r, max(0, (rowsA-1)*lda+colsA))
		b := normals(r, max(0, (rowsB-1)*ldb+colsB))
		a, b = a[:len(a):len(a)], b[:len(b):len(b)]
		before := normals(r, (m-1)*ldc+n)
		if beta == 0 {
			before[r.IntN(n)] = float32(math.NaN())
		}
		want, size := naiveGemm(transA, transB, m, n, k, alpha, allToBF16(a), lda, allToBF16(b), ldb, beta, before, ldc)
		name := fmt.Sprintf("trial %d: transA %v, transB %v, m %d, n %d, k %d, alpha %v, beta %v, ld %d %d %d",
			trial, transA, transB, m, n, k, alpha, beta, lda, ldb, ldc)
		c, untouched := guarded(len(before))
		copy(c, before)
		Gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		for at, got := range c {
			i, j := at/ldc, at%ldc
			if j >= n {
				if got != before[at] {
					t.Fatalf("%s: element [%d,%d] outside of c was written", name, i, j)
				}
				continue
			}
			if e := math.Abs(float64(got) - want[i*n+j]); !(e <= bound(k, size[i*n+j])) {
				t.Fatalf("%s: [%d,%d] = %v, want %v", name, i, j, got, want[i*n+j])
			}
		}
		if !untouched() {
			t.Fatalf("%s: wrote outside of c", name)
		}
	}
}

func TestConvBF16(t *testing.T) {
	useBF16(t)
	r := newRand(22)
	for trial := range 300 {
		g := randomConv(r)
		nx, ny, nw := g.sizes()
		x, y, w := normals(r, nx), normals(r, ny), normals(r, nw)
		xr, yr, wr := allToBF16(x), allToBF16(y), allToBF16(w)
		var bx, by []float32
		if trial%2 == 1 {
			bx, by = normals(r, g.C), normals(r, g.F)
		}
		forward, transposed, filter := newReference(ny, by), newReference(nx, bx), newReference(nw, nil)
		naiveConv(g, func(i, j, k int) {
			forward.add(j, xr[i], wr[k])
			transposed.add(i, yr[j], wr[k])
			filter.add(k, xr[i], yr[j])
		})
		for _, c := range []struct {
			name  string
			want  *reference
			terms int
			f     func(dst []float32)
		}{
			{"forward", forward, g.KH*g.KW*g.C + 1, func(dst []float32) { g.Forward(dst, x, w, by) }},
			{"gather", transposed, g.KH*g.KW*g.F + 1, func(dst []float32) { g.transposedBy((*convolution).gather, dst, y, w, bx) }},
			{"scatter", transposed, g.KH*g.KW*g.F + 1, func(dst []float32) { g.transposedBy((*convolution).scatter, dst, y, w, bx) }},
			{"filter", filter, ny / g.F, func(dst []float32) { g.Filter(dst, x, y) }},
		} {
			got, untouched := guarded(len(c.want.value))
			c.f(got)
			for i, v := range got {
				if e := math.Abs(float64(v) - c.want.value[i]); !(e <= bound(c.terms, c.want.size[i])) {
					t.Fatalf("trial %d: %+v: %s: element %d = %v, want %v", trial, g, c.name, i, v, c.want.value[i])
				}
			}
			if !untouched() {
				t.Fatalf("trial %d: %+v: %s: wrote outside of the slice", trial, g, c.name)
			}
		}
	}
}

func TestBF16SpecialValues(t *testing.T) {
	useBF16(t)
	checkSpecialValues(t, 37, 70, 100)
	inf := float32(math.Inf(1))
	// Halfway between two numbers of 8 bits, and beside it.
	for _, s := range []struct{ x, want float32 }{
		{1 + 1.0/256, 1}, {1 + 3.0/256, 1 + 4.0/256}, {1 + 1.0/256 + 1.0/65536, 1 + 2.0/256}, {-1 - 1.0/256 + 1.0/65536, -1},
		{math.MaxFloat32, inf}, {-math.MaxFloat32, -inf}, {math.SmallestNonzeroFloat32, 0}, {0x1p-126, 0x1p-126},
	} {
		z := []float32{0}
		Gemm(false, false, 1, 1, 1, 1, []float32{s.x}, 1, []float32{1}, 1, 0, z, 1)
		if z[0] != s.want || toBF16(s.x) != s.want {
			t.Errorf("%v is rounded to %v, by the definition to %v, want %v", s.x, z[0], toBF16(s.x), s.want)
		}
	}
}

func TestBF16SameBits(t *testing.T) {
	useBF16(t)
	r := newRand(23)
	var all []func() []float32
	for _, s := range [][3]int{{128, 500, 784}, {61, 333, 1100}, {700, 40, 90}, {1, 2000, 600}, {300, 64, 1030}} {
		for trans := range 4 {
			m, n, k := s[0], s[1], s[2]
			transA, transB, lda, ldb := trans&1 != 0, trans&2 != 0, k, n
			if transA {
				lda = m
			}
			if transB {
				ldb = k
			}
			a, b := normals(r, m*k), normals(r, k*n)
			all = append(all, func() []float32 {
				c := make([]float32, m*n)
				Gemm(transA, transB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
				return c
			})
		}
	}
	for _, g := range []Conv{
		{6, 32, 32, 3, 32, 4, 4, 2, 1}, {5, 16, 16, 32, 48, 4, 4, 2, 1}, {4, 8, 8, 96, 64, 4, 4, 2, 1}, {3, 14, 14, 40, 16, 3, 3, 1, 1}, {80, 32, 32, 1, 4, 4, 4, 2, 1},
	} {
		nx, ny, nw := g.sizes()
		x, y, w, bx, by := normals(r, nx), normals(r, ny), normals(r, nw), normals(r, g.C), normals(r, g.F)
		all = append(all, func() []float32 {
			c := make([]float32, nx+ny+nw)
			g.Transposed(c[:nx], y, w, bx)
			g.Forward(c[nx:nx+ny], x, w, by)
			g.Filter(c[nx+ny:], x, y)
			return c
		})
	}
	for i, f := range all {
		var first []float32
		for _, threads := range []int{1, 2, 3, 7} {
			useThreads(t, threads)
			if c := f(); first == nil {
				first = c
			} else if at := sameBits(first, c); at >= 0 {
				t.Fatalf("product %d: element %d differs on %d threads", i, at, threads)
			}
		}
	}
}

// The tile registers are a thread's, goroutines move from thread to thread, and
// signals interrupt them.
func TestBF16Concurrent(t *testing.T) {
	useBF16(t)
	useThreads(t, 2)
	r := newRand(24)
	const m, n, k = 70, 90, 600
	a, b, want := normals(r, m*k), normals(r, k*n), make([]float32, m*n)
	Gemm(false, false, m, n, k, 1, a, k, b, n, 0, want, n)
	failed := make(chan int, 8)
	for range cap(failed) {
		go func() {
			at := -1
			for range 300 {
				c := make([]float32, m*n)
				Gemm(false, false, m, n, k, 1, a, k, b, n, 0, c, n)
				at = max(at, sameBits(want, c))
				runtime.Gosched()
			}
			failed <- at
		}()
	}
	for range cap(failed) {
		if at := <-failed; at >= 0 {
			t.Errorf("element %d differs", at)
		}
	}
}

// What a system without AMX answers, which systems with it give to nobody.
func TestBF16Refused(t *testing.T) {
	err := SetBF16(true)
	t.Cleanup(func() { SetBF16(false) })
	if err != nil && !strings.Contains(err.Error(), "AMX") {
		t.Errorf("the error does not say what is missing: %v", err)
	}
	if (err == nil) != (rounding.Load() != nil) || (CheckBF16() == nil) != (err == nil) {
		t.Errorf("SetBF16: %v, CheckBF16: %v, products are rounded: %v", err, CheckBF16(), rounding.Load() != nil)
	}
	if err := SetBF16(false); err != nil || rounding.Load() != nil {
		t.Errorf("back to float32: %v", err)
	}
}
