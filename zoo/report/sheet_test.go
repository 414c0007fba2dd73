package report

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
)

// letters reads a sheet back as text, a letter a pixel.
func letters(m *image.RGBA, names map[color.RGBA]rune) string {
	var text strings.Builder
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			r, ok := names[m.RGBAAt(x, y)]
			if !ok {
				r = '?'
			}
			text.WriteRune(r)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

func grey(y uint8) color.RGBA { return color.RGBA{y, y, y, 255} }

var green = color.RGBA{0, 128, 0, 255}

func TestTilesPixels(t *testing.T) {
	// Three pictures of 1×2: black white, mid white, black mid.
	pix := []float32{0, 1, 0.5, 1, 0, 0.5}
	names := map[color.RGBA]rune{grey(0): '#', grey(255): ' ', grey(128): '+', green: '.'}
	for _, c := range []struct {
		sheet Sheet
		want  string
	}{
		{Sheet{Columns: 2, Scale: 1, Line: 1, Paper: green}, `
.......
.# .+ .
.......
.#+....
.......
`},
		{Sheet{Columns: 2, Scale: 2, Line: -1, Paper: green}, `
##  ++  
##  ++  
##++....
##++....
`},
		{Sheet{Columns: 9, Scale: 1, Line: 1, Paper: green}, `
..........
.# .+ .#+.
..........
`},
	} {
		m, err := c.sheet.Tiles(pix, 1, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := letters(m, names); got != c.want[1:] {
			t.Errorf("%+v:\n%swant\n%s", c.sheet, got, c.want[1:])
		}
	}
}

func TestTilesColourAndClip(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	pix := []float32{
		1, 0.2, 0, // a colour
		-3, 0.5, 7, // clipped
		0, nan, 0,
		inf, 1, 1,
	}
	m, err := Sheet{Columns: 1, Scale: 1, Line: -1}.Tiles(pix, 2, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if m.Rect != image.Rect(0, 0, 2, 2) {
		t.Fatalf("the sheet is %v", m.Rect)
	}
	want := []color.RGBA{{255, 51, 0, 255}, {0, 128, 255, 255}, notFinite, notFinite}
	for i, w := range want {
		if got := m.RGBAAt(i%2, i/2); got != w {
			t.Errorf("pixel %d: got %v, want %v", i, got, w)
		}
	}
}

// All the values of a byte come back as they were.
func TestTilesBytes(t *testing.T) {
	pix := make([]float32, 256)
	for i := range pix {
		pix[i] = float32(i) / 255
	}
	m, err := Sheet{Scale: 1, Line: -1}.Tiles(pix, 16, 16, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range pix {
		if got := m.RGBAAt(i%16, i/16); got != grey(uint8(i)) {
			t.Errorf("%d/255 is drawn as %v", i, got)
		}
	}
}

func TestPairsPixels(t *testing.T) {
	// Three pictures of one pixel, and two reconstructions of each.
	a, b, c := []float32{0, 0.2, 0.4}, []float32{0.6, 0.8, 1}, []float32{0.1, 0.3, 0.5}
	names := map[color.RGBA]rune{green: '.', grey(0): '0', grey(51): '2', grey(102): '4', grey(153): '6', grey(204): '8',
		grey(255): 'x', grey(26): '1', grey(77): '3', grey(128): '5'}
	for _, p := range []struct {
		sheet Sheet
		sets  [][]float32
		want  string
	}{
		{Sheet{Columns: 2, Scale: 1, Line: 1, Paper: green}, [][]float32{b}, `
.....
.0.2.
.....
.6.8.
.....
.....
.....
.....
.....
.4...
.....
.x...
.....
`},
		{Sheet{Columns: 3, Scale: 1, Line: -1}, [][]float32{b, c}, `
024
68x
135
`},
		{Sheet{Columns: 1, Scale: 1, Line: -1}, [][]float32{b}, `
0
6
2
8
4
x
`},
	} {
		m, err := p.sheet.Pairs(1, 1, 1, a, p.sets...)
		if err != nil {
			t.Fatal(err)
		}
		if got := letters(m, names); got != p.want[1:] {
			t.Errorf("%+v:\n%swant\n%s", p.sheet, got, p.want[1:])
		}
	}
}

// With the zero Sheet rows are full where the number allows, and pictures are
// large enough to be looked at but not larger than a screen.
func TestSheetChooses(t *testing.T) {
	for _, c := range []struct{ n, side, columns, scale int }{
		{64, 64, 8, 2}, {100, 28, 10, 4}, {50, 28, 10, 4}, {32, 64, 8, 2}, {7, 64, 3, 2}, {1, 28, 1, 4},
		{64, 128, 8, 1}, {400, 28, 20, 3}, {16, 5, 4, 22}, {2, 3000, 2, 1},
	} {
		m, err := Sheet{}.Tiles(make([]float32, c.n*c.side*c.side), c.side, c.side, 1)
		if err != nil {
			t.Fatal(err)
		}
		rows := (c.n + c.columns - 1) / c.columns
		want := image.Rect(0, 0, c.columns*(c.side*c.scale+2)+2, rows*(c.side*c.scale+2)+2)
		if m.Rect != want {
			t.Errorf("%d pictures of %d²: got %v, want %v", c.n, c.side, m.Rect, want)
		}
	}
}

func TestSheetRejects(t *testing.T) {
	for _, c := range []struct {
		n, height, width, channels int
		want                       string
	}{
		{12, 2, 2, 2, "want 1 or 3 channels, got 2"},
		{13, 2, 2, 3, "want pictures of 2×2×3 = 12 numbers, got 13"},
		{0, 2, 2, 3, "numbers, got 0"},
		{12, 0, 2, 3, "want pictures of at least 1×1 pixels, got 0×2"},
		{12, 2, -2, 3, "got 2×-2"},
	} {
		if _, err := (Sheet{}).Tiles(make([]float32, c.n), c.height, c.width, c.channels); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("tiles: got %v, want %q", err, c.want)
		}
		if _, err := (Sheet{}).Pairs(c.height, c.width, c.channels, make([]float32, c.n)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("pairs: got %v, want %q", err, c.want)
		}
	}
	_, err := Sheet{}.Pairs(2, 2, 1, make([]float32, 8), make([]float32, 8), make([]float32, 4))
	if want := "reconstructions 2 of 2: want 8 numbers like the originals, got 4"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
