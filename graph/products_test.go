package graph_test

import (
	"slices"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
)

// Products has the products and convolutions of a machine, and nothing else.
func TestProducts(t *testing.T) {
	x := graphtest.Random("x", 1, 2, 6, 6, 3)
	filters := graphtest.Random("filters", 2, 4, 4, 3, 5)
	w := graphtest.Random("w", 3, 45, 7)
	b, c := graphtest.Random("b", 4, 5), graphtest.Random("c", 5, 7)
	g := graph.New(nil)
	maps := g.Map(graph.Sigmoid, g.Conv(g.Param(x), g.Param(filters), g.Param(b), 2, 1))
	loss := g.Mean(g.Map(graph.HalfSquare, g.Affine(maps, g.Param(w), g.Param(c))))
	gradients := g.Grad(loss, g.Param(filters), g.Param(w))
	m, err := g.Compile(append(gradients, loss)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(m.Value(gradients[0]))
	bare := m.Products()
	if err := bare.Run(); err != nil {
		t.Fatal(err)
	}
	if bare.Steps() != 5 {
		t.Errorf("%d products, want the convolution, the product, the gradients of both weights and of the product's operand", bare.Steps())
	}
	const conv, product = 2 * (2 * 3 * 3 * 5) * (4 * 4 * 3), 2 * 2 * 45 * 7
	if m.Flops() != 2*conv+3*product || bare.Flops() != m.Flops() {
		t.Errorf("%g operations, of the products alone %g, want %d", m.Flops(), bare.Flops(), 2*conv+3*product)
	}
	if !slices.Equal(m.Value(gradients[0]), before) {
		t.Error("the products alone changed the machine's values")
	}
}
