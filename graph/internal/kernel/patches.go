package kernel

// patches is a batch of NHWC images seen as a matrix: one row for each position
// of a window, holding the kh×kw×channels elements under it. The matrix is
// never stored; pack copies the part of it that a tile needs. A row consists of
// kh runs of kw·channels neighbouring elements of the image.
type patches struct {
	data                    []float32
	height, width, channels int
	rows, cols              int // positions of the window in one image
	kh, kw                  int
	stride                  int
	top, left               int // how far the first position lies outside of the image
}

// depth is the length of a row of the matrix.
func (p *patches) depth() int { return p.kh * p.kw * p.channels }

// count is the number of rows of the matrix for n images.
func (p *patches) count(n int) int { return n * p.rows * p.cols }

// pack writes rows m0 to m1, columns k0 to k1 of the matrix to dst, whose rows
// are ld apart. What lies outside of the image is zero.
func (p *patches) pack(dst []float32, ld, m0, m1, k0, k1 int) {
	run := p.kw * p.channels
	for m := m0; m < m1; {
		j := m % p.cols
		image, i := m/p.cols/p.rows, m/p.cols%p.rows
		n := min(p.cols-j, m1-m)
		for k := k0; k < k1; {
			u, from := k/run, k%run
			w := min(run-from, k1-k)
			p.runs(dst[(m-m0)*ld+k-k0:], ld, image, i*p.stride-p.top+u, j, n, from, w)
			k += w
		}
		m += n
	}
}

// runs copies w elements, beginning with number from, of the run in row y of
// an image for each of n positions beginning with j.
func (p *patches) runs(dst []float32, ld, image, y, j, n, from, w int) {
	if y < 0 || y >= p.height {
		for i := range n {
			clear(dst[i*ld : i*ld+w])
		}
		return
	}
	length := p.width * p.channels
	src := p.data[(image*p.height+y)*length:][:length]
	step := p.stride * p.channels
	start := (j*p.stride-p.left)*p.channels + from
	i := 0
	for ; i < n && start < 0; i++ {
		clipped(dst[i*ld:i*ld+w], src, start)
		start += step
	}
	if start+w <= length && i < n {
		inner := min(n-i, (length-start-w)/step+1)
		current.copyRows(dst[i*ld:], ld, src[start:], step, inner, w)
		i += inner
		start += inner * step
	}
	for ; i < n; i++ {
		clipped(dst[i*ld:i*ld+w], src, start)
		start += step
	}
}

// clipped copies the elements of src from start on, zero where there are none.
func clipped(dst, src []float32, start int) {
	lo := min(max(0, -start), len(dst))
	hi := max(lo, min(len(dst), len(src)-start))
	clear(dst[:lo])
	if lo < hi {
		copy(dst[lo:hi], src[start+lo:])
	}
	clear(dst[hi:])
}

// panels is the second factor of a product with patches, k×n, packed once and
// read by all tasks: for each block of depth(k) rows one panel after another.
type panels struct {
	k, n, wide int // wide: n rounded up to whole panels
	data       []float32
}

func (b *panels) init(storage []float32, k, n int) []float32 {
	cols := current.cols
	b.k, b.n, b.wide = k, n, (n+cols-1)/cols*cols
	b.data = grow(storage, b.k*b.wide)
	return b.data
}

// pack fills the panel of the columns from j on with rows p to p+k, which are
// rows q and following, columns j and following, of src.
func (b *panels) pack(src matrix, p, k, q, j int) {
	cols := current.cols
	d := depth(b.k)
	for k > 0 {
		first := p / d * d
		height := min(d, b.k-first)
		part := min(k, first+height-p)
		src.pack(b.data[first*b.wide+j*height+(p-first)*cols:], cols, q, j, part, min(cols, b.n-j))
		p, q, k = p+part, q+part, k-part
	}
}

// times computes rows m0 to m1 of the product of the matrix with b into c,
// whose rows are ldc apart, and adds bias to each of them unless it is nil.
func (p *patches) times(b *panels, m0, m1 int, c []float32, ldc int, bias []float32, s *scratch) {
	m := m1 - m0
	if b.k == 0 {
		for i := range m {
			row := c[i*ldc : i*ldc+b.n]
			clear(row)
			copy(row, bias)
		}
		return
	}
	d := depth(b.k)
	ld := d + line // no multiple of a page, or rows would displace each other
	s.a = grow(s.a, m*ld)
	t := &s.tiling
	*t = tiling{rsa: ld, csa: 1, ldc: ldc, alpha: 1}
	onto := c
	if bias != nil {
		onto, t.beta = bias, 1
	}
	for k0 := 0; k0 < b.k; k0 += d {
		t.k = min(d, b.k-k0)
		p.pack(s.a, ld, m0, m1, k0, k0+t.k)
		t.block(m, b.n, s.a, b.data[k0*b.wide:], onto, c)
		onto, t.ldd, t.beta = c, ldc, 1
	}
}
