package kernel

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// do is a task for tests.
type do func(i int)

func (f do) run(i int, _ *scratch) { f(i) }

// doWith is one that looks at its scratch.
type doWith func(i int, s *scratch)

func (f doWith) run(i int, s *scratch) { f(i, s) }

func TestParallelRunsEachTaskOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 7} {
		useThreads(t, threads)
		for _, n := range []int{0, 1, 2, 5, 100} {
			for range 50 {
				counts := make([]atomic.Int32, n)
				parallel(n, do(func(i int) { counts[i].Add(1) }))
				for i := range counts {
					if c := counts[i].Load(); c != 1 {
						t.Fatalf("%d threads: task %d of %d ran %d times", threads, i, n, c)
					}
				}
			}
		}
	}
}

func TestThreads(t *testing.T) {
	useThreads(t, 3)
	if Threads() != 3 {
		t.Errorf("%d threads, want 3", Threads())
	}
	SetThreads(-1)
	if Threads() < 1 {
		t.Errorf("%d threads, want all cores", Threads())
	}
}

// Tasks that call kernels, and callers at the same time, get on without the
// workers that are taken.
func TestParallelNestsAndOverlaps(t *testing.T) {
	useThreads(t, 3)
	var total atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 100 {
				parallel(5, do(func(int) {
					parallel(7, do(func(int) { total.Add(1) }))
				}))
			}
		})
	}
	callers.Wait()
	if total.Load() != 4*100*5*7 {
		t.Errorf("%d tasks ran, want %d", total.Load(), 4*100*5*7)
	}
}

// Workers that have gone to sleep are woken.
func TestParallelAfterPause(t *testing.T) {
	useThreads(t, 4)
	for range 20 {
		var gate, done sync.WaitGroup
		gate.Add(2)
		done.Add(2)
		// Two tasks that wait for one another need two threads.
		parallel(2, do(func(int) {
			gate.Done()
			gate.Wait()
			done.Done()
		}))
		done.Wait()
		time.Sleep(time.Millisecond)
	}
}

func TestConcurrentCallers(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		useThreads(t, 3)
		g := Conv{2, 12, 12, 9, 20, 4, 4, 2, 1}
		nx, ny, nw := g.sizes()
		r := newRand(13)
		x, w := normals(r, nx), normals(r, nw)
		a := normals(r, 64*2*grain/64)
		run := func() [][]float32 {
			y, c := make([]float32, ny), make([]float32, 128*128)
			g.Forward(y, x, w, nil)
			x2, w2 := make([]float32, nx), make([]float32, nw)
			g.Transposed(x2, y, w, nil)
			g.Filter(w2, x, y)
			Gemm(false, true, 128, 128, 256, 1, a, 256, a, 256, 0, c, 128)
			e, u := make([]float32, len(a)), make([]float32, len(a))
			Sigmoid(e, a)
			Normal(u, 1, 2)
			sums := make([]float32, 64)
			ColSum(sums, a, len(a)/64, 64)
			return [][]float32{y, c, x2, w2, e, u, sums}
		}
		want := run()
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for range 3 {
					for i, got := range run() {
						if at := sameBits(got, want[i]); at >= 0 {
							t.Errorf("result %d differs at %d", i, at)
						}
					}
				}
			})
		}
		callers.Wait()
	})
}

// A part that panics on the caller's goroutine leaves the workers done with the
// operands, and free for the next call.
func TestPanicReleasesThePool(t *testing.T) {
	useThreads(t, 3)
	var total, late atomic.Int64
	for range 20 {
		over, begun := false, make(chan struct{})
		func() {
			defer func() {
				if recover() != "out" {
					t.Error("no panic from the caller's part")
				}
				over = true
			}()
			parallel(100, doWith(func(_ int, s *scratch) {
				if !ofWorker(s) {
					close(begun)
					panic("out")
				}
				<-begun
				time.Sleep(20 * time.Microsecond)
				if over {
					late.Add(1)
				}
			}))
		}()
		parallel(7, do(func(int) { total.Add(1) }))
	}
	if total.Load() != 20*7 || late.Load() != 0 {
		t.Errorf("%d parts ran, want %d; %d of them after the call", total.Load(), 20*7, late.Load())
	}
}

func ofWorker(s *scratch) bool {
	return slices.ContainsFunc(pool.workers, func(w *worker) bool { return s == &w.scratch })
}
