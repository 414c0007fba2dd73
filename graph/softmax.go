package graph

import (
	"math"

	"boltzoo/graph/internal/kernel"
)

// softmax is e^{x_j} / Σ_k e^{x_k} of each row.
type softmax struct{ rows, cols int }

func (*softmax) String() string { return "softmax" }

func (s *softmax) run(out []float32, in [][]float32) {
	for i := range s.rows {
		from, to := i*s.cols, (i+1)*s.cols
		shiftBelow(out[from:to], in[0][from:to])
	}
	kernel.Exp(out, out)
	for i := range s.rows {
		row := out[i*s.cols : (i+1)*s.cols]
		kernel.Scale(row, float32(1/kernel.Sum(row)), row)
	}
}

// shiftBelow is x less its largest element, which it returns: exponentials of
// it do not overflow, and one of them is 1.
func shiftBelow(dst, x []float32) float32 {
	top := x[0]
	for _, v := range x[1:] {
		top = max(top, v)
	}
	for j, v := range x {
		dst[j] = v - top
	}
	return top
}

func (s *softmax) pull(g *Graph, _ []*Node, out, grad *Node, _ []bool) []*Node {
	weighted := g.Mul(grad, out)
	return []*Node{g.Sub(weighted, g.RowScale(out, g.RowSum(weighted)))}
}

// Softmax is e^{x_j} / Σ_k e^{x_k}, j and k running over everything but the
// first axis: (B×…) to the same shape. It neither overflows nor divides by
// zero, however large x.
func (g *Graph) Softmax(x *Node) *Node {
	if g.broken("softmax", x) {
		return nil
	}
	rows, cols := rowsOf(x)
	return g.apply(&softmax{rows, cols}, x.Shape(), x)
}

// logSumExp is log Σ_k e^{x_k} of each row.
type logSumExp struct {
	cols int
	row  []float32
}

func (*logSumExp) String() string { return "log Σ exp" }

func (l *logSumExp) run(out []float32, in [][]float32) {
	for i := range out {
		top := shiftBelow(l.row, in[0][i*l.cols:(i+1)*l.cols])
		kernel.Exp(l.row, l.row)
		out[i] = top + float32(math.Log(kernel.Sum(l.row)))
	}
}

func (*logSumExp) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.RowScale(g.Softmax(in[0]), grad)}
}

// LogSumExp is log Σ_k e^{x_k} over everything but the first axis: (B×…) to
// (B). It is the integral of Softmax, which is its gradient.
func (g *Graph) LogSumExp(x *Node) *Node {
	if g.broken("log-sum-exp", x) {
		return nil
	}
	rows, cols := rowsOf(x)
	return g.apply(&logSumExp{cols, make([]float32, cols)}, []int{rows}, x)
}

// SoftmaxCrossEntropy is the mean over the batch of −Σ_k t_k log softmax(y)_k
// between targets t, which are not negative and sum to 1, and logits y, both
// (B×K): shape (1), nats.
func (g *Graph) SoftmaxCrossEntropy(t, y *Node) *Node {
	return g.Mean(g.Sub(g.LogSumExp(y), g.RowSum(g.Mul(t, y))))
}
