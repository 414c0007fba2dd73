package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

func available() []*path {
	paths := []*path{portable()}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI2 {
		paths = append([]*path{avx2()}, paths...)
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
			paths = append([]*path{avx512()}, paths...)
		}
	}
	return paths
}

func avx512() *path {
	p := portable()
	p.name, p.rows, p.cols = "avx512", 12, 32
	p.micro = micro512
	p.copyRows = rows(copyRows512)
	p.addRows = rows(addRows512)
	p.transpose = transposer(transpose512, 16)
	p.peak = peak512
	p.exp = elements(exp512)
	p.sigmoid = elements(sigmoid512)
	p.softplus = elements(softplus512)
	p.tanh = elements(tanh512)
	p.logCosh = elements(logCosh512)
	p.multiply = func(dst, x, y []float32) { multiply512(len(x), pointer(dst), pointer(x), pointer(y)) }
	p.scale = func(dst, x []float32, a float32) { scale512(len(x), pointer(dst), pointer(x), a) }
	p.combine = func(dst, x, y []float32, a, b float32) {
		combine512(len(x), pointer(dst), pointer(x), pointer(y), a, b)
	}
	p.sum = func(x []float32) float64 { return sum512(len(x), pointer(x)) }
	p.dot = func(x, y []float32) float64 { return dot512(len(x), pointer(x), pointer(y)) }
	p.adam = func(p, m, v, grad []float32, c *adamConstants) {
		adam512(len(p), pointer(p), pointer(m), pointer(v), pointer(grad), &c.beta1)
	}
	p.adaMax = func(p, m, u, grad []float32, c *adaMaxConstants) {
		adaMax512(len(p), pointer(p), pointer(m), pointer(u), pointer(grad), &c.beta1)
	}
	p.uniform = func(dst []float32, s *lanes) { uniform512(len(dst), pointer(dst), &s[0]) }
	p.normal = func(dst []float32, s *lanes) { normal512(len(dst), pointer(dst), &s[0]) }
	p.bernoulli = func(dst, p []float32, s *lanes) { bernoulli512(len(dst), pointer(dst), pointer(p), &s[0]) }
	return p
}

func avx2() *path {
	p := portable()
	p.name, p.rows, p.cols = "avx2", 6, 16
	p.micro = micro256
	p.copyRows = rows(copyRows256)
	p.addRows = rows(addRows256)
	p.transpose = transposer(transpose256, 8)
	p.peak = peak256
	p.exp = elements(exp256)
	p.sigmoid = elements(sigmoid256)
	p.softplus = elements(softplus256)
	p.tanh = elements(tanh256)
	p.logCosh = elements(logCosh256)
	p.multiply = func(dst, x, y []float32) { multiply256(len(x), pointer(dst), pointer(x), pointer(y)) }
	p.scale = func(dst, x []float32, a float32) { scale256(len(x), pointer(dst), pointer(x), a) }
	p.combine = func(dst, x, y []float32, a, b float32) {
		combine256(len(x), pointer(dst), pointer(x), pointer(y), a, b)
	}
	p.sum = func(x []float32) float64 { return sum256(len(x), pointer(x)) }
	p.dot = func(x, y []float32) float64 { return dot256(len(x), pointer(x), pointer(y)) }
	p.adam = func(p, m, v, grad []float32, c *adamConstants) {
		adam256(len(p), pointer(p), pointer(m), pointer(v), pointer(grad), &c.beta1)
	}
	p.adaMax = func(p, m, u, grad []float32, c *adaMaxConstants) {
		adaMax256(len(p), pointer(p), pointer(m), pointer(u), pointer(grad), &c.beta1)
	}
	p.uniform = func(dst []float32, s *lanes) { uniform256(len(dst), pointer(dst), &s[0]) }
	p.normal = func(dst []float32, s *lanes) { normal256(len(dst), pointer(dst), &s[0]) }
	p.bernoulli = func(dst, p []float32, s *lanes) { bernoulli256(len(dst), pointer(dst), pointer(p), &s[0]) }
	return p
}

type tile func(k int, a *float32, rsa, csa int, b *float32, ldb int, d *float32, ldd int, c *float32, ldc, w int, alpha, beta float32, next *float32, step int)

// The tiles by their number of rows less one, half the width and all of it.
var (
	tiles512 = [12][2]tile{
		{tile512_1x16, tile512_1x32}, {tile512_2x16, tile512_2x32}, {tile512_3x16, tile512_3x32},
		{tile512_4x16, tile512_4x32}, {tile512_5x16, tile512_5x32}, {tile512_6x16, tile512_6x32},
		{tile512_7x16, tile512_7x32}, {tile512_8x16, tile512_8x32}, {tile512_9x16, tile512_9x32},
		{tile512_10x16, tile512_10x32}, {tile512_11x16, tile512_11x32}, {tile512_12x16, tile512_12x32},
	}
	tiles256 = [6][2]tile{
		{tile256_1x8, tile256_1x16}, {tile256_2x8, tile256_2x16}, {tile256_3x8, tile256_3x16},
		{tile256_4x8, tile256_4x16}, {tile256_5x8, tile256_5x16}, {tile256_6x8, tile256_6x16},
	}
)

func micro512(t *tiling, m, w int, a, b, d, c, next []float32, step int) {
	tiles512[m-1][(w-1)/16](t.k, &a[0], 4*t.rsa, 4*t.csa, &b[0], 4*t.ldb, &d[0], 4*t.ldd, &c[0], 4*t.ldc, w, t.alpha, t.beta, &next[0], 4*step)
}

func micro256(t *tiling, m, w int, a, b, d, c, next []float32, step int) {
	tiles256[m-1][(w-1)/8](t.k, &a[0], 4*t.rsa, 4*t.csa, &b[0], 4*t.ldb, &d[0], 4*t.ldd, &c[0], 4*t.ldc, w, t.alpha, t.beta, &next[0], 4*step)
}

func pointer(s []float32) *float32 { return unsafe.SliceData(s) }

// elements turns a loop over elements into a function of slices.
func elements(f func(n int, dst, src *float32)) func(dst, src []float32) {
	return func(dst, src []float32) { f(len(src), pointer(dst), pointer(src)) }
}

// rows turns a loop over rows into a function of slices.
func rows(f func(dst *float32, ldd int, src *float32, lds, n, w int)) func(dst []float32, ldd int, src []float32, lds, n, w int) {
	return func(dst []float32, ldd int, src []float32, lds, n, w int) {
		if n > 0 && w > 0 {
			_, _ = dst[(n-1)*ldd+w-1], src[(n-1)*lds+w-1]
			f(&dst[0], 4*ldd, &src[0], 4*lds, n, w)
		}
	}
}

// transposer returns a function that transposes as many rows at a time as f
// does, then 8, then 4, and what is left over one by one.
func transposer(f func(dst *float32, ldd int, src *float32, lds, n4 int), rows int) func(dst []float32, ldd int, src []float32, lds, m, n int) {
	return func(dst []float32, ldd int, src []float32, lds, m, n int) {
		i, n4 := 0, n/4
		for n4 > 0 && i+4 <= m {
			d, s := &dst[i], &src[i*lds]
			switch {
			case i+rows <= m:
				f(d, 4*ldd, s, 4*lds, n4)
				i += rows
			case i+8 <= m:
				transpose256(d, 4*ldd, s, 4*lds, n4)
				i += 8
			default:
				transpose128(d, 4*ldd, s, 4*lds, n4)
				i += 4
			}
		}
		if i > 0 && 4*n4 < n {
			transposePortable(dst[4*n4*ldd:], ldd, src[4*n4:], lds, i, n-4*n4)
		}
		if i < m {
			transposePortable(dst[i:], ldd, src[i*lds:], lds, m-i, n)
		}
	}
}
