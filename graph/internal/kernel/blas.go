package kernel

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Blas is Gonum's BLAS with the matrix product of this package in the place of
// its own. It satisfies gorgonia.BLAS.
type Blas struct{ gonum.Implementation }

// Sgemm computes c = alpha·op(a)·op(b) + beta·c; see Gemm.
func (Blas) Sgemm(transA, transB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	Gemm(transA != blas.NoTrans, transB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}
