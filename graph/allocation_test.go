package graph_test

import (
	"errors"
	"runtime"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// wide is a graph large enough for every kernel to be divided among threads:
// the gradient of two convolutions, one of few channels and one of many, and of
// a dense layer, up and, sampled, down again.
func wide(random *graph.Random) (g *graph.Graph, outputs []*graph.Node, parameters []*graph.Tensor) {
	g = graph.New(random)
	v := g.Input("v", 32, 16, 16, 3)
	param := func(name string, shape ...int) *graph.Node {
		t := graphtest.Random(name, uint64(len(parameters)+1), shape...)
		parameters = append(parameters, t)
		return g.Param(t)
	}
	w1, a1, b1 := param("w1", 4, 4, 3, 20), param("a1", 3), param("b1", 20)
	w2, a2, b2 := param("w2", 4, 4, 20, 24), param("a2", 20), param("b2", 24)
	w3, a3, b3 := param("w3", 4*4*24, 100), param("a3", 4*4*24), param("b3", 100)
	p1 := g.Map(graph.Sigmoid, g.Conv(v, w1, b1, 2, 1))
	h1 := g.Mul(p1, g.Bernoulli(p1, "h1"))
	h2 := g.Map(graph.Tanh, g.Conv(h1, w2, b2, 2, 1))
	x3 := g.Affine(g.Flatten(h2), w3, b3)
	h3 := g.Binomial(g.Map(graph.Sigmoid, x3), 4, "h3")
	y2 := g.Reshape(g.AffineT(h3, w3, a3), 32, 4, 4, 24)
	y2 = g.Add(y2, g.Gaussian(y2, g.Full(1, 32, 4, 4, 24), "h2"))
	y1 := g.Map(graph.Sigmoid, g.ConvT(y2, w2, a2, 8, 8, 2, 1))
	y := g.Map(graph.Sigmoid, g.ConvT(y1, w1, a1, 16, 16, 2, 1))
	missed := g.Sub(v, y)
	loss := g.Sub(g.Mean(g.Mul(missed, missed)), g.Mean(g.SumMap(graph.Softplus, x3)))
	return g, append([]*graph.Node{loss}, g.Grad(loss, w1, a1, b1, w2, a2, b2, w3, a3, b3)...), parameters
}

// allocations is how often f allocates once it is warm. testing.AllocsPerRun
// would put all goroutines on one processor, and no two threads would work at
// the same time.
func allocations(f func()) float64 {
	const warm, runs = 10, 50
	for range warm {
		f()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / runs)
}

// updates are those of Adam.
type updates struct {
	parameters []*graph.Tensor
	moments    [2][][]float32
}

func (u *updates) Learn(i, from int, gradient []float32) {
	to := from + len(gradient)
	graph.AdamUpdate(u.parameters[i].Data[from:to], u.moments[0][i][from:to], u.moments[1][i][from:to], gradient, 0.01, 0.9, 0.999, 1e-8, 1)
}

// Runs and updates allocate nothing, however many threads they are divided
// among.
func TestLargeRunAllocatesNothing(t *testing.T) {
	defer graph.SetThreads(0)
	for _, threads := range []int{1, 2} {
		graph.SetThreads(threads)
		g, outputs, parameters := wide(graph.NewRandom(5))
		m, err := g.Compile(outputs...)
		if err != nil {
			t.Fatal(err)
		}
		if n := allocations(func() { err = errors.Join(err, m.Run()) }); n != 0 || err != nil {
			t.Errorf("a run on %d threads allocates %v times (%v), want none", threads, n, err)
		}
		var moments [2][][]float32
		for _, p := range parameters {
			for i := range moments {
				moments[i] = append(moments[i], make([]float32, p.Size()))
			}
		}
		update := func() {
			for i, p := range parameters {
				graph.AdamUpdate(p.Data, moments[0][i], moments[1][i], m.Value(outputs[1+i]), 0.01, 0.9, 0.999, 1e-8, 1)
			}
		}
		if n := allocations(update); n != 0 {
			t.Errorf("an update on %d threads allocates %v times, want none", threads, n)
		}
		g, outputs, parameters = wide(graph.NewRandom(5))
		if m, err = g.CompileStep(outputs[:1], parameters, outputs[1:]); err != nil {
			t.Fatal(err)
		}
		adam := &updates{parameters, moments}
		if n := allocations(func() { err = errors.Join(err, m.Run(), m.Learn(adam)) }); n != 0 || err != nil {
			t.Errorf("a step on %d threads allocates %v times (%v), want none", threads, n, err)
		}
	}
}
