package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// With BF16 a product is that of rounded numbers.
func TestSetProducts(t *testing.T) {
	for _, p := range []graph.Products{"", "half"} {
		if err := graph.SetProducts(p); err == nil || !strings.Contains(err.Error(), "want float32 or bf16") {
			t.Errorf("products %q: %v", p, err)
		}
	}
	if err := graph.BF16.Check(); err != nil {
		t.Skip(err)
	}
	defer graph.SetProducts(graph.Float32)

	const n, k, m = 20, 70, 30
	g := graph.New(graph.NewRandom(1))
	x, w := graphtest.Random("x", 1, n, k), graphtest.Random("w", 1, k, m)
	y := g.MatMul(g.Param(x), g.Param(w))
	machine, err := g.Compile(y)
	if err != nil {
		t.Fatal(err)
	}
	values := func(p graph.Products) []float32 {
		if err := graph.SetProducts(p); err != nil {
			t.Fatal(err)
		}
		if err := machine.Run(); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(machine.Value(y))
	}
	rounded, exact := values(graph.BF16), values(graph.Float32)
	furthest, largest := 0.0, 0.0
	for i := range exact {
		furthest = max(furthest, math.Abs(float64(rounded[i]-exact[i])))
		largest = max(largest, math.Abs(float64(exact[i])))
	}
	// Each factor is rounded by 1/256 of itself at most.
	if furthest == 0 || furthest > largest/64 {
		t.Errorf("rounded products are up to %v away from exact ones of up to %v", furthest, largest)
	}
}
