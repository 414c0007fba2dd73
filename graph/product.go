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

// product is C = α op(A) op(B), or that plus a third operand.
type product struct {
	transA, transB bool
	m, n, k        int // C is m by n, k is summed over
	lda, ldb       int
	alpha          float64
	onto           bool
}

func (p *product) String() string {
	a, b, onto := "A", "B", ""
	if p.transA {
		a = "Aᵀ"
	}
	if p.transB {
		b = "Bᵀ"
	}
	if p.onto {
		onto = " + C"
	}
	if p.alpha != 1 {
		return fmt.Sprintf("%s%s × %g%s", a, b, p.alpha, onto)
	}
	return a + b + onto
}

func (p *product) run(out []float32, in [][]float32) {
	if p.onto && &out[0] != &in[2][0] {
		copy(out, in[2])
	}
	p.rows(out, in[0], in[1], 0, p.m)
}

// rows computes the product from row from up to row to, or adds it to out.
func (p *product) rows(out, a, b []float32, from, to int) {
	if p.transA {
		a = a[from:]
	} else {
		a = a[from*p.lda:]
	}
	beta := float32(0)
	if p.onto {
		beta = 1
	}
	kernel.Gemm(p.transA, p.transB, to-from, p.n, p.k, float32(p.alpha), a, p.lda, b, p.ldb, beta, out, p.n)
}

func (*product) overwrites() int { return 2 }

func (p *product) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	pulled := make([]*Node, len(in))
	for i := range in {
		if want[i] {
			pulled[i] = p.pullOnto(g, in, grad, i, nil)
		}
	}
	return pulled
}

// pullOnto is the gradient with respect to operand i, plus sum if it is not
// nil.
func (p *product) pullOnto(g *Graph, in []*Node, grad *Node, i int, sum *Node) *Node {
	a, b, part := in[0], in[1], g.Scale(p.alpha, grad)
	switch {
	case i == 0 && p.transA:
		return g.matmul(p.transB, true, b, part, a.Shape(), sum)
	case i == 0:
		return g.matmul(false, !p.transB, part, b, a.Shape(), sum)
	case i == 1 && p.transB:
		return g.matmul(true, p.transA, part, a, b.Shape(), sum)
	case i == 1:
		return g.matmul(!p.transA, false, a, part, b.Shape(), sum)
	case sum != nil:
		return g.Add(sum, grad)
	}
	return grad
}

// matmul is op(a) op(b) as a tensor of the given shape, plus sum if it is not
// nil.
func (g *Graph) matmul(transA, transB bool, a, b *Node, shape []int, sum *Node) *Node {
	if g.broken("product", a, b) {
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
	if k != kb || Size(shape) != m*n {
		return g.mismatch((&product{transA: transA, transB: transB, alpha: 1}).String(), a, b)
	}
	byA, a := scaled(a)
	byB, b := scaled(b)
	p := &product{transA: transA, transB: transB, m: m, n: n, k: k, lda: lda, ldb: ldb, alpha: byA * byB, onto: sum != nil}
	if sum != nil {
		return g.apply(p, shape, a, b, sum)
	}
	return g.apply(p, shape, a, b)
}

// biased is a product plus bias, of as many elements as a row of it.
func (g *Graph) biased(product, bias *Node) *Node {
	if g.broken("bias", product, bias) {
		return nil
	}
	if _, cols := rowsOf(product); bias.Shape().TotalSize() != cols {
		return g.mismatch("bias", product, bias)
	}
	return g.addRow(1, product, 1, bias)
}

// MatMul is x w for x (B×K) and w (K×N); a tensor of more axes counts as the
// matrix of its first axis and the rest.
func (g *Graph) MatMul(x, w *Node) *Node {
	if g.broken("product", x, w) {
		return nil
	}
	rows, _ := rowsOf(x)
	_, cols := rowsOf(w)
	return g.matmul(false, false, x, w, []int{rows, cols}, nil)
}

// Affine is x w + b for x (B×K), w (K×N), b (N): a layer's way up.
func (g *Graph) Affine(x, w, b *Node) *Node {
	if g.broken("affine", x, w, b) {
		return nil
	}
	rows, _ := rowsOf(x)
	_, cols := rowsOf(w)
	return g.biased(g.matmul(false, false, x, w, []int{rows, cols}, nil), b)
}

// AffineT is y wᵀ + a for y (B×N), w (K×N), a (K): the way down through the
// same weights.
func (g *Graph) AffineT(y, w, a *Node) *Node {
	if g.broken("affine transposed", y, w, a) {
		return nil
	}
	rows, _ := rowsOf(y)
	cols, _ := rowsOf(w)
	return g.biased(g.matmul(false, true, y, w, []int{rows, cols}, nil), a)
}
