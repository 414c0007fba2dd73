package bench

import "boltzoo/graph/internal/kernel"

// rate is how many operations a second f does, in 10⁹, and that as a fraction
// of what a loop of fused multiplications and additions does on as many
// threads, measured beside it in each round; both are medians of the rounds.
// The fraction is 0 where there is no such loop.
func (e Effort) rate(flops float64, threads int, f func()) (gflops, fraction float64) {
	var rates, fractions []float64
	product := func() error { f(); return nil } // which cannot fail
	calls, _ := e.calls(product)
	for range max(1, e.Rounds) {
		peak := kernel.Peak()
		seconds, _ := timed(product, calls)
		peak = max(peak, kernel.Peak())
		rates = append(rates, flops/seconds/1e9)
		if peak > 0 {
			fractions = append(fractions, flops/seconds/1e9/(peak*float64(threads)))
		}
	}
	if len(fractions) > 0 {
		fraction = Median(fractions)
	}
	return Median(rates), fraction
}

// times is Pace of functions that cannot fail.
func (e Effort) times(functions ...func()) [][]float64 {
	sure := make([]func() error, len(functions))
	for i, f := range functions {
		sure[i] = func() error { f(); return nil }
	}
	seconds, _ := e.Pace(sure...)
	return seconds
}

// normals are n numbers from a normal distribution.
func normals(n int, seed uint64) []float32 {
	x := make([]float32, n)
	kernel.Normal(x, seed, 0)
	return x
}
