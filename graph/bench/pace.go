// Package bench measures the kernels of the graphs' ops, beside what the machine
// can do at most.
package bench

import (
	"math"
	"slices"
	"time"
)

// Effort is how much time a measurement takes.
type Effort struct {
	Rounds int           // how often everything that is compared is measured, in turn
	Round  time.Duration // how long each of them runs in a round, at the least
	Slow   int           // rounds of what takes several times as long as a round; 0: as many
}

// slow is how many times as long as a round something takes that is slow.
const slow = 4

// Pace measures functions against one another. In each round all of them run in
// turn, each again and again for the time of a round, since the clock of a
// processor varies. The result is seconds for a call, by function and round.
// The first error ends it.
func (e Effort) Pace(functions ...func() error) ([][]float64, error) {
	calls := make([]int, len(functions))
	for i, f := range functions {
		var err error
		if calls[i], err = e.calls(f); err != nil {
			return nil, err
		}
	}
	seconds := make([][]float64, len(functions))
	begin := time.Now()
	for round := range max(1, e.Rounds) {
		if e.Slow > 0 && round >= e.Slow && time.Since(begin) > time.Duration(round)*slow*e.Round {
			break
		}
		for i, f := range functions {
			s, err := timed(f, calls[i])
			if err != nil {
				return nil, err
			}
			seconds[i] = append(seconds[i], s)
		}
	}
	return seconds, nil
}

// calls is how often f is to be called in a round.
func (e Effort) calls(f func() error) (int, error) {
	// The first call fills caches, and makes what is made once.
	first, err := timed(f, 1)
	if err != nil {
		return 0, err
	}
	if first > slow*e.Round.Seconds() {
		return 1, nil
	}
	start, n := time.Now(), 0
	for n == 0 || time.Since(start) < e.Round/4 {
		if err := f(); err != nil {
			return 0, err
		}
		n++
	}
	return max(1, int(math.Ceil(float64(n)*float64(e.Round)/float64(time.Since(start))))), nil
}

// timed is how many seconds one of n calls takes.
func timed(f func() error, n int) (float64, error) {
	start := time.Now()
	for range n {
		if err := f(); err != nil {
			return 0, err
		}
	}
	return time.Since(start).Seconds() / float64(n), nil
}

// Median is the middle of some numbers, NaN of none.
func Median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// Ratios is a over b, round by round.
func Ratios(a, b []float64) []float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return ratios
}
