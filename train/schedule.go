package train

import (
	"fmt"
	"math"
)

// Schedule is how the rate changes over a stage.
type Schedule string

// The schedules. Empty means constant.
const (
	Constant    Schedule = "constant"
	Linear      Schedule = "linear"      // falls to 0 in a straight line
	Cosine      Schedule = "cosine"      // falls to 0 along half a cosine
	Exponential Schedule = "exponential" // falls to a hundredth, by the same factor every step
	Steps       Schedule = "steps"       // a tenth from half of the stage on, a hundredth from three quarters (He et al. 2016)
)

// At is the factor of the rate when this part of the stage is done, from 0 to
// 1.
func (s Schedule) At(done float64) float64 {
	switch s {
	case Linear:
		return 1 - done
	case Cosine:
		return (1 + math.Cos(math.Pi*done)) / 2
	case Exponential:
		return math.Pow(0.01, done)
	case Steps:
		switch {
		case done >= 0.75:
			return 0.01
		case done >= 0.5:
			return 0.1
		}
	}
	return 1
}

func (s Schedule) check() error {
	switch s {
	case "", Constant, Linear, Cosine, Exponential, Steps:
		return nil
	}
	return fmt.Errorf("schedule %q, want %q, %q, %q, %q or %q", s, Constant, Linear, Cosine, Exponential, Steps)
}
