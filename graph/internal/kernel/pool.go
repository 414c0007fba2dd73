package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// States of a worker. The caller moves it from idle or parked to posted, and
// back to idle if the job is over before the worker has begun; all the other
// transitions are the worker's own.
const (
	idle = iota
	parked
	posted
	running
)

// spins is how often a worker looks for a job before it parks: some 200 µs, long
// enough to go through what a training step does on one thread without a call
// to the scheduler, which takes as long as many kernels, short enough to leave the
// core to others soon.
const spins = 2000

type worker struct {
	state atomic.Int32
	wake  chan struct{}
	_     [64]byte // the next worker's state lies on another cache line

	scratch scratch
}

// task is the work of a kernel call, cut into parts that may run in any order
// and at the same time. The scratch is the part's own while it runs.
//
// A kernel would be shorter with closures for tasks. But a closure that goes
// to other goroutines is allocated for every call, while a struct can be taken
// from a list and put back.
type task interface{ run(i int, s *scratch) }

// job is a task whose parts are handed out one by one.
type job struct {
	next atomic.Int64
	n    int64
	task task
}

func (j *job) run(s *scratch) {
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.task.run(int(i), s)
	}
}

// pool is the set of workers. One job runs at a time: its caller holds mu, and
// of the workers only those that run look at it.
var pool struct {
	size    atomic.Int32 // 0: GOMAXPROCS
	mu      sync.Mutex
	workers []*worker
	job     job
}

// SetThreads sets the number of threads that a kernel may use, the caller's
// own included. 0, or less, stands for all cores (GOMAXPROCS).
func SetThreads(n int) { pool.size.Store(int32(max(n, 0))) }

// Threads is the number of threads that a kernel may use.
func Threads() int {
	if n := int(pool.size.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// parallel runs the parts 0 … n-1 of t, in any order, on the caller's goroutine
// and on the workers. While one job runs, another caller does all of its own
// parts itself: kernels may be called from several goroutines, and a task may
// call a kernel.
func parallel(n int, t task) {
	threads := min(Threads(), n)
	if threads <= 1 || !pool.mu.TryLock() {
		serial(n, t)
		return
	}
	s := scratches.take()
	share(n, t, s, threads-1)
	scratches.give(s)
}

// serial runs the parts of t in turn, on the caller's goroutine.
func serial(n int, t task) {
	s := scratches.take()
	for i := range n {
		t.run(i, s)
	}
	scratches.give(s)
}

// share runs the parts of t on the caller's goroutine, with s, and on as many
// workers as asked for. The caller holds the pool's lock, which share releases.
func share(n int, t task, s *scratch, helpers int) {
	defer pool.mu.Unlock()
	for len(pool.workers) < helpers {
		w := &worker{wake: make(chan struct{}, 1)}
		pool.workers = append(pool.workers, w)
		go w.loop()
	}
	j := &pool.job
	j.n, j.task = int64(n), t
	j.next.Store(0)
	workers := pool.workers[:helpers]
	for _, w := range workers {
		if w.state.Swap(posted) == parked {
			w.wake <- struct{}{}
		}
	}
	defer await(workers) // if a part panics as well: the operands are still in use
	j.run(s)
}

// await returns when none of the workers runs the pool's job.
func await(workers []*worker) {
	for _, w := range workers {
		if w.state.CompareAndSwap(posted, idle) {
			continue // it never began, and there is nothing left to do
		}
		for i := 0; w.state.Load() == running; i++ {
			pause(8)
			if i >= spins && i%16 == 0 {
				runtime.Gosched() // other goroutines may need this thread
			}
		}
	}
	pool.job.task = nil
}

func (w *worker) loop() {
	for i := 0; ; i++ {
		if w.state.Load() == posted && w.state.CompareAndSwap(posted, running) {
			pool.job.run(&w.scratch)
			w.state.Store(idle)
			i = 0
		}
		if i < spins {
			pause(8)
		} else {
			i = 0
			if w.state.CompareAndSwap(idle, parked) {
				<-w.wake
			}
		}
	}
}
