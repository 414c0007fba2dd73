package kernel

import "sync"

// Conv is the geometry of a convolution, and of its two adjoints. Images are
// NHWC: x is (N,H,W,C), y is (N,OH,OW,F); the filter w is (KH,KW,C,F).
//
//	y[n,i,j,f] = Σ x[n, i·Stride-Pad+u, j·Stride-Pad+v, c] · w[u,v,c,f]   over u, v, c
//
// with x zero outside of the image. Stride is at least 1, Pad at least 0.
type Conv struct{ N, H, W, C, F, KH, KW, Stride, Pad int }

// Out returns the height and width of y: (H+2·Pad-KH)/Stride+1 and likewise.
func (g Conv) Out() (oh, ow int) {
	return (g.H+2*g.Pad-g.KH)/g.Stride + 1, (g.W+2*g.Pad-g.KW)/g.Stride + 1
}

// check panics unless the geometry makes sense and the slices have its sizes.
func (g Conv) check(x, y, w []float32) {
	if min(g.N, g.H, g.W, g.C, g.F, g.KH, g.KW, g.Stride) < 1 || g.Pad < 0 ||
		g.H+2*g.Pad < g.KH || g.W+2*g.Pad < g.KW {
		panic("kernel: conv: impossible geometry")
	}
	oh, ow := g.Out()
	if len(x) != g.N*g.H*g.W*g.C || len(y) != g.N*oh*ow*g.F || len(w) != g.KH*g.KW*g.C*g.F {
		panic("kernel: conv: slices do not have the sizes of the geometry")
	}
}

// images is x seen through the windows of the convolution.
func (g Conv) images(x []float32) patches {
	oh, ow := g.Out()
	return patches{
		data: x, height: g.H, width: g.W, channels: g.C,
		rows: oh, cols: ow, kh: g.KH, kw: g.KW, stride: g.Stride, top: g.Pad, left: g.Pad,
	}
}

// tall returns how many rows of a product of depth k are computed at a time:
// more of them where they are short.
func tall(k int) int {
	return min(max(96, 96*blockDepth/max(k, 1)/96*96), 480)
}

// filters holds the packed filters of calls past, for their storage.
var filters = sync.Pool{New: func() any { return new([]float32) }}

// Forward computes y, the convolution of x with w, plus bias (F elements, or
// nil for none). It overwrites y.
func (g Conv) Forward(y, x, w, bias []float32) {
	g.check(x, y, w)
	if bias != nil && len(bias) != g.F {
		panic("kernel: conv: bias does not have a value for each filter")
	}
	store := filters.Get().(*[]float32)
	defer filters.Put(store)
	p := g.images(x)
	k := p.depth()
	var b panels
	*store = b.init(*store, k, g.F)
	cols := current.cols
	parallel(b.wide/cols, func(q int) {
		b.pack(matrix{w, g.F, false}, 0, k, 0, q*cols)
	})
	m, step := g.N*p.rows*p.cols, tall(k)
	parallel((m+step-1)/step, func(i int) {
		s := scratches.Get().(*scratch)
		m0, m1 := i*step, min(m, (i+1)*step)
		p.times(&b, m0, m1, y[m0*g.F:], g.F, bias, s)
		scratches.Put(s)
	})
}
