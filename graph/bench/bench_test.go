package bench

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"boltzoo/graph/internal/kernel"
)

var small = Layer{Name: "small", Batch: 2, Height: 6, Width: 6, Channels: 3, Filters: 4, Side: 4, Stride: 2, Pad: 1}

func said(string, ...any) {}

// Everything is measured, once and with nothing said of how fast it should be.
func TestEverythingIsMeasured(t *testing.T) {
	once := Effort{Rounds: 1}
	m, err := once.About()
	if err != nil {
		t.Fatal(err)
	}
	if m.CPU == "" || m.Cores < 1 || m.Threads < 1 || !(m.Copy > 0 && m.CopyOne > 0) || (m.Peak > 0) != (m.Path != "portable") {
		t.Errorf("machine %+v", m)
	}
	fraction := func(what string, gflops, fraction float64) {
		if !(gflops > 0) || (fraction > 0) != (m.Peak > 0) {
			t.Errorf("%s: %g GFLOP/s, %g of the peak", what, gflops, fraction)
		}
	}
	counts := len(threadCounts())
	gemms, err := once.Gemms(t.Context(), said)
	if err != nil {
		t.Fatal(err)
	}
	if len(gemms) != counts*len(kernel.Measured) {
		t.Errorf("%d products on %d counts of threads, want %d", len(gemms), counts, counts*len(kernel.Measured))
	}
	for _, g := range gemms {
		fraction(g.Shape, g.GFlops, g.Fraction)
	}
	convs, err := once.Convs(t.Context(), []Layer{small}, said)
	if err != nil {
		t.Fatal(err)
	}
	if len(convs) != counts*3 {
		t.Errorf("%d convolutions, want %d", len(convs), counts*3)
	}
	for _, c := range convs {
		fraction(c.Pass, c.GFlops, c.Fraction)
	}
	elements, err := once.Elementwises(t.Context(), said)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*len(curves) + 2 + 2*counts; len(elements) != want {
		t.Errorf("%d elementwise ops, want %d", len(elements), want)
	}
	for i, x := range elements {
		if !(x.Ns > 0) || (x.ULP != nil) != (i < 2*len(curves)) || x.ULP != nil && math.IsNaN(*x.ULP) || (x.Fraction > 0) != (i >= 2*len(curves)+2) {
			t.Errorf("%+v", x)
		}
	}
}

// When ctx is done, nothing more is measured.
func TestMeasuringStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	once := Effort{Rounds: 1}
	_, gemms := once.Gemms(ctx, said)
	_, convs := once.Convs(ctx, []Layer{small}, said)
	_, elements := once.Elementwises(ctx, said)
	for _, err := range []error{gemms, convs, elements} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
	}
}

func TestULPs(t *testing.T) {
	for _, c := range []struct {
		got        float32
		want, ulps float64
	}{
		{1, 1, 0},
		{math.Nextafter32(1, 2), 1, 1},
		{math.Nextafter32(1, 0), 1, 0.5}, // below 1 they lie twice as close
		{1.5, 1.5 + 0x1p-25, 0.25},
		{0, 0x1p-149, 1},
		{math.MaxFloat32, math.MaxFloat32, 0},
	} {
		if got := ulps(c.got, c.want); got != c.ulps {
			t.Errorf("%g for %g is off by %g ulp, want %g", c.got, c.want, got, c.ulps)
		}
	}
	if got := ulps(float32(math.NaN()), 1); got == got {
		t.Errorf("NaN for 1 is off by %g ulp", got)
	}
}

func TestPace(t *testing.T) {
	calls := [2]int{}
	seconds, err := Effort{Rounds: 3, Round: 2 * time.Millisecond}.Pace(
		func() error { calls[0]++; time.Sleep(100 * time.Microsecond); return nil },
		func() error { calls[1]++; time.Sleep(time.Millisecond); return nil },
	)
	if err != nil || len(seconds) != 2 || len(seconds[0]) != 3 || len(seconds[1]) != 3 {
		t.Fatalf("%v, %v", seconds, err)
	}
	for i, least := range []float64{1e-4, 1e-3} {
		if !(seconds[i][0] >= least) || calls[i] < 5 {
			t.Errorf("function %d: %d calls, %g s each, want at least %g", i, calls[i], seconds[i][0], least)
		}
	}
	failure := errors.New("no")
	if _, err := (Effort{}).Pace(func() error { return failure }); err != failure {
		t.Errorf("error %v, want %v", err, failure)
	}
}

func TestMedian(t *testing.T) {
	if m := Median([]float64{3, 1, 2}); m != 2 {
		t.Errorf("median %g of three", m)
	}
	if m := Median([]float64{4, 1, 2, 3}); m != 2.5 {
		t.Errorf("median %g of four", m)
	}
	if m := Median(nil); m == m {
		t.Errorf("median %g of none", m)
	}
}
