package train

import "boltzoo/graph"

// Adam is the optimiser of Kingma and Ba (2015), algorithm 1. Zero fields but
// the rate have the paper's values.
type Adam struct {
	Rate    float64 `json:"rate"`              // α: about how far a parameter moves in a step
	Beta1   float64 `json:"beta1,omitempty"`   // decay of the mean gradient; 0 means 0.9
	Beta2   float64 `json:"beta2,omitempty"`   // decay of the mean square; 0 means 0.999
	Epsilon float64 `json:"epsilon,omitempty"` // 0 means 1e-8
}

// Check tells what is wrong with the settings.
func (a Adam) Check() error {
	if err := checkRate(a.Rate); err != nil {
		return err
	}
	return checkBetas(a.Beta1, a.Beta2, a.Epsilon)
}

// LearningRate is α.
func (a Adam) LearningRate() float64 { return a.Rate }

// Slots are the running means of the gradient, m, and of its square, v.
func (Adam) Slots() []string { return []string{"adam.m", "adam.v"} }

// Update takes one step of some elements, in place.
func (a Adam) Update(parameter, gradient []float32, m *Moments, from int, rate, _ float64) {
	n := len(gradient)
	graph.AdamUpdate(parameter, m.slot(0, from, n), m.slot(1, from, n), gradient, rate,
		or(a.Beta1, 0.9), or(a.Beta2, 0.999), or(a.Epsilon, 1e-8), m.Steps)
}
