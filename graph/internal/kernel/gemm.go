package kernel

// Long sums are cut into blocks of blockDepth terms. Bands of fewer than bandRows
// rows would spend too much on packing the second factor. What is transposed
// at a time, flipRows rows, stays in the first-level cache.
const (
	blockDepth = 1024
	bandRows   = 192
	flipRows   = 96
)

// depth returns the length of the blocks into which a sum of k terms is cut. It
// follows from k alone, because it decides the rounding.
func depth(k int) int {
	blocks := max(1, (k+blockDepth-1)/blockDepth)
	return max(1, (k+blocks-1)/blocks)
}

// Gemm computes c = alpha·op(a)·op(b) + beta·c, where op(a) is m×k, op(b) is
// k×n, c is m×n, and op transposes if transA or transB says so. lda, ldb and
// ldc are the lengths of the rows as stored. beta = 0 overwrites c whatever is
// in it; alpha = 0 leaves a and b unread.
func Gemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if m < 0 || n < 0 || k < 0 {
		panic("kernel: gemm: negative size")
	}
	if m == 0 || n == 0 {
		return
	}
	checkMatrix("gemm: c", c, m, n, ldc)
	if k == 0 || alpha == 0 {
		scaleRows(c, ldc, m, n, beta)
		return
	}
	if transA {
		checkMatrix("gemm: a", a, k, m, lda)
	} else {
		checkMatrix("gemm: a", a, m, k, lda)
	}
	if transB {
		checkMatrix("gemm: b", b, n, k, ldb)
	} else {
		checkMatrix("gemm: b", b, k, n, ldb)
	}
	g := gemms.take()
	*g = gemm{m: m, n: n, k: k, alpha: alpha, beta: beta, a: matrix{a, lda, transA}, b: matrix{b, ldb, transB}, c: c, ldc: ldc, store: g.store}
	if p := rounding.Load(); p != nil {
		g.round(p)
	} else {
		g.compute()
	}
	*g = gemm{store: g.store} // or it would keep the slices alive
	gemms.give(g)
}

func checkMatrix(what string, s []float32, rows, cols, ld int) {
	if ld < cols {
		panic("kernel: " + what + ": rows are longer than the stride")
	}
	if rows > 0 && len(s) < (rows-1)*ld+cols {
		panic("kernel: " + what + ": slice too short")
	}
}

func scaleRows(c []float32, ldc, m, n int, beta float32) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if beta == 0 {
			clear(row)
		} else {
			for j := range row {
				row[j] *= beta
			}
		}
	}
}

// matrix is a factor as it is stored.
type matrix struct {
	data  []float32
	ld    int
	trans bool
}

// from returns the elements from row i, column j on, and the strides from one
// row to the next and from one column to the next.
func (a matrix) from(i, j int) (s []float32, rs, cs int) {
	if a.trans {
		return a.data[j*a.ld+i:], 1, a.ld
	}
	return a.data[i*a.ld+j:], a.ld, 1
}

// pack writes the k×w part of the matrix that begins at row p, column j as a
// panel whose rows are cols wide, filled up with zeros.
func (a matrix) pack(panel []float32, cols, p, j, k, w int) {
	if w < cols {
		clear(panel[:k*cols])
	}
	s, rs, _ := a.from(p, j)
	if a.trans {
		current.transpose(panel, cols, s, a.ld, w, k)
	} else {
		current.copyRows(panel, cols, s, rs, k, w)
	}
}

// gemm is the task of one stage of a matrix product, and what the stages share.
type gemm struct {
	m, n, k     int
	alpha, beta float32
	a, b        matrix
	c           []float32
	ldc         int
	stage       func(g *gemm, i int, s *scratch)

	p, depth    int // the terms p to p+depth of the sums are being added
	bands       int
	band, width int       // rows and columns of a part
	copies      bool      // of the first factor, because its rows alias
	panels      []float32 // of the second factor, if they are packed beforehand
	store       []float32

	pairs *pairKernels // of a product with rounded factors
	ld    int          // between the rows of its first factor
}

var gemms list[gemm]

func (g *gemm) run(i int, s *scratch) { g.stage(g, i, s) }

// parallel runs the n parts of a stage, which is a function of its arguments
// alone. A small product is not worth the start of other threads.
func (g *gemm) parallel(n int, stage func(g *gemm, i int, s *scratch)) {
	g.stage = stage
	if 2*g.m*g.n*g.k < 1_000_000 {
		serial(n, g)
	} else {
		parallel(n, g)
	}
}

// compute cuts the product into bands of rows, those into parts, and adds up
// the blocks of the sums. Each part packs the panels of b as it goes, which
// costs little. Only transposing is dear: then the bands share the panels.
func (g *gemm) compute() {
	cols, rows := current.cols, current.rows
	displaced := func(ld int) bool { return rows > current.ways && aliases(ld) }
	if g.b.trans && g.beta == 0 && g.m*(g.k+g.n) < g.n*g.k && !displaced(g.b.ld) {
		g.flip()
		return
	}
	d := depth(g.k)
	panels := (g.n + cols - 1) / cols
	threads := Threads()
	bands := (g.m*d + current.area - 1) / current.area
	switch {
	case bands > 1 || g.m >= 2*bandRows*threads:
		bands = (bands + threads - 1) / threads * threads
	case bands*panels < 2*threads:
		bands = min((2*threads+panels-1)/panels, max(1, g.m/(2*rows)))
	}
	parts := (4*threads + bands - 1) / bands
	if g.copies = displaced(g.a.ld); g.copies {
		parts = (threads + bands - 1) / bands
	}
	g.band = (g.m + bands - 1) / bands
	g.bands = (g.m + g.band - 1) / g.band
	g.width = (panels + parts - 1) / parts * cols
	for g.p = 0; g.p < g.k; g.p += d {
		g.depth = min(d, g.k-g.p)
		if g.b.trans && g.bands > 1 {
			g.store = grow(g.store, g.depth*panels*cols)
			g.panels = g.store
			g.parallel(panels, (*gemm).pack)
		}
		g.parallel(g.bands*((g.n+g.width-1)/g.width), (*gemm).part)
		g.beta = 1
	}
}

// aliases tells whether rows that far apart lie at nearly the same address
// modulo 4096, so that they displace one another from the first-level cache.
func aliases(stride int) bool {
	const page = 4096 / 4
	return stride > page/2 && (stride+8)%page <= 16
}

// pack packs a panel of b.
func (g *gemm) pack(i int, _ *scratch) {
	j := i * current.cols
	g.b.pack(g.panels[j*g.depth:], current.cols, g.p, j, g.depth, min(current.cols, g.n-j))
}

// part computes some columns of a band of rows.
func (g *gemm) part(i int, s *scratch) {
	cols := current.cols
	i0, j0 := i%g.bands*g.band, i/g.bands*g.width
	m := min(g.band, g.m-i0)
	t := &s.tiling
	*t = tiling{k: g.depth, ldd: g.ldc, ldc: g.ldc, alpha: g.alpha, beta: g.beta}
	var a []float32
	a, t.rsa, t.csa = g.a.from(i0, g.p)
	if g.copies {
		a, t.rsa, t.csa = g.a.copy(s, i0, g.p, m, g.depth)
	}
	s.b = grow(s.b, t.k*cols)
	far := g.depth*g.n > 2*current.area // more than the second-level cache holds
	for j := j0; j < min(g.n, j0+g.width); j += cols {
		w := min(cols, g.n-j)
		c := g.c[i0*g.ldc+j:]
		switch b, _, _ := g.b.from(g.p, j); {
		case g.panels != nil:
			t.column(m, w, a, g.panels[j*t.k:], cols, c, c, nil)
		case w < cols || g.b.trans:
			g.b.pack(s.b, cols, g.p, j, t.k, w)
			t.column(m, w, a, s.b, cols, c, c, nil)
		case m <= current.rows: // b is read once: why pack it?
			t.column(m, w, a, b, g.b.ld, c, c, nil)
		default:
			if far && j+cols < min(g.n, j0+g.width) {
				t.fetch(b[cols:], g.b.ld)
			}
			t.column(m, w, a, b, g.b.ld, c, c, s.b)
		}
	}
}

// flip computes the product as that of the factors transposed, in the other
// order, and transposes it: cheaper where the second factor, which is stored
// transposed, is larger than the first one and the product.
func (g *gemm) flip() {
	g.m, g.n, g.a, g.b = g.n, g.m, g.b, g.a
	g.a.trans, g.b.trans = !g.a.trans, !g.b.trans
	cols, threads := current.cols, Threads()
	panels := (g.n + cols - 1) / cols
	g.p, g.depth = 0, g.k
	g.store = grow(g.store, g.k*panels*cols)
	g.panels = g.store
	g.parallel(panels, (*gemm).pack)
	g.bands = ((g.m+flipRows-1)/flipRows + threads - 1) / threads * threads
	g.band = ((g.m+g.bands-1)/g.bands + line - 1) / line * line
	g.parallel((g.m+g.band-1)/g.band, (*gemm).flipped)
}

// flipped computes a band of rows, and stores them as columns.
func (g *gemm) flipped(i int, s *scratch) {
	cols, d := current.cols, depth(g.k)
	i0 := i * g.band
	m := min(g.band, g.m-i0)
	s.c = grow(s.c, m*cols)
	t := &s.tiling
	for j := 0; j < g.n; j += cols {
		w := min(cols, g.n-j)
		*t = tiling{ldd: cols, ldc: cols, alpha: g.alpha}
		for p := 0; p < g.k; p += d {
			var a []float32
			a, t.rsa, t.csa = g.a.from(i0, p)
			t.k = min(d, g.k-p)
			t.column(m, w, a, g.panels[j*g.k+p*cols:], cols, s.c, s.c, nil)
			t.beta = 1
		}
		current.transpose(g.c[j*g.ldc+i0:], g.ldc, s.c, cols, m, w)
	}
}

// copy copies the m×k block of the matrix that begins at row i, column p, so
// that its rows do not alias.
func (a matrix) copy(s *scratch, i, p, m, k int) (data []float32, rs, cs int) {
	from, _, _ := a.from(i, p)
	if a.trans {
		ld := (m+line-1)/line*line + line
		s.a = grow(s.a, k*ld)
		current.copyRows(s.a, ld, from, a.ld, k, m)
		return s.a, 1, ld
	}
	ld := k + line
	s.a = grow(s.a, m*ld)
	current.copyRows(s.a, ld, from, a.ld, m, k)
	return s.a, ld, 1
}

// tiling is what the tiles of a block have in common: element (i,p) of a lies
// at i·rsa+p·csa, row p of b at p·ldb, the rows of d and c at i·ldd and i·ldc.
type tiling struct {
	k                       int
	rsa, csa, ldb, ldd, ldc int
	alpha, beta             float32

	// What is fetched into the second-level cache meanwhile: the rows of the panel
	// that is next, ldnext apart, in so many parts of a quarter as are left.
	next   []float32
	ldnext int
	parts  int
}

// panelParts is in how many parts a panel is fetched, as the tiles have it too.
const panelParts = 4

// fetch says which panel is next, once.
func (t *tiling) fetch(next []float32, ld int) { t.next, t.ldnext, t.parts = next, ld, panelParts }

// fetched says that tiles, as many as said, have each fetched a part.
func (t *tiling) fetched(tiles int) {
	if tiles >= t.parts {
		t.next, t.ldnext, t.parts = nil, 0, 0
		return
	}
	t.next = t.next[tiles*(t.k/panelParts)*t.ldnext:]
	t.parts -= tiles
}

// block computes m×n elements of c, onto d, from a block of a and packed panels
// of b.
func (t *tiling) block(m, n int, a, b, d, c []float32) {
	cols := current.cols
	for j := 0; j < n; j += cols {
		t.column(m, min(cols, n-j), a, b[j*t.k:], cols, d[j:], c[j:], nil)
	}
}

// column computes m×w elements of c, onto d, from a block of a and w columns of
// b, a panel's at most, whose rows are ldb apart. Unless panel is nil, b is
// packed there by the first tile, for the others to read.
func (t *tiling) column(m, w int, a, b []float32, ldb int, d, c, panel []float32) {
	tiles := (m + current.rows - 1) / current.rows
	height, taller := m/tiles, m%tiles // nearly equal
	t.ldb = ldb
	if taller > 0 {
		current.micro(t, taller, height+1, w, a, b, d, c, panel)
		packed := taller
		if panel != nil {
			b, panel, t.ldb = panel, nil, current.cols
			packed--
		}
		t.fetched(packed)
	}
	i := taller * (height + 1)
	current.micro(t, tiles-taller, height, w, a[i*t.rsa:], b, d[i*t.ldd:], c[i*t.ldc:], panel)
	t.fetched(panelParts)
}
