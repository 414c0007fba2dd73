package graph_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// A run that fails midway leaves nothing behind: the next one gives what it
// would have given without it.
func TestRunAfterFailure(t *testing.T) {
	build := func(random *graph.Random) (m *graph.Machine, trials *graph.Node, outputs []*graph.Node) {
		g := graph.New(random)
		x := g.Param(graphtest.Random("x", 1, 300, 70))
		trials = g.Input("trials", 300)
		p := g.Map(graph.Sigmoid, x)
		counts := g.Multinomial(p, trials, "counts")
		missed := g.Sub(counts, g.RowScale(p, g.RowSum(p)))
		outputs = []*graph.Node{counts, g.RowSum(g.Mul(missed, missed)), g.Mean(missed), g.ColSum(missed, 70), g.Reshape(missed, 70, 300)}
		m, err := g.Compile(outputs...)
		if err != nil {
			t.Fatal(err)
		}
		return m, trials, outputs
	}
	good := slices.Repeat([]float32{3}, 300)
	bad := slices.Clone(good)
	bad[200] = 1.5
	fresh, trials, want := build(graph.NewRandom(1))
	if err := errors.Join(fresh.Set(trials, good), fresh.Run()); err != nil {
		t.Fatal(err)
	}
	random := graph.NewRandom(1)
	m, trials, got := build(random)
	state := random.State()
	if err := m.Set(trials, bad); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err == nil || !strings.Contains(err.Error(), "row 200: 1.5 draws") {
		t.Fatalf("error %v, want one about row 200", err)
	}
	random.Restore(state)
	if err := errors.Join(m.Set(trials, good), m.Run()); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if !slices.Equal(m.Value(got[i]), fresh.Value(want[i])) {
			t.Errorf("after a failure output %d is another", i)
		}
	}
}

// An output is good until the next run, also one that is an input's copy.
func TestSetLeavesOutputs(t *testing.T) {
	g := graph.New(nil)
	x := g.Input("x", 2, 3)
	outputs := []*graph.Node{g.Stop(x), g.Reshape(x, 3, 2), g.Flow(g.Reshape(x, 6), 0.5)}
	m, err := g.Compile(outputs...)
	if err != nil {
		t.Fatal(err)
	}
	first := []float32{1, 2, 3, 4, 5, 6}
	if err := errors.Join(m.Set(x, first), m.Run(), m.Set(x, make([]float32, 6))); err != nil {
		t.Fatal(err)
	}
	for i, o := range outputs {
		if !slices.Equal(m.Value(o), first) {
			t.Errorf("output %d is %v after another input was set, want %v", i, m.Value(o), first)
		}
	}
}

// Draws from one stream are made in the order of the graph, also where the
// first of them has to wait for more.
func TestDrawsKeepTheirOrder(t *testing.T) {
	draw := func(all bool) []float32 {
		g := graph.New(graph.NewRandom(1))
		x := g.Param(graphtest.Random("x", 1, 20, 20))
		w := g.Param(graphtest.Random("w", 2, 20, 20))
		first := g.Bernoulli(g.Map(graph.Sigmoid, g.MatMul(g.MatMul(x, w), w)), "s")
		outputs := []*graph.Node{first}
		if all {
			outputs = append(outputs, g.Bernoulli(g.Full(0.5, 20, 20), "s"))
		}
		m, err := g.Compile(outputs...)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		return m.Value(first)
	}
	if !slices.Equal(draw(false), draw(true)) {
		t.Error("the first draw is another where there is a second")
	}
}
