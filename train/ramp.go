package train

import "fmt"

// Ramp is a number that changes over a stage: From in the beginning, then in a
// straight line, and To from the part Over of the stage on. With Over 0 it is
// To throughout.
//
// P3's momentum, 0.5 that rises to 0.9 over half of the epochs, is
// Ramp{0.5, 0.9, 0.5}.
type Ramp struct {
	From float64 `json:"from,omitempty"`
	To   float64 `json:"to"`
	Over float64 `json:"over,omitempty"` // from 0 to 1
}

// At is the number when this part of the stage is done, from 0 to 1.
func (r Ramp) At(done float64) float64 {
	if done >= r.Over {
		return r.To
	}
	return r.From + (r.To-r.From)*done/r.Over
}

func (r Ramp) check() error {
	switch {
	case !(r.Over >= 0 && r.Over <= 1):
		return fmt.Errorf("over %g, want from 0 to 1", r.Over)
	case r.Over == 0 && r.From != 0:
		return fmt.Errorf("from %g over nothing: set over, or to alone", r.From)
	}
	return nil
}
