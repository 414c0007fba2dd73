package reproduce

import (
	"math"
	"slices"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

func TestWidths(t *testing.T) {
	for layers, want := range map[int][]int{1: {32}, 2: {512, 32}, 5: {512, 256, 128, 64, 32}} {
		if got := widths(layers); !slices.Equal(got, want) {
			t.Errorf("%d layers of %v, want %v", layers, got, want)
		}
	}
}

// A step of contrastive divergence has five products, and one of an
// autoencoder three a layer but for the lowest, which passes no gradient on.
func TestMultiplications(t *testing.T) {
	const batch, v, h = 7, 12, 5
	stage := zoo.RectifierPretraining(1)[0]
	stage.First, stage.Last = 0, 0
	rbm, err := models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Shape: []int{v}, Units: h}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := multiplications(rbm, stage, batch); err != nil || got != 5*batch*v*h {
		t.Errorf("contrastive divergence: %g multiplications, %v, want %d", got, err, 5*batch*v*h)
	}
	deep, err := models.Autoencoder{Shape: []int{v}, Layers: []int{h, 3}}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := multiplications(deep, train.Stage{Objective: train.Reconstruction{}}, batch); err != nil || got != batch*(3*2*(v*h+h*3)-v*h) {
		t.Errorf("reconstruction: %g multiplications, %v, want %d", got, err, batch*(3*2*(v*h+h*3)-v*h))
	}
}

// The pre-training has the count of the paper's sizes, by hand.
func TestPretrainingCost(t *testing.T) {
	e := newP1(&Lab{})
	e.trainSet = data.Digits(1, 10000) // forty batches of 250
	three, err := e.three()
	if err != nil {
		t.Fatal(err)
	}
	stack := three[0].recipe.Model.(models.Unrolled).Body.(models.Stack)
	weights := 400*784*512 + 400*512*256 + 600*256*128 + 1000*128*64 + 3000*64*32
	for _, c := range []struct {
		reading       reading
		steps, images float64
	}{{readings[0], 5400, 250}, {readings[1], 40 * 5400, 10000}} {
		count, updates, err := e.pretrainingCost(stack, e.pretraining(c.reading))
		if want := 5 * float64(weights) * c.images; err != nil || count != want || float64(updates) != c.steps {
			t.Errorf("%g multiplications in %d updates, %v, want %g in %g", count, updates, err, want, c.steps)
		}
	}
	if got := power(3.087e11); got != "3.09·10¹¹" {
		t.Errorf("written as %s", got)
	}
}

// Moving weights along their gradient by a little changes the loss by its norm.
func TestGradientNorms(t *testing.T) {
	model, err := models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{6, 4}, Activation: "sigmoid"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	deep := model.(models.Deep)
	images := data.Digits(1, 30)
	norms, err := gradientNorms(deep, images)
	if err != nil || len(norms) != 4 {
		t.Fatalf("%v, %v", norms, err)
	}
	g := graph.New(nil)
	v := g.Input("v", 30, 28, 28, 1)
	loss := g.SquaredError(v, g.Reshape(deep.Decode(g, deep.Encode(g, v)), 30, 28, 28, 1))
	for i, w := range deep.Weights() {
		gradient := g.Grad(loss, g.Param(w))[0]
		m, err := g.Compile(loss, gradient)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Set(v, zoo.Floats(images)); err != nil {
			t.Fatal(err)
		}
		at := slices.Clone(w.Data)
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		direction := slices.Clone(m.Value(gradient))
		const far = 0.05
		lossAt := func(step float64) float64 {
			for k := range at {
				w.Data[k] = at[k] + float32(step/norms[i])*direction[k]
			}
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			return float64(m.Value(loss)[0])
		}
		slope := (lossAt(far) - lossAt(-far)) / (2 * far)
		copy(w.Data, at)
		if math.Abs(slope/norms[i]-1) > 0.02 {
			t.Errorf("%s: along its gradient the loss rises by %g, the norm is %g", w.Name, slope, norms[i])
		}
	}
}

func TestInOrder(t *testing.T) {
	of := func(errs ...float64) []*tuned {
		var all []*tuned
		for _, e := range errs {
			all = append(all, &tuned{test: e})
		}
		return all
	}
	if got := inOrder([][]*tuned{of(2, 2, 1), of(3, 3, 3), of(1, 2.5, 0.5)}, func(t *tuned) float64 { return t.test }); got != 2 {
		t.Errorf("%d in order, want 2", got)
	}
}
