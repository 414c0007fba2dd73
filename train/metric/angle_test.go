package metric

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
)

// An autoencoder that decodes to components, mixed and shifted, has the angle
// by which one of them is turned out of their space.
func TestAngleToComponents(t *testing.T) {
	const d, k = 12, 3
	p, err := FitPCA(rows(1, 400, d), k+1)
	if err != nil {
		t.Fatal(err)
	}
	component := func(i, j int) float64 { return float64(p.components.Data[i*(k+1)+j]) }
	model, err := models.Autoencoder{Shape: []int{d}, Layers: []int{k}, Activation: "linear", Output: "linear"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var mix [k][k]float64
	for i := range mix {
		for j := range mix {
			mix[i][j] = random.NormFloat64()
		}
	}
	decoder := model.Tensors()[2]
	for _, degrees := range []float64{0, 0.01, 1, 45, 90} {
		turn := degrees * math.Pi / 180
		for j := range k {
			for i := range d {
				w := mix[j][0]*component(i, 0) + mix[j][1]*component(i, 1)
				w += mix[j][2] * (math.Cos(turn)*component(i, 2) + math.Sin(turn)*component(i, 3))
				decoder.Data[j*d+i] = float32(w)
			}
		}
		for i, b := 0, model.Tensors()[3]; i < d; i++ {
			b.Data[i] = float32(i)
		}
		got, err := p.Angle(model.(models.Coder))
		if err != nil || math.Abs(got-degrees) > 1e-3 {
			t.Errorf("turned by %g degrees: %g, %v", degrees, got, err)
		}
	}
	clear(decoder.Data[:d])
	if got, err := p.Angle(model.(models.Coder)); err != nil || got != 90 {
		t.Errorf("with a unit that decodes to nothing: %g, %v", got, err)
	}
	wide, err := models.Autoencoder{Shape: []int{d}, Layers: []int{k + 2}}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Angle(wide.(models.Coder)); err == nil || !strings.Contains(err.Error(), "4 components of 12 values, want 5") {
		t.Errorf("too few components: %v", err)
	}
}
