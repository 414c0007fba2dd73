package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// naiveConv calls f for each triple of elements of x, y and w that the
// convolution brings together.
func naiveConv(g Conv, f func(x, y, w int)) {
	oh, ow := g.Out()
	for n := range g.N {
		for i := range oh {
			for j := range ow {
				for u := range g.KH {
					for v := range g.KW {
						h, k := i*g.Stride-g.Pad+u, j*g.Stride-g.Pad+v
						if h < 0 || h >= g.H || k < 0 || k >= g.W {
							continue
						}
						for c := range g.C {
							for o := range g.F {
								f(((n*g.H+h)*g.W+k)*g.C+c, ((n*oh+i)*ow+j)*g.F+o, ((u*g.KW+v)*g.C+c)*g.F+o)
							}
						}
					}
				}
			}
		}
	}
}

func randomConv(r *rand.Rand) Conv {
	for {
		g := Conv{
			N: 1 + r.IntN(4), H: 1 + r.IntN(11), W: 1 + r.IntN(11), C: 1 + r.IntN(7), F: 1 + r.IntN(9),
			KH: 1 + r.IntN(5), KW: 1 + r.IntN(5), Stride: 1 + r.IntN(3), Pad: r.IntN(3),
		}
		if r.IntN(4) == 0 {
			g.C = 1 + r.IntN(70)
		}
		if r.IntN(4) == 0 {
			g.F = 1 + r.IntN(70)
		}
		if g.H+2*g.Pad >= g.KH && g.W+2*g.Pad >= g.KW {
			return g
		}
	}
}

func (g Conv) sizes() (x, y, w int) {
	oh, ow := g.Out()
	return g.N * g.H * g.W * g.C, g.N * oh * ow * g.F, g.KH * g.KW * g.C * g.F
}

// reference is a result in float64, and the sums of the absolute values of its
// terms.
type reference struct{ value, size []float64 }

func newReference(n int, bias []float32) *reference {
	r := &reference{make([]float64, n), make([]float64, n)}
	for i := range n {
		if bias != nil {
			r.add(i, 1, bias[i%len(bias)])
		}
	}
	return r
}

func (r *reference) add(i int, a, b float32) {
	r.value[i] += float64(a) * float64(b)
	r.size[i] += math.Abs(float64(a) * float64(b))
}

func TestConv(t *testing.T) {
	r := newRand(3)
	for trial := range 300 {
		g := randomConv(r)
		nx, ny, nw := g.sizes()
		x, y, w := normals(r, nx), normals(r, ny), normals(r, nw)
		var bx, by []float32
		if trial%2 == 1 {
			bx, by = normals(r, g.C), normals(r, g.F)
		}
		spoiledX, spoiledY := slices.Clone(x), slices.Clone(y)
		if trial%5 == 2 {
			spoil(r, spoiledX)
			spoil(r, spoiledY)
		}
		forward, transposed, filter := newReference(ny, by), newReference(nx, bx), newReference(nw, nil)
		naiveConv(g, func(i, j, k int) {
			forward.add(j, spoiledX[i], w[k])
			transposed.add(i, spoiledY[j], w[k])
			filter.add(k, spoiledX[i], y[j])
		})
		onEachPath(t, func() {
			for _, c := range []struct {
				name  string
				want  *reference
				terms int
				f     func(dst []float32)
			}{
				{"forward", forward, g.KH*g.KW*g.C + 1, func(dst []float32) { g.Forward(dst, spoiledX, w, by) }},
				{"transposed", transposed, g.KH*g.KW*g.F + 1, func(dst []float32) { g.Transposed(dst, spoiledY, w, bx) }},
				{"gather", transposed, g.KH*g.KW*g.F + 1, func(dst []float32) { g.transposedBy((*convolution).gather, dst, spoiledY, w, bx) }},
				{"scatter", transposed, g.KH*g.KW*g.F + 1, func(dst []float32) { g.transposedBy((*convolution).scatter, dst, spoiledY, w, bx) }},
				{"filter", filter, ny / g.F, func(dst []float32) { g.Filter(dst, spoiledX, y) }},
			} {
				got, untouched := guarded(len(c.want.value))
				c.f(got)
				for i, v := range got {
					if !agrees(v, c.want.value[i], bound(c.terms, c.want.size[i])) {
						t.Fatalf("%s, trial %d: %+v: %s: element %d = %v, want %v", current.name, trial, g, c.name, i, v, c.want.value[i])
					}
				}
				if !untouched() {
					t.Fatalf("%s, trial %d: %+v: %s: wrote outside of the slice", current.name, trial, g, c.name)
				}
			}
		})
	}
}

// transposedBy computes the transposed convolution one way or the other,
// whatever the number of channels asks for.
func (g Conv) transposedBy(way func(c *convolution), x, y, w, bias []float32) {
	c := g.begin(x, y, w, bias)
	way(c)
	c.end()
}

// Large shapes take the blocked ways; that they are adjoint to one another is
// checked in float64, with small integers, so that every product is exact.
func TestConvAdjoint(t *testing.T) {
	shapes := []Conv{
		{8, 64, 64, 3, 64, 4, 4, 2, 1},
		{6, 32, 32, 64, 40, 4, 4, 2, 1},
		{3, 8, 8, 256, 70, 4, 4, 2, 1},
		{5, 28, 28, 1, 32, 5, 5, 1, 2},
		{40, 9, 13, 33, 65, 3, 2, 3, 0},
	}
	everyPath(t, func(t *testing.T) {
		r := newRand(4)
		integers := func(n int) []float32 {
			s := make([]float32, n)
			for i := range s {
				s[i] = float32(r.IntN(5) - 2)
			}
			return s
		}
		if current.name == "portable" {
			shapes = shapes[1:3]
		}
		for _, g := range shapes {
			nx, ny, nw := g.sizes()
			x, y, w := integers(nx), integers(ny), integers(nw)
			cx, cy, cw := make([]float32, nx), make([]float32, ny), make([]float32, nw)
			g.Forward(cy, x, w, nil)
			g.Transposed(cx, y, w, nil)
			g.Filter(cw, x, y)
			a, b, c := dotPortable(y, cy), dotPortable(x, cx), dotPortable(w, cw)
			if a != b || a != c {
				t.Errorf("%+v: ⟨y, conv x⟩ = %v, ⟨x, convT y⟩ = %v, ⟨w, filter⟩ = %v", g, a, b, c)
			}
			if a == 0 {
				t.Errorf("%+v: product is zero", g)
			}
		}
	})
}

func TestConvSameBits(t *testing.T) {
	shapes := []Conv{
		{6, 32, 32, 3, 32, 4, 4, 2, 1},
		{5, 16, 16, 32, 48, 4, 4, 2, 1},
		{4, 8, 8, 96, 64, 4, 4, 2, 1},
		{3, 14, 14, 40, 16, 3, 3, 1, 1},
		{80, 32, 32, 1, 4, 4, 4, 2, 1}, // more rows than a sum has parts
	}
	everyPath(t, func(t *testing.T) {
		r := newRand(5)
		for _, g := range shapes {
			nx, ny, nw := g.sizes()
			x, y, w, bx, by := normals(r, nx), normals(r, ny), normals(r, nw), normals(r, g.C), normals(r, g.F)
			var first [3][]float32
			for _, threads := range []int{1, 2, 3, 7} {
				useThreads(t, threads)
				got := [3][]float32{make([]float32, nx), make([]float32, ny), make([]float32, nw)}
				g.Transposed(got[0], y, w, bx)
				g.Forward(got[1], x, w, by)
				g.Filter(got[2], x, y)
				for i := range got {
					if first[i] == nil {
						first[i] = got[i]
					} else if at := sameBits(first[i], got[i]); at >= 0 {
						t.Fatalf("%+v: result %d, element %d differs on %d threads", g, i, at, threads)
					}
				}
			}
		}
	})
}
