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

// spins is how often a worker looks for a job before it parks: some 20 µs,
// long enough to go from one kernel of a step to the next without a call to
// the scheduler, short enough to leave the core to others between steps.
const spins = 200

type worker struct {
	state atomic.Int32
	job   *job
	wake  chan struct{}
	_     [64]byte // the next worker's state lies on another cache line
}

// job is a number of independent tasks, handed out one by one.
type job struct {
	next atomic.Int64
	n    int64
	task func(i int)
}

func (j *job) run() {
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.task(int(i))
	}
}

// pool is the set of workers. One job runs at a time: its caller holds mu.
var pool struct {
	size    atomic.Int32 // 0: GOMAXPROCS
	mu      sync.Mutex
	workers []*worker
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

// parallel runs task(0) … task(n-1), in any order, on the caller's goroutine
// and on the workers. While one job runs, another caller does all of its own
// tasks itself: kernels may be called from several goroutines, and a task may
// call a kernel.
func parallel(n int, task func(i int)) {
	threads := min(Threads(), n)
	if threads <= 1 || !pool.mu.TryLock() {
		for i := range n {
			task(i)
		}
		return
	}
	defer pool.mu.Unlock()
	for len(pool.workers) < threads-1 {
		w := &worker{wake: make(chan struct{}, 1)}
		pool.workers = append(pool.workers, w)
		go w.loop()
	}
	j := &job{n: int64(n), task: task}
	workers := pool.workers[:threads-1]
	for _, w := range workers {
		w.job = j
		if w.state.Swap(posted) == parked {
			w.wake <- struct{}{}
		}
	}
	j.run()
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
}

func (w *worker) loop() {
	for i := 0; ; i++ {
		if w.state.Load() == posted && w.state.CompareAndSwap(posted, running) {
			w.job.run()
			w.job = nil
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

// Elementwise work is cut into pieces of grain elements, and left on one
// thread where there would be fewer than two of them.
const grain = 1 << 14

// small tells whether n elements are left on one thread. Kernels ask before
// they make the function for pieces, which costs an allocation.
func small(n int) bool { return n < 2*grain }

// pieces calls f for the pieces [from, to) of a slice of n elements.
func pieces(n int, f func(from, to int)) {
	parallel((n+grain-1)/grain, func(i int) { f(i*grain, min(n, (i+1)*grain)) })
}
