package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"boltzoo/models"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// patterns are images that vary along six directions, the first three by more
// than the others, about a mean that is far from 0.
func patterns(seed uint64, n int) *data.Images {
	s := &data.Images{Name: "patterns", Height: 6, Width: 6, Channels: 1, Sum: "patterns"}
	directions, random := rand.New(rand.NewPCG(9, 9)), rand.New(rand.NewPCG(seed, 1))
	var basis [6][36]float64
	for k := range basis {
		for i := range basis[k] {
			basis[k][i] = directions.NormFloat64()
		}
	}
	for range n {
		x := [36]float64{}
		for k, deviation := range []float64{27, 23, 19, 9, 7, 6} {
			a := deviation * random.NormFloat64()
			for i := range x {
				x[i] += a * basis[k][i]
			}
		}
		for i := range x {
			s.Pix = append(s.Pix, byte(min(max(math.Round(128+x[i]), 0), 255)))
		}
	}
	return s
}

// A linear autoencoder, tied or not, comes to the space of the principal
// components, and to their error on images that it has not seen.
func TestLinearAutoencoderFindsComponents(t *testing.T) {
	images, unseen := patterns(1, 400), patterns(2, 400)
	for _, tied := range []bool{true, false} {
		spec := models.Autoencoder{Shape: []int{6, 6, 1}, Layers: []int{3}, Activation: "linear", Output: "linear", Tied: tied}
		model := anyModel(t, spec, 1)
		trainer, err := New(model, []Stage{{
			Objective: Reconstruction{}, Optimizer: Adam{Rate: 0.03}, Schedule: Linear, Epochs: 300, Batch: 40,
		}}, images, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range trainer.Run(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		p, err := metric.FitPCA(images, 3)
		if err != nil {
			t.Fatal(err)
		}
		angle, err := p.Angle(model.(models.Coder))
		if err != nil {
			t.Fatal(err)
		}
		best, err := p.Reconstruction(unseen, 3)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := metric.Reconstruction(model.(models.Coder), unseen, 100)
		if err != nil {
			t.Fatal(err)
		}
		if angle > 1 || math.Abs(ours[0]/best[0]-1) > 0.01 {
			t.Errorf("tied %v: %.3g degrees from the components, error %.4g, theirs %.4g", tied, angle, ours[0], best[0])
		}
	}
}
