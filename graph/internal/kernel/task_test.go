package kernel

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"
)

// counting is a Task that counts how often each part was done.
type counting struct {
	done    []atomic.Int32
	storage int
	t       *testing.T
}

func (c *counting) Part(i int, storage []float32) {
	c.done[i].Add(1)
	if len(storage) != c.storage {
		c.t.Errorf("part %d has %d elements of storage, want %d", i, len(storage), c.storage)
	}
	for j := range storage {
		storage[j] = float32(i)
	}
	Scale(storage, 2, storage)
	for j, v := range storage {
		if v != float32(2*i) {
			c.t.Errorf("part %d shares its storage: element %d is %v", i, j, v)
			return
		}
	}
}

func TestParallel(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		useThreads(t, threads)
		for _, n := range []int{1, 2, 40} {
			c := &counting{done: make([]atomic.Int32, n), storage: 1000, t: t}
			Parallel(n, c.storage, c)
			for i := range c.done {
				if k := c.done[i].Load(); k != 1 {
					t.Errorf("part %d of %d was done %d times on %d threads", i, n, k, threads)
				}
			}
		}
	}
}

func TestParallelAllocatesNothing(t *testing.T) {
	for _, threads := range []int{1, 2} {
		useThreads(t, threads)
		c := &counting{done: make([]atomic.Int32, 8), storage: 1000, t: t}
		if n := allocations(func() { Parallel(8, 1000, c) }); n != 0 {
			t.Errorf("%v allocations on %d threads, want none", n, threads)
		}
	}
}

// failing is a Task one of whose parts panics.
type failing int

func (f failing) Part(i int, _ []float32) {
	if i == int(f) {
		panic(i)
	}
}

// A part's panic is the caller's, and the pool works on.
func TestParallelPanics(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		useThreads(t, threads)
		for part := range 8 {
			func() {
				defer func() {
					if r := recover(); r != part {
						t.Errorf("part %d panics on %d threads: recovered %v", part, threads, r)
					}
				}()
				Parallel(8, 10, failing(part))
			}()
			c := &counting{done: make([]atomic.Int32, 8), storage: 10, t: t}
			Parallel(8, 10, c)
			for i := range c.done {
				if c.done[i].Load() != 1 {
					t.Fatalf("after a panic, part %d was done %d times", i, c.done[i].Load())
				}
			}
		}
	}
}

func TestByRow(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(21)
		for range 300 {
			cols, n, from := 1+r.IntN(600), r.IntN(3000), r.IntN(5000)
			x, row := normals(r, n), normals(r, cols)
			a, b := float32(r.NormFloat64()), float32(r.NormFloat64())
			for name, k := range map[string]struct {
				f     func(dst, x []float32)
				terms func(x, row float64) (float64, float64) // whose sum is wanted
			}{
				"combine": {
					func(dst, x []float32) { CombineRow(dst, a, x, b, row, from) },
					func(x, row float64) (float64, float64) { return float64(a) * x, float64(b) * row },
				},
				"multiply": {
					func(dst, x []float32) { MulRow(dst, x, row, from) },
					func(x, row float64) (float64, float64) { return x * row, 0 },
				},
			} {
				dst, untouched := guarded(n)
				k.f(dst, x)
				for i := range dst {
					u, v := k.terms(float64(x[i]), float64(row[(from+i)%cols]))
					if !(math.Abs(float64(dst[i])-(u+v)) <= (math.Abs(u)+math.Abs(v))/(1<<22)) {
						t.Fatalf("%s: %d elements from %d on, row of %d: element %d is %v, want %v", name, n, from, cols, i, dst[i], u+v)
					}
				}
				if !untouched() {
					t.Fatalf("%s: wrote outside of dst", name)
				}
				here := slices.Clone(x)
				k.f(here, here)
				if i := sameBits(here, dst); i >= 0 {
					t.Fatalf("%s in place: element %d is %v, not %v", name, i, here[i], dst[i])
				}
			}
		}
	})
}

func TestAddColumns(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := newRand(22)
		for range 200 {
			cols, rows := 1+r.IntN(200), r.IntN(300)
			x := normals(r, rows*cols)
			sums, want, size := make([]float64, cols), make([]float64, cols), make([]float64, cols)
			for j := range sums {
				sums[j] = r.NormFloat64()
				want[j] = sums[j]
			}
			for i, v := range x {
				want[i%cols] += float64(v)
				size[i%cols] += math.Abs(float64(v))
			}
			AddColumns(sums, x)
			for j := range sums {
				if math.Abs(sums[j]-want[j]) > columnRows*size[j]/(1<<24)+1e-12 {
					t.Fatalf("%d×%d: column %d is %v, want %v", rows, cols, j, sums[j], want[j])
				}
			}
		}
	})
}
