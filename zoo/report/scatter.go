package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Point is a point in the plane.
type Point struct {
	X, Y  float64
	Class int // its number in Scatter.Classes
}

// Arrow goes from (X, Y) to (X+DX, Y+DY).
type Arrow struct{ X, Y, DX, DY float64 }

// Scatter draws points in the plane, coloured by class. The name of a class
// stands at the median of its points, too, or its number where names are long:
// who cannot tell two colours apart reads these.
type Scatter struct {
	Title         string
	X, Y          string   // what the axes show
	Classes       []string // the names of the classes; nil: the points have none
	Equal         bool     // one scale on both axes, so that distances are seen as they are
	Bare          bool     // no axes, where their numbers mean nothing
	Arrows        []Arrow  // over the points
	Width, Height int      // pixels; 0: 1050 × 1050
}

// classColours stay apart under the common kinds of colour blindness, ten of
// them, which the lines' palette has not (Petroff 2021, "Accessible color
// sequences for data visualization", arXiv:2107.02270, table 1). Classes beyond
// them have other shapes.
var classColours = []color.NRGBA{
	{0x3f, 0x90, 0xda, 255}, // blue
	{0xff, 0xa9, 0x0e, 255}, // orange
	{0xbd, 0x1f, 0x01, 255}, // red
	{0x94, 0xa4, 0xa2, 255}, // grey
	{0x83, 0x2d, 0xb6, 255}, // purple
	{0xa9, 0x6b, 0x59, 255}, // brown
	{0xe7, 0x63, 0x00, 255}, // dark orange
	{0xb9, 0xac, 0x70, 255}, // tan
	{0x71, 0x75, 0x81, 255}, // dark grey
	{0x92, 0xda, 0xdd, 255}, // light blue
}

var classShapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.PyramidGlyph{}, draw.BoxGlyph{}, draw.RingGlyph{}}

// longName is the number of letters from which on a name is too long to stand
// among the points.
const longName = 5

// Draw draws the points in their order, then the arrows. It is an error if
// there are none, if a number is not finite, or if a class has no name.
func (s Scatter) Draw(points []Point) (image.Image, error) {
	if len(points)+len(s.Arrows) == 0 {
		return nil, fmt.Errorf("report: scatter %q: want at least one point, got none", s.Title)
	}
	p := plot.New()
	for i, at := range points {
		if !(math.Abs(at.X) <= beyond && math.Abs(at.Y) <= beyond) {
			return nil, fmt.Errorf("report: scatter %q: point %d: want finite numbers, got %g and %g", s.Title, i, at.X, at.Y)
		}
		if len(s.Classes) > 0 && (at.Class < 0 || at.Class >= len(s.Classes)) {
			return nil, fmt.Errorf("report: scatter %q: point %d: class %d of %d", s.Title, i, at.Class, len(s.Classes))
		}
		reach(p, at.X, at.Y)
	}
	for i, a := range s.Arrows {
		if !(math.Abs(a.X)+math.Abs(a.DX) <= beyond && math.Abs(a.Y)+math.Abs(a.DY) <= beyond) {
			return nil, fmt.Errorf("report: scatter %q: arrow %d: want finite numbers, got %v", s.Title, i, a)
		}
		reach(p, a.X, a.Y)
		reach(p, a.X+a.DX, a.Y+a.DY)
	}
	width, height := s.Width, s.Height
	if width <= 0 {
		width = 1050
	}
	if height <= 0 {
		height = 1050
	}
	p.X.Label.Text, p.Y.Label.Text = s.X, s.Y
	styleAxes(p)
	p.X.Min, p.X.Max = widen(p.X.Min, p.X.Max, 0.03, 1)
	p.Y.Min, p.Y.Max = widen(p.Y.Min, p.Y.Max, 0.03, 1)
	ticks := plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 8, false) })
	if s.Bare {
		ticks = func(float64, float64) []plot.Tick { return nil }
		p.X.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks, ticks

	picture, area := paper(width, height)
	data := p.DataCanvas(area)
	middle := data.Center().X
	area.Max.Y -= heading(area, middle, s.Title)
	dots := scatter{points: points, names: s.Classes, radius: radius(len(points)), arrows: s.Arrows}
	if len(s.Classes) > 1 {
		names := s.Classes
		if slices.ContainsFunc(names, func(name string) bool { return utf8.RuneCountInString(name) >= longName }) {
			names, dots.names = numbered(names)
		}
		area.Max.Y -= legend(area, middle, names, 8, func(i int, left vg.Point) {
			area.DrawGlyph(classGlyph(i, 3.2), vg.Point{X: left.X + 4, Y: left.Y})
		})
	}
	if s.Equal {
		equalise(p, area)
	}
	p.Add(dots)
	p.BackgroundColor = nil
	grid(p.DataCanvas(area), p)
	p.Draw(area)
	return picture.Image(), nil
}

// numbered are names with numbers before them, from 0, and the numbers.
func numbered(names []string) (both, numbers []string) {
	for i, name := range names {
		numbers = append(numbers, strconv.Itoa(i))
		both = append(both, numbers[i]+" "+name)
	}
	return both, numbers
}

// reach makes the axes reach over a point.
func reach(p *plot.Plot, x, y float64) {
	p.X.Min, p.X.Max = min(p.X.Min, x), max(p.X.Max, x)
	p.Y.Min, p.Y.Max = min(p.Y.Min, y), max(p.Y.Max, y)
}

// equalise lengthens one axis so that both have the same scale in area. Longer
// axes have other numbers, which need another space; two turns settle it.
func equalise(p *plot.Plot, area draw.Canvas) {
	x, y := p.X, p.Y
	for range 3 {
		data := p.DataCanvas(area)
		size := data.Size()
		scale := max((x.Max-x.Min)/float64(size.X), (y.Max-y.Min)/float64(size.Y))
		lengthen(&p.X, x.Min, x.Max, scale*float64(size.X))
		lengthen(&p.Y, y.Min, y.Max, scale*float64(size.Y))
	}
}

// lengthen gives an axis that length about the middle of low and high.
func lengthen(axis *plot.Axis, low, high, length float64) {
	axis.Min, axis.Max = (low+high-length)/2, (low+high+length)/2
}

// radius is that of a dot, where there are so many.
func radius(n int) vg.Length { return vg.Length(min(3, max(1, 60/math.Sqrt(float64(max(n, 1)))))) }

// classGlyph is the dot of a class.
func classGlyph(class int, radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{
		Color:  classColours[class%len(classColours)],
		Radius: radius,
		Shape:  classShapes[class/len(classColours)%len(classShapes)],
	}
}

// scatter plots points and arrows.
type scatter struct {
	points []Point
	names  []string // of the classes, to stand among the points
	radius vg.Length
	arrows []Arrow
}

// Plot implements plot.Plotter.
func (s scatter) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, at := range s.points {
		c.DrawGlyph(classGlyph(at.Class, s.radius), vg.Point{X: x(at.X), Y: y(at.Y)})
	}
	line := draw.LineStyle{Color: ink, Width: 0.6}
	for _, a := range s.arrows {
		drawArrow(c, line, vg.Point{X: x(a.X), Y: y(a.Y)}, vg.Point{X: x(a.X + a.DX), Y: y(a.Y + a.DY)})
	}
	if len(s.names) < 2 {
		return
	}
	for class, name := range s.names {
		if middle, ok := median(s.points, class); ok {
			inscribe(c, vg.Point{X: x(middle.X), Y: y(middle.Y)}, name)
		}
	}
}

// median is the point of the medians of both coordinates of a class.
func median(points []Point, class int) (Point, bool) {
	var x, y []float64
	for _, at := range points {
		if at.Class == class {
			x, y = append(x, at.X), append(y, at.Y)
		}
	}
	if len(x) == 0 {
		return Point{}, false
	}
	slices.Sort(x)
	slices.Sort(y)
	return Point{X: x[len(x)/2], Y: y[len(y)/2]}, true
}

// inscribe writes a name about a place, on a ground of white around its letters.
func inscribe(c draw.Canvas, at vg.Point, name string) {
	const halo = 1.6
	ground := style(sans(14), color.White, text.XCenter, text.YCenter)
	for i := range 16 {
		sine, cosine := math.Sincos(float64(i) * math.Pi / 8)
		c.FillText(ground, vg.Point{X: at.X + vg.Length(halo*cosine), Y: at.Y + vg.Length(halo*sine)}, name)
	}
	c.FillText(style(sans(14), color.Black, text.XCenter, text.YCenter), at, name)
}

// drawArrow draws an arrow whose head is a third of its length, but no longer
// than a letter is high; one too short to have a direction is a dot.
func drawArrow(c draw.Canvas, line draw.LineStyle, from, to vg.Point) {
	dx, dy := float64(to.X-from.X), float64(to.Y-from.Y)
	length := math.Hypot(dx, dy)
	if length < 0.5 {
		c.DrawGlyph(draw.GlyphStyle{Color: line.Color, Radius: 0.5, Shape: draw.CircleGlyph{}}, from)
		return
	}
	dx, dy = dx/length, dy/length
	head := min(length/3+0.8, 4)
	corner := func(along, across float64) vg.Point {
		return vg.Point{X: to.X - vg.Length(along*dx-across*dy), Y: to.Y - vg.Length(along*dy+across*dx)}
	}
	neck := corner(head, 0)
	c.StrokeLine2(line, from.X, from.Y, neck.X, neck.Y)
	c.FillPolygon(line.Color, []vg.Point{to, corner(head, 0.4*head), corner(head, -0.4*head)})
}
