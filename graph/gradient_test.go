package graph_test

import (
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// weigh makes a loss of a node: the sum of its elements, each with a weight of
// its own.
func weigh(g *graph.Graph, n *graph.Node) *graph.Node {
	if g.Err() != nil {
		return nil
	}
	return g.Sum(g.Mul(n, g.Param(graphtest.Random("cotangent", 99, n.Shape()...))))
}

// opCases are all differentiable ops, each as a loss that is not linear in its
// operands, so that second derivatives are not all zero.
func opCases() map[string]struct {
	loss graphtest.Loss
	in   []*graph.Tensor
} {
	type nodes = []*graph.Node
	random := graphtest.Random
	smooth := func(g *graph.Graph, n *graph.Node) *graph.Node {
		return weigh(g, g.Map(graph.Tanh, g.Scale(0.3, n)))
	}
	cases := map[string]struct {
		loss graphtest.Loss
		in   []*graph.Tensor
	}{
		"affine": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Affine(in[0], in[1], in[2])) },
			[]*graph.Tensor{random("x", 1, 3, 4), random("w", 2, 4, 5), random("b", 3, 5)}},
		"affine transposed": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.AffineT(in[0], in[1], in[2])) },
			[]*graph.Tensor{random("y", 1, 3, 5), random("w", 2, 4, 5), random("a", 3, 4)}},
		"affine of images": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Affine(in[0], in[1], in[2])) },
			[]*graph.Tensor{random("x", 1, 2, 2, 2, 3), random("w", 2, 12, 4), random("b", 3, 4)}},
		"matmul": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.MatMul(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 2, 6), random("w", 2, 6, 3)}},
		"conv": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Conv(in[0], in[1], in[2], 2, 1)) },
			[]*graph.Tensor{random("x", 1, 2, 6, 5, 2), random("w", 2, 4, 3, 2, 3), random("b", 3, 3)}},
		"conv transposed": {func(g *graph.Graph, in nodes) *graph.Node {
			return smooth(g, g.ConvT(in[0], in[1], in[2], 6, 6, 2, 1))
		}, []*graph.Tensor{random("y", 1, 2, 3, 3, 3), random("w", 2, 4, 4, 2, 3), random("a", 3, 2)}},
		"conv transposed, pixel bias": {func(g *graph.Graph, in nodes) *graph.Node {
			return smooth(g, g.ConvT(in[0], in[1], in[2], 4, 4, 2, 1))
		}, []*graph.Tensor{random("y", 1, 2, 2, 2, 3), random("w", 2, 4, 4, 2, 3), random("a", 3, 4, 4, 2)}},
		"combine": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Combine(2, in[0], -3, in[1])) },
			[]*graph.Tensor{random("x", 1, 3, 2), random("y", 2, 3, 2)}},
		"shift": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Shift(2, in[0], 1)) },
			[]*graph.Tensor{random("x", 1, 3, 2)}},
		"mul": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Mul(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 3, 2), random("y", 2, 3, 2)}},
		"square": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Mul(in[0], in[0])) },
			[]*graph.Tensor{random("x", 1, 3, 2)}},
		"add row": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.AddRow(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 2, 3, 4), random("row", 2, 4)}},
		"sub row": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.SubRow(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 2, 6), random("row", 2, 6)}},
		"row dot": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.RowDot(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 2, 3, 4), random("row", 2, 4)}},
		"row scale": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.RowScale(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 3, 4), random("s", 2, 3)}},
		"row sum": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.RowSum(in[0])) },
			[]*graph.Tensor{random("x", 1, 3, 4)}},
		"column sum": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.ColSum(in[0], 2)) },
			[]*graph.Tensor{random("x", 1, 3, 4, 2)}},
		"mean": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Mean(in[0])) },
			[]*graph.Tensor{random("x", 1, 3, 4)}},
		"reshape": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Reshape(in[0], 4, 3)) },
			[]*graph.Tensor{random("x", 1, 2, 3, 2)}},
		"inner product": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.Inner(in[0], g.Mul(in[0], in[1]))) },
			[]*graph.Tensor{random("x", 1, 3, 4), random("y", 2, 3, 4)}},
		"mean of a free energy": {func(g *graph.Graph, in nodes) *graph.Node {
			x := g.Affine(in[0], in[1], in[2])
			f := g.Combine(-1, g.RowDot(g.SubRow(in[0], in[3]), in[3]), -2, g.SumMap(graph.Softplus, x))
			return smooth(g, g.Mean(g.Combine(1, f, 2, g.RowDot(x, in[2]))))
		}, []*graph.Tensor{random("v", 1, 3, 4), random("w", 2, 4, 2), random("b", 3, 2), random("a", 4, 4)}},
		"one weight in three products": {func(g *graph.Graph, in nodes) *graph.Node {
			h := g.Map(graph.Tanh, g.Affine(in[0], in[1], in[2]))
			return smooth(g, g.MatMul(g.AffineT(h, in[1], in[2]), g.MatMul(in[1], in[1])))
		}, []*graph.Tensor{random("x", 1, 3, 4), random("w", 2, 4, 4), random("b", 3, 4)}},
		"scaled operands of a product": {func(g *graph.Graph, in nodes) *graph.Node {
			return smooth(g, g.AffineT(g.Scale(2, in[0]), g.Scale(-0.5, in[1]), in[2]))
		}, []*graph.Tensor{random("y", 1, 3, 5), random("w", 2, 4, 5), random("a", 3, 4)}},
		"scaled operands of a convolution": {func(g *graph.Graph, in nodes) *graph.Node {
			return smooth(g, g.Conv(g.Scale(3, in[0]), g.Scale(0.5, in[1]), in[2], 2, 1))
		}, []*graph.Tensor{random("x", 1, 2, 6, 5, 2), random("w", 2, 4, 3, 2, 3), random("b", 3, 3)}},
		"constants": {func(g *graph.Graph, in nodes) *graph.Node {
			two, three := g.Full(2, 3, 4), g.Full(3, 3)
			return smooth(g, g.Add(g.RowScale(g.Mul(in[0], two), three), g.Shift(2, g.Mul(two, in[1]), 1)))
		}, []*graph.Tensor{random("x", 1, 3, 4), random("y", 2, 3, 4)}},
		"means plus rows": {func(g *graph.Graph, in nodes) *graph.Node {
			mean := g.Scale(0.5, g.ColSum(in[0], 4))
			return smooth(g, g.Sub(g.AddRow(g.Scale(2, in[0]), mean), g.Scale(3, g.AddRow(g.Full(0, 3, 4), in[1]))))
		}, []*graph.Tensor{random("x", 1, 3, 4), random("row", 2, 4)}},
		"squared error": {func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.SquaredError(in[0], in[1])) },
			[]*graph.Tensor{random("x", 1, 3, 4), random("y", 2, 3, 4)}},
		"cross entropy": {func(g *graph.Graph, in nodes) *graph.Node {
			return smooth(g, g.CrossEntropy(g.Map(graph.Sigmoid, in[0]), in[1]))
		}, []*graph.Tensor{random("t", 1, 3, 4), random("y", 2, 3, 4)}},
	}
	for _, f := range []graph.Function{graph.Softplus, graph.Sigmoid, graph.LogCosh, graph.Tanh, graph.HalfSquare, graph.Exp} {
		in := []*graph.Tensor{random("x", uint64(f), 3, 4)}
		cases["map "+f.String()] = struct {
			loss graphtest.Loss
			in   []*graph.Tensor
		}{func(g *graph.Graph, in nodes) *graph.Node { return weigh(g, g.Map(f, in[0])) }, in}
		cases["sum of "+f.String()] = struct {
			loss graphtest.Loss
			in   []*graph.Tensor
		}{func(g *graph.Graph, in nodes) *graph.Node { return smooth(g, g.SumMap(f, in[0])) }, in}
	}
	return cases
}

func TestGradients(t *testing.T) {
	for name, c := range opCases() {
		t.Run(name, func(t *testing.T) { graphtest.Gradient(t, 1e-4, c.loss, c.in...) })
	}
}

func TestSecondGradients(t *testing.T) {
	for name, c := range opCases() {
		t.Run(name, func(t *testing.T) { graphtest.SecondGradient(t, 3e-4, c.loss, c.in...) })
	}
}

// Functions with kinks, or on half the line, are checked away from both.
func TestGradientsOfKinkedFunctions(t *testing.T) {
	away := graph.NewTensor("x", 2, 4)
	copy(away.Data, []float32{-1.5, -0.4, 0.3, 0.6, 1.5, 2.5, 0.8, -0.2})
	for _, f := range []graph.Function{graph.HalfSquarePlus, graph.ReLU, graph.ClippedIntegral, graph.ClippedReLU} {
		t.Run(f.String(), func(t *testing.T) {
			loss := func(g *graph.Graph, in []*graph.Node) *graph.Node {
				return weigh(g, g.Map(graph.Tanh, g.Map(f, in[0])))
			}
			graphtest.Gradient(t, 1e-4, loss, away)
			graphtest.SecondGradient(t, 3e-4, loss, away)
		})
	}
	positive := graphtest.Positive("x", 1, 2, 4)
	for _, f := range []graph.Function{graph.Log, graph.Reciprocal, graph.Sqrt} {
		if _, ok := f.Derivative(); !ok {
			continue
		}
		t.Run(f.String(), func(t *testing.T) {
			graphtest.Gradient(t, 2e-4, func(g *graph.Graph, in []*graph.Node) *graph.Node { return weigh(g, g.Map(f, in[0])) }, positive)
		})
	}
}

// A stopped operand gets no gradient, a half-open one half of it.
func TestFlow(t *testing.T) {
	x := graphtest.Random("x", 1, 4)
	for _, part := range []float64{0, 0.5, 1} {
		g := graph.New(nil)
		n := g.Param(x)
		// L = Σ x·flow(x): dL/dx = x + part·x.
		gradient := g.Grad(g.Sum(g.Mul(n, g.Flow(n, part))), n)[0]
		want := make([]float32, 4)
		for i, v := range x.Data {
			want[i] = float32(1+part) * v
		}
		graphtest.Near(t, "gradient", 1e-6, graphtest.Value(t, g, gradient), want)
	}
}
