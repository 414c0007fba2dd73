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

// convs holds the packed filters of calls past, for their storage.
var convs = sync.Pool{New: func() any { return new([]float32) }}

// Forward computes y, the convolution of x with w, plus bias (F elements, or
// nil for none). It overwrites y.
func (g Conv) Forward(y, x, w, bias []float32) {
	g.check(x, y, w)
	if bias != nil && len(bias) != g.F {
		panic("kernel: conv: bias does not have a value for each filter")
	}
	store := convs.Get().(*[]float32)
	defer convs.Put(store)
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

// Transposed computes x = convT(y, w), the adjoint of Forward without bias:
// ⟨y, Forward(x)⟩ = ⟨x, Transposed(y)⟩ for all x and y. Then it adds bias (C
// elements, or nil for none). It overwrites x.
func (g Conv) Transposed(x, y, w, bias []float32) {
	g.check(x, y, w)
	if bias != nil && len(bias) != g.C {
		panic("kernel: conv: bias does not have a value for each channel")
	}
	if g.C*2 < current.cols {
		g.scatter(x, y, w, bias)
	} else {
		g.gather(x, y, w, bias)
	}
}

// phase is the part of x whose rows and columns leave given remainders when
// divided by the stride. Within it the transposed convolution is a convolution
// of y with stride 1, and with those taps of the filter that leave the same
// remainders, in reverse order.
type phase struct {
	patches
	panels
	y, x  int // row and column of x that the first position stands for
	u, v  int // the first tap
	tasks int
}

// phases returns the phases that are not empty.
func (g Conv) phases(y []float32) []phase {
	oh, ow := g.Out()
	var all []phase
	for u := range g.Stride {
		for v := range g.Stride {
			i, i0, rows := axis(u, g.Stride, g.Pad, g.H)
			j, j0, cols := axis(v, g.Stride, g.Pad, g.W)
			if rows <= 0 || cols <= 0 {
				continue
			}
			kh := max(0, (g.KH-u+g.Stride-1)/g.Stride)
			kw := max(0, (g.KW-v+g.Stride-1)/g.Stride)
			if kh == 0 || kw == 0 {
				kh, kw = 0, 0 // no tap reaches this phase
			}
			all = append(all, phase{
				patches: patches{
					data: y, height: oh, width: ow, channels: g.F,
					rows: rows, cols: cols, kh: kh, kw: kw, stride: 1,
					top: kh - 1 - i, left: kw - 1 - j,
				},
				y: i0, x: j0, u: u, v: v,
			})
		}
	}
	return all
}

// axis treats one axis of a phase: position r of it stands for x at
// s·r+u-pad. It returns the first r, its x, and the number of them below n.
func axis(u, s, pad, n int) (r, x, count int) {
	r = max(0, (pad-u+s-1)/s)
	x = s*r + u - pad
	return r, x, (n - x + s - 1) / s
}

// gather computes the transposed convolution phase by phase, each element of x
// once.
func (g Conv) gather(x, y, w, bias []float32) {
	store := convs.Get().(*[]float32)
	defer convs.Put(store)
	all := g.phases(y)
	cols := current.cols
	wide := (g.C + cols - 1) / cols * cols
	*store = grow(*store, g.KH*g.KW*g.F*wide)
	free := *store
	tasks := 0
	for i := range all {
		f := &all[i]
		k := f.depth()
		f.init(free[:k*wide:k*wide], k, g.C)
		free = free[k*wide:]
		f.tasks = (g.N*f.rows*f.cols + tall(k) - 1) / tall(k)
		tasks += f.tasks
	}
	// A panel of each tap: its C×F matrix transposed, F rows of the panels.
	parallel(wide/cols*g.KH*g.KW, func(i int) {
		q, tap := i%(wide/cols), i/(wide/cols)
		u, v := tap/g.KW, tap%g.KW
		for i := range all {
			f := &all[i]
			if f.u != u%g.Stride || f.v != v%g.Stride || f.kh == 0 {
				continue
			}
			at := (f.kh-1-u/g.Stride)*f.kw + f.kw - 1 - v/g.Stride
			f.panels.pack(matrix{w[tap*g.C*g.F:], g.F, true}, at*g.F, g.F, 0, q*cols)
		}
	})
	parallel(tasks, func(i int) {
		f := all
		for i >= f[0].tasks {
			i -= f[0].tasks
			f = f[1:]
		}
		step := tall(f[0].depth())
		m0 := i * step
		g.part(x, bias, &f[0], m0, min(m0+step, g.N*f[0].rows*f[0].cols))
	})
}

// part computes the positions m0 to m1 of a phase.
func (g Conv) part(x, bias []float32, f *phase, m0, m1 int) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	if g.Stride == 1 {
		f.times(&f.panels, m0, m1, x[m0*g.C:], g.C, bias, s)
		return
	}
	s.c = grow(s.c, (m1-m0)*g.C)
	f.times(&f.panels, m0, m1, s.c, g.C, bias, s)
	for m := m0; m < m1; {
		j := m % f.cols
		n, i := m/f.cols/f.rows, m/f.cols%f.rows
		count := min(f.cols-j, m1-m)
		to := ((n*g.H+f.y+i*g.Stride)*g.W + f.x + j*g.Stride) * g.C
		current.copyRows(x[to:], g.Stride*g.C, s.c[(m-m0)*g.C:], g.C, count, g.C)
		m += count
	}
}

// scatter computes the transposed convolution image by image: first what each
// element of y gives to the whole window under it, then the sum where windows
// overlap. Few channels leave most of a panel empty in the other way; here a
// panel holds the channels of several taps.
func (g Conv) scatter(x, y, w, bias []float32) {
	store := convs.Get().(*[]float32)
	defer convs.Put(store)
	var b panels
	taps := g.KH * g.KW * g.C
	*store = b.init(*store, g.F, taps)
	cols := current.cols
	parallel(b.wide/cols, func(q int) {
		b.pack(matrix{w, g.F, true}, 0, g.F, 0, q*cols)
	})
	oh, ow := g.Out()
	band := min(oh, max(1, 96/ow)) // rows of y at a time
	parallel(g.N, func(n int) {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		image := x[n*g.H*g.W*g.C:][:g.H*g.W*g.C]
		if bias == nil {
			clear(image)
		} else {
			for n := copy(image, bias); n < len(image); n *= 2 {
				copy(image[n:], image[:n])
			}
		}
		s.c = grow(s.c, band*ow*taps)
		for i := 0; i < oh; i += band {
			rows := min(band, oh-i)
			a := y[(n*oh+i)*ow*g.F:]
			d := depth(g.F)
			t := tiling{rsa: g.F, csa: 1, ldd: taps, ldc: taps, alpha: 1}
			for k := 0; k < g.F; k += d {
				t.k = min(d, g.F-k)
				t.block(rows*ow, taps, a[k:], b.data[k*b.wide:], cols, s.c, s.c, nil)
				t.beta = 1
			}
			for r := range rows {
				for u := range g.KH {
					if t := (i+r)*g.Stride - g.Pad + u; t >= 0 && t < g.H {
						g.spread(image[t*g.W*g.C:][:g.W*g.C], s.c[(r*ow*g.KH+u)*g.KW*g.C:], ow)
					}
				}
			}
		}
	})
}

// spread adds the runs that ow windows leave in one row of an image. Runs that
// overlap are added in different passes, so that no addition has to wait for
// the one before.
func (g Conv) spread(row, src []float32, ow int) {
	passes := (g.KW + g.Stride - 1) / g.Stride
	w := g.KW * g.C
	next := g.KH * w
	for first := range min(passes, ow) {
		j, n := first, (ow-first+passes-1)/passes
		for ; n > 0; n-- {
			start := (j*g.Stride - g.Pad) * g.C
			if start >= 0 {
				// as many as lie inside of the row
				inner := 0
				if step := passes * g.Stride * g.C; start+w <= len(row) {
					inner = min(n, (len(row)-start-w)/step+1)
					current.addRows(row[start:], step, src[j*next:], passes*next, inner, w)
				}
				j += inner * passes
				n -= inner
				if n == 0 {
					break
				}
				start = (j*g.Stride - g.Pad) * g.C
			}
			lo, hi := max(0, -start), min(w, len(row)-start)
			for t := lo; t < hi; t++ {
				row[start+t] += src[j*next+t]
			}
			j += passes
		}
	}
}

// The rows of x's patches, over which the filter's gradient is a sum, are taken
// filterDepth at a time. A task has filterArea elements of the gradient, which
// stay in the second-level cache, and filterTasks is how many tasks the work is
// cut into where it is large enough.
const (
	filterDepth = 256
	filterArea  = 1 << 16
	filterTasks = 32
)

// Filter computes w, the gradient of ⟨y, Forward(x)⟩ with respect to the
// filter: w[u,v,c,f] = Σ x[n, i·Stride-Pad+u, j·Stride-Pad+v, c] · y[n,i,j,f]
// over n, i, j. It overwrites w.
//
// The long sum is cut into parts whose number follows from the geometry alone;
// they are added in their order.
func (g Conv) Filter(w, x, y []float32) {
	g.check(x, y, w)
	p := g.images(x)
	m, k := g.N*p.rows*p.cols, p.depth()
	height := max(filterArea/g.F, 96)
	blocks := (k + height - 1) / height
	height = (k + blocks - 1) / blocks
	parts := max(1, min(filterTasks/blocks, m/(2*filterDepth)))
	length := ((m+parts-1)/parts + filterDepth - 1) / filterDepth * filterDepth
	parts = (m + length - 1) / length
	store := convs.Get().(*[]float32)
	defer convs.Put(store)
	*store = grow(*store, (parts-1)*len(w))
	parallel(blocks*parts, func(i int) {
		b, part := i%blocks, i/blocks
		dst := w
		if part > 0 {
			dst = (*store)[(part-1)*len(w):][:len(w)]
		}
		g.correlate(dst, &p, y, b*height, min(k, (b+1)*height), part*length, min(m, (part+1)*length))
	})
	if parts == 1 {
		return
	}
	pieces(len(w), func(from, to int) {
		for part := range parts - 1 {
			current.addRows(w[from:to], 0, (*store)[part*len(w)+from:], 0, 1, to-from)
		}
	})
}

// correlate computes rows k0 to k1 of the gradient, of the sum's terms m0 to m1.
func (g Conv) correlate(w []float32, p *patches, y []float32, k0, k1, m0, m1 int) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	cols := current.cols
	wide := (g.F + cols - 1) / cols * cols
	ld := min(blockRows, k1-k0) + line
	s.a = grow(s.a, filterDepth*ld)
	s.b = grow(s.b, filterDepth*wide)
	t := tiling{rsa: 1, csa: ld, ldd: g.F, ldc: g.F, alpha: 1}
	for ; m0 < m1; m0 += filterDepth {
		t.k = min(filterDepth, m1-m0)
		for j := 0; j < g.F; j += cols {
			matrix{y, g.F, false}.pack(s.b[j*t.k:], cols, m0, j, t.k, min(cols, g.F-j))
		}
		end := min(m1, m0+2*filterDepth)
		h := &ahead{y[min(m0+filterDepth, end)*g.F : end*g.F], 32}
		for i := k0; i < k1; i += blockRows {
			rows := min(blockRows, k1-i)
			p.pack(s.a, ld, m0, m0+t.k, i, i+rows)
			c := w[i*g.F:]
			t.block(rows, g.F, s.a, s.b, cols, c, c, h)
		}
		t.beta = 1
	}
}
