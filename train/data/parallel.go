package data

import (
	"runtime"
	"sync"
)

// parallel calls do(i) for i = 0 to n-1 on all cores and returns the error of the lowest i that has one. Each
// goroutine takes its own do from start, so that do may keep scratch space. After an error no higher i is begun, so
// that which error is returned does not depend on timing.
func parallel(n int, start func() func(i int) error) error {
	var (
		mu     sync.Mutex
		next   int
		failed = n
		first  error
		group  sync.WaitGroup
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= failed {
			return 0, false
		}
		next++
		return next - 1, true
	}
	fail := func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		if i < failed {
			failed, first = i, err
		}
	}
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			do := start()
			for {
				i, ok := take()
				if !ok {
					return
				}
				if err := do(i); err != nil {
					fail(i, err)
				}
			}
		})
	}
	group.Wait()
	return first
}
