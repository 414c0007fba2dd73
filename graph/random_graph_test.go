package graph_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// randomGraph builds a graph of random ops over tensors of a batch: nodes used
// once, often and twice by one op, results that are read as a whole, outputs in
// the middle, operands that are inputs and parameters. The same source gives the
// same graph.
func randomGraph(r *rand.Rand, batch int, of []int) (g *graph.Graph, input *graph.Node, parameters []*graph.Tensor, outputs []*graph.Node) {
	g = graph.New(graph.NewRandom(1))
	shape := append([]int{batch}, of...)
	cols := graph.Size(of)
	input = g.Input("input", shape...)
	param := func(shape ...int) *graph.Node {
		p := graphtest.Random(fmt.Sprint("p", len(parameters)), r.Uint64(), shape...)
		parameters = append(parameters, p)
		return g.Param(p)
	}
	full := []*graph.Node{input, param(shape...), param(shape...)} // of the shape
	rows := []*graph.Node{param(of...), param(of...)}
	columns := []*graph.Node{param(batch)}
	side := min(cols, 300)
	square := param(side, side)
	var ones []*graph.Node // sums of everything
	late := func(nodes []*graph.Node) *graph.Node {
		if r.IntN(2) == 0 {
			return nodes[len(nodes)-1]
		}
		return nodes[r.IntN(len(nodes))]
	}
	functions := []graph.Function{graph.Sigmoid, graph.Tanh, graph.Softplus, graph.ReLU, graph.LogCosh, graph.ClippedReLU}
	factor := func() float64 { return []float64{1, -1, 0.5, -0.25, 0.125}[r.IntN(5)] }
	for range 8 + r.IntN(25) {
		x, y, row, column := late(full), late(full), late(rows), late(columns)
		var n *graph.Node
		switch r.IntN(23) {
		case 0, 1:
			n = g.Map(functions[r.IntN(len(functions))], x)
		case 2, 3:
			n = g.Combine(factor(), x, factor(), y)
		case 4:
			n = g.Shift(factor(), x, float64(r.IntN(2)))
		case 5:
			n = g.Map(graph.Tanh, g.Mul(x, y))
		case 6:
			n = g.Mul(x, x)
			n = g.Map(graph.Sigmoid, n)
		case 7:
			n = g.AddRow(x, row)
		case 8:
			n = g.Map(graph.Tanh, g.RowScale(x, column))
		case 9:
			n = g.Stop(x)
		case 10:
			if side < cols {
				continue
			}
			n = g.Map(graph.Tanh, g.Reshape(g.MatMul(g.Flatten(x), square), shape...))
		case 11:
			n = g.Map(graph.Tanh, g.Reshape(g.Map(graph.Sigmoid, g.Reshape(x, batch*cols)), shape...))
		case 12:
			n = g.Map(graph.Tanh, g.MulRow(x, row))
		case 13:
			n = g.Reshape(g.Softmax(g.Flatten(x)), shape...)
		case 14:
			rows = append(rows, g.Scale(1/float64(batch), g.ColSum(x, of...)))
			continue
		case 15:
			columns = append(columns, g.Scale(1/float64(cols), g.RowSum(x)))
			continue
		case 16:
			columns = append(columns, g.Scale(1/float64(cols), g.SumMap(functions[r.IntN(len(functions))], x)))
			continue
		case 17:
			columns = append(columns, g.Scale(1/float64(cols), g.RowDot(x, row)))
			continue
		case 18:
			ones = append(ones, g.Scale(1/float64(batch*cols), g.Inner(x, y)))
			continue
		case 19:
			ones = append(ones, g.Mean(x), g.Mean(column))
			continue
		case 20:
			rows = append(rows, g.Map(graph.Tanh, g.Combine(factor(), row, factor(), late(rows))))
			columns = append(columns, g.Mul(column, late(columns)))
			continue
		case 21: // f'(x) ⊙ x
			n = g.Grad(g.Inner(g.Map(functions[r.IntN(len(functions))], x), g.Stop(x)), x)[0]
		case 22:
			n = g.AddRow(g.SubRow(x, row), row)
		}
		full = append(full, n)
	}
	loss := g.Add(g.Mean(g.Mul(full[len(full)-1], late(full))), g.Mean(late(columns)))
	for _, n := range ones {
		loss = g.Add(loss, n)
	}
	for _, n := range []*graph.Node{input, full[1], rows[0]} { // so that it depends on them
		loss = g.Add(loss, g.Mean(n))
	}
	if side == cols {
		// A gradient that is a node of the graph already, a parameter at times, and
		// that a product is added to, of which it may be a factor too.
		a, b := g.Flatten(full[1]), g.Flatten(full[2+r.IntN(min(3, len(full)-2))])
		c := []*graph.Node{b, g.Flatten(late(full))}[r.IntN(2)]
		loss = g.Add(loss, g.Inner(g.MatMul(a, square), c))
		loss = g.Add(loss, g.Inner(a, b))
	}
	outputs = append(outputs, loss)
	for _, list := range [][]*graph.Node{full, rows, columns, ones} {
		for _, n := range list {
			if r.IntN(4) == 0 {
				outputs = append(outputs, n)
			}
		}
	}
	return g, input, parameters, append(outputs, g.Grad(loss, full[1], rows[0])...)
}

// Whatever ops follow one another, a Machine gives the bits of the TapeMachine,
// run after run, with other inputs and other parameters, on any number of
// threads, and leaves inputs and parameters as they are.
func TestRandomGraphs(t *testing.T) {
	defer graph.SetThreads(0)
	// Tensors within a block, cut between examples and within one, rows and
	// columns that are as large as the whole.
	shapes := [][]int{{1, 1}, {1, 6}, {7, 2, 3}, {130, 4, 5, 2}, {999, 1}, {999, 37}, {130, 290}, {1, 40000}, {40000, 1}, {2, 16500}, {3, 33001}}
	for trial := range uint64(12 * len(shapes)) {
		shape := shapes[trial%uint64(len(shapes))]
		build := func() (*graph.Graph, *graph.Node, []*graph.Tensor, []*graph.Node) {
			return randomGraph(rand.New(rand.NewPCG(trial, 3)), shape[0], shape[1:])
		}
		g, input, parameters, outputs := build()
		m, err := g.Compile(outputs...)
		if err != nil {
			t.Fatalf("trial %d: %v", trial, err)
		}
		for run, seed := range []uint64{1, 2} {
			data := graphtest.Random("", 100+seed, input.Shape()...)
			tape, tapeInput, tapeParameters, tapeOutputs := build()
			for i, p := range parameters {
				if run > 0 {
					copy(p.Data, graphtest.Random("", 200+uint64(i), p.Shape...).Data)
				}
				copy(tapeParameters[i].Data, p.Data)
			}
			if err := gorgonia.Let(tapeInput, tensor.New(tensor.WithShape(data.Shape...), tensor.WithBacking(slices.Clone(data.Data)))); err != nil {
				t.Fatal(err)
			}
			values := make([]gorgonia.Value, len(tapeOutputs))
			for i, o := range tapeOutputs {
				gorgonia.Read(o, &values[i])
			}
			vm := gorgonia.NewTapeMachine(tape.Expr())
			if err := errors.Join(vm.RunAll(), vm.Close()); err != nil {
				t.Fatalf("trial %d: %v", trial, err)
			}
			for _, threads := range []int{1, 2, 5} {
				graph.SetThreads(threads)
				if err := errors.Join(m.Set(input, data.Data), m.Run()); err != nil {
					t.Fatalf("trial %d: %v", trial, err)
				}
				if !slices.Equal(m.Value(input), data.Data) {
					t.Fatalf("trial %d: the run changed its input", trial)
				}
				for i, p := range parameters {
					if !slices.Equal(p.Data, tapeParameters[i].Data) {
						t.Fatalf("trial %d: the run changed parameter %d", trial, i)
					}
				}
				for i, o := range outputs {
					want := values[i].Data().([]float32)
					for j, got := range m.Value(o) {
						if math.Float32bits(got) != math.Float32bits(want[j]) {
							t.Fatalf("trial %d, run %d, shape %v, %d threads: output %d (%v) differs at %d: %v, the TapeMachine has %v", trial, run, shape, threads, i, o, j, got, want[j])
						}
					}
				}
			}
		}
	}
}
