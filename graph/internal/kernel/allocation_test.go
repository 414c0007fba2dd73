package kernel

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// allocations is how often f allocates: with all goroutines on one processor,
// as testing.AllocsPerRun has it, or where the workers really run at the same
// time, whichever is more. What it takes to warm up is not counted.
func allocations(f func()) float64 {
	const warm, runs = 5, 10
	for range warm {
		f()
	}
	most := testing.AllocsPerRun(runs, f)
	for range warm {
		f()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return max(most, float64((after.Mallocs-before.Mallocs)/runs))
}

// A step of a graph calls kernels by the hundred. None of them allocates,
// however many threads it is divided among.
func TestKernelsAllocateNothing(t *testing.T) {
	const n = 5 * grain / 2 // for three pieces
	r := newRand(15)
	x, y, z, p, q := normals(r, n), normals(r, n), make([]float32, n), make([]float32, n), make([]float32, n)
	sums := make([]float64, 3)
	type call struct {
		name string
		f    func()
	}
	calls := []call{
		{"normal, few", func() { Normal(z[:10000], 1, 2) }},
		{"sigmoid, few", func() { Sigmoid(z[:10000], x[:10000]) }},
		{"axpby, few", func() { Axpby(z[:10000], 1, x[:10000], 1, y[:10000]) }},
		{"sum, few", func() { Sum(x[:10000]) }},
		{"combine row, few", func() { CombineRow(z[:10000], 1, x[:10000], 1, y[:100], 0) }},
		{"adam, few", func() { Adam(p[:100], q[:100], z[:100], x[:100], 1e-3, 0.9, 0.999, 1e-8, 1) }},
		{"exp", func() { Exp(z, x) }},
		{"sigmoid", func() { Sigmoid(z, x) }},
		{"softplus", func() { Softplus(z, x) }},
		{"tanh", func() { Tanh(z, x) }},
		{"log cosh", func() { LogCosh(z, x) }},
		{"map sum", func() { MapSum(x, Tanh) }},
		{"gaussian", func() { Gaussian(z, x, y, 1, 2) }},
		{"axpby", func() { Axpby(z, 2, x, 3, y) }},
		{"mul", func() { Mul(z, x, y) }},
		{"scale", func() { Scale(z, 2, x) }},
		{"sum", func() { Sum(x) }},
		{"dot", func() { Dot(x, y) }},
		{"column sum", func() { ColSum(z[:64], x, n/64, 64) }},
		{"column sum, three", func() { ColSum(z[:3], x[:n/3*3], n/3, 3) }},
		{"combine row", func() { CombineRow(z, 1, x, 1, y[:512], 7) }},
		{"combine row, three", func() { CombineRow(z, 1, x, 1, y[:3], 1) }},
		{"add columns", func() { AddColumns(sums, x[:n/3*3]) }},
		{"momentum", func() { Momentum(p, q, x, 1e-3, 0.9) }},
		{"limit norms", func() { LimitNorms(p, n/64, 64, 0.001) }},
		{"mul row", func() { MulRow(z, x, y[:64], 0) }},
		{"row scale", func() { RowScale(z, x, y[:n/64], n/64, 64) }},
		{"uniform", func() { Uniform(z, 1, 2) }},
		{"normal", func() { Normal(z, 1, 2) }},
		{"bernoulli", func() { Bernoulli(z, x, 1, 2) }},
		{"adam", func() { Adam(p, q, z, x, 1e-3, 0.9, 0.999, 1e-8, 1) }},
		{"adamax", func() { AdaMax(p, q, z, x, 1e-3, 0.9, 0.999, 1e-8, 1) }},
		{"blas", func() { Blas{}.Sgemm('N', 'N', 100, 100, 100, 1, x, 100, y, 100, 0, z, 100) }},
	}
	for _, s := range []struct{ m, n, k int }{{1, 100, 300}, {100, 100, 100}, {200, 128, 70}} {
		for i := range 4 {
			a, b := i&1 != 0, i&2 != 0
			lda, ldb := s.k, s.n
			if a {
				lda = s.m
			}
			if b {
				ldb = s.k
			}
			calls = append(calls, call{
				fmt.Sprintf("product %v %v %v", s, a, b),
				func() { Gemm(a, b, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, z, s.n) },
			})
		}
	}
	for _, g := range []Conv{
		{2, 12, 12, 9, 20, 4, 4, 2, 1},
		{2, 16, 16, 20, 16, 4, 4, 2, 1},
		{40, 12, 12, 3, 8, 3, 3, 1, 1}, // a gradient of more than one part
	} {
		nx, ny, nw := g.sizes()
		x, y, w := normals(r, nx), normals(r, ny), normals(r, nw)
		bx, by := normals(r, g.C), normals(r, g.F)
		calls = append(calls,
			call{fmt.Sprintf("forward %v", g), func() { g.Forward(y, x, w, by) }},
			call{fmt.Sprintf("transposed %v", g), func() { g.Transposed(x, y, w, bx) }},
			call{fmt.Sprintf("filter %v", g), func() { g.Filter(w, x, y) }},
		)
	}
	check := func(t *testing.T) {
		for _, threads := range []int{1, 2} {
			useThreads(t, threads)
			for _, k := range calls {
				if n := allocations(k.f); n != 0 {
					t.Errorf("%s on %d threads: %v allocations, want none", k.name, threads, n)
				}
			}
		}
	}
	everyPath(t, check)
	t.Run("bf16", func(t *testing.T) {
		useBF16(t)
		check(t)
	})
}

// Storage outlasts garbage collections.
func TestStorageOutlastsCollections(t *testing.T) {
	useThreads(t, 1)
	g := Conv{2, 12, 12, 20, 16, 4, 4, 2, 1}
	nx, ny, nw := g.sizes()
	r := newRand(17)
	x, y, w := normals(r, nx), normals(r, ny), normals(r, nw)
	f := func() {
		g.Forward(y, x, w, nil)
		g.Transposed(x, y, w, nil)
		g.Filter(w, x, y)
	}
	f()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes >= uint64(4*nw) {
		t.Errorf("after two collections a call allocates %d bytes, as much as a packed filter", bytes)
	}
}

// No two holders have the same value, and what was given back is taken again.
func TestList(t *testing.T) {
	var l list[int]
	a, b := l.take(), l.take()
	if a == b {
		t.Error("one value for two")
	}
	l.give(a)
	if l.take() != a {
		t.Error("a free value was passed over")
	}
	var callers sync.WaitGroup
	for i := range 4 {
		callers.Go(func() {
			for range 1000 {
				v := l.take()
				*v = i
				if *v != i {
					t.Error("one value for two callers")
				}
				l.give(v)
			}
		})
	}
	callers.Wait()
}

// A call that is over keeps none of its slices alive.
func TestCallsKeepNoOperands(t *testing.T) {
	useThreads(t, 2)
	g := Conv{2, 12, 12, 20, 16, 4, 4, 2, 1}
	nx, ny, nw := g.sizes()
	x, y, w := make([]float32, nx), make([]float32, ny), make([]float32, nw)
	g.Transposed(x, y, w, nil)
	Gemm(false, false, 20, 20, 20, 1, x, 20, x, 20, 0, y, 20)
	Sigmoid(make([]float32, 4*grain), make([]float32, 4*grain))
	for _, o := range calls.free {
		if o.dst != nil || o.x != nil || o.part != nil {
			t.Error("operands are kept")
		}
	}
	for _, o := range gemms.free {
		if o.a.data != nil || o.b.data != nil || o.c != nil {
			t.Error("factors are kept")
		}
	}
	for _, c := range convolutions.free {
		if c.x != nil || c.y != nil || c.w != nil || c.bias != nil || c.factor.data != nil || c.patches.data != nil {
			t.Error("images are kept")
		}
		for _, f := range c.phases[:cap(c.phases)] {
			if f.patches.data != nil {
				t.Error("a phase is kept")
			}
		}
	}
	if pool.job.task != nil {
		t.Error("a task is kept")
	}
}
