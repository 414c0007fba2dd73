package report

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func labels(ticks []plot.Tick) string {
	var list []string
	for _, t := range ticks {
		if !t.IsMinor() {
			list = append(list, t.Label)
		}
	}
	return strings.Join(list, " ")
}

func TestLinearTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		whole     bool
		want      string
	}{
		{0, 10, false, "0 2 4 6 8 10"},
		{0.9, 3.1, true, "1 2 3"},
		{1, 20000, true, "5k 10k 15k 20k"},
		{0, 4e7, true, "0M 5M 10M 15M 20M 25M 30M 35M 40M"},
		{-0.031, 0.012, false, "−0.03 −0.02 −0.01 0 0.01"},
		{0.0251, 0.0252, false, "0.02510 0.02512 0.02514 0.02516 0.02518 0.02520"},
		{-3.3e-6, -2.7e-6, false, "−3.3e−6 −3.2e−6 −3.1e−6 −3.0e−6 −2.9e−6 −2.8e−6 −2.7e−6"},
		{12000, 12050, false, "12.00k 12.01k 12.02k 12.03k 12.04k 12.05k"},
	} {
		want := strings.Replace(c.want, "0M 5M", "0 5M", 1)
		ticks := linearTicks(c.low, c.high, 8, c.whole)
		if got := labels(ticks); got != want {
			t.Errorf("%g to %g: got %s, want %s", c.low, c.high, got, want)
		}
		for _, tick := range ticks {
			if tick.Value < c.low || tick.Value > c.high {
				t.Errorf("%g to %g: tick at %g", c.low, c.high, tick.Value)
			}
		}
	}
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0.001, 10, "0.001 0.01 0.1 1 10"},
		{0.015, 0.5, "0.02 0.05 0.1 0.2 0.5"},
		{0.021, 0.045, "0.025 0.030 0.035 0.040 0.045"},
		{500, 200000, "1000 10k 100k"},
		{1e-12, 1e4, "1e−12 1e−9 1e−6 0.001 1 1000"},
	} {
		ticks := logTicks(math.Log10(c.low)-1e-9, math.Log10(c.high)+1e-9)
		if got := labels(ticks); got != c.want {
			t.Errorf("%g to %g: got %s, want %s", c.low, c.high, got, c.want)
		}
		for _, tick := range ticks {
			v := math.Pow(10, tick.Value)
			if v < c.low*(1-1e-6) || v > c.high*(1+1e-6) {
				t.Errorf("%g to %g: tick at %g", c.low, c.high, v)
			}
		}
	}
}
