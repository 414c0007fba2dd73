package zoo

import (
	"fmt"
	"image"
	"math"
	"slices"

	"boltzoo/models"
	"boltzoo/train/data"
	"boltzoo/zoo/report"
)

// Field is the vector field g(f(x)) − x of a model of points in the plane, on a
// grid: where it would move a point. That of a denoising autoencoder points to
// where data is dense; with little normal noise of variance σ² it is nearly
// σ² ∂log p(x)/∂x, exactly so of the density of data with the noise where it
// has learnt all there is to learn (Alain and Bengio 2014, theorem 1; Vincent
// 2011).
type Field struct {
	Set string    `json:"set"`
	X   []float64 `json:"x"` // the grid, row by row
	Y   []float64 `json:"y"`
	DX  []float64 `json:"dx"`
	DY  []float64 `json:"dy"`

	// Before and After are the mean distances of the grid's points to the
	// nearest test example, where they are and where the field moves them.
	Before float64 `json:"distance_before"`
	After  float64 `json:"distance_after"`

	points []report.Point // test examples
}

// fieldMargin is how much of the extent of the data the grid goes beyond it, at
// each side.
const fieldMargin = 0.12

// fieldSide is how many points the grid has along a side.
const fieldSide = 28

// NewField computes the field on a grid of 28 × 28 points about examples in the
// plane.
func NewField(model models.Model, images *data.Images) (*Field, error) {
	if images.Size() != 2 {
		return nil, fmt.Errorf("zoo: field: examples of %s have %d values, want 2, points in the plane", images.Name, images.Size())
	}
	if images.Len() == 0 {
		return nil, fmt.Errorf("zoo: field: no examples of %s to lay a grid about", images.Name)
	}
	f := &Field{Set: images.Name}
	examples := Floats(images)
	x, y := coordinates(examples)
	for i := range x {
		f.points = append(f.points, report.Point{X: x[i], Y: y[i]})
	}
	left, right := widened(x)
	bottom, top := widened(y)
	var grid []float32
	for row := range fieldSide {
		for column := range fieldSide {
			grid = append(grid,
				float32(left+(right-left)*float64(column)/(fieldSide-1)),
				float32(bottom+(top-bottom)*float64(row)/(fieldSide-1)))
		}
	}
	moved, err := Reconstruct(model, values{2, grid})
	if err != nil {
		return nil, err
	}
	f.X, f.Y = coordinates(grid)
	f.DX, f.DY = coordinates(moved)
	for i := range f.X {
		f.Before += f.distance(f.X[i], f.Y[i]) / float64(len(f.X))
		f.After += f.distance(f.DX[i], f.DY[i]) / float64(len(f.X))
		f.DX[i] -= f.X[i]
		f.DY[i] -= f.Y[i]
	}
	return f, nil
}

// coordinates are the x and the y of points, one after the other.
func coordinates(points []float32) (x, y []float64) {
	for i := 0; i < len(points); i += 2 {
		x, y = append(x, float64(points[i])), append(y, float64(points[i+1]))
	}
	return x, y
}

// widened is the range of numbers, with a margin.
func widened(x []float64) (low, high float64) {
	low, high = slices.Min(x), slices.Max(x)
	margin := fieldMargin * (high - low)
	if margin == 0 {
		margin = 0.5
	}
	return low - margin, high + margin
}

// distance is that to the nearest example.
func (f *Field) distance(x, y float64) float64 {
	least := math.Inf(1)
	for _, p := range f.points {
		least = min(least, math.Hypot(p.X-x, p.Y-y))
	}
	return least
}

// Draw draws the field over the test examples. Lengths are the field's, but no
// arrow is longer than the grid is wide from point to point.
func (f *Field) Draw() (image.Image, error) {
	longest := 0.95 * min(f.X[1]-f.X[0], f.Y[fieldSide]-f.Y[0])
	arrows := make([]report.Arrow, len(f.X))
	for i := range arrows {
		scale := 1.0
		if length := math.Hypot(f.DX[i], f.DY[i]); length > longest {
			scale = longest / length
		}
		arrows[i] = report.Arrow{X: f.X[i], Y: f.Y[i], DX: scale * f.DX[i], DY: scale * f.DY[i]}
	}
	return report.Scatter{
		Title: "g(f(x)) − x, arrows no longer than a step of the grid",
		Equal: true, Arrows: arrows,
	}.Draw(f.points)
}
