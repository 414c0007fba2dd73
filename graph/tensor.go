package graph

import "slices"

// Tensor is a named dense array of float32, row-major: a weight, a bias, a
// running mean, an optimiser's moment. Graphs that use it as a parameter share
// its Data, so an update in place is seen by every compiled machine.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// NewTensor returns a tensor of zeros.
func NewTensor(name string, shape ...int) *Tensor {
	t := &Tensor{Name: name, Shape: slices.Clone(shape)}
	t.Data = make([]float32, t.Size())
	return t
}

// Size is the number of elements that the shape asks for.
func (t *Tensor) Size() int { return Size(t.Shape) }

// Size is the number of elements of a shape.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
