package report

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
)

// small draws without lines, a pixel a weight.
var small = Sheet{Columns: 1, Scale: 1, Line: -1}

func TestFiltersOwnAndCommonScale(t *testing.T) {
	// Two units over a picture of 1×3, (visible, hidden).
	w := []float32{
		1, -0.5,
		0, 0.25,
		-0.5, 0,
	}
	for _, c := range []struct {
		filters Filters
		want    [2][3]uint8
	}{
		{Filters{Sheet: small}, [2][3]uint8{{255, 128, 64}, {0, 191, 128}}},
		// The percentile of 6 numbers is the fifth largest of them by rank: 0.5.
		{Filters{Sheet: small, Common: true}, [2][3]uint8{{255, 128, 0}, {0, 191, 128}}},
	} {
		m, selection, err := c.filters.Draw(w, 1, 3, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		for unit := range c.want {
			for x, want := range c.want[unit] {
				if got := m.RGBAAt(x, unit); got != grey(want) {
					t.Errorf("common %v: unit %d weight %d: got %v, want %d", c.filters.Common, unit, x, got, want)
				}
			}
		}
		if got := selection.String(); got != "all 2 filters" {
			t.Errorf("selection %q", got)
		}
	}
}

func TestFiltersColour(t *testing.T) {
	// One filter of 1×2 over three channels: (KH, KW, C, F).
	m, _, err := Filters{Sheet: small}.Draw([]float32{2, 0, -2, 1, -1, 0}, 1, 2, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []color.RGBA{{255, 128, 0, 255}, {191, 64, 128, 255}} {
		if got := m.RGBAAt(x, 0); got != want {
			t.Errorf("pixel %d: got %v, want %v", x, got, want)
		}
	}
}

func TestFiltersLargestNorm(t *testing.T) {
	nan := float32(math.NaN())
	w := []float32{ // five units over two pixels
		1, 3, nan, -4, 0,
		1, 0, 0, 0, 0,
	}
	m, selection, err := Filters{Sheet: small, Most: 3}.Draw(w, 1, 2, 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(selection.Units, []int{1, 2, 3}) || selection.Of != 5 {
		t.Errorf("selection %+v", selection)
	}
	if got, want := selection.String(), "3 of 5 filters, those of the largest norm"; got != want {
		t.Errorf("selection %q, want %q", got, want)
	}
	for y, want := range []color.RGBA{grey(255), notFinite, grey(0)} {
		if got := m.RGBAAt(0, y); got != want {
			t.Errorf("unit %d: got %v, want %v", selection.Units[y], got, want)
		}
		if got := m.RGBAAt(1, y); got != grey(128) {
			t.Errorf("unit %d: zero is drawn as %v", selection.Units[y], got)
		}
	}
}

// Over many channels a filter is a row.
func TestFiltersManyChannels(t *testing.T) {
	const height, width, channels, filters = 2, 1, 20, 3
	w := make([]float32, height*width*channels*filters)
	at := func(y, c, f int) *float32 { return &w[(y*channels+c)*filters+f] }
	for c := range channels {
		for f := range filters {
			*at(0, c, f) = float32(c + 1)
		}
	}
	*at(1, 19, 2) = -40
	m, selection, err := Filters{Sheet: Sheet{Scale: 1, Line: -1}, Most: 32}.Draw(w, height, width, channels, filters)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(selection.Units, []int{0, 2}) || len(selection.Channels) != 16 || selection.Channels[0] != 4 {
		t.Fatalf("selection %+v", selection)
	}
	if got, want := selection.String(), "2 of 3 filters, those of the largest norm; a row each, 16 of 20 input channels, those of the largest norm"; got != want {
		t.Errorf("selection %q", got)
	}
	if m.Rect.Dx() != 16 || m.Rect.Dy() != 2*height {
		t.Fatalf("the sheet is %v", m.Rect)
	}
	for i, channel := range selection.Channels {
		for row, largest := range []float64{20, 40} {
			want := 255 * (0.5 + 0.5*float64(channel+1)/largest)
			if got := m.RGBAAt(i, row*height); math.Abs(float64(got.R)-want) > 0.51 {
				t.Errorf("row %d channel %d: got %v, want %g", row, channel, got, want)
			}
		}
	}
	if got := m.RGBAAt(15, 3); got != grey(0) {
		t.Errorf("the largest weight is drawn as %v", got)
	}
}

func TestFiltersOfNothing(t *testing.T) {
	for _, common := range []bool{false, true} {
		m, _, err := Filters{Sheet: small, Common: common}.Draw(make([]float32, 8), 2, 2, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.RGBAAt(0, 0); got != grey(128) {
			t.Errorf("zero is drawn as %v", got)
		}
	}
}

func TestFiltersRejects(t *testing.T) {
	if _, _, err := (Filters{}).Draw(make([]float32, 10), 2, 2, 1, 2); err == nil || !strings.Contains(err.Error(), "want 2×2×1×2 = 8 weights, got 10") {
		t.Errorf("got %v", err)
	}
	if _, _, err := (Filters{}).Draw(nil, 2, 2, 1, 0); err == nil || !strings.Contains(err.Error(), "got 0 units of 2×2×1") {
		t.Errorf("got %v", err)
	}
}
