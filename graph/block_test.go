package graph_test

import (
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// Ops over tensors that are cut into blocks, between examples and within one,
// are what their definitions say in float64.
func TestOpsOverBlocks(t *testing.T) {
	defer graph.SetThreads(0)
	for _, shape := range [][2]int{{1, 1}, {5, 7}, {130, 290}, {131, 1000}, {1, 40000}, {40000, 1}, {2, 16500}, {3, 33001}, {20000, 3}} {
		rows, cols := shape[0], shape[1]
		x, y := graphtest.Random("x", 1, rows, cols), graphtest.Random("y", 2, rows, cols)
		row, column := graphtest.Random("row", 3, cols), graphtest.Random("column", 4, rows)
		// elements is a tensor by its definition, columns and rows are sums of one.
		elements := func(f func(x, y, row, column float64) float64) []float64 {
			z := make([]float64, rows*cols)
			for i := range z {
				z[i] = f(float64(x.Data[i]), float64(y.Data[i]), float64(row.Data[i%cols]), float64(column.Data[i/cols]))
			}
			return z
		}
		summed := func(z []float64, n int, to func(i int) int) []float64 {
			s := make([]float64, n)
			for i, v := range z {
				s[to(i)] += v
			}
			return s
		}
		overRows := func(z []float64) []float64 { return summed(z, rows, func(i int) int { return i / cols }) }
		overColumns := func(z []float64) []float64 { return summed(z, cols, func(i int) int { return i % cols }) }
		overAll := func(z []float64, factor float64) []float64 {
			s := summed(z, 1, func(int) int { return 0 })
			s[0] *= factor
			return s
		}
		sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
		g := graph.New(nil)
		a, b, r, c := g.Param(x), g.Param(y), g.Param(row), g.Param(column)
		softplus := func(x, _, _, _ float64) float64 { return math.Log1p(math.Exp(x)) }
		product := func(x, y, _, _ float64) float64 { return x * y }
		dot := func(x, _, row, _ float64) float64 { return x * row }
		ops := []struct {
			name string
			node *graph.Node
			want []float64
		}{
			{"add row", g.AddRow(a, r), elements(func(x, _, row, _ float64) float64 { return x + row })},
			{"subtract row", g.SubRow(a, r), elements(func(x, _, row, _ float64) float64 { return x - row })},
			{"add row, scaled", g.AddRow(g.Scale(2, a), g.Scale(3, r)), elements(func(x, _, row, _ float64) float64 { return 2*x + 3*row })},
			{"multiply by row", g.MulRow(a, r), elements(dot)},
			{"scale rows", g.RowScale(a, c), elements(func(x, _, _, column float64) float64 { return x * column })},
			{"row sums", g.RowSum(a), overRows(elements(func(x, _, _, _ float64) float64 { return x }))},
			{"sums of softplus", g.SumMap(graph.Softplus, a), overRows(elements(softplus))},
			{"row dot", g.RowDot(a, r), overRows(elements(dot))},
			{"column sums", g.ColSum(a, cols), overColumns(elements(func(x, _, _, _ float64) float64 { return x }))},
			{"sum", g.Sum(a), overAll(elements(func(x, _, _, _ float64) float64 { return x }), 1)},
			{"inner", g.Inner(a, b), overAll(elements(product), 1)},
			{"inner, scaled", g.Inner(g.Scale(2, a), g.Scale(3, b)), overAll(elements(product), 6)},
			{"mean of row dot", g.Mean(g.RowDot(a, r)), overAll(elements(dot), 1/float64(rows))},
			{"mean of sums", g.Mean(g.SumMap(graph.Softplus, a)), overAll(elements(softplus), 1/float64(rows))},
			{"mean of combination", g.Mean(g.Combine(2, g.RowDot(a, r), -3, g.RowSum(g.Mul(a, b)))),
				overAll(elements(func(x, y, row, _ float64) float64 { return 2*x*row - 3*x*y }), 1/float64(rows))},
			{"sums of what was cut otherwise", g.RowSum(g.Reshape(g.Map(graph.Sigmoid, g.Reshape(a, rows*cols)), rows, cols)),
				overRows(elements(func(x, _, _, _ float64) float64 { return sigmoid(x) }))},
			{"scaled after a shift", g.Scale(2, g.Shift(3, a, 1)), elements(func(x, _, _, _ float64) float64 { return 6*x + 2 })},
			{"expanded", g.Grad(g.Inner(g.RowSum(a), c), a)[0], elements(func(_, _, _, column float64) float64 { return column })},
			{"tiled", g.Grad(g.Inner(g.ColSum(a, cols), r), a)[0], elements(func(_, _, row, _ float64) float64 { return row })},
			{"slope by column", g.Grad(g.Inner(g.SumMap(graph.Softplus, a), c), a)[0], elements(func(x, _, _, column float64) float64 { return column * sigmoid(x) })},
		}
		outputs := make([]*graph.Node, len(ops))
		for i, o := range ops {
			outputs[i] = o.node
		}
		m, err := g.Compile(outputs...)
		if err != nil {
			t.Fatal(err)
		}
		for _, threads := range []int{1, 3} {
			graph.SetThreads(threads)
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			for _, o := range ops {
				terms := float64(rows*cols) / float64(len(o.want))
				for i, got := range m.Value(o.node) {
					if e := math.Abs(float64(got) - o.want[i]); !(e <= 1e-6*(1+math.Abs(o.want[i])+math.Sqrt(terms))) {
						t.Errorf("%s of %v on %d threads: element %d is %v, want %v", o.name, shape, threads, i, got, o.want[i])
						break
					}
				}
			}
		}
	}
}
