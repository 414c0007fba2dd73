package bench

import (
	"context"
	"fmt"

	"boltzoo/graph/internal/kernel"
)

// Gemm is the rate of a matrix product.
type Gemm struct {
	Shape    string  `json:"shape"` // m x k x n: op(a) is m×k, op(b) is k×n
	Op       string  `json:"op"`    // AB, AᵀB or ABᵀ
	Threads  int     `json:"threads"`
	GFlops   float64 `json:"gflops"`
	Fraction float64 `json:"fraction"` // of the peak of as many threads
}

// products are those of layers: up (AB), down (ABᵀ), gradients (AᵀB), small,
// wide, and skinny ones.
var products = []struct {
	m, k, n        int
	transA, transB bool
}{
	{128, 784, 500, false, false},
	{100, 784, 500, false, false},
	{250, 784, 512, false, false},
	{128, 4096, 1000, false, false},
	{500, 128, 784, true, false},
	{128, 500, 784, false, true},
	{64, 48, 4096, false, false},
	{1024, 1024, 1024, false, false},
}

// Gemms measures matrix products, on one thread and on all, until ctx is done.
func (e Effort) Gemms(ctx context.Context, say func(format string, args ...any)) ([]Gemm, error) {
	var all []Gemm
	for _, p := range products {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, y, z := normals(p.m*p.k, 1), normals(p.k*p.n, 2), make([]float32, p.m*p.n)
		op, lda, ldb := "AB", p.k, p.n
		if p.transA {
			op, lda = "AᵀB", p.m
		}
		if p.transB {
			op, ldb = "ABᵀ", p.k
		}
		g := Gemm{Shape: fmt.Sprintf("%dx%dx%d", p.m, p.k, p.n), Op: op}
		say("product %s %s", g.Op, g.Shape)
		onThreads(func(threads int) {
			g.Threads = threads
			g.GFlops, g.Fraction = e.rate(2*float64(p.m)*float64(p.n)*float64(p.k), threads, func() {
				kernel.Gemm(p.transA, p.transB, p.m, p.n, p.k, 1, x, lda, y, ldb, 0, z, p.n)
			})
			all = append(all, g)
		})
	}
	return all, nil
}
