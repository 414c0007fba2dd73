package report

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
)

// Filters draws the weights of a layer as pictures, one a hidden unit or
// filter. Zero is the middle grey, the largest weight by magnitude is black or
// white; three channels are shown as colours.
type Filters struct {
	Sheet
	Most   int  // draw at most so many units, those of the largest norm; 0: 100
	Common bool // one scale for all, the 99.5th percentile of |w|; else each picture has its own, its largest |w|
}

// Selection says which of a layer's units, and of its input channels, a sheet
// of filters shows.
type Selection struct {
	Units    []int // the units drawn, in the order of the sheet, from 0
	Of       int   // units that the layer has
	Channels []int // the columns, where a unit is a row of pictures, one an input channel; else nil
	OfInput  int   // input channels that the layer has
}

// String reads like "100 of 400 filters, those of the largest norm".
func (s Selection) String() string {
	text := fmt.Sprintf("all %d filters", s.Of)
	if len(s.Units) < s.Of {
		text = fmt.Sprintf("%d of %d filters, those of the largest norm", len(s.Units), s.Of)
	}
	switch {
	case s.Channels == nil:
	case len(s.Channels) < s.OfInput:
		text += fmt.Sprintf("; a row each, %d of %d input channels, those of the largest norm", len(s.Channels), s.OfInput)
	default:
		text += fmt.Sprintf("; a row each, all %d input channels", s.OfInput)
	}
	return text
}

// mostChannels bounds the columns of a sheet of filters over many channels.
const mostChannels = 16

// Draw draws w, of shape (height × width × channels, units): the weights of a
// dense layer (visible, hidden) over pictures, and equally the filters of a
// convolution (KH, KW, C, F). Units that are left out are those of the
// smallest Euclidean norm; the others keep their order.
//
// Over 1 or 3 channels a unit is one picture. Over any other number, as in the
// higher layers of a stack, it is a row of grey ones on a common scale, one for
// each input channel, of which the 16 of the largest norm over the layer are
// drawn, and Most counts pictures.
func (f Filters) Draw(w []float32, height, width, channels, units int) (*image.RGBA, Selection, error) {
	if height <= 0 || width <= 0 || channels <= 0 || units <= 0 {
		return nil, Selection{}, fmt.Errorf("report: filters: want positive sizes, got %d units of %d×%d×%d", units, height, width, channels)
	}
	if want := height * width * channels * units; len(w) != want {
		return nil, Selection{}, fmt.Errorf("report: filters: want %d×%d×%d×%d = %d weights, got %d", height, width, channels, units, want, len(w))
	}
	most := f.Most
	if most <= 0 {
		most = 100
	}
	byUnit, byChannel := make([]float64, units), make([]float64, channels)
	for i, x := range w {
		square := float64(x) * float64(x)
		byUnit[i%units] += square
		byChannel[i/units%channels] += square
	}

	selection := Selection{Of: units, OfInput: channels}
	drawn := make([]int, channels)
	for c := range drawn {
		drawn[c] = c
	}
	picture := channels // channels of a picture
	if channels != 1 && channels != 3 {
		drawn = largest(byChannel, min(mostChannels, most))
		selection.Channels = drawn
		most = max(1, most/len(drawn))
		picture = 1
		f.Columns = len(drawn)
	}
	selection.Units = largest(byUnit, most)

	common := 1.0
	if f.Common {
		common = percentile(w, 0.995)
	}
	// A unit's pictures: (channel, row, column) where its channels lie side by
	// side, (row, column, channel) where they are the colours of one picture.
	size := height * width * len(drawn)
	pix := make([]float32, len(selection.Units)*size)
	for i, unit := range selection.Units {
		tile := pix[i*size : (i+1)*size]
		own := 0.0
		for j := range tile {
			position, channel := j/len(drawn), j%len(drawn)
			if picture == 1 {
				position, channel = j%(height*width), j/(height*width)
			}
			tile[j] = w[(position*channels+drawn[channel])*units+unit]
			if a := math.Abs(float64(tile[j])); a > own && !math.IsInf(a, 0) {
				own = a
			}
		}
		scale := own
		if f.Common {
			scale = common
		}
		if scale == 0 {
			scale = 1
		}
		for j, x := range tile {
			tile[j] = float32(0.5 + 0.5*float64(x)/scale)
		}
	}
	sheet, err := f.Tiles(pix, height, width, picture)
	return sheet, selection, err
}

// largest is the indices of the n largest norms in rising order. A norm that
// is NaN counts as the largest: it is to be seen.
func largest(norm []float64, n int) []int {
	order := make([]int, len(norm))
	for i := range order {
		order[i] = i
		if math.IsNaN(norm[i]) {
			norm[i] = math.Inf(1)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(norm[b], norm[a]) })
	order = order[:min(n, len(order))]
	slices.Sort(order)
	return order
}

// percentile is the p-quantile of the magnitudes of the finite numbers in w.
func percentile(w []float32, p float64) float64 {
	var a []float64
	for _, x := range w {
		if m := math.Abs(float64(x)); !math.IsNaN(m) && !math.IsInf(m, 0) {
			a = append(a, m)
		}
	}
	if len(a) == 0 {
		return 0
	}
	slices.Sort(a)
	return a[int(p*float64(len(a)-1))]
}
