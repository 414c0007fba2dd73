package unit

import (
	"fmt"
	"math"
)

// Exact units are exponential families whose states Sample draws. With m the
// measure of the states of one example's units and N their levels (States, 1
// where there are none)
//
//	Σ_s m(s) exp N(x·s − U(s)) = exp N Σ_j Φ(x_j)
//
// holds, an integral where states are real; with learned variances x·s/σ² is in
// place of x·s. Machines of such units have a
// likelihood: an energy, a free energy and a chain of one distribution.
type Exact interface {
	Unit
	// Exact tells what is in the way for units that are exact for some of their
	// settings only.
	Exact() error
	// LogMeasure is log m(s). That s is no state is an error, with the first
	// value that cannot be.
	LogMeasure(s []float32) (float64, error)
}

var (
	_ Exact = Binary{}
	_ Exact = Gaussian{}
	_ Exact = Multinary{}
	_ Exact = ReLU{}
	_ Exact = Softmax{}
	_ Exact = Mixed{}
	_ Exact = LearnedGaussian{}
)

// Exact is nil.
func (Binary) Exact() error { return nil }

// LogMeasure is 0 for states of 0 and 1.
func (Binary) LogMeasure(s []float32) (float64, error) {
	for i, v := range s {
		if v != 0 && v != 1 {
			return 0, fmt.Errorf("value %d is %g, want 0 or 1", i, v)
		}
	}
	return 0, nil
}

// Exact is nil.
func (Gaussian) Exact() error { return nil }

// LogMeasure is −½ log 2πσ² a unit.
func (u Gaussian) LogMeasure(s []float32) (float64, error) {
	return -0.5 * math.Log(2*math.Pi*u.variance()) * float64(len(s)), nil
}

// Exact wants sigmoid units of gain 1. The states of others are drawn from a
// normal distribution in place of their own.
func (m Multinary) Exact() error {
	if m.Activation != "" && m.Activation != "sigmoid" || m.gain() != 1 {
		return fmt.Errorf("unit: multinary: states of activation %q and gain %g are drawn from a normal distribution, only those of sigmoid units of gain 1 from their own", m.Activation, m.gain())
	}
	return nil
}

// LogMeasure is Σ_j log N!/(n_j!(N−n_j)!) at s = n/N: the ways in which n of N
// copies are on.
func (m Multinary) LogMeasure(s []float32) (float64, error) {
	levels, sum := float64(m.States()), 0.0
	whole, _ := math.Lgamma(levels + 1)
	for i, v := range s {
		n := math.Round(float64(v) * levels)
		// Shares are float32: n/N is off by 6e-8 at most.
		if !(math.Abs(float64(v)*levels-n) <= 1e-6*levels) || n < 0 || n > levels {
			return 0, fmt.Errorf("value %d is %g, want a multiple of 1/%g from 0 to 1", i, v, levels)
		}
		on, _ := math.Lgamma(n + 1)
		off, _ := math.Lgamma(levels - n + 1)
		sum += whole - on - off
	}
	return sum, nil
}

// Exact is nil.
func (ReLU) Exact() error { return nil }

// LogMeasure is 0 from 0 on.
func (ReLU) LogMeasure(s []float32) (float64, error) {
	for i, v := range s {
		if !(v >= 0) {
			return 0, fmt.Errorf("value %d is %g, want at least 0", i, v)
		}
	}
	return 0, nil
}

// Exact is nil.
func (Softmax) Exact() error { return nil }

// LogMeasure is 0 for states with a single 1 in each group.
func (u Softmax) LogMeasure(s []float32) (float64, error) {
	k := u.Classes
	if k == 0 {
		k = len(s)
	}
	if k < 1 || len(s)%k != 0 {
		return 0, fmt.Errorf("%d values cannot be groups of %d classes", len(s), k)
	}
	for from := 0; from < len(s); from += k {
		ones := 0
		for i, v := range s[from : from+k] {
			switch v {
			case 1:
				ones++
			case 0:
			default:
				return 0, fmt.Errorf("value %d is %g, want 0 or 1", from+i, v)
			}
		}
		if ones != 1 {
			return 0, fmt.Errorf("values %d to %d have %d ones, want one", from, from+k-1, ones)
		}
	}
	return 0, nil
}

// Exact wants both parts to be, and of the same levels, by which the whole's
// energy counts: 1, as Mixed has no States.
func (u Mixed) Exact() error {
	for _, part := range []Unit{u.First, u.Rest} {
		e, ok := part.(Exact)
		if !ok {
			return fmt.Errorf("unit: mixed: %s units are no exponential family whose states are drawn", Types.Name(part))
		}
		if l, ok := part.(Leveled); ok && l.States() != 1 {
			return fmt.Errorf("unit: mixed: a part has %d levels, want 1", l.States())
		}
		if err := e.Exact(); err != nil {
			return err
		}
	}
	return nil
}

// LogMeasure is the sum of the parts', for examples of one axis.
func (u Mixed) LogMeasure(s []float32) (float64, error) {
	if err := u.Exact(); err != nil {
		return 0, err
	}
	if len(s) < u.Units {
		return 0, fmt.Errorf("%d values, want more than the first kind's %d", len(s), u.Units)
	}
	first, err := u.First.(Exact).LogMeasure(s[:u.Units])
	if err != nil {
		return 0, err
	}
	rest, err := u.Rest.(Exact).LogMeasure(s[u.Units:])
	if err != nil {
		return 0, fmt.Errorf("from %d on: %w", u.Units, err)
	}
	return first + rest, nil
}

// Exact is nil.
func (LearnedGaussian) Exact() error { return nil }

// LogMeasure is 0: Φ has ½ log 2πσ².
func (LearnedGaussian) LogMeasure([]float32) (float64, error) { return 0, nil }
