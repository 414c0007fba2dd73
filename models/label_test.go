package models

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// jointSpec is a machine of 2×2 pixels and 3 classes.
func jointSpec() Stack {
	return Stack{Shape: []int{2, 2, 1}, Classes: 3, Layers: []Spec{
		RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3, Centred: true},
	}}
}

func jointNet(t *testing.T, spec Stack) *JointNet {
	t.Helper()
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range model.(*JointNet).Layers()[0].Tensors() {
		copy(p.Data, graphtest.Random(p.Name, uint64(i)+20, p.Shape...).Data)
	}
	return model.(*JointNet)
}

// What takes an example without a label sums labels out: its free energy, and
// the states that it gives hidden units, are those of the labels' distribution.
func TestExamplesWithoutLabels(t *testing.T) {
	net := jointNet(t, jointSpec())
	l := net.Layers()[0]
	const examples = 16
	v, labels := graph.NewTensor("v", examples, 2, 2, 1), make([]*graph.Tensor, 3)
	for i := range v.Data {
		v.Data[i] = float32(i / 4 >> (i % 4) & 1)
	}
	g := graph.New(nil)
	in := g.Param(v)
	var free [3][]float32
	for y := range labels {
		labels[y] = graph.NewTensor(fmt.Sprint("label ", y), examples, 3)
		for i := range examples {
			labels[y].Data[3*i+y] = 1
		}
		free[y] = graphtest.Value(t, g, l.FreeEnergy(g, l.WithLabels(g, in, g.Param(labels[y]))))
	}
	var p, want []float32 // of classes; free energies
	for i := range examples {
		sum := 0.0
		for y := range labels {
			sum += math.Exp(-float64(free[y][i]))
		}
		want = append(want, float32(-math.Log(sum)))
		for y := range labels {
			p = append(p, float32(math.Exp(-float64(free[y][i]))/sum))
		}
	}
	graphtest.Near(t, "F(v)", 1e-5, graphtest.Value(t, g, net.FreeEnergy(g, in)), want)
	graphtest.Near(t, "p(y|v)", 1e-5, graphtest.Value(t, g, g.Softmax(net.ClassLogits(g, in))), p)
	states := graph.NewTensor("s", examples, 7)
	for i := range examples {
		copy(states.Data[7*i:], v.Data[4*i:4*i+4])
		copy(states.Data[7*i+4:], p[3*i:3*i+3])
	}
	graphtest.Near(t, "labelled states", 1e-5, graphtest.Value(t, g, l.Labelled(g, in)), states.Data)
	graphtest.Near(t, "hidden states", 1e-5, graphtest.Value(t, g, l.Encode(g, in)), graphtest.Value(t, g, l.Encode(g, g.Param(states))))
	graphtest.Near(t, "without labels", 0, graphtest.Value(t, g, l.WithoutLabels(g, g.Param(states))), v.Data)
	if shape := net.Decode(g, net.Encode(g, in)).Shape(); !shape.Eq(in.Shape()) {
		t.Errorf("examples of shape %v are decoded to %v", in.Shape(), shape)
	}
}

// A chain of examples, which draws labels on its way, visits them as often as
// their free energy says.
func TestChainWithoutLabels(t *testing.T) {
	net := jointNet(t, jointSpec())
	const chains, steps = 4000, 30
	g := graph.New(graph.NewRandom(2))
	v := graph.NewTensor("v", chains, 2, 2, 1)
	next := net.Gibbs(g, g.Param(v), AllNoise)
	m, err := g.Compile(next)
	if err != nil {
		t.Fatal(err)
	}
	for range steps {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		copy(v.Data, m.Value(next))
	}
	counts := make([]float64, 16)
	for i := range chains {
		state := 0
		for j, x := range v.Data[4*i : 4*i+4] {
			state |= int(x) << j
		}
		counts[state]++
	}
	all := graph.NewTensor("all", 16, 2, 2, 1)
	for i := range all.Data {
		all.Data[i] = float32(i / 4 >> (i % 4) & 1)
	}
	g = graph.New(nil)
	p := graphtest.Value(t, g, g.Softmax(g.Reshape(g.Scale(-1, net.FreeEnergy(g, g.Param(all))), 1, 16)))
	for i, x := range p {
		mean := chains * float64(x)
		if deviation := math.Sqrt(mean * (1 - float64(x))); math.Abs(counts[i]-mean) > 5*deviation {
			t.Errorf("state %d was visited by %g of %d chains, want %.0f ± %.0f", i, counts[i], chains, mean, deviation)
		}
	}
}

func TestJointStackRefuses(t *testing.T) {
	one, conv := jointSpec(), jointSpec()
	one.Classes = 1
	conv.Layers = []Spec{ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Filters: 2, Kernel: 2, Stride: 1}}
	for want, spec := range map[string]Stack{"labels of 1 classes": one, "a model of type conv-rbm cannot be the top layer": conv} {
		if _, err := spec.New(graph.NewRandom(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
