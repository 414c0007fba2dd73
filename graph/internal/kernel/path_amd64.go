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

// cache returns the associativity and the size of the data cache of a level, or
// what processors have at least where they do not tell: 8 ways, 512 KB.
func cache(level uint32) (ways, bytes int) {
	for _, leaf := range []uint32{4, 0x8000001d} { // Intel, AMD
		if highest, _, _, _ := cpuid(leaf&(1<<31), 0); highest < leaf {
			continue
		}
		for i := range uint32(8) {
			kind, shape, sets, _ := cpuid(leaf, i)
			if kind&1 == 1 && kind>>5&7 == level { // data, or unified
				ways = int(shape>>22) + 1
				return ways, ways * int(shape>>12&0x3ff+1) * int(shape&0xfff+1) * int(sets+1)
			}
		}
	}
	return 8, 512 << 10
}

// loops are the assembly loops of one instruction set. Lengths count elements,
// strides bytes.
type loops struct {
	tiles                                                          [][2]tile // by rows less one; half the width, and all of it
	copyRows, addRows                                              func(dst *float32, ldd int, src *float32, lds, n, w int)
	transpose                                                      func(dst *float32, ldd int, src *float32, lds, n4 int)
	peak                                                           func(n int)
	exp, sigmoid, sigmoidSlope, softplus, tanh, tanhSlope, logCosh func(n int, dst, src *float32)
	relu, step, clippedReLU, box                                   func(n int, dst, src *float32)
	halfSquare, halfSquareReLU, clippedIntegral, sqrt              func(n int, dst, src *float32)
	multiply                                                       func(n int, dst, x, y *float32)
	scale                                                          func(n int, dst, x *float32, a float32)
	combine                                                        func(n int, dst, x, y *float32, a, b float32)
	sum                                                            func(n int, x *float32) float64
	dot                                                            func(n int, x, y *float32) float64
	adam, adaMax                                                   func(n int, p, m, v, grad, constants *float32)
	uniform, normal                                                func(n int, dst *float32, state *uint32)
	bernoulli                                                      func(n int, dst, p *float32, state *uint32)
}

type tile func(tiles, k int, a *float32, rsa, csa int, b *float32, ldb int, d *float32, ldd int, c *float32, ldc, w int, alpha, beta float32, panel, next *float32, ldnext, parts int)

func avx512() *path {
	return loops{
		tiles: [][2]tile{
			{tile512_1x16, tile512_1x32}, {tile512_2x16, tile512_2x32}, {tile512_3x16, tile512_3x32},
			{tile512_4x16, tile512_4x32}, {tile512_5x16, tile512_5x32}, {tile512_6x16, tile512_6x32},
			{tile512_7x16, tile512_7x32}, {tile512_8x16, tile512_8x32}, {tile512_9x16, tile512_9x32},
			{tile512_10x16, tile512_10x32}, {tile512_11x16, tile512_11x32}, {tile512_12x16, tile512_12x32},
		},
		copyRows: copyRows512, addRows: addRows512, transpose: transpose512, peak: peak512,
		exp: exp512, sigmoid: sigmoid512, sigmoidSlope: sigmoidSlope512, softplus: softplus512,
		tanh: tanh512, tanhSlope: tanhSlope512, logCosh: logCosh512,
		relu: relu512, step: step512, clippedReLU: clippedReLU512, box: box512,
		halfSquare: halfSquare512, halfSquareReLU: halfSquareReLU512, clippedIntegral: clippedIntegral512, sqrt: sqrt512,
		multiply: multiply512, scale: scale512, combine: combine512, sum: sum512, dot: dot512,
		adam: adam512, adaMax: adaMax512, uniform: uniform512, normal: normal512, bernoulli: bernoulli512,
	}.path("avx512", 16)
}

func avx2() *path {
	return loops{
		tiles: [][2]tile{
			{tile256_1x8, tile256_1x16}, {tile256_2x8, tile256_2x16}, {tile256_3x8, tile256_3x16},
			{tile256_4x8, tile256_4x16}, {tile256_5x8, tile256_5x16}, {tile256_6x8, tile256_6x16},
		},
		copyRows: copyRows256, addRows: addRows256, transpose: transpose256, peak: peak256,
		exp: exp256, sigmoid: sigmoid256, sigmoidSlope: sigmoidSlope256, softplus: softplus256,
		tanh: tanh256, tanhSlope: tanhSlope256, logCosh: logCosh256,
		relu: relu256, step: step256, clippedReLU: clippedReLU256, box: box256,
		halfSquare: halfSquare256, halfSquareReLU: halfSquareReLU256, clippedIntegral: clippedIntegral256, sqrt: sqrt256,
		multiply: multiply256, scale: scale256, combine: combine256, sum: sum256, dot: dot256,
		adam: adam256, adaMax: adaMax256, uniform: uniform256, normal: normal256, bernoulli: bernoulli256,
	}.path("avx2", 8)
}

// path makes functions of slices of the loops, whose registers have the given
// number of lanes.
func (l loops) path(name string, width int) *path {
	ways, _ := cache(1)
	_, second := cache(2)
	return &path{
		name: name, rows: len(l.tiles), cols: 2 * width, ways: ways, area: second / 4 / 2,
		micro: func(t *tiling, tiles, m, w int, a, b, d, c, panel []float32) {
			l.tiles[m-1][(w-1)/width](tiles, t.k, at(a), 4*t.rsa, 4*t.csa, at(b), 4*t.ldb, at(d), 4*t.ldd,
				at(c), 4*t.ldc, w, t.alpha, t.beta, at(panel), at(t.next), 4*t.ldnext, t.parts)
		},
		copyRows: rows(l.copyRows), addRows: rows(l.addRows), transpose: transposer(l.transpose, width), peak: l.peak,
		exp: elements(l.exp), sigmoid: elements(l.sigmoid), sigmoidSlope: elements(l.sigmoidSlope),
		softplus: elements(l.softplus), tanh: elements(l.tanh), tanhSlope: elements(l.tanhSlope), logCosh: elements(l.logCosh),
		relu: elements(l.relu), step: elements(l.step), clippedReLU: elements(l.clippedReLU), box: elements(l.box),
		halfSquare: elements(l.halfSquare), halfSquareReLU: elements(l.halfSquareReLU),
		clippedIntegral: elements(l.clippedIntegral), sqrt: elements(l.sqrt),
		multiply: func(dst, x, y []float32) { l.multiply(len(x), at(dst), at(x), at(y)) },
		scale:    func(dst, x []float32, a float32) { l.scale(len(x), at(dst), at(x), a) },
		combine:  func(dst, x, y []float32, a, b float32) { l.combine(len(x), at(dst), at(x), at(y), a, b) },
		sum:      func(x []float32) float64 { return l.sum(len(x), at(x)) },
		dot:      func(x, y []float32) float64 { return l.dot(len(x), at(x), at(y)) },
		adam: func(p, m, v, grad []float32, c *adamConstants) {
			l.adam(len(p), at(p), at(m), at(v), at(grad), &c.beta1)
		},
		adaMax: func(p, m, u, grad []float32, c *adaMaxConstants) {
			l.adaMax(len(p), at(p), at(m), at(u), at(grad), &c.beta1)
		},
		uniform:   func(dst []float32, s *lanes) { l.uniform(len(dst), at(dst), &s[0]) },
		normal:    func(dst []float32, s *lanes) { l.normal(len(dst), at(dst), &s[0]) },
		bernoulli: func(dst, p []float32, s *lanes) { l.bernoulli(len(dst), at(dst), at(p), &s[0]) },
	}
}

// at is the address of a slice, which may be empty.
func at(s []float32) *float32 { return unsafe.SliceData(s) }

// elements turns a loop over elements into a function of slices.
func elements(f func(n int, dst, src *float32)) func(dst, src []float32) {
	return func(dst, src []float32) { f(len(src), at(dst), at(src)) }
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
