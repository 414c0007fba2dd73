package kernel

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestPeak(t *testing.T) {
	for _, p := range paths {
		usePath(t, p)
		if got := Peak(); (got > 1) != (Path() != "portable") {
			t.Errorf("%s: peak of %v GFLOP/s", Path(), got)
		}
	}
}

// rate runs f and reports its best rate, and that as a fraction of what the
// multiply-add loop reaches beside it on as many threads.
func rate(b *testing.B, flops float64, f func()) {
	f()
	best, peak := time.Hour, 0.0
	for i := 0; b.Loop(); i++ {
		if i%64 == 0 {
			peak = max(peak, Peak())
		}
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	gflops := flops / float64(best.Nanoseconds())
	b.ReportMetric(gflops, "GFLOP/s")
	b.ReportMetric(gflops/(peak*float64(Threads())), "of-peak")
	b.ReportMetric(0, "ns/op")
}

// onPaths runs a benchmark on each path, with one thread and with two.
func onPaths(b *testing.B, f func(b *testing.B)) {
	for _, p := range paths {
		if p.name == "portable" {
			continue
		}
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("%s/%d", p.name, threads), func(b *testing.B) {
				usePath(b, p)
				useThreads(b, threads)
				f(b)
			})
		}
	}
}

// rounded runs a benchmark with factors rounded to bfloat16, with one thread
// and with two.
func rounded(b *testing.B, f func(b *testing.B)) {
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("bf16/%d", threads), func(b *testing.B) {
			useBF16(b)
			useThreads(b, threads)
			f(b)
		})
	}
}

func BenchmarkGemm(b *testing.B) {
	for _, p := range append(slices.Clone(Measured),
		Product{64, 4096, 48, false, false},
		Product{1, 784, 500, false, false},
		Product{10, 784, 500, false, false},
		Product{4096, 784, 64, false, false},
		// Layers of a small batch: up, down, the gradient, and a piece of one.
		Product{32, 784, 512, false, false},
		Product{32, 512, 784, false, true},
		Product{784, 32, 512, true, false},
		Product{66, 128, 500, true, false},
	) {
		r := newRand(1)
		x, y, z := normals(r, p.M*p.K), normals(r, p.K*p.N), make([]float32, p.M*p.N)
		b.Run(fmt.Sprintf("%dx%dx%d", p.M, p.K, p.N), func(b *testing.B) {
			f := func(b *testing.B) { rate(b, p.Flops(), func() { p.Multiply(x, y, z) }) }
			onPaths(b, f)
			rounded(b, f)
		})
	}
}

// Products whose larger factor comes from memory, not from a cache: as the weights
// of a layer of a large model do, all of which a step goes through.
func BenchmarkGemmCold(b *testing.B) {
	for _, p := range []Product{
		{100, 784, 2000, false, false},
		{100, 2000, 784, false, true},
		{32, 784, 2000, false, false},
		{32, 2000, 784, false, true},
	} {
		const copies = 16
		r := newRand(1)
		x, z := normals(r, p.M*p.K), make([]float32, p.M*p.N)
		var ys [copies][]float32
		for i := range ys {
			ys[i] = normals(r, p.K*p.N)
		}
		b.Run(fmt.Sprintf("%dx%dx%d", p.M, p.K, p.N), func(b *testing.B) {
			onPaths(b, func(b *testing.B) {
				rate(b, copies*p.Flops(), func() {
					for _, y := range ys {
						p.Multiply(x, y, z)
					}
				})
			})
		})
	}
}

func BenchmarkConv(b *testing.B) {
	for _, g := range []Conv{
		{128, 64, 64, 3, 64, 4, 4, 2, 1},
		{128, 32, 32, 64, 128, 4, 4, 2, 1},
		{128, 16, 16, 128, 256, 4, 4, 2, 1},
		{128, 8, 8, 256, 256, 4, 4, 2, 1},
	} {
		r := newRand(1)
		nx, ny, nw := g.sizes()
		x, y, w := normals(r, nx), normals(r, ny), normals(r, nw)
		bx, by := normals(r, g.C), normals(r, g.F)
		flops := 2 * float64(ny) * float64(g.KH*g.KW*g.C)
		for _, k := range []struct {
			name string
			f    func()
		}{
			{"Forward", func() { g.Forward(y, x, w, by) }},
			{"Transposed", func() { g.Transposed(x, y, w, bx) }},
			{"Filter", func() { g.Filter(w, x, y) }},
		} {
			b.Run(fmt.Sprintf("%dx%dx%d_%d/%s", g.H, g.W, g.C, g.F, k.name), func(b *testing.B) {
				f := func(b *testing.B) { rate(b, flops, k.f) }
				onPaths(b, f)
				rounded(b, f)
			})
		}
	}
}

// pace runs f, which treats n elements, and reports its best time for one.
func pace(b *testing.B, n int, f func()) {
	f()
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Nanoseconds())/float64(n), "ns/element")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkElementwise(b *testing.B) {
	const rows, cols = 128, 500
	const n = rows * cols
	r := newRand(1)
	x, y, z, v := normals(r, n), normals(r, n), make([]float32, n), make([]float32, n)
	row := normals(r, cols)
	p := make([]float32, n)
	Sigmoid(p, x)
	for _, k := range []struct {
		name string
		f    func()
	}{
		{"Exp", func() { Exp(z, x) }},
		{"Sigmoid", func() { Sigmoid(z, x) }},
		{"SigmoidSlope", func() { SigmoidSlope(z, x) }},
		{"Softplus", func() { Softplus(z, x) }},
		{"Tanh", func() { Tanh(z, x) }},
		{"TanhSlope", func() { TanhSlope(z, x) }},
		{"LogCosh", func() { LogCosh(z, x) }},
		{"ReLU", func() { ReLU(z, x) }},
		{"Step", func() { Step(z, x) }},
		{"Box", func() { Box(z, x) }},
		{"SumSoftplus", func() { MapSum(x, Softplus) }},
		{"Uniform", func() { Uniform(z, 1, 2) }},
		{"Normal", func() { Normal(z, 1, 2) }},
		{"Bernoulli", func() { Bernoulli(z, p, 1, 2) }},
		{"Gaussian", func() { Gaussian(z, x, y, 1, 2) }},
		{"Axpby", func() { Axpby(z, 1, x, 1, y) }},
		{"Mul", func() { Mul(z, x, y) }},
		{"CombineRow", func() { CombineRow(z, 1, x, 1, row, 0) }},
		{"CombineRow3", func() { CombineRow(z, 1, x, 1, row[:3], 0) }},
		{"MulRow", func() { MulRow(z, x, row, 0) }},
		{"ColSum3", func() { ColSum(row[:3], x[:n-1], (n-1)/3, 3) }},
		{"ColSum", func() { ColSum(row, x, rows, cols) }},
		{"Sum", func() { Sum(x) }},
		{"Dot", func() { Dot(x, y) }},
		{"Adam", func() { Adam(z, y, v, x, 1e-3, 0.9, 0.999, 1e-8, 10) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			onPaths(b, func(b *testing.B) { pace(b, n, k.f) })
		})
	}
}

// BenchmarkOptimizer measures the updates of as many parameters as an RBM of
// 784 and 500 units has, and of sixteen million, which fit no cache. Beside the
// time it reports the bytes read and written, 28 a parameter, in a second, and
// that as a fraction of what copying does on as many threads, with 8 bytes a
// number: the best of several copies between updates.
func BenchmarkOptimizer(b *testing.B) {
	for _, n := range []int{392000, 1 << 24} {
		p, m, v, grad := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		Normal(grad, 1, 2)
		for _, k := range []struct {
			name   string
			update func(p, m, v, grad []float32, rate, beta1, beta2, epsilon float64, t int)
		}{{"Adam", Adam}, {"AdaMax", AdaMax}} {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) {
				onPaths(b, func(b *testing.B) {
					time1 := func(f func()) time.Duration {
						start := time.Now()
						f()
						return time.Since(start)
					}
					update, copied := time.Hour, time.Hour
					for b.Loop() {
						copied = min(copied, time1(func() { unary(p, grad, func(dst, src []float32) { copy(dst, src) }) }))
						update = min(update, time1(func() { k.update(p, m, v, grad, 1e-3, 0.9, 0.999, 1e-8, 10) }))
					}
					rate := func(bytes int, d time.Duration) float64 { return float64(n*bytes) / float64(d.Nanoseconds()) }
					b.ReportMetric(float64(update.Nanoseconds())/float64(n), "ns/element")
					b.ReportMetric(rate(28, update), "GB/s")
					b.ReportMetric(rate(8, copied), "GB/s-copied")
					b.ReportMetric(rate(28, update)/rate(8, copied), "of-copy")
					b.ReportMetric(0, "ns/op")
				})
			})
		}
	}
}
