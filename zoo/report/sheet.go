package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// Sheet says how pictures of one size are laid out on a sheet. Its zero value
// chooses everything by the number and the size of the pictures.
type Sheet struct {
	Columns int         // pictures in a row; 0: about as many as rows
	Scale   int         // every pixel becomes Scale × Scale; 0: pictures of about a hundred pixels
	Line    int         // pixels between pictures and around the sheet; 0: two, below 0: none
	Paper   color.Color // of the lines and of unused places; nil: a dark grey
}

const (
	tileSide   = 112  // about the side of a picture, where Scale is 0
	widestAuto = 2000 // pixels; Scale 0 makes no wider sheet unless its pictures are this wide
)

// notFinite is the colour of a number that is NaN or infinite, one that
// pictures hardly ever have: such a number is to be seen.
var notFinite = color.RGBA{255, 0, 255, 255}

// Tiles draws n pictures of height × width pixels, row after row, where pix
// has n × height × width × channels numbers. Numbers outside [0, 1] are
// clipped; those not finite become magenta. The channels are 1 or 3.
func (s Sheet) Tiles(pix []float32, height, width, channels int) (*image.RGBA, error) {
	n, err := count("tiles", pix, height, width, channels)
	if err != nil {
		return nil, err
	}
	columns := s.Columns
	if columns <= 0 {
		columns = fit(n, math.Sqrt(float64(n)))
	}
	return s.draw(n, min(columns, n), 1, height, width, func(tile, row, column int) color.RGBA {
		return pixel(pix, tile*height*width+row*width+column, channels)
	}), nil
}

// Pairs draws pictures above their reconstructions: a row of originals, under
// it a row of each set of reconstructions in turn, then the next originals,
// set off by a thicker line. Every set has as many numbers as the originals;
// all else is as with Tiles.
func (s Sheet) Pairs(height, width, channels int, originals []float32, reconstructions ...[]float32) (*image.RGBA, error) {
	n, err := count("pairs", originals, height, width, channels)
	if err != nil {
		return nil, err
	}
	sets := [][]float32{originals}
	for i, r := range reconstructions {
		if len(r) != len(originals) {
			return nil, fmt.Errorf("report: pairs: reconstructions %d of %d: want %d numbers like the originals, got %d",
				i+1, len(reconstructions), len(originals), len(r))
		}
		sets = append(sets, r)
	}
	columns := s.Columns
	if columns <= 0 {
		columns = fit(n, math.Sqrt(float64(n*len(sets))))
	}
	columns = min(columns, n)
	return s.draw(n, columns, len(sets), height, width, func(tile, row, column int) color.RGBA {
		group, rest := tile/(columns*len(sets)), tile%(columns*len(sets))
		picture := group*columns + rest%columns
		if picture >= n {
			return color.RGBA{}
		}
		return pixel(sets[rest/columns], picture*height*width+row*width+column, channels)
	}), nil
}

// count is the number of pictures in pix.
func count(what string, pix []float32, height, width, channels int) (int, error) {
	if height <= 0 || width <= 0 {
		return 0, fmt.Errorf("report: %s: want pictures of at least 1×1 pixels, got %d×%d", what, height, width)
	}
	if channels != 1 && channels != 3 {
		return 0, fmt.Errorf("report: %s: want 1 or 3 channels, got %d", what, channels)
	}
	size := height * width * channels
	if len(pix) == 0 || len(pix)%size != 0 {
		return 0, fmt.Errorf("report: %s: want pictures of %d×%d×%d = %d numbers, got %d", what, height, width, channels, size, len(pix))
	}
	return len(pix) / size, nil
}

// pixel is the colour of the i-th pixel of pix.
func pixel(pix []float32, i, channels int) color.RGBA {
	c := color.RGBA{A: 255}
	for j, p := range []*uint8{&c.R, &c.G, &c.B} {
		x := float64(pix[i*channels+j%channels])
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return notFinite
		}
		*p = uint8(math.Round(255 * min(max(x, 0), 1)))
	}
	return c
}

// draw lays out n groups of rows tiles one above the other, columns groups
// beside each other. The colour at a tile, counted along the rows of the sheet,
// comes from at; a transparent one leaves the paper as it is.
func (s Sheet) draw(n, columns, rows, height, width int, at func(tile, row, column int) color.RGBA) *image.RGBA {
	line := s.Line
	switch {
	case line == 0:
		line = 2
	case line < 0:
		line = 0
	}
	scale := s.Scale
	if scale <= 0 {
		scale = max(1, int(math.Round(tileSide/float64(max(height, width)))))
		for scale > 1 && columns*(width*scale+line)+line > widestAuto {
			scale--
		}
	}
	paper := s.Paper
	if paper == nil {
		paper = color.RGBA{72, 72, 72, 255}
	}
	between := 0 // more space between groups of rows than within them
	if rows > 1 {
		between = 4 * line
	}

	groups := (n + columns - 1) / columns
	sheet := image.NewRGBA(image.Rect(0, 0,
		columns*(width*scale+line)+line,
		groups*rows*(height*scale+line)+line+(groups-1)*between))
	fill(sheet, sheet.Rect, color.RGBAModel.Convert(paper).(color.RGBA))
	tiles := groups * rows * columns
	if rows == 1 {
		tiles = n
	}
	for tile := range tiles {
		x := line + tile%columns*(width*scale+line)
		y := line + tile/columns*(height*scale+line) + tile/(columns*rows)*between
		for row := range height {
			for column := range width {
				c := at(tile, row, column)
				if c.A == 0 {
					continue
				}
				left, top := x+column*scale, y+row*scale
				fill(sheet, image.Rect(left, top, left+scale, top+scale), c)
			}
		}
	}
	return sheet
}

// fill paints a rectangle that lies in the picture.
func fill(m *image.RGBA, r image.Rectangle, c color.RGBA) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[m.PixOffset(r.Min.X, y):m.PixOffset(r.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2], row[i+3] = c.R, c.G, c.B, c.A
		}
	}
}

// fit is the number of columns for n pictures of which ideal would fill a
// square: the next divisor of n, so that the last row is full, where one is near,
// rather above than below.
func fit(n int, ideal float64) int {
	first := int(math.Ceil(ideal))
	for c := first; c <= n && float64(c) <= 1.5*ideal; c++ {
		if n%c == 0 {
			return c
		}
	}
	for c := first - 1; float64(c) >= ideal/1.5; c-- {
		if n%c == 0 {
			return c
		}
	}
	return min(first, n)
}
