package kernel

// Blocking of a matrix product. A block of a is at most blockRows×blockDepth,
// some 200 KB that stay in the second-level cache while the panels of b pass
// by. The depth follows from k alone, because where a sum is cut decides its
// rounding.
const (
	blockRows  = 192
	blockDepth = 512
)

// depth returns the length of the blocks into which a sum of k terms is cut.
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
	*g = gemm{m: m, n: n, k: k, alpha: alpha, beta: beta, b: matrix{b, ldb, transB}, a: matrix{a, lda, transA}, c: c, ldc: ldc}
	parallel(g.divide(), g)
	*g = gemm{} // or it would keep the slices alive
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

// gemm is the task of a matrix product.
type gemm struct {
	m, n, k     int
	alpha, beta float32
	a, b        matrix
	c           []float32
	ldc         int

	bands, band, width int // bands of rows, the rows of one, the columns of a strip
}

var gemms list[gemm]

// stripPanels is how many panels a strip has at most if they have to be kept
// for more than one block of rows: as many as the second-level cache holds.
const stripPanels = 8

// divide cuts the product into strips of columns, and where there are few of
// them, into bands of rows too. It returns the number of parts.
func (g *gemm) divide() int {
	cols := current.cols
	panels := (g.n + cols - 1) / cols
	per, bands := panels, 1
	if g.m > blockRows {
		per = min(per, stripPanels)
	}
	if t := Threads(); t > 1 && 2*g.m*g.n*g.k > 1_000_000 {
		per = min(per, max(1, panels/(4*t)))
		bands = min((4*t*per+panels-1)/panels, (g.m+blockRows-1)/blockRows)
	}
	g.bands, g.band, g.width = bands, (g.m+bands-1)/bands, per*cols
	return (panels + per - 1) / per * bands
}

// run computes the columns of one strip in the rows of one band.
func (g *gemm) run(part int, s *scratch) {
	i, j := part%g.bands, part/g.bands
	g.strip(i*g.band, min(g.m, (i+1)*g.band), j*g.width, min(g.n, (j+1)*g.width), s)
}

// strip computes the columns j0 to j1 of the rows i0 to i1.
func (g *gemm) strip(i0, i1, j0, j1 int, s *scratch) {
	cols := current.cols
	d := depth(g.k)
	size := d * cols // of a panel
	keep := 0        // the distance of the panels if they are kept
	if i1-i0 > blockRows {
		keep = size
	}
	direct := i1-i0 <= current.rows && !g.b.trans // a panel is read once: why pack it?
	s.b = grow(s.b, size+(j1-j0-1)/cols*keep)
	t := &s.tiling
	*t = tiling{ldd: g.ldc, ldc: g.ldc, alpha: g.alpha, beta: g.beta}
	for p := 0; p < g.k; p += d {
		t.k = min(d, g.k-p)
		for i := i0; i < i1; i += blockRows {
			m := min(blockRows, i1-i)
			var a []float32
			a, t.rsa, t.csa = g.a.block(s, i, p, m, t.k)
			for j := j0; j < j1; j += cols {
				w := min(cols, j1-j)
				c := g.c[i*g.ldc+j:]
				if direct && w == cols {
					b, _, _ := g.b.from(p, j)
					t.block(m, w, a, b, g.b.ld, c, c, nil)
					continue
				}
				panel := s.b[(j-j0)/cols*keep:]
				var h *ahead
				if i == i0 {
					g.b.pack(panel, cols, p, j, t.k, w)
					if j+cols < j1 && !g.b.trans {
						h = &ahead{g.b.data[p*g.b.ld+j+cols:], g.b.ld}
					}
				}
				t.block(m, w, a, panel, cols, c, c, h)
			}
		}
		t.beta = 1
	}
}

// block copies an m×k block of the first factor next to each other, for rows
// whose distance is near a power of two displace one another from the cache.
func (a matrix) block(s *scratch, i, p, m, k int) (data []float32, rs, cs int) {
	from, rs, cs := a.from(i, p)
	if m <= 4 {
		return from, rs, cs
	}
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
}

// ahead is memory that will be read soon, step elements further on for each 32.
type ahead struct {
	data []float32
	step int
}

// take returns the part of it that one tile of depth k fetches.
func (h *ahead) take(k int, otherwise []float32) (next []float32, step int) {
	if h == nil || len(h.data) == 0 {
		return otherwise, 0
	}
	next = h.data
	h.data = h.data[min(len(next), k/2*h.step):]
	return next, h.step
}

// block computes m×n elements of c, onto d, from a block of a and panels of b,
// whose rows are ldb apart.
func (t *tiling) block(m, n int, a, b []float32, ldb int, d, c []float32, h *ahead) {
	rows, cols, micro := current.rows, current.cols, current.micro
	tiles := (m + rows - 1) / rows
	t.ldb = ldb
	for j := 0; j < n; j += cols {
		w := min(cols, n-j)
		panel := b[j*t.k:]
		for n := range tiles {
			i, end := m*n/tiles, m*(n+1)/tiles // of nearly equal height
			next, step := h.take(t.k, panel)
			micro(t, end-i, w, a[i*t.rsa:], panel, d[i*t.ldd+j:], c[i*t.ldc+j:], next, step)
		}
	}
}
