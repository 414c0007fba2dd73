package graph

import (
	"fmt"
	"math"

	"boltzoo/graph/internal/kernel"
)

// Function is a real function of one variable, applied element by element.
// The activations of units and their integrals Φ are Functions: the
// derivative of each is the next one down its line.
type Function int

// The functions, a line for each activation: its integral, itself, its slope.
const (
	Identity Function = iota

	Softplus     // log(1+eˣ), integral of Sigmoid
	Sigmoid      // σ(x) = 1/(1+e⁻ˣ)
	SigmoidSlope // σ(1−σ)
	sigmoidCurve // σ(1−σ)(1−2σ)

	SoftplusIntegral // −Li₂(−eˣ), integral of Softplus from −∞

	LogTruncated      // log ∫₀^∞ exp(xs − s²/2) ds, integral of TruncatedMean
	TruncatedMean     // of the normal N(x,1) where it is above 0
	TruncatedVariance // of the same
	truncatedSkew     // its third central moment

	LogCosh   // log cosh x, integral of Tanh
	Tanh      //
	TanhSlope // 1−tanh²
	tanhCurve // −2 tanh (1−tanh²)

	HalfSquare // x²/2, integral of Identity

	HalfSquarePlus // max(0,x)²/2, integral of ReLU
	ReLU           // max(0,x)
	Step           // 1 where x > 0

	ClippedIntegral // integral of ClippedReLU from 0
	ClippedReLU     // min(1, max(0,x))
	Box             // 1 where 0 < x < 1

	Exp
	Log
	Reciprocal
	negSquareReciprocal // −1/x²
	Sqrt

	zero
	one
	functions
)

// shape of each function: its name, its derivative (functions: none known
// here) and how it is computed. dst may be src.
var functionTable = [functions]struct {
	name       string
	derivative Function
	eval       func(dst, src []float32)
}{
	Identity:          {"identity", one, func(dst, src []float32) { copy(dst, src) }},
	Softplus:          {"softplus", Sigmoid, kernel.Softplus},
	Sigmoid:           {"sigmoid", SigmoidSlope, kernel.Sigmoid},
	SigmoidSlope:      {"sigmoid'", sigmoidCurve, kernel.SigmoidSlope},
	sigmoidCurve:      {"sigmoid''", functions, sigmoidCurvature},
	SoftplusIntegral:  {"∫softplus", Softplus, softplusIntegral},
	LogTruncated:      {"log∫₀exp", TruncatedMean, each(logTruncated)},
	TruncatedMean:     {"truncated mean", TruncatedVariance, each(truncatedMean)},
	TruncatedVariance: {"truncated variance", truncatedSkew, each(truncatedVariance)},
	truncatedSkew:     {"truncated skew", functions, each(truncatedSkewness)},
	LogCosh:           {"logcosh", Tanh, kernel.LogCosh},
	Tanh:              {"tanh", TanhSlope, kernel.Tanh},
	TanhSlope:         {"tanh'", tanhCurve, kernel.TanhSlope},
	tanhCurve:         {"tanh''", functions, tanhCurvature},
	HalfSquare:        {"x²/2", Identity, kernel.HalfSquare},
	HalfSquarePlus:    {"relu²/2", ReLU, kernel.HalfSquareReLU},
	ReLU:              {"relu", Step, kernel.ReLU},
	Step:              {"step", zero, kernel.Step},
	ClippedIntegral:   {"∫clipped", ClippedReLU, kernel.ClippedIntegral},
	ClippedReLU:       {"clipped relu", Box, kernel.ClippedReLU},
	Box:               {"box", zero, kernel.Box},
	Exp:               {"exp", Exp, kernel.Exp},
	Log:               {"log", Reciprocal, each(func(x float32) float32 { return float32(math.Log(float64(x))) })},
	Reciprocal:        {"1/x", negSquareReciprocal, each(func(x float32) float32 { return 1 / x })},
	negSquareReciprocal: {"−1/x²", functions,
		each(func(x float32) float32 { return -1 / (x * x) })},
	Sqrt: {"sqrt", functions, kernel.Sqrt},
	zero: {"0", zero, each(func(float32) float32 { return 0 })},
	one:  {"1", zero, each(func(float32) float32 { return 1 })},
}

// String is the function's name, as graphs show it.
func (f Function) String() string { return functionTable[f].name }

// Derivative is f', and whether the package has it.
func (f Function) Derivative() (Function, bool) {
	d := functionTable[f].derivative
	return d, d != functions
}

// Eval computes f of each element of src. dst may be src.
func (f Function) Eval(dst, src []float32) { functionTable[f].eval(dst, src) }

func each(f func(float32) float32) func(dst, src []float32) {
	return func(dst, src []float32) {
		for i, x := range src {
			dst[i] = f(x)
		}
	}
}

func sigmoidCurvature(dst, src []float32) {
	kernel.Sigmoid(dst, src)
	for i, s := range dst {
		dst[i] = s * (1 - s) * (1 - 2*s)
	}
}

func tanhCurvature(dst, src []float32) {
	kernel.Tanh(dst, src)
	for i, t := range dst {
		dst[i] = -2 * t * (1 - t*t)
	}
}

// mapped is f(x).
type mapped struct {
	onX
	f Function
}

func (m *mapped) String() string { return m.f.String() }

func (m *mapped) block(out, x, _ []float32, _ int) { m.f.Eval(out, x) }

func (m *mapped) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.chain(m.f, in[0], grad)}
}

// Map is f(x), element by element.
func (g *Graph) Map(f Function, x *Node) *Node {
	if g.broken(f.String(), x) {
		return nil
	}
	if f == Identity {
		return x
	}
	return g.apply(&mapped{f: f}, x.Shape(), x)
}

// sumMapped is Σ_j f(x_ij) for each row i; the terms are never stored.
type sumMapped struct {
	rowSum
	f Function
}

func (s *sumMapped) String() string { return fmt.Sprintf("Σ %v", s.f) }

func (s *sumMapped) reduce(sums []float64, x, _ []float32, _ int) {
	n := min(len(x), s.cols) // as of rowSum
	for i := 0; i*n < len(x); i++ {
		sums[i] = kernel.MapSum(x[i*n:(i+1)*n], functionTable[s.f].eval)
	}
}

func (s *sumMapped) pull(g *Graph, in []*Node, _, grad *Node, _ []bool) []*Node {
	return []*Node{g.chain(s.f, in[0], grad)}
}

// SumMap is Σ_j f(x_ij): (B×…) to (B). With f the integral of an activation
// it is the hidden units' part of a free energy.
func (g *Graph) SumMap(f Function, x *Node) *Node {
	if g.broken(f.String(), x) {
		return nil
	}
	rows, cols := rowsOf(x)
	return g.apply(&sumMapped{rowSum{cols: cols}, f}, []int{rows}, x)
}

// chained is f(x) ⊙ y, where y has x's shape or one value a row: the chain
// rule's step through a Map or a SumMap.
type chained struct {
	f    Function
	cols int // 0: y has x's shape
}

func (c *chained) split() int {
	if c.cols > 0 {
		return 1
	}
	return 2
}

func (c *chained) String() string { return c.f.String() + " ⊙" }

func (c *chained) block(out, x, y []float32, from int) {
	c.f.Eval(out, x)
	if c.cols > 0 {
		scaleRows(out, out, y, from, c.cols)
	} else {
		kernel.Mul(out, out, y)
	}
}

func (c *chained) pull(g *Graph, in []*Node, _, grad *Node, want []bool) []*Node {
	x, y := in[0], in[1]
	pulled := make([]*Node, 2)
	if want[0] {
		weighted := grad
		if c.cols > 0 {
			weighted = g.RowScale(grad, y)
		} else {
			weighted = g.Mul(grad, y)
		}
		pulled[0] = g.chain(c.f, x, weighted)
	}
	if want[1] {
		pulled[1] = g.apply(&chained{f: c.f}, x.Shape(), x, grad)
		if c.cols > 0 {
			pulled[1] = g.RowSum(pulled[1])
		}
	}
	return pulled
}

// chain is f'(x) ⊙ grad.
func (g *Graph) chain(f Function, x, grad *Node) *Node {
	slope, ok := f.Derivative()
	if !ok {
		g.Fail(fmt.Errorf("graph: %v has no derivative here", f))
		return nil
	}
	if c, ok := g.constant(grad); ok {
		return g.Scale(c, g.Map(slope, x))
	}
	cols := 0
	if grad.Shape().TotalSize() != x.Shape().TotalSize() {
		_, cols = rowsOf(x)
	}
	switch slope {
	case one:
		if cols == 0 {
			return g.Reshape(grad, x.Shape()...)
		}
		return g.expand(grad, x.Shape())
	case Identity:
		if cols > 0 {
			return g.RowScale(x, grad)
		}
	}
	return g.apply(&chained{slope, cols}, x.Shape(), x, grad)
}
