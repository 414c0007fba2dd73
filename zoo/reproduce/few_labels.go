package reproduce

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

// fewLabels is what pre-training without labels is worth where labels are few.
type fewLabels struct {
	*Lab
	recipe   zoo.Recipe // of the network, on all images
	pretrain int        // epochs of each layer
	sets     []labelSet
}

// labelSet is a number of labels that are known.
type labelSet struct {
	each       int     // images of each class
	draws      int     // how often other images are drawn
	epochs     int     // of back-propagation
	pretrained float64 // accuracy elsewhere, %, from the weights of a machine
	random     float64 // and from random ones
}

func newFewLabels(l *Lab) (*fewLabels, error) {
	recipe, err := zoo.Lookup(zoo.All(), "mnist-dbn-500-500-2000")
	if err != nil {
		return nil, err
	}
	recipe.BuiltIn = nil
	recipe.Sampling = zoo.Sampling{}
	e := &fewLabels{Lab: l, recipe: recipe, pretrain: 30, sets: []labelSet{
		{1000, 1, 50, 97.27, 94.73},
		{100, 3, 200, 93.65, 88.71},
		{10, 10, 500, 81.70, 76.02},
	}}
	if l.Quick {
		e.pretrain, e.recipe.Data.Images = 3, 5000
		e.sets = []labelSet{{100, 1, 20, 93.65, 88.71}, {10, 2, 50, 81.70, 76.02}}
	}
	return e, nil
}

// runFewLabels makes the page.
func runFewLabels(ctx context.Context, l *Lab) (*Page, error) {
	e, err := newFewLabels(l)
	if err != nil {
		return nil, err
	}
	table := Table{
		Caption: "Accuracy on all test digits, %, mean ± standard deviation over draws of the labelled digits, and over seeds.",
		Head:    []string{"labels", "from", "elsewhere", "ours", "settings", "time"},
	}
	for _, set := range e.sets {
		rows, err := e.rows(ctx, set)
		if err != nil {
			return nil, err
		}
		table.Rows = append(table.Rows, rows...)
	}
	return &Page{
		Title: "Classes from few labels",
		Intro: []string{
			"A network of 500, 500 and 2000 sigmoid units and a softmax layer learns the classes of a few labelled digits of MNIST: from the " +
				"weights of three machines that were trained one on top of the other on all digits, without labels (Hinton, Osindero and Teh 2006), and " +
				"from random weights. The numbers from elsewhere are those of Bondarenko's boltzmann-machines (2017, README), of a network that " +
				"has one machine for its initial weights; which digits were labelled there is not known, and with ten of each class that matters.",
			l.provenance("few-labels"),
		},
		Sections: []Section{{Title: "Digits", Tables: []Table{table}}},
	}, nil
}

// rows are the two of the table about so many labels.
func (e *fewLabels) rows(ctx context.Context, set labelSet) ([][]string, error) {
	var rows [][]string
	for _, from := range []struct {
		name  string
		paper float64
		start string
	}{
		{"machines", set.pretrained, fmt.Sprintf("CD-1, %d epochs a layer at rate %g, on all digits; then %d epochs at rate %g", e.pretrain, zoo.PretrainingRate, set.epochs, fewRate)},
		{"random weights", set.random, fmt.Sprintf("%d epochs at rate %g", set.epochs, fewRate)},
	} {
		var accuracies, seconds []float64
		var before []float64 // seconds of pre-training
		for _, seed := range e.seeds() {
			pretrained := ""
			if from.name == "machines" {
				var err error
				var took float64
				if pretrained, took, err = e.pretrained(ctx, seed); err != nil {
					return nil, err
				}
				before = append(before, took)
			}
			for draw := range set.draws {
				accuracy, r, err := e.tuned(ctx, set, seed, draw, pretrained)
				if err != nil {
					return nil, err
				}
				accuracies, seconds = append(accuracies, accuracy), append(seconds, r.seconds)
			}
		}
		mean, _ := meanDeviation(seconds)
		took := inWords(mean)
		if len(before) > 0 {
			first, _ := meanDeviation(before)
			took = inWords(first) + ", then " + took
		}
		rows = append(rows, []string{fmt.Sprint(10 * set.each), from.name, fmt.Sprintf("%.2f", from.paper), spread(accuracies), from.start, took})
	}
	return rows, nil
}

// pretrained is the name of the run of machines of that seed, and the seconds that
// it took.
func (e *fewLabels) pretrained(ctx context.Context, seed uint64) (string, float64, error) {
	recipe := e.recipe
	recipe.Seed = seed
	recipe.Stages = zoo.Pretraining(3, e.pretrain)
	name := fmt.Sprintf("pretrained-seed%d", seed)
	r, err := e.train(ctx, name, recipe, "", nil)
	if err != nil {
		return "", 0, err
	}
	return name, r.seconds, nil
}

// fewRate is the rate of back-propagation.
const fewRate = 0.1

// tuned is the accuracy, in per cent, of the network that learns from a draw of
// labelled digits, from the weights of the run from or from random ones. Pixels
// are drawn, anew at every step, as a digit seen so is never the same twice.
func (e *fewLabels) tuned(ctx context.Context, set labelSet, seed uint64, draw int, from string) (float64, *run, error) {
	recipe := e.recipe
	recipe.Seed = seed
	recipe.Data.PerClass, recipe.Data.Seed = set.each, uint64(draw+1)
	stage := zoo.FineTuning(fewRate, set.epochs)
	stage.DrawData = true
	recipe.Stages = []train.Stage{stage}
	name := fmt.Sprintf("labels%d-draw%d-seed%d", 10*set.each, draw+1, seed)
	if from == "" {
		recipe.Model = initial(recipe.Model.(models.Classifier))
		name += "-random"
	}
	r, err := e.train(ctx, name, recipe, from, nil)
	if err != nil {
		return 0, nil, err
	}
	accuracy, err := once(e.Lab, name, r.sum, func() (float64, error) {
		test, err := recipe.Data.Open(e.Root, data.Test)
		if err != nil {
			return 0, err
		}
		defer test.Close()
		wrong, err := classErrors(r, test)
		return 100 * (1 - wrong), err
	})
	return accuracy, r, err
}

// initial is a classifier on binary machines whose weights begin as those of a
// sigmoid network should that learns by back-propagation alone: with four times
// the deviation √(2/(V+H)) of other networks, as is usual (Bengio 2012, Practical
// Recommendations for Gradient-Based Training of Deep Architectures). At the 0.01
// that suits machines three layers learn nothing of a thousand labels.
func initial(c models.Classifier) models.Classifier {
	stack := c.Body.(models.Stack)
	visible := graph.Size(stack.Shape)
	var layers []models.Spec
	for _, l := range stack.Layers {
		rbm := l.(models.RBM)
		rbm.Deviation = 4 * math.Sqrt(2/float64(visible+rbm.Units))
		layers, visible = append(layers, rbm), rbm.Units
	}
	stack.Layers = layers
	c.Body = stack
	return c
}
