package train

import (
	"context"
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// pairOf is a stack of two binary machines.
func pairOf(shape []int, hidden, top int, centred bool) models.Stack {
	b := unit.Binary{}
	return models.Stack{Shape: shape, Layers: []models.Spec{
		models.RBM{Visible: b, Hidden: b, Units: hidden, Centred: centred, Deviation: 0.5},
		models.RBM{Visible: b, Hidden: b, Units: top, Centred: centred},
	}}
}

// A machine that begins as the one below turned over has its partition
// function, and for what is below its hidden units their free energy there.
func TestTransposeKeepsTheModel(t *testing.T) {
	images := bars(60).Threshold()
	images.Height, images.Width, images.Channels = 1, 1, 8 // pieces of bars
	for _, centred := range []bool{false, true} {
		stages := []Stage{
			{Last: 1, Objective: PCD{Chains: 10}, Optimizer: Adam{Rate: 0.05}, Epochs: 2, Batch: 10, DataStart: 0.5},
			{First: 2, Objective: PCD{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 10, Transpose: true},
		}
		trainer := newTrainer(t, pairOf([]int{1, 1, 8}, 5, 8, centred), stages, images, 1)
		for step, err := range trainer.Run(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if step.EndOfStage {
				break
			}
		}
		if err := trainer.begin(context.Background(), stages[1]); err != nil {
			t.Fatal(err)
		}
		below, top := trainer.layers[0], trainer.layers[1]
		var logZ [2]float64
		for i, l := range trainer.layers {
			var err error
			if logZ[i], err = metric.LogZ(context.Background(), l, func(int, int) {}); err != nil {
				t.Fatal(err)
			}
		}
		if math.Abs(logZ[0]-logZ[1]) > 1e-4 {
			t.Errorf("centred %t: log Z is %g, of the machine below %g", centred, logZ[1], logZ[0])
		}
		g := graph.New(nil)
		const n = 32
		h := g.Input("h", n, 5)
		of, want := top.FreeEnergy(g, h), below.HiddenFreeEnergy(g, h)
		m, err := g.Compile(of, want)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, n*5)
		for i := range x {
			x[i] = float32(i / 5 >> (i % 5) & 1)
		}
		if err := m.Set(h, x); err != nil {
			t.Fatal(err)
		}
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		for i, f := range m.Value(of) {
			if d := f - m.Value(want)[i]; math.Abs(float64(d)) > 1e-4 {
				t.Errorf("centred %t: free energy %g of state %d, below %g", centred, f, i, m.Value(want)[i])
			}
		}
	}
}

// The hidden units beyond those of the machine below start as they would.
func TestTransposeLeavesOtherUnits(t *testing.T) {
	images := bars(40).Threshold()
	images.Height, images.Width, images.Channels = 1, 1, 8
	begun := func(transpose bool) *models.Layer {
		s := Stage{First: 2, Objective: PCD{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, DataStart: 0.1, Transpose: transpose}
		trainer := newTrainer(t, pairOf([]int{1, 1, 8}, 5, 12, true), []Stage{s}, images, 1)
		if err := trainer.begin(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		return trainer.layers[1]
	}
	plain, turned := begun(false), begun(true)
	for i := range plain.Weight.Data {
		if other := i%12 >= 8; (plain.Weight.Data[i] == turned.Weight.Data[i]) != other {
			t.Fatalf("weight %d: %g, and %g transposed", i, plain.Weight.Data[i], turned.Weight.Data[i])
		}
	}
	near(t, "means of other units", plain.HiddenMean.Data[8:], turned.HiddenMean.Data[8:], 0)
}

// States of the layers below are drawn where images are, each step anew.
func TestDrawDataBelow(t *testing.T) {
	net := newModel(t, pairOf([]int{2}, 2, 3, false), 1)
	below, top := net.Layers()[0], net.Layers()[1]
	clear(below.Weight.Data)
	clear(top.Weight.Data)
	copy(below.HiddenBias.Data, []float32{-40, float32(math.Log(3))}) // means of 0 and ¾
	const n, steps = 1000, 20
	m, err := newMachine(net, Stage{First: 2, DrawData: true}, n, 0, nil, graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	sum, seen := 0.0, map[float32]bool{}
	for range steps {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		slope := m.Value(m.gradients[1]) // ½ − ⟨h⟩
		if slope[0] != 0.5 {
			t.Fatalf("gradient %g of the bias of a state that is always 0", slope[0])
		}
		sum += 0.5 - float64(slope[1])
		seen[slope[1]] = true
	}
	if mean, deviation := sum/steps, math.Sqrt(0.75*0.25/(n*steps)); math.Abs(mean-0.75) > 5*deviation {
		t.Errorf("¾ was drawn 1 in a part of %g", mean)
	}
	if len(seen) < steps/3 {
		t.Errorf("%d steps drew %d different numbers of ones", steps, len(seen))
	}
}

func TestTransposeRefuses(t *testing.T) {
	b := unit.Binary{}
	images := &data.Images{Name: "none", Height: 1, Width: 1, Channels: 8, Pix: make([]byte, 80), Sum: "none"}
	stage := Stage{First: 2, Objective: PCD{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Transpose: true}
	lowest := stage
	lowest.First = 1
	for want, c := range map[string]struct {
		spec  models.Stack
		stage Stage
	}{
		"none below it":          {pairOf([]int{8}, 5, 8, true), lowest},
		"want 5 and at least 8":  {pairOf([]int{8}, 5, 7, true), stage},
		"one of them is centred": {models.Stack{Shape: []int{8}, Layers: []models.Spec{models.RBM{Visible: b, Hidden: b, Units: 5}, models.RBM{Visible: b, Hidden: b, Units: 8, Centred: true}}}, stage},
		"units {} and {} over":   {models.Stack{Shape: []int{8}, Layers: []models.Spec{models.RBM{Visible: unit.Gaussian{}, Hidden: b, Units: 5}, models.RBM{Visible: b, Hidden: b, Units: 8}}}, stage},
		"copies of hidden units": {models.Stack{Shape: []int{8}, Layers: []models.Spec{models.RBM{Visible: b, Hidden: b, Units: 5, Copies: 2}, models.RBM{Visible: b, Hidden: b, Units: 8}}}, stage},
	} {
		model := newModel(t, c.spec, 1)
		if _, err := New(model, []Stage{c.stage}, images, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}
