package kernel

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
)

func TestBlas(t *testing.T) {
	var _ blas.Float32 = Blas{}
	r := newRand(16)
	const m, n, k = 37, 41, 53
	everyPath(t, func(t *testing.T) {
		for _, transA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			for _, transB := range []blas.Transpose{blas.NoTrans, blas.Trans} {
				lda, ldb := k, n
				if transA == blas.Trans {
					lda = m
				}
				if transB == blas.Trans {
					ldb = k
				}
				a, b, got := normals(r, m*k), normals(r, k*n), normals(r, m*n)
				want := append([]float32(nil), got...)
				Blas{}.Sgemm(transA, transB, m, n, k, 0.5, a, lda, b, ldb, -1, got, n)
				gonum.Implementation{}.Sgemm(transA, transB, m, n, k, 0.5, a, lda, b, ldb, -1, want, n)
				for i := range got {
					if math.Abs(float64(got[i]-want[i])) > 1e-4 {
						t.Fatalf("%c%c: element %d is %v, Gonum has %v", transA, transB, i, got[i], want[i])
					}
				}
			}
		}
	})
	// the rest is Gonum's
	x := blas32.Vector{N: 3, Inc: 1, Data: []float32{1, 2, 3}}
	if got := (Blas{}).Sdot(3, x.Data, 1, x.Data, 1); got != 14 {
		t.Errorf("Sdot = %v, want 14", got)
	}
}
