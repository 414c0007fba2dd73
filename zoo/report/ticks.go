package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// linearTicks are about want ticks at multiples of 1, 2 or 5 times a power of
// ten, none of them between the integers if whole.
func linearTicks(low, high float64, want int, whole bool) []plot.Tick {
	step := niceStep((high - low) / float64(want))
	if whole {
		step = max(step, 1)
	}
	// A tick that rounding has put just outside is one at the end.
	first, last := math.Ceil(low/step-1e-6), math.Floor(high/step+1e-6)
	ticks := make([]plot.Tick, 0, want+2)
	for i := range int(last-first) + 1 {
		v := (first + float64(i)) * step
		ticks = append(ticks, plot.Tick{
			Value: min(max(v, low), high),
			Label: label(v, step, max(math.Abs(low), math.Abs(high))),
		})
	}
	return ticks
}

// niceStep is the least 1, 2 or 5 times a power of ten that is not below x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// logTicks are ticks for an axis of logarithms to base ten: at the powers of
// ten, at 2 and 5 times them where the powers are too few, and at even distances
// where even these are; the other multiples get no label.
func logTicks(low, high float64) []plot.Tick {
	first, last := math.Floor(low), math.Ceil(high)
	skip := max(1, math.Ceil((last-first)/8)) // of so many powers one is labelled
	var ticks []plot.Tick
	var powers, labelled int
	for e := first; e <= last; e++ {
		for m := 1.0; m < 10; m++ {
			if at := e + math.Log10(m); low <= at && at <= high {
				if m == 1 {
					powers++
				}
				if m == 1 || m == 2 || m == 5 {
					labelled++
				}
				ticks = append(ticks, plot.Tick{Value: at})
			}
		}
	}
	if labelled < 3 {
		ticks = linearTicks(math.Pow(10, low), math.Pow(10, high), 6, false)
		for i := range ticks {
			ticks[i].Value = math.Log10(ticks[i].Value)
		}
		return ticks
	}
	for i := range ticks {
		t := &ticks[i]
		e := math.Floor(t.Value + 1e-9)
		power := math.Pow(10, e)
		m := math.Round(math.Pow(10, t.Value-e))
		if m == 1 && math.Mod(e, skip) == 0 || powers < 3 && (m == 1 || m == 2 || m == 5) {
			t.Label = label(m*power, power, m*power)
		}
	}
	if skip > 1 { // no room for the others
		ticks = slices.DeleteFunc(ticks, plot.Tick.IsMinor)
	}
	return ticks
}

// label writes v to the precision of step on an axis that reaches as far as
// largest: 0.02, 350, 20k, 1.5M, 3e−6.
func label(v, step, largest float64) string {
	if math.Abs(v) < step*1e-6 {
		return "0"
	}
	if largest >= 1e10 || largest < 1e-4 {
		digits := max(0, int(math.Floor(math.Log10(math.Abs(v))+1e-9)-math.Floor(math.Log10(step)+1e-9)))
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', digits, 64), "e")
		e, _ := strconv.Atoi(exponent) // FormatFloat wrote it
		return minus(mantissa + "e" + strconv.Itoa(e))
	}
	unit, suffix := 1.0, ""
	switch {
	case largest >= 1e7:
		unit, suffix = 1e6, "M"
	case largest >= 1e4:
		unit, suffix = 1e3, "k"
	}
	decimals := max(0, int(math.Ceil(-math.Log10(step/unit)-1e-9)))
	return minus(strconv.FormatFloat(v/unit, 'f', decimals, 64) + suffix)
}

// minus sets the sign that has the width of a figure.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }
