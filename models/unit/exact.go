package unit

import (
	"fmt"
	"math"
)

// Exact units are exponential families whose states Sample draws. With m the
// measure of a state and N their levels (States, 1 where there are none)
//
//	Σ_s m(s) exp N(x s − U(s)) = exp NΦ(x)
//
// holds, an integral where s is real. Machines of such units have a
// likelihood: an energy, a free energy and a chain of one distribution.
type Exact interface {
	Unit
	// LogMeasure is log m(s), −∞ where s is no state. A unit that is exact for
	// some of its settings only tells here what is in the way.
	LogMeasure(s float64) (float64, error)
}

var (
	_ Exact = Binary{}
	_ Exact = Gaussian{}
	_ Exact = Multinary{}
	_ Exact = ReLU{}
)

// LogMeasure is 0 for 0 and 1.
func (Binary) LogMeasure(s float64) (float64, error) {
	if s != 0 && s != 1 {
		return math.Inf(-1), nil
	}
	return 0, nil
}

// LogMeasure is −½ log 2πσ².
func (u Gaussian) LogMeasure(float64) (float64, error) {
	return -0.5 * math.Log(2*math.Pi*u.variance()), nil
}

// LogMeasure is log N!/(n!(N−n)!) at s = n/N, the ways in which n of N copies
// are on.
func (m Multinary) LogMeasure(s float64) (float64, error) {
	if m.Activation != "" && m.Activation != "sigmoid" || m.gain() != 1 {
		return 0, fmt.Errorf("unit: multinary: states of activation %q and gain %g are drawn from a normal distribution in place of their own, which only sigmoid units of gain 1 have",
			m.Activation, m.gain())
	}
	levels := float64(m.States())
	n := math.Round(s * levels)
	// Shares are float32: n/N is off by 6e-8 at most.
	if math.Abs(s*levels-n) > 1e-6*levels || n < 0 || n > levels {
		return math.Inf(-1), nil
	}
	whole, _ := math.Lgamma(levels + 1)
	on, _ := math.Lgamma(n + 1)
	off, _ := math.Lgamma(levels - n + 1)
	return whole - on - off, nil
}

// LogMeasure is 0 from 0 on.
func (ReLU) LogMeasure(s float64) (float64, error) {
	if s < 0 {
		return math.Inf(-1), nil
	}
	return 0, nil
}
