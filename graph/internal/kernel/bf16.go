package kernel

import (
	"fmt"
	"sync/atomic"
	"unsafe"
)

// A product of which both factors are rounded to bfloat16 takes them in pairs:
// a word of 32 bits holds two numbers that follow one another in the sum, and
// the product of two words is the sum of two products, added in float32. A
// block of the first factor is a matrix of words, of the second one panels of
// pairCols columns; sums of pairs are filled up with zeros to whole steps.
// Sums are cut into blocks of pairDepth pairs, so that a panel of as many rows
// stays in the first-level cache.
const (
	pairCols  = 32
	pairStep  = 16
	pairDepth = 256
)

// pairKernels are the loops for pairs. Strides are in bytes.
type pairKernels struct {
	// columns packs neighbours in a row: n rows of w numbers, into rows of whole
	// steps. rows packs neighbours in a column: n rows of w numbers, at most
	// pairCols, into rows of pairCols words.
	columns, rows func(dst *float32, ldd int, src *float32, lds, n, w int)
	// tiles are by height and width in units of 16, less one.
	tiles [2][2]pairTile
}

type pairTile func(blocks, steps int, a *float32, lda int, b *float32, d *float32, ldd int, c *float32, ldc, direct, rows, w int, alpha, beta float32, buffer *float32)

// rounding is nil while products are of float32.
var rounding atomic.Pointer[pairKernels]

// SetBF16 says whether Gemm and the functions of Conv round their factors to
// bfloat16, to the nearest, and to even in the middle. Products and sums are of
// float32; numbers too small for a normal one count as zero in the factors
// and come out as zero. The error is that of CheckBF16. No kernel may run meanwhile.
func SetBF16(on bool) error {
	if !on {
		rounding.Store(nil)
		return nil
	}
	p, err := pairsOfAMX()
	if err != nil {
		return CheckBF16()
	}
	rounding.Store(p)
	return nil
}

// CheckBF16 returns an error that says what the processor or the system lacks
// for SetBF16.
func CheckBF16() error {
	if _, err := pairsOfAMX(); err != nil {
		return fmt.Errorf("a processor with AMX is needed: %w", err)
	}
	return nil
}

// pairsOf returns the words that hold k numbers, a whole number of steps.
func pairsOf(k int) int { return (k + 2*pairStep - 1) / (2 * pairStep) * pairStep }

// tileRows returns the rows that a block of the first factor of m rows has in
// storage: whole tiles, of which the last may have rows that nobody uses.
func tileRows(m int) int { return (m + 15) / 16 * 16 }

// pairStride returns how far apart the rows of k words are best: not so that
// they displace one another from the cache.
func pairStride(k int) int {
	if k += line; aliases(k) {
		k += line
	}
	return k
}

// packColumns packs n rows of w numbers.
func (p *pairKernels) packColumns(dst []float32, ldd int, src []float32, lds, n, w int) {
	_, _ = dst[(n-1)*ldd+pairsOf(w)-1], src[(n-1)*lds+w-1]
	p.columns(&dst[0], 4*ldd, &src[0], 4*lds, n, w)
}

// packRows fills a panel with n rows of w numbers.
func (p *pairKernels) packRows(panel []float32, src []float32, lds, n, w int) {
	used := (n + 1) / 2 * pairCols
	clear(panel[used : pairsOf(n)*pairCols])
	_ = src[(n-1)*lds+w-1]
	p.rows(&panel[0], 4*pairCols, &src[0], 4*lds, n, w)
}

// left packs rows i to i+n of a first factor, k numbers each, into rows that
// are ld apart.
func (p *pairKernels) left(dst []float32, ld int, a matrix, i, n, k int, s *scratch) {
	if !a.trans {
		p.packColumns(dst, ld, a.data[i*a.ld:], a.ld, n, k)
		return
	}
	const length = 2 * pairDepth
	s.c = grow(s.c, n*(length+line))
	for q := 0; q < k; q += length {
		part := min(length, k-q)
		current.transpose(s.c, length+line, a.data[q*a.ld+i:], a.ld, part, n)
		p.packColumns(dst[q/2:], ld, s.c, length+line, n, part)
	}
}

// panel packs w columns from j on of a second factor, k numbers each.
func (p *pairKernels) panel(panel []float32, b matrix, j, w, k int, s *scratch) {
	if !b.trans {
		p.packRows(panel, b.data[j:], b.ld, k, w)
		return
	}
	const length = 2 * pairDepth
	s.c = grow(s.c, length*pairCols)
	for q := 0; q < k; q += length {
		part := min(length, k-q)
		b.pack(s.c, pairCols, q, j, part, w)
		p.packRows(panel[q/2*pairCols:], s.c, pairCols, part, w)
	}
}

// block computes m×n elements of c, onto d, from a block of the first factor
// and packed panels of the second, the sum over all of t.k pairs.
func (p *pairKernels) block(t *tiling, m, n int, a, b, d, c []float32, s *scratch) {
	s.tile = grow(s.tile, 2*16*pairCols)
	for j := 0; j < n; j += pairCols {
		p.column(*t, m, min(pairCols, n-j), a, b[j*t.k:], d[min(j, len(d)):], c[j:], s.tile)
	}
}

// column computes m×w elements of c, onto d, with one panel.
func (p *pairKernels) column(t tiling, m, w int, a, b, d, c, buffer []float32) {
	whole, wide := m/32, (w-1)/16
	_ = a[(tileRows(m)-1)*t.rsa+t.k-1]
	_ = b[t.k*pairCols-1]
	_ = c[(m-1)*t.ldc+w-1]
	for q := 0; q < t.k; q += pairDepth {
		steps := min(pairDepth, t.k-q) / pairStep
		if t.beta != 0 {
			_ = d[(m-1)*t.ldd+w-1]
		}
		direct := 0
		if w == 16*(wide+1) && t.alpha == 1 && (t.beta == 0 || t.beta == 1) {
			direct = 1 + int(t.beta)
		}
		a, b := a[q:], b[q*pairCols:]
		if whole > 0 {
			p.tiles[1][wide](whole, steps, &a[0], 4*t.rsa, &b[0], unsafe.SliceData(d), 4*t.ldd, &c[0], 4*t.ldc, direct, 32, w, t.alpha, t.beta, &buffer[0])
		}
		if i := whole * 32; i < m {
			high := (m - i - 1) / 16
			if m-i != 16*(high+1) {
				direct = 0
			}
			p.tiles[high][wide](1, steps, &a[i*t.rsa], 4*t.rsa, &b[0], unsafe.SliceData(d[min(i*t.ldd, len(d)):]), 4*t.ldd, &c[i*t.ldc], 4*t.ldc, direct, m-i, w, t.alpha, t.beta, &buffer[0])
		}
		d, t.ldd, t.beta = c, t.ldc, 1
	}
}

// round computes the product with factors rounded by p. The smaller one is
// packed beforehand and shared; each part packs some of the larger one.
func (g *gemm) round(p *pairKernels) {
	g.pairs = p
	k := pairsOf(g.k)
	panels := (g.n + pairCols - 1) / pairCols
	if g.m <= g.n {
		g.ld = pairStride(k)
		g.store = grow(g.store, tileRows(g.m)*g.ld)
		g.parallel((g.m+31)/32, func(g *gemm, i int, s *scratch) {
			g.pairs.left(g.store[i*32*g.ld:], g.ld, g.a, i*32, min(32, g.m-i*32), g.k, s)
		})
		g.parallel(panels, func(g *gemm, i int, s *scratch) {
			t, j := g.roundPart(), i*pairCols
			w := min(pairCols, g.n-j)
			s.b = grow(s.b, t.k*pairCols)
			g.pairs.panel(s.b, g.b, j, w, g.k, s)
			g.pairs.block(&t, g.m, w, g.store, s.b, g.c[j:], g.c[j:], s)
		})
		return
	}
	g.ld = pairStride(k)
	g.store = grow(g.store, panels*pairCols*k)
	g.parallel(panels, func(g *gemm, i int, s *scratch) {
		j := i * pairCols
		g.pairs.panel(g.store[j*pairsOf(g.k):], g.b, j, min(pairCols, g.n-j), g.k, s)
	})
	parts := 4 * Threads()
	g.band = min(max(32, (g.m+parts-1)/parts+31), 256) / 32 * 32
	g.parallel((g.m+g.band-1)/g.band, func(g *gemm, i int, s *scratch) {
		t, i0 := g.roundPart(), i*g.band
		m := min(g.band, g.m-i0)
		s.a = grow(s.a, tileRows(m)*g.ld)
		g.pairs.left(s.a, g.ld, g.a, i0, m, g.k, s)
		c := g.c[i0*g.ldc:]
		g.pairs.block(&t, m, g.n, s.a, g.store, c, c, s)
	})
}

// roundPart is what the parts of a rounded product have in common.
func (g *gemm) roundPart() tiling {
	return tiling{k: pairsOf(g.k), rsa: g.ld, ldd: g.ldc, ldc: g.ldc, alpha: g.alpha, beta: g.beta}
}
