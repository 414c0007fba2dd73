package zoo

import (
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// With linear visible units the response of a unit of the first layer is its
// weights, and of a second layer the product of both layers' weights.
func TestResponsesOfLinearLayers(t *testing.T) {
	linear := unit.Gaussian{}
	model, err := models.Stack{Shape: []int{3, 2, 1}, Layers: []models.Spec{
		models.RBM{Visible: linear, Hidden: linear, Units: 4, Deviation: 1},
		models.RBM{Visible: linear, Hidden: linear, Units: 5, Deviation: 1, Centred: true},
	}}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	layers := model.(models.Layered).Layers()
	first, err := responses(layers[:1])
	if err != nil {
		t.Fatal(err)
	}
	second, err := responses(layers)
	if err != nil {
		t.Fatal(err)
	}
	a, b := layers[0].Weight.Data, layers[1].Weight.Data
	for v := range 6 {
		for h := range 4 {
			if got, want := first[v*4+h], a[v*4+h]; math.Abs(float64(got-want)) > 1e-5 {
				t.Errorf("layer 1, unit %d, pixel %d: %g, want %g", h, v, got, want)
			}
		}
		for u := range 5 {
			want := float32(0)
			for h := range 4 {
				want += a[v*4+h] * b[h*5+u]
			}
			if got := second[v*5+u]; math.Abs(float64(got-want)) > 1e-4 {
				t.Errorf("layer 2, unit %d, pixel %d: %g, want %g", u, v, got, want)
			}
		}
	}
}
