package kernel

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

// tall returns how many of m rows of a product of depth k are computed at a
// time: as many as leave room in the second-level cache, more of them where they
// are short, and such that each thread has the same number of parts to do.
func (c *convolution) tall(m, k int) int {
	rows := min(max(120, current.area*3/8/max(k, 1)), 480)
	threads := Threads()
	parts := ((m+rows-1)/rows + threads - 1) / threads * threads
	rows = (m + parts - 1) / parts
	if c.pairs != nil {
		rows = (rows + 31) / 32 * 32 // whole blocks
	}
	return rows
}

// convolution is the task of one stage of a convolution or of an adjoint, and
// what the stages of a call share.
type convolution struct {
	Conv
	x, y, w, bias []float32
	stage         func(c *convolution, i int, s *scratch)

	patches patches
	step    int // rows of them computed at a time
	panels  panels
	factor  matrix    // what panels holds
	phases  []phase   // of Transposed
	sum     sumParts  // of Filter
	store   []float32 // the packed filter, or parts of its gradient

	pairs   *pairKernels // of a convolution with rounded factors
	source  []float32    // what is being rounded
	rounded []float32    // images, or y of Filter, in pairs
}

func (c *convolution) run(i int, s *scratch) { c.stage(c, i, s) }

var convolutions list[convolution]

// begin returns a task for the geometry. It has the storage of a call past.
func (g Conv) begin(x, y, w, bias []float32) *convolution {
	c := convolutions.take()
	c.Conv, c.x, c.y, c.w, c.bias = g, x, y, w, bias
	c.pairs = rounding.Load()
	return c
}

// end keeps the task for its storage, but none of the slices of the call.
func (c *convolution) end() {
	clear(c.phases)
	*c = convolution{phases: c.phases[:0], store: c.store, rounded: c.rounded}
	convolutions.give(c)
}

// parallel runs the n parts of a stage, which is a function of its arguments
// alone.
func (c *convolution) parallel(n int, stage func(c *convolution, i int, s *scratch)) {
	c.stage = stage
	parallel(n, c)
}

// pack makes panels of a k×n factor.
func (c *convolution) pack(factor matrix, k, n int) {
	c.factor = factor
	if c.pairs != nil {
		c.roundPanels(k, n)
		return
	}
	c.store = c.panels.init(c.store, k, n)
	c.parallel(c.panels.wide/current.cols, func(c *convolution, q int, _ *scratch) {
		c.panels.pack(c.factor, 0, c.panels.k, 0, q*current.cols)
	})
}

// Forward computes y, the convolution of x with w, plus bias (F elements, or
// nil for none). It overwrites y.
func (g Conv) Forward(y, x, w, bias []float32) {
	g.check(x, y, w)
	if bias != nil && len(bias) != g.F {
		panic("kernel: conv: bias does not have a value for each filter")
	}
	c := g.begin(x, y, w, bias)
	c.patches = g.images(x)
	if c.pairs != nil {
		c.patches = c.roundImages(c.patches)
	}
	c.pack(matrix{w, g.F, false}, g.KH*g.KW*g.C, g.F)
	m := c.patches.count(g.N)
	c.step = c.tall(m, c.panels.k)
	c.parallel((m+c.step-1)/c.step, func(c *convolution, i int, s *scratch) {
		m0, m1 := i*c.step, min(c.patches.count(c.N), (i+1)*c.step)
		c.times(&c.patches, &c.panels, m0, m1, c.y[m0*c.F:], c.F, c.bias, s)
	})
	c.end()
}
