package train

import (
	"fmt"

	"boltzoo/graph"
)

// Adam is the optimiser of Kingma and Ba (2015), algorithm 1. Zero fields but
// the rate have the paper's values.
type Adam struct {
	Rate    float64 `json:"rate"`              // α: about how far a parameter moves in a step
	Beta1   float64 `json:"beta1,omitempty"`   // decay of the mean gradient; 0 means 0.9
	Beta2   float64 `json:"beta2,omitempty"`   // decay of the mean square; 0 means 0.999
	Epsilon float64 `json:"epsilon,omitempty"` // 0 means 1e-8
}

func (a Adam) check() error {
	switch {
	case !(a.Rate > 0):
		return fmt.Errorf("optimizer.rate %g, want above 0", a.Rate)
	case a.Beta1 < 0 || a.Beta1 >= 1 || a.Beta2 < 0 || a.Beta2 >= 1:
		return fmt.Errorf("optimizer.beta1 %g and beta2 %g, want from 0 to below 1", a.Beta1, a.Beta2)
	case a.Epsilon < 0:
		return fmt.Errorf("optimizer.epsilon %g, want at least 0", a.Epsilon)
	}
	return nil
}

// moments are what Adam knows of one parameter. Each parameter counts its own
// steps, so that a layer that joins late gets the same bias correction as one
// that was there from the beginning.
type moments struct {
	mean, square *graph.Tensor
	steps        int
}

func newMoments(parameter *graph.Tensor) *moments {
	return &moments{
		mean:   graph.NewTensor(parameter.Name+".adam.m", parameter.Shape...),
		square: graph.NewTensor(parameter.Name+".adam.v", parameter.Shape...),
	}
}

// update takes one step, in place.
func (a Adam) update(parameter *graph.Tensor, m *moments, gradient []float32, rate float64) {
	m.steps++
	graph.AdamUpdate(parameter.Data, m.mean.Data, m.square.Data, gradient, rate,
		or(a.Beta1, 0.9), or(a.Beta2, 0.999), or(a.Epsilon, 1e-8), m.steps)
}

// or is value, or what zero stands for.
func or(value, zero float64) float64 {
	if value == 0 {
		return zero
	}
	return value
}
