package kernel

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
	store := filters.Get().(*[]float32)
	defer filters.Put(store)
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
	store := filters.Get().(*[]float32)
	defer filters.Put(store)
	var b panels
	taps := g.KH * g.KW * g.C
	*store = b.init(*store, g.F, taps)
	cols := current.cols
	parallel(b.wide/cols, func(q int) {
		b.pack(matrix{w, g.F, true}, 0, g.F, 0, q*cols)
	})
	parallel(g.N, func(n int) {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		size := g.H * g.W * g.C
		image := x[n*size : (n+1)*size]
		if bias == nil {
			clear(image)
		} else {
			for n := copy(image, bias); n < len(image); n *= 2 {
				copy(image[n:], image[:n])
			}
		}
		g.scatterImage(image, y[n*len(y)/g.N:(n+1)*len(y)/g.N], &b, s)
	})
}

// scatterImage adds the transposed convolution of one image of y to one of x,
// some rows of y at a time.
func (g Conv) scatterImage(x, y []float32, b *panels, s *scratch) {
	oh, ow := g.Out()
	band := min(oh, max(1, 96/ow))
	s.c = grow(s.c, band*ow*b.n)
	d := depth(b.k)
	for i := 0; i < oh; i += band {
		rows := min(band, oh-i)
		t := &s.tiling
		*t = tiling{rsa: g.F, csa: 1, ldd: b.n, ldc: b.n, alpha: 1}
		for k := 0; k < b.k; k += d {
			t.k = min(d, b.k-k)
			t.block(rows*ow, b.n, y[i*ow*g.F+k:], b.data[k*b.wide:], current.cols, s.c, s.c, nil)
			t.beta = 1
		}
		for r := range rows {
			for u := range g.KH {
				if h := (i+r)*g.Stride - g.Pad + u; h >= 0 && h < g.H {
					g.spread(x[h*g.W*g.C:(h+1)*g.W*g.C], s.c[(r*ow*g.KH+u)*g.KW*g.C:], ow)
				}
			}
		}
	}
}

// spread adds the runs that ow windows leave in one row of an image. Runs that
// overlap are added in different passes, so that no addition has to wait for
// the one before.
func (g Conv) spread(row, src []float32, ow int) {
	w := g.KW * g.C
	next := g.KH * w // from the run of one window to that of the next
	passes := (g.KW + g.Stride - 1) / g.Stride
	step := passes * g.Stride * g.C
	for j := range min(passes, ow) {
		start := (j*g.Stride - g.Pad) * g.C
		for ; j < ow && start < 0; j, start = j+passes, start+step {
			addClipped(row, src[j*next:][:w], start)
		}
		if j < ow && start+w <= len(row) {
			n := min((ow-j+passes-1)/passes, (len(row)-start-w)/step+1)
			current.addRows(row[start:], step, src[j*next:], passes*next, n, w)
			j, start = j+n*passes, start+n*step
		}
		for ; j < ow; j, start = j+passes, start+step {
			addClipped(row, src[j*next:][:w], start)
		}
	}
}

// addClipped adds src to the elements of dst from start on, where there are any.
func addClipped(dst, src []float32, start int) {
	for i := max(0, -start); i < min(len(src), len(dst)-start); i++ {
		dst[start+i] += src[i]
	}
}
