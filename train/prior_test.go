package train

import (
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// The prior has the mean and the covariance of the top layer's pre-activations.
func TestFitPrior(t *testing.T) {
	images := bars(50)
	model := newModel(t, stackSpec(unit.Binary{}), 4)
	for _, l := range model.Layers() {
		for i := range l.Weight.Data {
			l.Weight.Data[i] *= 20
		}
	}
	if err := FitPrior(model, images, 16); err != nil {
		t.Fatal(err)
	}
	layers := model.Layers()
	x := pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node {
		return layers[2].Up(g, models.Up(g, layers[:2], v))
	})
	mean, deviation := columns(x, 5)
	for j := range 5 {
		if got := float64(model.Prior().Mean.Data[j]); math.Abs(got-mean[j]) > 1e-5 {
			t.Errorf("mean %d is %g, want %g", j, got, mean[j])
		}
		variance := 0.0
		for k := range 5 {
			f := float64(model.Prior().Factor.Data[j*5+k])
			variance += f * f
		}
		if want := deviation[j] * deviation[j] * 50 / 49; math.Abs(variance-want) > 0.02*want {
			t.Errorf("variance %d is %g, want %g", j, variance, want)
		}
	}
	large := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 2000}
	if err := FitPrior(newModel(t, large, 1), images, 16); err == nil {
		t.Error("a prior of 2000 units")
	}
}
