package zoo

import (
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// Samples of a class are those of a chain whose label stays; of another class
// they are others, and without one the chain starts from what the label probably
// is.
func TestSampleOfAClass(t *testing.T) {
	rbm := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4, Deviation: 1}
	joint, err := models.Stack{Shape: []int{2, 2, 1}, Layers: []models.Spec{rbm, rbm}, Classes: 3}.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	// The label alone decides all hidden units of the top machine, and with them
	// those below and the pixels.
	layers := joint.(models.Layered).Layers()
	for _, l := range layers {
		for _, p := range l.Parameters() {
			clear(p.Data)
		}
	}
	top := layers[1]
	for k := range 3 {
		for j := range 4 {
			top.Weight.Data[(4+k)*4+j] = float32(400*(k%2) - 200) // off for 0 and 2, on for 1
		}
	}
	for i := range 4 {
		for j := range 4 {
			if i == j {
				top.Weight.Data[i*4+j], layers[0].Weight.Data[i*4+j] = 80, 80
			}
		}
		top.VisibleBias.Data[i], layers[0].VisibleBias.Data[i] = -40, -40
	}
	start := make([]float32, 6*4)
	of := func(s Sampling) []float32 {
		t.Helper()
		pictures, err := s.Sample(joint, 6, 1, start)
		if err != nil {
			t.Fatal(err)
		}
		return pictures
	}
	for _, from := range []string{FromData, FromNoise} {
		for class, want := range []float32{0, 1, 0} {
			pictures := of(Sampling{From: from, Steps: 5, Noise: models.AllNoise, Class: &class})
			if math.Abs(float64(slices.Min(pictures)-want)) > 1e-6 || math.Abs(float64(slices.Max(pictures)-want)) > 1e-6 {
				t.Errorf("from %s, class %d: %v, want all %g", from, class, pictures, want)
			}
		}
		if pictures := of(Sampling{From: from, Steps: 5, Noise: models.AllNoise}); len(pictures) != 24 {
			t.Errorf("%d pixels without a class", len(pictures))
		}
	}
	three, one := 3, 1
	if _, err := (Sampling{From: FromData, Class: &three}).Sample(joint, 6, 1, start); err == nil || !strings.Contains(err.Error(), "class 3, want 0 to 2") {
		t.Errorf("class 3: %v", err)
	}
	plain, err := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{2, 2, 1}, Units: 4}.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Sampling{From: FromData, Class: &one}).Sample(plain, 6, 1, start); err == nil || !strings.Contains(err.Error(), "no label units") {
		t.Errorf("a machine without labels: %v", err)
	}
}
