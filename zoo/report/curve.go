package report

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// curve plots one series: the numbers as they are, smoothed if they are many.
// On a logarithmic axis these are the logarithms to base ten.
type curve struct {
	raw    plotter.XYs // Y is NaN where there is a gap
	smooth plotter.XYs // empty: raw is drawn in full
	style  draw.LineStyle
}

// newCurve checks the i-th series and makes it ready to be plotted.
func newCurve(s Series, i int, logY bool) (*curve, error) {
	if s.X != nil && len(s.X) != len(s.Y) {
		return nil, fmt.Errorf("want as many X as Y, got %d and %d", len(s.X), len(s.Y))
	}
	c := &curve{raw: make(plotter.XYs, len(s.Y)), style: lineStyle(i)}
	finite := 0
	for j, y := range s.Y {
		x := float64(j + 1)
		if s.X != nil {
			x = s.X[j]
		}
		if !(math.Abs(x) <= beyond) {
			return nil, fmt.Errorf("x of point %d: want a finite number, got %g", j, x)
		}
		if !(math.Abs(y) <= beyond) {
			y = math.NaN()
		} else {
			finite++
			if logY {
				if y <= 0 {
					return nil, fmt.Errorf("y of point %d: want a positive number for a logarithmic axis, got %g", j, y)
				}
				y = math.Log10(y)
			}
		}
		c.raw[j] = plotter.XY{X: x, Y: y}
	}
	if finite == 0 {
		return nil, errors.New("want at least one finite number, got none")
	}
	if finite >= manyPoints {
		c.smooth = smooth(c.raw, float64(finite)/100)
	}
	return c, nil
}

// DataRange implements plot.DataRanger.
func (c *curve) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, ymin = math.Inf(1), math.Inf(1)
	xmax, ymax = math.Inf(-1), math.Inf(-1)
	for _, p := range c.raw {
		xmin, xmax = min(xmin, p.X), max(xmax, p.X)
		if !math.IsNaN(p.Y) {
			ymin, ymax = min(ymin, p.Y), max(ymax, p.Y)
		}
	}
	return
}

// Plot implements plot.Plotter.
func (c *curve) Plot(canvas draw.Canvas, p *plot.Plot) {
	if len(c.smooth) == 0 {
		c.stroke(canvas, p, c.raw, c.style)
		return
	}
	faint := c.style
	full := color.NRGBAModel.Convert(faint.Color).(color.NRGBA)
	full.A = 70
	faint.Color, faint.Width, faint.Dashes = full, 0.6, nil
	c.stroke(canvas, p, c.raw, faint)
	c.stroke(canvas, p, c.smooth, c.style)
}

// stroke draws points as lines between gaps. A point between two gaps is a dot;
// so is every point where they are few.
func (c *curve) stroke(canvas draw.Canvas, p *plot.Plot, points plotter.XYs, style draw.LineStyle) {
	x, y := p.Transforms(&canvas)
	dot := draw.GlyphStyle{Color: style.Color, Radius: 1.8, Shape: draw.CircleGlyph{}}
	for _, run := range runs(points) {
		path := make([]vg.Point, len(run))
		for i, point := range run {
			path[i] = vg.Point{X: x(point.X), Y: y(point.Y)}
		}
		if len(run) == 1 || len(points) <= fewPoints {
			for _, at := range path {
				if canvas.ContainsY(at.Y) {
					canvas.DrawGlyph(dot, at)
				}
			}
		}
		canvas.StrokeLines(style, canvas.ClipLinesY(thin(path, vg.Inch/dotsPerInch))...)
	}
}

// runs cuts the points at their gaps.
func runs(points plotter.XYs) []plotter.XYs {
	var list []plotter.XYs
	first := 0
	for i := range points {
		if math.IsNaN(points[i].Y) {
			if i > first {
				list = append(list, points[first:i])
			}
			first = i + 1
		}
	}
	if len(points) > first {
		list = append(list, points[first:])
	}
	return list
}

// thin keeps, of the points in one column of pixels, the first, the lowest, the
// highest and the last: the same picture from a path that is short.
func thin(path []vg.Point, pixel vg.Length) []vg.Point {
	var short []vg.Point
	for first := 0; first < len(path); {
		column := math.Floor(float64(path[first].X / pixel))
		low, high, last := first, first, first
		for i := first; i < len(path) && math.Floor(float64(path[i].X/pixel)) == column; i++ {
			if path[i].Y < path[low].Y {
				low = i
			}
			if path[i].Y > path[high].Y {
				high = i
			}
			last = i
		}
		previous := -1
		for _, i := range []int{first, min(low, high), max(low, high), last} {
			if i != previous {
				short = append(short, path[i])
			}
			previous = i
		}
		first = last + 1
	}
	return short
}

// smooth is the local linear fit to each run of points, weighted by a Gaussian
// whose standard deviation is width points, at no more than about a thousand
// of them. A local mean would bend the ends: a loss falls fastest where it begins.
func smooth(points plotter.XYs, width float64) plotter.XYs {
	reach := int(math.Ceil(4 * width))
	stride := max(1, len(points)/1000)
	var fit plotter.XYs
	for _, run := range runs(points) {
		if len(fit) > 0 {
			fit = append(fit, plotter.XY{X: run[0].X, Y: math.NaN()})
		}
		for i := 0; i < len(run); i++ {
			if i%stride != 0 && i != len(run)-1 {
				continue
			}
			var s0, s1, s2, t0, t1 float64 // weighted sums of 1, d, d², y, d y
			for j := max(0, i-reach); j <= min(len(run)-1, i+reach); j++ {
				d := float64(j-i) / width
				w := math.Exp(-d * d / 2)
				y := run[j].Y
				s0, s1, s2 = s0+w, s1+w*d, s2+w*d*d
				t0, t1 = t0+w*y, t1+w*d*y
			}
			y := t0 / s0
			if det := s0*s2 - s1*s1; det > 1e-9*s0*s0 {
				y = (s2*t0 - s1*t1) / det
			}
			fit = append(fit, plotter.XY{X: run[i].X, Y: y})
		}
	}
	return fit
}
