package train

import (
	"fmt"

	"boltzoo/graph"
)

// SGD is gradient descent with classical momentum (Polyak 1964; Hinton's
// "Practical Guide", section 9): a velocity that decays by the factor μ and is
// pushed by the gradient, Δ ← μΔ − εg, θ ← θ + Δ. The zero Momentum is none.
type SGD struct {
	Rate     float64 `json:"rate"`              // ε
	Momentum Ramp    `json:"momentum,omitzero"` // μ over the stage
}

// Check tells what is wrong with the settings.
func (s SGD) Check() error {
	if err := checkRate(s.Rate); err != nil {
		return err
	}
	if err := s.Momentum.check(); err != nil {
		return fmt.Errorf("optimizer.momentum: %w", err)
	}
	if m := s.Momentum; !(m.From >= 0 && m.From < 1 && m.To >= 0 && m.To < 1) {
		return fmt.Errorf("optimizer.momentum from %g to %g, want from 0 to below 1", m.From, m.To)
	}
	return nil
}

// LearningRate is ε.
func (s SGD) LearningRate() float64 { return s.Rate }

// Slots are the velocity Δ.
func (SGD) Slots() []string { return []string{"sgd.velocity"} }

// Update takes one step of some elements, in place.
func (s SGD) Update(parameter, gradient []float32, m *Moments, from int, rate, done float64) {
	graph.MomentumUpdate(parameter, m.slot(0, from, len(gradient)), gradient, rate, s.Momentum.At(done))
}
