package train

import (
	"slices"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// A machine of images and labels together classifies images that it has not
// seen by the free energy of each label, and given a label its chain draws
// images of that class (Hinton, Osindero and Teh 2006; Larochelle and Bengio
// 2008).
func TestJointMachineOfLabels(t *testing.T) {
	const classes, pixels, learnt = 4, 192, 400
	images := labelledBars(500).Threshold()
	joint, err := images.WithLabels(classes)
	if err != nil {
		t.Fatal(err)
	}
	spec := models.RBM{
		Visible: unit.Mixed{Units: pixels, First: unit.Binary{}, Rest: unit.Softmax{}}, Hidden: unit.Binary{},
		Shape: []int{pixels + classes}, Units: 60, Centred: true,
	}
	stages := []Stage{{Objective: PCD{Chains: 50, K: 2}, Optimizer: Adam{Rate: 0.01}, Schedule: Linear, Epochs: 40, Batch: 20, DataStart: 0.1}}
	model := newModel(t, spec, 1)
	trainer, err := New(model, stages, joint.Head(learnt), 1)
	if err != nil {
		t.Fatal(err)
	}
	run(t, trainer, -1)
	l := model.Layers()[0]

	x := make([]float32, 100*pixels)
	for i := range 100 {
		images.Floats(x[i*pixels:(i+1)*pixels], learnt+i)
	}
	g := graph.New(graph.NewRandom(1))
	v := g.Input("v", 100, pixels)
	free := l.ClassFreeEnergy(g, v, classes)
	m, err := g.Compile(free)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Set(v, x); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i := range 100 {
		row := m.Value(free)[i*classes : (i+1)*classes]
		if slices.Index(row, slices.Min(row)) != int(images.Labels[learnt+i]) {
			wrong++
		}
	}
	if wrong > 5 {
		t.Errorf("%d of 100 images are taken for another class", wrong)
	}

	// Of each class, samples: chains from noise whose labels stay.
	const each = 10
	states, given := graph.NewTensor("v", classes*each, pixels+classes), graph.NewTensor("given", pixels+classes)
	graph.NewRandom(2).Stream("noise").Uniform(states.Data)
	for i := range classes * each {
		row := states.Data[i*(pixels+classes) : (i+1)*(pixels+classes)]
		clear(row[pixels:])
		row[pixels+i/each] = 1
	}
	for k := range classes {
		given.Data[pixels+k] = 1
	}
	g = graph.New(graph.NewRandom(3))
	next := l.GibbsGiven(g, g.Param(states), g.Param(given), models.AllNoise)
	mean := l.Decode(g, l.Encode(g, next))
	if m, err = g.Compile(next, mean); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		copy(states.Data, m.Value(next))
	}
	drawn := 0 // of the class asked for
	for i := range classes * each {
		row := m.Value(mean)[i*(pixels+classes) : (i+1)*(pixels+classes)]
		if label := states.Data[i*(pixels+classes)+pixels+i/each]; label != 1 {
			t.Fatalf("chain %d has lost its label", i)
		}
		if brightest(row[:pixels]) == i/each {
			drawn++
		}
	}
	if drawn < classes*each*3/4 {
		t.Errorf("%d of %d samples are of the class asked for", drawn, classes*each)
	}
}

// brightest is the class of a picture of a bar: that of the row or column with
// the most light in one colour.
func brightest(x []float32) int {
	class, most := 0, float32(0)
	for at := range 8 {
		for c := range 3 {
			row, column := float32(0), float32(0)
			for j := range 8 {
				row += x[(at*8+j)*3+c]
				column += x[(j*8+at)*3+c]
			}
			if row > most {
				class, most = at/4, row
			}
			if column > most {
				class, most = 2+at/4, column
			}
		}
	}
	return class
}
