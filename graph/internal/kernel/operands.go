package kernel

// Elementwise work is cut into pieces of grain elements, and left on one
// thread where there would be fewer than two of them.
const grain = 1 << 14

// small tells whether work on n elements is left on one thread.
func small(n int) bool { return n < 2*grain }

// operands is the task of every kernel but products and convolutions: what it
// reads and writes, and what is done with a range of it. Each kernel has a use
// for some of the fields.
type operands struct {
	dst, x, y, z []float32
	a, b         float32
	rows, cols   int
	sums         []float64
	unary        func(dst, x []float32)
	adam         adamConstants
	adaMax       adaMaxConstants
	key, counter uint64

	n, step int
	part    part
}

// part does the things from, from+1 … to-1 of a kernel call: elements or rows.
// It is a function of its arguments alone, for a closure would be allocated.
type part func(o *operands, from, to int, s *scratch)

func (o *operands) run(i int, s *scratch) {
	o.part(o, i*o.step, min(o.n, (i+1)*o.step), s)
}

var calls list[operands]

// pieces runs f on the pieces of a call over n elements.
func (o operands) pieces(n int, f part) { o.cut(n, grain, 1, f) }

// rowRanges runs f on ranges of rows, which have cols elements each.
func (o operands) rowRanges(rows int, f part) {
	o.cut(rows, max(1, grain/max(1, o.cols)), o.cols, f)
}

// cut runs f on ranges of step of n things that have the given number of
// elements each.
func (o operands) cut(n, step, elements int, f part) {
	t := calls.take()
	*t = o
	t.n, t.step, t.part = n, step, f
	count := (n + step - 1) / step
	if small(n * elements) {
		serial(count, t)
	} else {
		parallel(count, t)
	}
	*t = operands{} // or it would keep the slices alive
	calls.give(t)
}
