package zoo

import (
	"context"
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
)

// learnt is a model after a stage.
func learnt(t *testing.T, spec models.Spec, stage train.Stage, images *data.Images) models.Model {
	t.Helper()
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := train.New(model, []train.Stage{stage}, images, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range trainer.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return model
}

// The field of a denoising autoencoder points to the curve that its data lies
// near: a circle, the distance to which is known.
func TestFieldPointsToTheManifold(t *testing.T) {
	const n, radius = 3000, 0.35
	images := &data.Images{Name: "circle", Height: 1, Width: 2, Channels: 1, Pix: make([]byte, 2*n)}
	angles := make([]float32, n)
	graph.NewRandom(3).Stream("angles").Uniform(angles)
	for i, a := range angles {
		sine, cosine := math.Sincos(2 * math.Pi * float64(a))
		images.Pix[2*i], images.Pix[2*i+1] = byte(math.Round(255*(0.5+radius*cosine))), byte(math.Round(255*(0.5+radius*sine)))
	}
	model := learnt(t, models.Autoencoder{Shape: []int{1, 2, 1}, Layers: []int{32, 32}, Output: "linear"}, train.Stage{
		Objective: train.Reconstruction{Corruption: train.Corruptions{{Form: "gaussian", Level: 0.08}}},
		Optimizer: train.Adam{Rate: 0.01},
		Schedule:  train.Linear,
		Epochs:    100, Batch: 100,
	}, images)
	f, err := NewField(model, images)
	if err != nil {
		t.Fatal(err)
	}
	if !(f.After < 0.4*f.Before) {
		t.Errorf("points are %.4f away from the data, and %.4f where the field moves them", f.Before, f.After)
	}
	away := func(x, y float64) float64 { return math.Abs(math.Hypot(x-0.5, y-0.5) - radius) }
	nearer, cosine, near := 0, 0.0, 0
	for i, x := range f.X {
		y := f.Y[i]
		before := away(x, y)
		if before < 0.02 || before > 0.16 { // within twice the noise, and not on the circle
			continue
		}
		near++
		if away(x+f.DX[i], y+f.DY[i]) < before {
			nearer++
		}
		// The way to the circle is along the radius.
		rx, ry := x-0.5, y-0.5
		in := math.Copysign(1, radius-math.Hypot(rx, ry)) / math.Hypot(rx, ry)
		cosine += in * (rx*f.DX[i] + ry*f.DY[i]) / math.Hypot(f.DX[i], f.DY[i])
	}
	if cosine /= float64(near); near < 200 || nearer < near*97/100 || cosine < 0.9 {
		t.Errorf("of %d points near the curve %d are moved towards it, at a mean cosine of %.3f", near, nearer, cosine)
	}
	t.Logf("distance %.4f, then %.4f; of %d points %d nearer, cosine %.3f", f.Before, f.After, near, nearer, cosine)
	if _, err := f.Draw(); err != nil {
		t.Error(err)
	}
}

// affine is g(f(x)) = xW + b, of full rank.
type affine struct{}

func (affine) New(*graph.Random) (models.Model, error) {
	return &affineMap{graph.NewTensor("w", 2, 2), graph.NewTensor("b", 2)}, nil
}

type affineMap struct{ w, b *graph.Tensor }

func (*affineMap) Spec() models.Spec             { return affine{} }
func (m *affineMap) Tensors() []*graph.Tensor    { return []*graph.Tensor{m.w, m.b} }
func (m *affineMap) Parameters() []*graph.Tensor { return m.Tensors() }
func (*affineMap) InputShape() []int             { return []int{1, 2, 1} }
func (*affineMap) CodeShape() []int              { return []int{2} }
func (m *affineMap) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	return g.Affine(v, g.Param(m.w), g.Param(m.b))
}
func (*affineMap) Decode(_ *graph.Graph, h *graph.Node) *graph.Node { return h }

// Of normal data N(μ, Σ) with noise N(0, σ²I) the best reconstruction is
// linear, μ + Σ(Σ+σ²I)⁻¹(x−μ), and so the field is σ² times the score
// −(Σ+σ²I)⁻¹(x−μ) of the data with the noise; as σ falls, of the data.
func TestFieldIsTheScore(t *testing.T) {
	const n, sigma = 5000, 0.03
	images := &data.Images{Name: "normal", Height: 1, Width: 2, Channels: 1, Pix: make([]byte, 2*n)}
	z := make([]float32, 2*n)
	graph.NewRandom(3).Stream("data").Normal(z)
	for i := range n {
		a, b := 0.16*float64(z[2*i]), 0.1*float64(z[2*i+1])
		images.Pix[2*i] = byte(math.Round(255 * min(max(0.5+0.8*a-0.6*b, 0), 1)))
		images.Pix[2*i+1] = byte(math.Round(255 * min(max(0.5+0.6*a+0.8*b, 0), 1)))
	}
	x, y := coordinates(Floats(images))
	var mx, my, xx, xy, yy float64
	for i := range n {
		mx, my = mx+x[i]/n, my+y[i]/n
	}
	for i := range n {
		xx += (x[i] - mx) * (x[i] - mx) / n
		xy += (x[i] - mx) * (y[i] - my) / n
		yy += (y[i] - my) * (y[i] - my) / n
	}
	// score is that of N(μ, Σ + noise I).
	score := func(px, py, noise float64) (sx, sy float64) {
		a, c := xx+noise, yy+noise
		det := a*c - xy*xy
		return -(c*(px-mx) - xy*(py-my)) / det, -(a*(py-my) - xy*(px-mx)) / det
	}
	models.Types["affine"] = affine{}
	t.Cleanup(func() { delete(models.Types, "affine") })
	model := learnt(t, affine{}, train.Stage{
		Objective: train.Reconstruction{Corruption: train.Corruptions{{Form: "gaussian", Level: sigma}}},
		Optimizer: train.Adam{Rate: 0.02},
		Schedule:  train.Linear,
		Epochs:    400, Batch: 1000,
	}, images)
	f, err := NewField(model, images)
	if err != nil {
		t.Fatal(err)
	}
	var field, ofNoisy, ofData float64 // mean squares of the field and of its differences
	for i := range f.X {
		sx, sy := score(f.X[i], f.Y[i], sigma*sigma)
		dx, dy := score(f.X[i], f.Y[i], 0)
		field += sigma * sigma * sigma * sigma * (dx*dx + dy*dy)
		ofNoisy += math.Pow(f.DX[i]-sigma*sigma*sx, 2) + math.Pow(f.DY[i]-sigma*sigma*sy, 2)
		ofData += math.Pow(f.DX[i]-sigma*sigma*dx, 2) + math.Pow(f.DY[i]-sigma*sigma*dy, 2)
	}
	t.Logf("relative difference from the score of data with noise %.4f, of data %.4f", math.Sqrt(ofNoisy/field), math.Sqrt(ofData/field))
	if r := math.Sqrt(ofNoisy / field); r > 0.02 {
		t.Errorf("the field differs from σ² times the score of data with noise by %.3f of it", r)
	}
	// The larger of σ²/λ, with λ = 0.01 the smaller variance of the data.
	if r := math.Sqrt(ofData / field); r > 0.09+0.02 {
		t.Errorf("the field differs from σ² times the score of data by %.3f of it", r)
	}
}

func TestFieldRefuses(t *testing.T) {
	if _, err := NewField(coder(t, 2).Model, data.Digits(1, 3)); err == nil {
		t.Error("a field of digits")
	}
	m, err := models.Autoencoder{Shape: []int{2}, Layers: []int{3}}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewField(m, data.Spiral(1, 0)); err == nil {
		t.Error("about no point")
	}
	if f, err := NewField(m, data.Spiral(1, 1)); err != nil || len(f.X) != fieldSide*fieldSide {
		t.Errorf("about one point: %v", err)
	}
}
