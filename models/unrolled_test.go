package models_test

import (
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// unrolled is one of machines whose biases and running means are not zero.
func unrolled(t *testing.T, spec models.Unrolled) *models.UnrolledNet {
	t.Helper()
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	net := model.(*models.UnrolledNet)
	for i, x := range net.Machines().Tensors() {
		if strings.HasSuffix(x.Name, "bias") || strings.HasSuffix(x.Name, "mean") {
			copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
		}
	}
	return net
}

func unrolledSpec(visible unit.Unit, centred bool) models.Unrolled {
	return models.Unrolled{Body: models.Stack{Shape: []int{2, 3, 1}, Layers: []models.Spec{
		models.RBM{Visible: visible, Hidden: unit.Binary{}, Units: 5, Deviation: 0.7, Centred: centred},
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Gaussian{}, Units: 4, Deviation: 0.7, Centred: centred, Copies: 1.5},
	}}}
}

// Mirrored, it goes up and down as its machines do by their means.
func TestUnrolledMirrorsItsMachines(t *testing.T) {
	for _, spec := range []models.Unrolled{
		unrolledSpec(unit.Binary{}, false), unrolledSpec(unit.Gaussian{}, true), unrolledSpec(unit.Multinary{}, true),
	} {
		net := unrolled(t, spec)
		v := graphtest.Positive("v", 9, 3, 2, 3, 1)
		values := func(m models.Coder) (code, decoded []float32) {
			g := graph.New(nil)
			h := m.Encode(g, g.Param(v))
			return graphtest.Value(t, g, h), graphtest.Value(t, g, m.Decode(g, h))
		}
		code, want := values(net.Machines())
		if _, decoded := values(net); slices.Equal(decoded, want) {
			t.Error("the decoder follows the machines before it is asked to")
		}
		net.Mirror(1, 1)
		net.Mirror(2, 2)
		got, decoded := values(net)
		graphtest.Near(t, "code", 0, got, code)
		graphtest.Near(t, "decoded", 1e-5, decoded, want)

		// The two halves are tensors of their own.
		part := net.Part(2, 2)
		for _, p := range part.Parameters()[2:] {
			clear(p.Data)
		}
		if got, _ := values(net.Machines()); !slices.Equal(got, code) {
			t.Error("the decoder's tensors are the machines'")
		}
		for _, p := range net.Part(1, 2).Parameters() {
			if strings.Contains(p.Name, "visible") {
				t.Errorf("the autoencoder learns %s", p.Name)
			}
		}
	}
}

// A new one mirrors its machines, and has each tensor once.
func TestUnrolledBegins(t *testing.T) {
	spec := unrolledSpec(unit.Gaussian{}, false)
	spec.Decoder = "sigmoid"
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	net := model.(*models.UnrolledNet)
	seen := map[string]bool{}
	for _, x := range net.Tensors() {
		if seen[x.Name] {
			t.Errorf("two tensors are named %s", x.Name)
		}
		seen[x.Name] = true
	}
	if len(seen) != 10 || len(net.Parameters()) != 10 {
		t.Errorf("%d tensors, %d parameters, want 10", len(seen), len(net.Parameters()))
	}
	v := graphtest.Positive("v", 9, 3, 6)
	graphtest.Gradient(t, 2e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node {
		x := g.Param(v)
		return g.CrossEntropy(x, net.Logits(g, net.Encode(g, x)))
	}, net.Part(1, 2).Parameters()...)
	spec.Decoder = ""
	if model, err = spec.New(graph.NewRandom(1)); err != nil {
		t.Fatal(err)
	}
	net = model.(*models.UnrolledNet)
	g := graph.New(nil)
	if net.Logits(g, net.Encode(g, g.Param(v))); g.Err() == nil || !strings.Contains(g.Err().Error(), "no logits") {
		t.Errorf("logits of Gaussian units: %v", g.Err())
	}
}
