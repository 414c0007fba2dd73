package kernel

import "sync/atomic"

// Task is work of a caller's own, in parts that may run in any order and at
// the same time.
type Task interface {
	// Part does part i. The storage is its own while it runs; what is in it is
	// undefined.
	Part(i int, storage []float32)
}

// Parallel runs the parts 0 … n-1 of t on the pool's threads, each with so many
// elements of storage. A part may call kernels; they keep to its thread. Where
// a part panics, on whatever thread, Parallel does.
func Parallel(n, storage int, t Task) {
	c := foreigns.take()
	c.Task, c.storage = t, storage
	parallel(n, c)
	if failure := c.failure.Load(); failure != nil {
		panic(*failure)
	}
	c.Task = nil // or it would keep the task alive
	foreigns.give(c)
}

// foreign is a Task as a task of the pool.
type foreign struct {
	Task
	storage int
	failure atomic.Pointer[any] // what a part panicked with
}

var foreigns list[foreign]

func (f *foreign) run(i int, s *scratch) {
	defer func() {
		// Only the caller's goroutine has somebody to recover it.
		if r := recover(); r != nil {
			failure := r // alone is allocated
			f.failure.CompareAndSwap(nil, &failure)
		}
	}()
	s.d = grow(s.d, f.storage)
	f.Part(i, s.d)
}

// CombineRow sets dst[i] = a·x[i] + b·row[(from+i) mod len(row)], on the
// caller's thread: a block of a matrix to which a row is added, which begins
// with element from. dst may be x.
func CombineRow(dst []float32, a float32, x []float32, b float32, row []float32, from int) {
	byRow(dst, x, row, from, func(dst, x, row []float32) { current.combine(dst, x, row, a, b) })
}

// MulRow sets dst[i] = x[i]·row[(from+i) mod len(row)], as CombineRow adds.
func MulRow(dst, x, row []float32, from int) {
	byRow(dst, x, row, from, func(dst, x, row []float32) { current.multiply(dst, x, row) })
}

// byRow calls f for stretches of dst and x and what stands against them in the
// row repeated. Short rows are repeated first, to make the stretches long.
func byRow(dst, x, row []float32, from int, f func(dst, x, row []float32)) {
	equal(len(dst), len(x))
	at := from % len(row)
	store := scratches.take()
	if n := len(row); n < 256 && n < len(x) {
		several := 512 / n
		store.c = grow(store.c, several*n)
		for i := range several {
			copy(store.c[i*n:], row)
		}
		row = store.c
	}
	for len(x) > 0 {
		n := min(len(row)-at, len(x))
		f(dst[:n], x[:n], row[at:at+n])
		dst, x, at = dst[n:], x[n:], 0
	}
	scratches.give(store)
}

// AddColumns adds to sums[j] column j of x, a matrix of whole rows, on the
// caller's thread. Like ColSum it sums up to 64 rows in float32 and goes on in
// float64.
func AddColumns(sums []float64, x []float32) {
	cols := len(sums)
	matrixCheck(x, len(x)/cols, cols)
	several := max(1, min(len(x)/cols, 64/cols))
	wide := cols * several
	store := scratches.take()
	store.c = grow(store.c, wide)
	for len(x) >= wide {
		rows := min(columnRows, len(x)/wide)
		copy(store.c, x)
		current.addRows(store.c, 0, x[wide:], wide, rows-1, wide)
		for j := 0; j < wide; j += cols {
			for k, v := range store.c[j : j+cols] {
				sums[k] += float64(v)
			}
		}
		x = x[rows*wide:]
	}
	for j, v := range x {
		sums[j%cols] += float64(v)
	}
	scratches.give(store)
}
