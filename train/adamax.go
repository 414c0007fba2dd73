package train

import "boltzoo/graph"

// AdaMax is Adam with the largest recent gradient in place of the mean square
// (Kingma and Ba 2015, algorithm 2). Zero fields but the rate have the paper's
// values; P1 trains with a rate of 0.001.
type AdaMax struct {
	Rate    float64 `json:"rate"`              // α: at most how far a parameter moves in a step, but for a few
	Beta1   float64 `json:"beta1,omitempty"`   // decay of the mean gradient; 0 means 0.9
	Beta2   float64 `json:"beta2,omitempty"`   // decay of the largest gradient; 0 means 0.999
	Epsilon float64 `json:"epsilon,omitempty"` // added to that; 0 means 1e-8, the paper has none
}

// Check tells what is wrong with the settings.
func (a AdaMax) Check() error {
	if err := checkRate(a.Rate); err != nil {
		return err
	}
	return checkBetas(a.Beta1, a.Beta2, a.Epsilon)
}

// LearningRate is α.
func (a AdaMax) LearningRate() float64 { return a.Rate }

// Slots are the running mean of the gradient, m, and the largest one, u.
func (AdaMax) Slots() []string { return []string{"adamax.m", "adamax.u"} }

// Update takes one step of some elements, in place.
func (a AdaMax) Update(parameter, gradient []float32, m *Moments, from int, rate, _ float64) {
	n := len(gradient)
	graph.AdaMaxUpdate(parameter, m.slot(0, from, n), m.slot(1, from, n), gradient, rate,
		or(a.Beta1, 0.9), or(a.Beta2, 0.999), or(a.Epsilon, 1e-8), m.Steps)
}
