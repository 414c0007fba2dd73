package graph

import (
	"fmt"

	"boltzoo/graph/internal/kernel"
)

// rowsOf splits a shape into rows and the elements of one: the first axis and
// all others. Dense ops see every tensor as that matrix.
func rowsOf(n *Node) (rows, cols int) {
	return shapeRows(n.Shape())
}

func shapeRows(shape []int) (rows, cols int) {
	if len(shape) == 0 {
		return 1, 1
	}
	return shape[0], Size(shape[1:])
}

// product is C = α op(A) op(B), plus a bias to each row if there is one.
type product struct {
	transA, transB bool
	m, n, k        int // C is m by n, k is summed over
	lda, ldb       int
	alpha          float64
	biased         bool
}

func (p *product) String() string {
	a, b, bias := "A", "B", ""
	if p.transA {
		a = "Aᵀ"
	}
	if p.transB {
		b = "Bᵀ"
	}
	if p.biased {
		bias = "+b"
	}
	if p.alpha != 1 {
		return fmt.Sprintf("%s%s × %g%s", a, b, p.alpha, bias)
	}
	return a + b + bias
}

func (p *product) run(out []float32, in [][]float32) {
	beta := float32(0)
	if p.biased {
		for i := 0; i < p.m; i++ {
			copy(out[i*p.n:(i+1)*p.n], in[2])
		}
		beta = 1
	}
	kernel.Gemm(p.transA, p.transB, p.m, p.n, p.k, float32(p.alpha), in[0], p.lda, in[1], p.ldb, beta, out, p.n)
}

func (p *product) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	a, b := in[0], in[1]
	pulled := make([]*Node, len(in))
	part := g.Scale(p.alpha, grad)
	if want[0] {
		if p.transA {
			pulled[0] = g.matmul(p.transB, true, b, part, a.Shape())
		} else {
			pulled[0] = g.matmul(false, !p.transB, part, b, a.Shape())
		}
	}
	if want[1] {
		if p.transB {
			pulled[1] = g.matmul(true, p.transA, part, a, b.Shape())
		} else {
			pulled[1] = g.matmul(!p.transA, false, a, part, b.Shape())
		}
	}
	if p.biased && want[2] {
		pulled[2] = g.colSum(grad, in[2].Shape())
	}
	return pulled
}

// matmul is op(a) op(b) as a tensor of the given shape.
func (g *Graph) matmul(transA, transB bool, a, b *Node, shape []int, bias ...*Node) *Node {
	if g.broken("product", append([]*Node{a, b}, bias...)...) {
		return nil
	}
	m, k := rowsOf(a)
	lda := k
	if transA {
		m, k = k, m
	}
	kb, n := rowsOf(b)
	ldb := n
	if transB {
		kb, n = n, kb
	}
	if k != kb || Size(shape) != m*n || (len(bias) == 1 && bias[0].Shape().TotalSize() != n) {
		return g.mismatch((&product{transA: transA, transB: transB, alpha: 1, biased: len(bias) == 1}).String(), append([]*Node{a, b}, bias...)...)
	}
	byA, a := scaled(a)
	byB, b := scaled(b)
	p := &product{transA: transA, transB: transB, m: m, n: n, k: k, lda: lda, ldb: ldb, alpha: byA * byB, biased: len(bias) == 1}
	return g.apply(p, shape, append([]*Node{a, b}, bias...)...)
}

// MatMul is x w for x (B×K) and w (K×N); a tensor of more axes counts as the
// matrix of its first axis and the rest.
func (g *Graph) MatMul(x, w *Node) *Node {
	if g.broken("product", x, w) {
		return nil
	}
	rows, _ := rowsOf(x)
	_, cols := rowsOf(w)
	return g.matmul(false, false, x, w, []int{rows, cols})
}

// Affine is x w + b for x (B×K), w (K×N), b (N): a layer's way up.
func (g *Graph) Affine(x, w, b *Node) *Node {
	if g.broken("affine", x, w, b) {
		return nil
	}
	rows, _ := rowsOf(x)
	_, cols := rowsOf(w)
	return g.matmul(false, false, x, w, []int{rows, cols}, b)
}

// AffineT is y wᵀ + a for y (B×N), w (K×N), a (K): the way down through the
// same weights.
func (g *Graph) AffineT(y, w, a *Node) *Node {
	if g.broken("affine transposed", y, w, a) {
		return nil
	}
	rows, _ := rowsOf(y)
	cols, _ := rowsOf(w)
	return g.matmul(false, true, y, w, []int{rows, cols}, a)
}
