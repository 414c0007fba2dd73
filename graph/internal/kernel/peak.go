package kernel

import "time"

// Peak measures how many multiplications and additions one thread can do, in
// 10⁹ a second, by a loop that does nothing else: what the rate of a matrix
// product is to be compared with. It is 0 on the portable path. The clock of a
// processor varies, so measure it beside the product.
func Peak() float64 {
	if current.peak == nil {
		return 0
	}
	const n, perLoop = 20000, 12 * 2
	best := 0.0
	for range 5 {
		start := time.Now()
		current.peak(n)
		best = max(best, n*perLoop*float64(current.cols/2)/float64(time.Since(start).Nanoseconds()))
	}
	return best
}

// Product is the shape of a matrix product: op(a) is M×K, op(b) is K×N.
type Product struct {
	M, K, N        int
	TransA, TransB bool
}

// Measured are the products that are compared with the peak, those of layers: up
// (AB), down (ABᵀ), gradients (AᵀB), small, wide, and skinny ones.
var Measured = []Product{
	{128, 784, 500, false, false},
	{100, 784, 500, false, false},
	{250, 784, 512, false, false},
	{128, 4096, 1000, false, false},
	{500, 128, 784, true, false},
	{128, 500, 784, false, true},
	{64, 48, 4096, false, false},
	{1024, 1024, 1024, false, false},
}

// Multiply is the product of a and b, whose rows follow one another, into c.
func (p Product) Multiply(a, b, c []float32) {
	lda, ldb := p.K, p.N
	if p.TransA {
		lda = p.M
	}
	if p.TransB {
		ldb = p.K
	}
	Gemm(p.TransA, p.TransB, p.M, p.N, p.K, 1, a, lda, b, ldb, 0, c, p.N)
}

// Flops is how many multiplications and additions the product has.
func (p Product) Flops() float64 { return 2 * float64(p.M) * float64(p.N) * float64(p.K) }
