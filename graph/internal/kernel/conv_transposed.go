package kernel

// Transposed computes x = convT(y, w), the adjoint of Forward without bias:
// ⟨y, Forward(x)⟩ = ⟨x, Transposed(y)⟩ for all x and y. Then it adds bias (C
// elements, or nil for none). It overwrites x.
func (g Conv) Transposed(x, y, w, bias []float32) {
	g.check(x, y, w)
	if bias != nil && len(bias) != g.C {
		panic("kernel: conv: bias does not have a value for each channel")
	}
	c := g.begin(x, y, w, bias)
	if g.C*2 < current.cols {
		c.scatter()
	} else {
		c.gather()
	}
	c.end()
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
	step  int // positions computed at a time
	parts int // into which the work is cut
}

// phasesOf appends the phases that are not empty.
func (g Conv) phasesOf(y []float32, all []phase) []phase {
	oh, ow := g.Out()
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
func (c *convolution) gather() {
	c.phases = c.phasesOf(c.y, c.phases)
	if c.pairs != nil {
		c.roundGather()
		return
	}
	wide := (c.C + current.cols - 1) / current.cols * current.cols
	c.store = grow(c.store, c.KH*c.KW*c.F*wide)
	free := c.store
	parts := 0
	for i := range c.phases {
		f := &c.phases[i]
		k := f.depth()
		f.init(free[:k*wide:k*wide], k, c.C)
		free = free[k*wide:]
		f.step = c.tall(f.count(c.N), k)
		f.parts = (f.count(c.N) + f.step - 1) / f.step
		parts += f.parts
	}
	c.parallel(wide/current.cols*c.KH*c.KW, (*convolution).packTap)
	c.parallel(parts, (*convolution).gatherPart)
}

// packTap packs a panel of one tap: its C×F matrix transposed, F rows of the
// panels of a phase.
func (c *convolution) packTap(i int, _ *scratch) {
	panels := (c.C + current.cols - 1) / current.cols
	q, tap := i%panels, i/panels
	u, v := tap/c.KW, tap%c.KW
	for i := range c.phases {
		f := &c.phases[i]
		if f.u != u%c.Stride || f.v != v%c.Stride || f.kh == 0 {
			continue
		}
		at := (f.kh-1-u/c.Stride)*f.kw + f.kw - 1 - v/c.Stride
		f.panels.pack(matrix{c.w[tap*c.C*c.F:], c.F, true}, at*c.F, c.F, 0, q*current.cols)
	}
}

// gatherPart computes some positions of one phase.
func (c *convolution) gatherPart(i int, s *scratch) {
	f := c.phases
	for i >= f[0].parts {
		i -= f[0].parts
		f = f[1:]
	}
	m0 := i * f[0].step
	c.positions(&f[0], m0, min(m0+f[0].step, f[0].count(c.N)), s)
}

// positions computes the positions m0 to m1 of a phase.
func (c *convolution) positions(f *phase, m0, m1 int, s *scratch) {
	if c.Stride == 1 {
		c.times(&f.patches, &f.panels, m0, m1, c.x[m0*c.C:], c.C, c.bias, s)
		return
	}
	s.c = grow(s.c, (m1-m0)*c.C)
	c.times(&f.patches, &f.panels, m0, m1, s.c, c.C, c.bias, s)
	for m := m0; m < m1; {
		j := m % f.cols
		n, i := m/f.cols/f.rows, m/f.cols%f.rows
		count := min(f.cols-j, m1-m)
		to := ((n*c.H+f.y+i*c.Stride)*c.W + f.x + j*c.Stride) * c.C
		current.copyRows(c.x[to:], c.Stride*c.C, s.c[(m-m0)*c.C:], c.C, count, c.C)
		m += count
	}
}

// scatter computes the transposed convolution image by image: first what each
// element of y gives to the whole window under it, then the sum where windows
// overlap. Few channels leave most of a panel empty in the other way; here a
// panel holds the channels of several taps.
func (c *convolution) scatter() {
	c.pack(matrix{c.w, c.F, true}, c.F, c.KH*c.KW*c.C)
	c.parallel(c.N, func(c *convolution, n int, s *scratch) {
		image := c.x[n*len(c.x)/c.N : (n+1)*len(c.x)/c.N]
		if c.bias == nil {
			clear(image)
		} else {
			for n := copy(image, c.bias); n < len(image); n *= 2 {
				copy(image[n:], image[:n])
			}
		}
		c.scatterImage(image, c.y[n*len(c.y)/c.N:(n+1)*len(c.y)/c.N], s)
	})
}

// scatterImage adds the transposed convolution of one image of y to one of x,
// some rows of y at a time.
func (c *convolution) scatterImage(x, y []float32, s *scratch) {
	g, b := c.Conv, &c.panels
	oh, ow := g.Out()
	band := min(oh, max(1, 96/ow))
	s.c = grow(s.c, band*ow*b.n)
	d := depth(b.k)
	for i := 0; i < oh; i += band {
		rows := min(band, oh-i)
		if c.pairs != nil {
			c.roundWindows(y[i*ow*g.F:], rows*ow, s)
		} else {
			t := &s.tiling
			*t = tiling{rsa: g.F, csa: 1, ldd: b.n, ldc: b.n, alpha: 1}
			for k := 0; k < b.k; k += d {
				t.k = min(d, b.k-k)
				t.block(rows*ow, b.n, y[i*ow*g.F+k:], b.data[k*b.wide:], s.c, s.c)
				t.beta = 1
			}
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
