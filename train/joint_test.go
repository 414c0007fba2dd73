package train

import (
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/metric"
)

// A machine of images and labels together, alone or on top of another machine,
// classifies images that it has not seen by the free energy of each label, and
// given a label its chain draws images of that class (Hinton, Osindero and Teh
// 2006; Larochelle and Bengio 2008).
func TestJointModelsLearn(t *testing.T) {
	top := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 60, Centred: true}
	below := top
	below.Units = 200 // few features of a layer that was not asked for classes would blur them
	stage := Stage{Objective: PCD{Chains: 50, K: 2}, Optimizer: Adam{Rate: 0.01}, Schedule: Linear, Epochs: 40, Batch: 20, DataStart: 0.1}
	first, second := stage, stage
	first.Last, second.First = 1, 2
	for name, c := range map[string]struct {
		layers []models.Spec
		stages []Stage
		wrong  float64 // a share of images, at most
		drawn  int     // of 40 samples, at least; by chance there would be 10
	}{
		"machine": {[]models.Spec{top}, []Stage{stage}, 0.05, 30},
		"stack":   {[]models.Spec{below, top}, []Stage{first, second}, 0.1, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testJoint(t, models.Stack{Shape: []int{8, 8, 3}, Layers: c.layers, Classes: 4}, c.stages, c.wrong, c.drawn)
		})
	}
}

func testJoint(t *testing.T, spec models.Stack, stages []Stage, mostWrong float64, leastDrawn int) {
	const classes, learnt, tested = 4, 400, 100
	images := labelledBars(learnt + tested).Threshold()
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := New(model, stages, images.Head(learnt), 1)
	if err != nil {
		t.Fatal(err)
	}
	run(t, trainer, -1)
	net := model.(*models.JointNet)
	test := images.Tail(tested)
	wrong, err := metric.ClassificationError(net, metric.Labelled{Source: test, Labels: test.Labels}, 50)
	if err != nil {
		t.Fatal(err)
	}
	if wrong > mostWrong {
		t.Errorf("a share of %g of images are taken for another class", wrong)
	}

	// Of each class, samples: chains from noise whose labels stay.
	const each = 10
	layers := net.Layers()
	below, top := layers[:len(layers)-1], layers[len(layers)-1]
	size := graph.Size(top.StateShape())
	states, given := graph.NewTensor("v", classes*each, size), graph.NewTensor("given", size)
	graph.NewRandom(2).Stream("noise").Uniform(states.Data)
	for i := range classes * each {
		row := states.Data[i*size : (i+1)*size]
		clear(row[size-classes:])
		row[size-classes+i/each] = 1
	}
	for k := range classes {
		given.Data[size-classes+k] = 1
	}
	g := graph.New(graph.NewRandom(3))
	next := top.GibbsGiven(g, g.Param(states), g.Param(given), models.AllNoise)
	mean := models.Down(g, below, top.WithoutLabels(g, top.Decode(g, top.Encode(g, next))))
	m, err := g.Compile(next, mean)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		copy(states.Data, m.Value(next))
	}
	drawn, pixels := 0, images.Size() // of the class asked for
	for i := range classes * each {
		if label := states.Data[(i+1)*size-classes+i/each]; label != 1 {
			t.Fatalf("chain %d has lost its label", i)
		}
		if brightest(m.Value(mean)[i*pixels:(i+1)*pixels]) == i/each {
			drawn++
		}
	}
	if drawn < leastDrawn {
		t.Errorf("%d of %d samples are of the class asked for", drawn, classes*each)
	}
}

// A layer starts from examples and labels as it learns from them.
func TestJointStartsFromLabels(t *testing.T) {
	images := labelledBars(40).Threshold()
	spec := models.Stack{Shape: []int{8, 8, 3}, Classes: 4, Layers: []models.Spec{
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 5, Centred: true},
	}}
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	s := Stage{Objective: PCD{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, DataStart: 0.1}
	trainer, err := New(model, []Stage{s}, images, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := trainer.begin(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	share := make([]float32, 4)
	for _, label := range images.Labels {
		share[label] += 1. / 40
	}
	near(t, "the mean label", trainer.layers[0].VisibleMean.Data[192:], share, 1e-6)
	images.Labels = nil
	if _, err := New(model, []Stage{s}, images, 1); err == nil || !strings.Contains(err.Error(), "no labels") {
		t.Errorf("images without labels: %v", err)
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
