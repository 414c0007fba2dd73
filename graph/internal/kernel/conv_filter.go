package kernel

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
	store := filters.Get().(*[]float32)
	defer filters.Put(store)
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
	t := &s.tiling
	*t = tiling{rsa: 1, csa: ld, ldd: g.F, ldc: g.F, alpha: 1}
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
