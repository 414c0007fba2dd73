package metric

import (
	"context"
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
)

// With a code of one element the log-likelihood is an integral over a line.
// Many draws come near it from below, and the bound lies lower.
func TestEvidenceByQuadrature(t *testing.T) {
	spec := models.Variational{Shape: []int{2, 2, 1}, Layers: []int{4}, Code: 1, Activation: "tanh"}
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range model.Parameters() {
		copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
	}
	stochastic := model.(models.Stochastic)
	s := rows(3, 3, 4)
	g := graph.New(nil)
	v, z := graph.NewTensor("v", 3, 2, 2, 1), g.Input("z", 3, 1)
	s.Floats(v.Data, 0, 1, 2)
	likelihood := stochastic.LogLikelihood(g, g.Param(v), z)
	m, err := g.Compile(likelihood)
	if err != nil {
		t.Fatal(err)
	}
	const step = 0.01
	p := make([]float64, 3)
	for x := -10.0; x <= 10; x += step {
		if err := m.Set(z, []float32{float32(x), float32(x), float32(x)}); err != nil {
			t.Fatal(err)
		}
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		for i, l := range m.Value(likelihood) {
			p[i] += step * math.Exp(float64(l)-x*x/2) / math.Sqrt(2*math.Pi)
		}
	}
	want := 0.0
	for _, p := range p {
		want += math.Log(p) / 3
	}
	few := must[Evidence](t)(EvidenceOf(context.Background(), stochastic, s, 1, 3, graph.NewRandom(1), nil))
	many := must[Evidence](t)(EvidenceOf(context.Background(), stochastic, s, 500, 3, graph.NewRandom(1), nil))
	if few.Bound != few.Importance {
		t.Errorf("of one draw both are the same: %+v", few)
	}
	if math.Abs(many.Importance-want) > 0.05 || many.Bound > want {
		t.Errorf("%+v, the log-likelihood is %g", many, want)
	}
	if _, err := EvidenceOf(context.Background(), stochastic, s, 0, 2, graph.NewRandom(1), nil); err == nil {
		t.Error("no draws are taken")
	}
}
