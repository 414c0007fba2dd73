package kernel

// The rows of x's patches, over which the filter's gradient is a sum, are taken
// filterDepth at a time. A task has filterArea elements of the gradient, which
// stay in the second-level cache, and filterTasks is how many tasks the work is
// cut into where it is large enough. filterRows rows of it are computed at a time.
const (
	filterDepth = 512
	filterArea  = 1 << 17
	filterTasks = 32
	filterRows  = 96
)

// Filter computes w, the gradient of ⟨y, Forward(x)⟩ with respect to the
// filter: w[u,v,c,f] = Σ x[n, i·Stride-Pad+u, j·Stride-Pad+v, c] · y[n,i,j,f]
// over n, i, j. It overwrites w.
//
// The long sum is cut into parts whose number follows from the geometry alone;
// they are added in their order.
func (g Conv) Filter(w, x, y []float32) {
	g.check(x, y, w)
	c := g.begin(x, y, w, nil)
	c.patches = g.images(x)
	m, k := c.patches.count(g.N), c.patches.depth()
	height := max(filterArea/g.F, 96)
	blocks := (k + height - 1) / height
	height = (k + blocks - 1) / blocks
	if c.pairs != nil {
		height = (height + pairCols - 1) / pairCols * pairCols
		blocks = (k + height - 1) / height
	}
	parts := max(1, min(filterTasks/blocks, m/filterDepth))
	length := ((m+parts-1)/parts + filterDepth - 1) / filterDepth * filterDepth
	parts = (m + length - 1) / length
	c.sum = sumParts{blocks, height, length}
	if c.pairs != nil {
		c.roundFilter(m, k, blocks, parts)
		c.end()
		return
	}
	c.store = grow(c.store, (parts-1)*len(w))
	c.parallel(blocks*parts, (*convolution).correlate)
	if parts > 1 {
		addParts(w, c.store, parts-1)
	}
	c.end()
}

// addParts adds to sum so many parts of its size, in their order.
func addParts(sum, x []float32, parts int) {
	operands{dst: sum, x: x, rows: parts}.cut(len(sum), grain, parts+1, func(o *operands, from, to int, _ *scratch) {
		for part := range o.rows {
			current.addRows(o.dst[from:to], 0, o.x[part*len(o.dst)+from:], 0, 1, to-from)
		}
	})
}

// sumParts is how a gradient is cut: into blocks of height rows, whose sums are
// cut into parts of length terms.
type sumParts struct{ blocks, height, length int }

// correlate computes the rows of one block of the gradient, of the terms of one
// part of the sum.
func (c *convolution) correlate(i int, s *scratch) {
	block, part := i%c.sum.blocks, i/c.sum.blocks
	dst := c.w
	if part > 0 {
		dst = c.store[(part-1)*len(c.w):][:len(c.w)]
	}
	p := &c.patches
	k0, m0 := block*c.sum.height, part*c.sum.length
	k1, m1 := min(p.depth(), k0+c.sum.height), min(p.count(c.N), m0+c.sum.length)
	cols := current.cols
	wide := (c.F + cols - 1) / cols * cols
	ld := min(filterRows, k1-k0) + line
	s.a = grow(s.a, filterDepth*ld)
	s.b = grow(s.b, filterDepth*wide)
	t := &s.tiling
	*t = tiling{rsa: 1, csa: ld, ldd: c.F, ldc: c.F, alpha: 1}
	for ; m0 < m1; m0 += filterDepth {
		t.k = min(filterDepth, m1-m0)
		for i := k0; i < k1; i += filterRows {
			rows := min(filterRows, k1-i)
			p.pack(s.a, ld, m0, m0+t.k, i, i+rows)
			rest := dst[i*c.F:]
			if i > k0 {
				t.block(rows, c.F, s.a, s.b, rest, rest)
				continue
			}
			for j := 0; j < c.F; j += cols { // the first rows pack y as well
				w, panel := min(cols, c.F-j), s.b[j*t.k:]
				if w == cols {
					t.column(rows, w, s.a, c.y[m0*c.F+j:], c.F, rest[j:], rest[j:], panel)
				} else {
					matrix{c.y, c.F, false}.pack(panel, cols, m0, j, t.k, w)
					t.column(rows, w, s.a, panel, cols, rest[j:], rest[j:], nil)
				}
			}
		}
		t.beta = 1
	}
}
