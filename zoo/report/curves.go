package report

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Series is one curve. A Y that is NaN, or beyond 1e300, leaves a gap.
type Series struct {
	Name string
	X, Y []float64 // X nil: 1, 2, 3, …
}

// Mark is a vertical line with its name above: the step at which a stage begins.
type Mark struct {
	X    float64
	Name string
}

// Curves draws series over epochs or steps. A series of many points is drawn
// faintly, under a smoothed line: at each point the local linear fit with
// Gaussian weights, a hundredth of the series wide, of what is plotted (of the
// logarithms, on a logarithmic axis).
type Curves struct {
	Title         string
	X, Y          string // what the axes show; Y "" and one series: its name
	LogY          bool
	Share         float64 // of the numbers, those nearest to 0, that Y reaches over; 0: all. Curves are cut off beyond
	Marks         []Mark
	Width, Height int // pixels; 0: 1200 × 750
}

const (
	dotsPerInch = 150
	manyPoints  = 200 // from here on a series is smoothed
	fewPoints   = 30  // up to here its points get dots
	beyond      = 1e300
)

// palette has the colours of Okabe and Ito, which stay apart under the common
// kinds of colour blindness, without their yellow, too light for a thin line
// (https://jfly.uni-koeln.de/color/). Series beyond it are dashed.
var palette = []color.NRGBA{
	{0, 114, 178, 255},   // blue
	{213, 94, 0, 255},    // vermillion
	{0, 158, 115, 255},   // bluish green
	{204, 121, 167, 255}, // reddish purple
	{230, 159, 0, 255},   // orange
	{86, 180, 233, 255},  // sky blue
	{0, 0, 0, 255},
}

var dashes = [][]vg.Length{nil, {5, 2.5}, {1.5, 2}}

var (
	ink      = color.Gray{40}
	paleInk  = color.Gray{110}
	gridLine = draw.LineStyle{Color: color.Gray{225}, Width: 0.5}
	markLine = draw.LineStyle{Color: color.Gray{140}, Width: 0.6, Dashes: []vg.Length{2, 2}}
)

// Draw draws the series on one pair of axes, which reach over the marks, too. It
// is an error if a series has no finite number, X and Y of different lengths, or
// a number that is not positive where the axis is logarithmic.
func (c Curves) Draw(series ...Series) (image.Image, error) {
	if len(series) == 0 {
		return nil, fmt.Errorf("report: curves %q: want at least one series, got none", c.Title)
	}
	width, height := c.Width, c.Height
	if width <= 0 {
		width = 1200
	}
	if height <= 0 {
		height = 750
	}
	p := plot.New()
	var curves []*curve
	whole := true // all X are integers: no ticks between them
	for i := range series {
		s := &series[i]
		curve, err := newCurve(*s, i, c.LogY)
		if err != nil {
			return nil, fmt.Errorf("report: curves %q: series %q: %w", c.Title, s.Name, err)
		}
		for _, point := range curve.raw {
			whole = whole && point.X == math.Trunc(point.X)
		}
		p.Add(curve)
		curves = append(curves, curve)
	}
	if c.Share > 0 && c.Share < 1 {
		p.Y.Min, p.Y.Max = within(curves, c.Share)
	}

	for _, m := range c.Marks {
		if !(math.Abs(m.X) <= beyond) {
			return nil, fmt.Errorf("report: curves %q: mark %q: want a finite X, got %g", c.Title, m.Name, m.X)
		}
		p.X.Min, p.X.Max = min(p.X.Min, m.X), max(p.X.Max, m.X)
	}

	p.X.Label.Text, p.Y.Label.Text = c.X, c.Y
	if c.Y == "" && len(series) == 1 {
		p.Y.Label.Text = series[0].Name
	}
	styleAxes(p)
	p.X.Min, p.X.Max = widen(p.X.Min, p.X.Max, 0.01, 1)
	p.X.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 10, whole) })
	if c.LogY {
		p.Y.Min, p.Y.Max = widen(p.Y.Min, p.Y.Max, 0.04, 0.2)
		p.Y.Tick.Marker = plot.TickerFunc(logTicks)
	} else {
		p.Y.Min, p.Y.Max = widen(p.Y.Min, p.Y.Max, 0.04, 0.1*math.Abs(p.Y.Min))
		p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 8, false) })
	}

	picture, area := paper(width, height)
	data := p.DataCanvas(area)
	middle := data.Center().X
	area.Max.Y -= heading(area, middle, c.Title)
	if len(series) > 1 {
		names := make([]string, len(series))
		for i, s := range series {
			names[i] = s.Name
		}
		area.Max.Y -= legend(area, middle, names, 18, func(i int, left vg.Point) {
			area.StrokeLine2(lineStyle(i), left.X, left.Y, left.X+18, left.Y)
		})
	}
	labels := c.placeMarks(area, p)
	area.Max.Y -= labels.height
	p.Add(marks{c.Marks, labels})
	p.BackgroundColor = nil
	grid(p.DataCanvas(area), p)
	p.Draw(area)
	return picture.Image(), nil
}

// within is the range of the share of all numbers that lie nearest to 0.
func within(curves []*curve, share float64) (low, high float64) {
	var all []float64
	for _, c := range curves {
		for _, p := range c.raw {
			if !math.IsNaN(p.Y) {
				all = append(all, p.Y)
			}
		}
	}
	slices.SortFunc(all, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	all = all[:max(1, int(share*float64(len(all))))]
	return slices.Min(all), slices.Max(all)
}

func sans(points vg.Length) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, points)
}

func style(f font.Font, c color.Color, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{Color: c, Font: f, XAlign: x, YAlign: y, Handler: plot.DefaultTextHandler}
}

// widen gives the data a share of air at both ends. Where they are so close
// together that an axis could not tell them apart it gives what a single value
// is to have.
func widen(low, high, share, alone float64) (float64, float64) {
	size := max(math.Abs(low), math.Abs(high))
	air := (high - low) * share
	if high-low <= max(1e-6*alone, 1e-9*size) {
		air = max(alone, 1e-6*size)
	}
	if air == 0 {
		air = 1
	}
	return low - air, high + air
}

// lineStyle is the style of the i-th series.
func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{
		Color:  palette[i%len(palette)],
		Width:  1.2,
		Dashes: dashes[i/len(palette)%len(dashes)],
	}
}

// paper is an empty picture of so many pixels, and the part of it that is drawn on.
func paper(width, height int) (*vgimg.Canvas, draw.Canvas) {
	points := func(pixels int) vg.Length { return vg.Length(pixels) * vg.Inch / dotsPerInch }
	picture := vgimg.NewWith(vgimg.UseWH(points(width), points(height)), vgimg.UseDPI(dotsPerInch))
	return picture, draw.Crop(draw.New(picture), 8, -14, 8, -6)
}

// styleAxes gives both axes their fonts, colours and lines.
func styleAxes(p *plot.Plot) {
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(11)
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = 4
		axis.Tick.Label.Font = sans(10)
		axis.Tick.Label.Color = ink
		axis.Tick.Length = 4
		axis.LineStyle = draw.LineStyle{Color: ink, Width: 0.7}
		axis.Tick.LineStyle = axis.LineStyle
		axis.Padding = 0
	}
}

// heading draws the title, if there is one, at the upper edge of area, about
// the middle of the data, and returns the height that it takes.
func heading(area draw.Canvas, middle vg.Length, title string) vg.Length {
	if title == "" {
		return 0
	}
	large := style(sans(13), ink, text.XCenter, text.YTop)
	area.FillText(large, vg.Point{X: middle, Y: area.Max.Y}, title)
	return large.Height(title) + 7
}

// legend draws names in rows at the upper edge of area, about the middle of the
// data, each behind a sample of so much width that is drawn from a point at its
// left, and returns the height that it takes.
func legend(area draw.Canvas, middle vg.Length, names []string, sample vg.Length, draw func(i int, left vg.Point)) vg.Length {
	const gap, apart = 5, 16
	name := style(sans(10), ink, text.XLeft, text.YCenter)
	row := name.Height("Mg") + 4
	widthOf := func(s string) vg.Length { return sample + gap + name.Width(s) }

	y := area.Max.Y - row/2
	for first := 0; first < len(names); {
		last, total := first+1, widthOf(names[first])
		for last < len(names) && total+apart+widthOf(names[last]) <= area.Size().X {
			total += apart + widthOf(names[last])
			last++
		}
		x := middle - total/2
		x = max(min(x, area.Max.X-total), area.Min.X)
		for i := first; i < last; i++ {
			draw(i, vg.Point{X: x, Y: y})
			area.FillText(name, vg.Point{X: x + sample + gap, Y: y}, names[i])
			x += widthOf(names[i]) + apart
		}
		y -= row
		first = last
	}
	return area.Max.Y - row/2 - y + 4
}

// grid draws a line at every labelled tick.
func grid(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if at := y(t.Value); !t.IsMinor() && c.ContainsY(at) {
			c.StrokeLine2(gridLine, c.Min.X, at, c.Max.X, at)
		}
	}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if at := x(t.Value); !t.IsMinor() && c.ContainsX(at) {
			c.StrokeLine2(gridLine, at, c.Min.Y, at, c.Max.Y)
		}
	}
}

// markLabels are the places of the names above the data.
type markLabels struct {
	left   []vg.Length
	row    []int // from the data upwards
	height vg.Length
}

func markStyle() text.Style { return style(sans(9), paleInk, text.XLeft, text.YBottom) }

// placeMarks puts every name above its line, into the lowest row in which it
// meets no other.
func (c Curves) placeMarks(area draw.Canvas, p *plot.Plot) markLabels {
	var l markLabels
	if len(c.Marks) == 0 {
		return l
	}
	data := p.DataCanvas(area)
	x, _ := p.Transforms(&data)
	name := markStyle()
	var ends []vg.Length // of the rows
	for _, m := range c.Marks {
		width := name.Width(m.Name)
		left := max(area.Min.X, min(x(m.X), area.Max.X-width))
		row := 0
		for row < len(ends) && left < ends[row]+6 {
			row++
		}
		if row == len(ends) {
			ends = append(ends, 0)
		}
		ends[row] = left + width
		l.left, l.row = append(l.left, left), append(l.row, row)
	}
	l.height = vg.Length(len(ends))*name.Height("Mg") + 4
	return l
}

// marks plots the vertical lines and writes their names at the places found.
type marks struct {
	list   []Mark
	labels markLabels
}

// Plot implements plot.Plotter.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	name := markStyle()
	for i, mark := range m.list {
		at := x(mark.X)
		y := c.Max.Y + 3 + vg.Length(m.labels.row[i])*name.Height("Mg")
		c.StrokeLine2(markLine, at, c.Min.Y, at, c.Max.Y)
		c.FillText(name, vg.Point{X: m.labels.left[i], Y: y}, mark.Name)
	}
}
