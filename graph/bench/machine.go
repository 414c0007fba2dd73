package bench

import (
	"bufio"
	"os"
	"runtime"
	"strings"
	"sync"

	"boltzoo/graph/internal/kernel"
)

// Machine is what the kernels run on, and what it can do at most.
type Machine struct {
	CPU      string  `json:"cpu"`
	Cores    int     `json:"cores"`
	Threads  int     `json:"threads"`      // that are computed with
	Path     string  `json:"path"`         // of the kernels: avx512, avx2 or portable
	Peak     float64 `json:"fma_gflops_1"` // 10⁹ multiplications and additions a second, one thread; 0 on the portable path
	CopyOne  float64 `json:"copy_gb_s_1"`  // 10⁹ bytes a second read and written by copying memory, one thread
	Copy     float64 `json:"copy_gb_s"`    // the same, all threads
	Platform string  `json:"platform"`
}

// About measures the machine. It fails where the environment asks for kernels
// that the machine cannot run.
func (e Effort) About() (Machine, error) {
	if err := kernel.CheckPath(); err != nil {
		return Machine{}, err
	}
	m := Machine{
		CPU: Processor(), Cores: runtime.NumCPU(), Threads: kernel.Threads(), Path: kernel.Path(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version(),
	}
	for range max(1, e.Rounds) {
		m.Peak = max(m.Peak, kernel.Peak())
	}
	dst, src := make([]float32, e.memory()), normals(e.memory(), 1)
	seconds := e.times(copies(dst, src, 1, m.Threads)...)
	bytes := 8 * float64(len(src))
	m.CopyOne = bytes / Median(faster(seconds[0], seconds[1])) / 1e9
	m.Copy = bytes / Median(faster(seconds[2], seconds[3])) / 1e9
	return m, nil
}

// memory is how many float32 do not fit into a cache, or into a test's time.
func (e Effort) memory() int {
	if e.Round == 0 {
		return 1 << 12
	}
	return 1 << 25
}

// copies are two ways to copy for each count of threads: all that falls to a
// thread at once, for which Go goes around the caches, and in pieces, for which
// it does not. Which is faster depends on how large the caches are.
func copies(dst, src []float32, threads ...int) []func() {
	var ways []func()
	for _, n := range threads {
		for _, piece := range []int{len(src), 1 << 14} {
			ways = append(ways, func() { copyAll(dst, src, n, piece) })
		}
	}
	return ways
}

// faster is the smaller of two times, round by round.
func faster(a, b []float64) []float64 {
	least := make([]float64, len(a))
	for i := range a {
		least[i] = min(a[i], b[i])
	}
	return least
}

// copyAll copies, a part on each thread, so many elements at a time.
func copyAll(dst, src []float32, threads, piece int) {
	var group sync.WaitGroup
	for i := range threads {
		from, to := i*len(src)/threads, (i+1)*len(src)/threads
		part := func() {
			for from < to {
				n := min(piece, to-from)
				copy(dst[from:from+n], src[from:from+n])
				from += n
			}
		}
		if i == threads-1 {
			part()
		} else {
			group.Go(part)
		}
	}
	group.Wait()
}

// Processor is the name of the CPU where the system has one in a file, else
// its architecture.
func Processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// threadCounts are one thread, and as many as there are.
func threadCounts() []int {
	if n := kernel.Threads(); n > 1 {
		return []int{1, n}
	}
	return []int{1}
}

// onThreads runs f with each count of threads.
func onThreads(f func(threads int)) {
	defer kernel.SetThreads(kernel.Threads())
	for _, n := range threadCounts() {
		kernel.SetThreads(n)
		f(n)
	}
}
