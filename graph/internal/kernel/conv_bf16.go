package kernel

// roundPanels makes panels of pairs of the k×n factor.
func (c *convolution) roundPanels(k, n int) {
	c.store = c.panels.initPairs(c.store, k, n)
	c.parallel(c.panels.wide/pairCols, func(c *convolution, i int, s *scratch) {
		b, j := &c.panels, i*pairCols
		c.pairs.panel(b.data[j*pairsOf(b.k):], c.factor, j, min(pairCols, b.n-j), b.k, s)
	})
}

func (b *panels) initPairs(storage []float32, k, n int) []float32 {
	b.k, b.n, b.wide = k, n, (n+pairCols-1)/pairCols*pairCols
	b.data = grow(storage, pairsOf(k)*b.wide)
	return b.data
}

// roundImages makes patches whose elements are pairs of channels, where their
// number is even. Each element of an image is rounded once, whatever the number
// of windows that it is under.
func (c *convolution) roundImages(p patches) patches {
	if p.channels%2 == 1 {
		return p
	}
	c.rounded = grow(c.rounded, len(p.data)/2+pairStep)
	c.source = p.data
	c.parallel((len(p.data)+grain-1)/grain, func(c *convolution, i int, _ *scratch) {
		from := i * grain
		src := c.source[from:min(len(c.source), from+grain)]
		c.pairs.packColumns(c.rounded[from/2:], 0, src, 0, 1, len(src))
	})
	p.data, p.channels = c.rounded[:len(p.data)/2], p.channels/2
	return p
}

// times is patches.times, rounded or not.
func (c *convolution) times(p *patches, b *panels, m0, m1 int, y []float32, ldy int, bias []float32, s *scratch) {
	if c.pairs != nil {
		c.roundTimes(p, b, m0, m1, y, ldy, bias, s)
	} else {
		p.times(b, m0, m1, y, ldy, bias, s)
	}
}

// roundTimes is patches.times with panels of pairs.
func (c *convolution) roundTimes(p *patches, b *panels, m0, m1 int, y []float32, ldy int, bias []float32, s *scratch) {
	m := m1 - m0
	if b.k == 0 {
		p.times(b, m0, m1, y, ldy, bias, s)
		return
	}
	k := pairsOf(b.k)
	ld := pairStride(k)
	s.a = grow(s.a, tileRows(m)*ld)
	if p.depth() < b.k {
		p.pack(s.a, ld, m0, m1, 0, p.depth())
		if k > p.depth() {
			for i := range m {
				clear(s.a[i*ld+p.depth() : i*ld+k])
			}
		}
	} else {
		some := max(1, grain/2/b.k)
		s.b = grow(s.b, some*b.k)
		for i := 0; i < m; i += some {
			n := min(some, m-i)
			p.pack(s.b, b.k, m0+i, m0+i+n, 0, b.k)
			c.pairs.packColumns(s.a[i*ld:], ld, s.b, b.k, n, b.k)
		}
	}
	t := tiling{k: k, rsa: ld, ldc: ldy, alpha: 1}
	if bias != nil {
		t.beta = 1
	}
	c.pairs.block(&t, m, b.n, s.a, b.data, bias, y, s)
}

// roundGather is gather with factors rounded to bfloat16, once the phases are
// known.
func (c *convolution) roundGather() {
	wide := (c.C + pairCols - 1) / pairCols * pairCols
	total, parts := 0, 0
	for i := range c.phases {
		f := &c.phases[i]
		f.panels = panels{k: f.depth(), n: c.C, wide: wide}
		f.step = c.tall(f.count(c.N), f.depth())
		f.parts = (f.count(c.N) + f.step - 1) / f.step
		total += pairsOf(f.panels.k) * wide
		parts += f.parts
	}
	c.store = grow(c.store, total)
	free := c.store
	var images patches
	for i := range c.phases {
		f := &c.phases[i]
		size := pairsOf(f.panels.k) * wide
		f.panels.data, free = free[:size], free[size:]
		if i == 0 {
			images = c.roundImages(f.patches)
		}
		f.patches.data, f.channels = images.data, images.channels
	}
	c.parallel(wide/pairCols*len(c.phases), (*convolution).roundPhase)
	c.parallel(parts, (*convolution).gatherPart)
}

// roundPhase makes a panel of pairs of the taps of a phase.
func (c *convolution) roundPhase(i int, s *scratch) {
	f, j := &c.phases[i%len(c.phases)], i/len(c.phases)*pairCols
	k := f.panels.k
	if k == 0 {
		return
	}
	w := min(pairCols, c.C-j)
	s.c = grow(s.c, k*pairCols)
	for at := range f.kh * f.kw {
		u, v := f.u+(f.kh-1-at/f.kw)*c.Stride, f.v+(f.kw-1-at%f.kw)*c.Stride
		tap := matrix{c.w[(u*c.KW+v)*c.C*c.F:], c.F, true}
		tap.pack(s.c[at*c.F*pairCols:], pairCols, 0, j, c.F, w)
	}
	c.pairs.packRows(f.panels.data[j*pairsOf(k):], s.c, pairCols, k, w)
}

// roundWindows computes what count elements of y give to the windows under
// them, into s.c.
func (c *convolution) roundWindows(y []float32, count int, s *scratch) {
	k := pairsOf(c.F)
	ld := pairStride(k)
	s.a = grow(s.a, tileRows(count)*ld)
	c.pairs.packColumns(s.a, ld, y, c.F, count, c.F)
	t := tiling{k: k, rsa: ld, ldc: c.panels.n, alpha: 1}
	c.pairs.block(&t, count, c.panels.n, s.a, c.panels.data, nil, s.c, s)
}

// roundFilter is Filter with factors rounded to bfloat16. It computes the
// transposed gradient, F×k: its first factor is y, transposed and packed once,
// the second one the patches. Both are cut into pieces of filterDepth of the m
// terms of the sum.
func (c *convolution) roundFilter(m, k, blocks, parts int) {
	groups := (c.F + 31) / 32
	c.rounded = grow(c.rounded, (m+filterDepth-1)/filterDepth*c.piece())
	c.parallel((m+filterDepth-1)/filterDepth*groups, func(c *convolution, i int, s *scratch) {
		groups := (c.F + 31) / 32
		f, m0 := i%groups*32, i/groups*filterDepth
		n := min(filterDepth, c.patches.count(c.N)-m0)
		y := matrix{c.y[m0*c.F:], c.F, true}
		c.pairs.left(c.rounded[i/groups*c.piece()+f*pieceStride:], pieceStride, y, f, min(32, c.F-f), n, s)
	})
	c.store = grow(c.store, parts*len(c.w))
	c.parallel(blocks*parts, (*convolution).roundCorrelate)
	sum := c.store[:len(c.w)]
	if parts > 1 {
		addParts(sum, c.store[len(c.w):], parts-1)
	}
	c.parallel((k+pairCols-1)/pairCols, func(c *convolution, i int, _ *scratch) {
		k, from := c.patches.depth(), i*pairCols
		current.transpose(c.w[from*c.F:], c.F, c.store[from:], k, c.F, min(pairCols, k-from))
	})
}

// pieceStride is how far apart the rows of a piece of y are, piece the size of
// it, in pairs.
const pieceStride = filterDepth/2 + line

func (c *convolution) piece() int { return tileRows(c.F) * pieceStride }

// roundCorrelate computes some columns of the transposed gradient, of the terms
// of one part of the sum.
func (c *convolution) roundCorrelate(i int, s *scratch) {
	block, part := i%c.sum.blocks, i/c.sum.blocks
	dst := c.store[part*len(c.w):][:len(c.w)]
	p := &c.patches
	k0, m0 := block*c.sum.height, part*c.sum.length
	k1, m1 := min(p.depth(), k0+c.sum.height), min(p.count(c.N), m0+c.sum.length)
	ld := min(filterRows, k1-k0) + line
	s.a = grow(s.a, filterDepth*ld)
	s.b = grow(s.b, filterDepth/2*pairCols)
	t := tiling{rsa: pieceStride, ldd: p.depth(), ldc: p.depth(), alpha: 1}
	for ; m0 < m1; m0 += filterDepth {
		n := min(filterDepth, m1-m0)
		t.k = pairsOf(n)
		y := c.rounded[m0/filterDepth*c.piece():]
		for i := k0; i < k1; i += filterRows {
			some := min(filterRows, k1-i)
			p.pack(s.a, ld, m0, m0+n, i, i+some)
			for j := 0; j < some; j += pairCols {
				w := min(pairCols, some-j)
				c.pairs.packRows(s.b, s.a[j:], ld, n, w)
				c.pairs.block(&t, c.F, w, y, s.b, dst[i+j:], dst[i+j:], s)
			}
		}
		t.beta = 1
	}
}
