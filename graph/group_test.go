package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// passes is a graph in which many ops pass over tensors of one shape, results
// are read at once, later, as a whole and by several, and wanted as outputs.
func passes(shape []int) (g *graph.Graph, outputs []*graph.Node) {
	g = graph.New(nil)
	x, y := g.Param(graphtest.Random("x", 1, shape...)), g.Param(graphtest.Random("y", 2, shape...))
	row, channel := g.Param(graphtest.Random("row", 3, shape[1:]...)), g.Param(graphtest.Random("channel", 4, shape[len(shape)-1]))
	column := g.Param(graphtest.Random("column", 5, shape[0]))
	h := g.Map(graph.Sigmoid, g.AddRow(g.Shift(2, x, 0.5), channel))
	centred := g.SubRow(h, row)
	missed := g.Sub(g.Stop(h), g.Map(graph.Tanh, y))
	weighed := g.RowScale(g.Mul(centred, missed), column)
	mean := g.Scale(1/float64(shape[0]), g.ColSum(h, shape[1:]...))
	again := g.AddRow(g.Map(graph.Sigmoid, g.AddRow(weighed, mean)), g.ColSum(y, shape[len(shape)-1]))
	loss := g.Add(g.Mean(g.SumMap(graph.Softplus, again)), g.Inner(missed, missed))
	loss = g.Add(loss, g.Mean(g.Add(g.RowDot(centred, row), g.RowSum(g.Map(graph.HalfSquare, weighed)))))
	outputs = []*graph.Node{loss, centred, g.RowSum(weighed), g.ColSum(weighed, shape[1:]...), g.Reshape(again, graph.Size(shape))}
	return g, append(outputs, g.Grad(loss, x, y, row, channel, column)...)
}

// Tensors that are cut within an example, between examples and not at all give
// the bits of the TapeMachine, which runs each op by itself, on any number of
// threads.
func TestGroupsAgreeWithTapeMachine(t *testing.T) {
	defer graph.SetThreads(0)
	for _, shape := range [][]int{{1, 3}, {5, 7}, {37, 1000}, {3, 40, 40, 30}, {150, 9, 9, 5}, {2, 50001}, {2, 64, 64, 8}, {40000, 3}} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			tape, outputs := passes(shape)
			if tape.Err() != nil {
				t.Fatal(tape.Err())
			}
			values := make([]gorgonia.Value, len(outputs))
			for i, o := range outputs {
				gorgonia.Read(o, &values[i])
			}
			vm := gorgonia.NewTapeMachine(tape.Expr())
			defer vm.Close()
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			for _, threads := range []int{1, 2, 5} {
				graph.SetThreads(threads)
				g, outputs := passes(shape)
				m, err := g.Compile(outputs...)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if err := m.Run(); err != nil {
						t.Fatal(err)
					}
				}
				for i, o := range outputs {
					if !slices.Equal(values[i].Data().([]float32), m.Value(o)) {
						t.Errorf("output %d differs from the TapeMachine's on %d threads", i, threads)
					}
				}
			}
		})
	}
}

// The ops of a mean-field step over one layer's states run in as many passes
// as there are products between them.
func TestOpsRunTogether(t *testing.T) {
	g := graph.New(nil)
	v := g.Input("v", 64, 300)
	w, a, b := g.Param(graphtest.Random("w", 1, 300, 200)), g.Param(graphtest.Random("a", 2, 300)), g.Param(graphtest.Random("b", 3, 200))
	free := func(v *graph.Node) *graph.Node {
		return g.Combine(-1, g.RowDot(v, a), -1, g.SumMap(graph.Softplus, g.Affine(v, w, b)))
	}
	recon := g.Stop(g.Map(graph.Sigmoid, g.AffineT(g.Map(graph.Sigmoid, g.Affine(v, w, b)), w, a)))
	loss := g.Sub(g.Mean(free(v)), g.Mean(free(recon)))
	m, err := g.Compile(append(g.Grad(loss, w, a, b), loss, g.SquaredError(v, recon))...)
	if err != nil {
		t.Fatal(err)
	}
	timings, err := m.Profile()
	if err != nil {
		t.Fatal(err)
	}
	products, over := 0, 0
	for _, s := range timings {
		switch {
		case s.Flops > 0:
			products++
		case graph.Size(s.Shape) >= 64*200 && s.Shape[0] == 64:
			over++
		}
		if s.Ops == "" || strings.HasPrefix(s.Ops, ",") {
			t.Errorf("a step has no name: %+v", s)
		}
	}
	// The data's column sums, and what follows on each of three products.
	if products != 5 || over != 4 {
		t.Errorf("%d products and %d passes over states, want 5 and 4: %+v", products, over, timings)
	}
}
