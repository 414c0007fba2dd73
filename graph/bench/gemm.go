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

// Gemms measures matrix products, on one thread and on all, until ctx is done.
func (e Effort) Gemms(ctx context.Context, say func(format string, args ...any)) ([]Gemm, error) {
	var all []Gemm
	for _, p := range kernel.Measured {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, y, z := normals(p.M*p.K, 1), normals(p.K*p.N, 2), make([]float32, p.M*p.N)
		op := "AB"
		if p.TransA {
			op = "AᵀB"
		}
		if p.TransB {
			op = "ABᵀ"
		}
		g := Gemm{Shape: fmt.Sprintf("%dx%dx%d", p.M, p.K, p.N), Op: op}
		say("product %s %s", g.Op, g.Shape)
		onThreads(func(threads int) {
			g.Threads = threads
			g.GFlops, g.Fraction = e.rate(p.Flops(), threads, func() { p.Multiply(x, y, z) })
			all = append(all, g)
		})
	}
	return all, nil
}
