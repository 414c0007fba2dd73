package data

import (
	"fmt"
	"math"
)

// Digits returns n drawn digits of 28 by 28 pixels, light on dark, with their labels, a stand-in for MNIST where it is
// not there: strokes of a pen in several ways of writing each digit, slanted, turned, stretched and bent at random and
// drawn with a pen of varying width, in MNIST's frame, that is, in a box of 20 by 20 pixels whose centre of mass is
// the centre of the image. Each ten images from a multiple of ten on have one of each digit, in random order. Image i
// is a function of seed and i alone.
//
// It panics if n is negative.
func Digits(seed uint64, n int) *Images {
	if n < 0 {
		panic(fmt.Sprintf("data: digits: cannot draw %d images", n))
	}
	s := &Images{Name: "digits", Height: digitSize, Width: digitSize, Channels: 1}
	s.Pix = make([]byte, n*s.Size())
	s.Labels = make([]byte, n)
	generate(n, func(i int) {
		s.Labels[i] = digitOf(seed, i)
		newDigit(newDice(seed, i), int(s.Labels[i])).paint(s.Pix[i*s.Size() : (i+1)*s.Size()])
	})
	s.Sum = sum(s.Pix)
	return s
}

const (
	digitSize = 28 // pixels of a side
	digitBox  = 20 // pixels of the longer side of the box around the ink
)

// digitOf returns which digit image i of a set is.
func digitOf(seed uint64, i int) byte {
	d := newDice(^seed, i/10)
	order := [10]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	for k := len(order) - 1; k > 0; k-- {
		j := int(d.unit() * float64(k+1))
		order[k], order[j] = order[j], order[k]
	}
	return order[i%10]
}

// A dot is a point in the plane, y downwards.
type dot struct{ x, y float64 }

// A pen stroke goes smoothly through its points; a point that is there twice is a corner.
type penStroke []dot

// writings are the ways of writing each digit, in a box from 0 to 1.
var writings = [10][][]penStroke{
	{ // 0
		{{{.55, .03}, {.25, .12}, {.10, .50}, {.24, .88}, {.50, .97}, {.78, .86}, {.90, .50}, {.76, .14}, {.50, .04}}},
		{{{.70, .10}, {.45, .02}, {.18, .25}, {.10, .62}, {.30, .95}, {.62, .92}, {.85, .60}, {.84, .25}, {.62, .05}, {.42, .08}}},
	},
	{ // 1
		{{{.50, .02}, {.50, .50}, {.50, .98}}},
		{{{.32, .24}, {.52, .03}, {.52, .03}, {.52, .50}, {.52, .98}}},
		{{{.32, .22}, {.52, .03}, {.52, .03}, {.52, .50}, {.52, .97}}, {{.28, .97}, {.78, .97}}},
	},
	{ // 2
		{{{.14, .26}, {.30, .06}, {.60, .03}, {.82, .20}, {.74, .43}, {.44, .70}, {.12, .96}, {.12, .96}, {.50, .94}, {.92, .95}}},
		{{{.16, .22}, {.36, .04}, {.66, .06}, {.80, .26}, {.66, .52}, {.36, .82}, {.14, .94}, {.10, .80}, {.28, .76}, {.60, .92}, {.94, .88}}},
	},
	{ // 3
		{{{.15, .15}, {.40, .03}, {.74, .10}, {.78, .30}, {.42, .47}, {.42, .47}, {.80, .58}, {.86, .80}, {.60, .97}, {.30, .95}, {.10, .82}}},
		{{{.14, .05}, {.82, .05}, {.82, .05}, {.44, .42}, {.44, .42}, {.78, .54}, {.86, .76}, {.64, .95}, {.34, .97}, {.10, .86}}},
	},
	{ // 4
		{{{.20, .03}, {.14, .30}, {.12, .55}, {.12, .55}, {.50, .55}, {.92, .53}}, {{.76, .05}, {.73, .50}, {.68, .98}}},
		{{{.66, .02}, {.36, .34}, {.08, .66}, {.08, .66}, {.50, .66}, {.95, .65}}, {{.66, .02}, {.66, .50}, {.66, .98}}},
		{{{.24, .05}, {.14, .34}, {.24, .52}, {.50, .50}, {.78, .36}}, {{.82, .04}, {.76, .50}, {.66, .98}}},
	},
	{ // 5
		{{{.27, .05}, {.24, .25}, {.20, .45}, {.20, .45}, {.50, .38}, {.82, .55}, {.80, .82}, {.50, .97}, {.12, .88}}, {{.27, .05}, {.55, .05}, {.88, .04}}},
		{{{.86, .04}, {.58, .05}, {.30, .07}, {.30, .07}, {.22, .42}, {.22, .42}, {.54, .42}, {.78, .60}, {.70, .86}, {.42, .97}, {.10, .90}}},
	},
	{ // 6
		{{{.70, .03}, {.36, .25}, {.13, .60}, {.25, .92}, {.55, .97}, {.82, .78}, {.70, .56}, {.40, .56}, {.17, .76}}},
		{{{.48, .02}, {.26, .32}, {.16, .70}, {.34, .96}, {.64, .94}, {.80, .74}, {.62, .58}, {.36, .66}, {.22, .84}}},
	},
	{ // 7
		{{{.08, .06}, {.50, .06}, {.90, .05}, {.90, .05}, {.62, .50}, {.40, .98}}},
		{{{.08, .06}, {.50, .06}, {.90, .05}, {.90, .05}, {.64, .50}, {.44, .98}}, {{.34, .50}, {.58, .49}, {.84, .48}}},
		{{{.10, .18}, {.14, .07}, {.14, .07}, {.50, .07}, {.88, .07}, {.70, .38}, {.52, .68}, {.46, .98}}},
	},
	{ // 8
		{{{.76, .15}, {.46, .02}, {.20, .20}, {.46, .46}, {.80, .72}, {.50, .98}, {.15, .78}, {.45, .50}, {.78, .25}, {.72, .12}}},
		{{{.50, .03}, {.24, .12}, {.26, .36}, {.50, .46}, {.76, .36}, {.76, .12}, {.50, .03}}, {{.50, .46}, {.18, .60}, {.20, .88}, {.50, .98}, {.82, .88}, {.82, .60}, {.50, .46}}},
	},
	{ // 9
		{{{.80, .20}, {.52, .03}, {.20, .18}, {.24, .44}, {.54, .48}, {.80, .22}, {.80, .22}, {.77, .60}, {.70, .98}}},
		{{{.80, .20}, {.50, .03}, {.20, .20}, {.28, .46}, {.58, .46}, {.80, .20}, {.80, .20}, {.82, .62}, {.62, .93}, {.26, .94}}},
		{{{.74, .10}, {.44, .04}, {.20, .24}, {.34, .44}, {.64, .36}, {.76, .12}, {.76, .12}, {.72, .50}, {.56, .98}}},
	},
}

// A nib is where the pen is at a moment, and how wide its line is there.
type nib struct {
	dot
	radius float64
}

// A digit is a written digit in the frame of the image: lines of short straight pieces.
type digit struct {
	lines [][]nib
	ink   float64 // how light the middle of a line is, 0 to 1
	edge  float64 // how many pixels its edge takes from ink to none
}

// newDigit writes a digit by a hand of its own.
func newDigit(d *dice, label int) *digit {
	ways := writings[label]
	strokes := ways[int(d.unit()*float64(len(ways)))]

	const jitter = 0.065
	wide := d.between(0.62, 1.0)
	slant := d.around(0.16, 0.42)
	sine, cosine := math.Sincos(d.around(0, 0.22))
	// What bends the page: waves that are longer than the digit.
	bendX, bendY := d.around(0, 0.12), d.around(0, 0.12)
	phaseX, phaseY := d.between(0, 2*math.Pi), d.between(0, 2*math.Pi)
	longX, longY := d.between(2, 5), d.between(2, 5)
	place := func(p dot) dot {
		p.x, p.y = p.x+bendX*math.Sin(longX*p.y+phaseX), p.y+bendY*math.Sin(longY*p.x+phaseY)
		p.x, p.y = (p.x-0.5)*wide, p.y-0.5
		p.x -= slant * p.y
		return dot{p.x*cosine - p.y*sine, p.x*sine + p.y*cosine}
	}
	radius := d.between(0.9, 1.7) // in pixels
	press, rhythm, phase := d.between(0, 0.22), d.between(1, 4), d.between(0, 2*math.Pi)

	g := &digit{ink: d.between(0.88, 1.05), edge: d.between(1.0, 1.7)}
	for _, stroke := range strokes {
		moved := make(penStroke, len(stroke))
		for i, p := range stroke {
			if i > 0 && p == stroke[i-1] {
				moved[i] = moved[i-1] // a corner stays one
				continue
			}
			moved[i] = dot{p.x + d.around(0, jitter), p.y + d.around(0, jitter)}
		}
		var line []nib
		for i, p := range moved.smooth() {
			line = append(line, nib{place(p), radius * (1 + press*math.Sin(rhythm*float64(i)/8+phase))})
		}
		g.lines = append(g.lines, line)
	}
	g.frame(radius)
	return g
}

// smooth returns points on the curve of Catmull and Rom through the points of s.
func (s penStroke) smooth() []dot {
	const pieces = 8
	out := make([]dot, 0, pieces*len(s))
	for i := range len(s) - 1 {
		a, b := s[i], s[i+1]
		if a == b {
			continue
		}
		// At an end and at a corner the curve sets out straight.
		before, after := a, b
		if i > 0 {
			before = s[i-1]
		}
		if i+2 < len(s) {
			after = s[i+2]
		}
		for k := range pieces {
			t := float64(k) / pieces
			out = append(out, dot{spline(before.x, a.x, b.x, after.x, t), spline(before.y, a.y, b.y, after.y, t)})
		}
	}
	return append(out, s[len(s)-1])
}

// spline is the cubic that goes from b at t = 0 to c at t = 1 with the slopes of its neighbours.
func spline(a, b, c, d, t float64) float64 {
	return b + 0.5*t*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
}

// frame scales the digit to the box and moves its centre of mass to the centre of the image.
func (g *digit) frame(radius float64) {
	low, high := dot{math.Inf(1), math.Inf(1)}, dot{math.Inf(-1), math.Inf(-1)}
	for _, line := range g.lines {
		for _, p := range line {
			low = dot{math.Min(low.x, p.x), math.Min(low.y, p.y)}
			high = dot{math.Max(high.x, p.x), math.Max(high.y, p.y)}
		}
	}
	scale := (digitBox - 2*radius) / math.Max(high.x-low.x, high.y-low.y)
	const centre = digitSize / 2
	move := func(to func(dot) dot) {
		for _, line := range g.lines {
			for i := range line {
				line[i].dot = to(line[i].dot)
			}
		}
	}
	move(func(p dot) dot {
		return dot{centre + (p.x-(low.x+high.x)/2)*scale, centre + (p.y-(low.y+high.y)/2)*scale}
	})
	var mass, mx, my float64
	for i, v := range g.draw() {
		mass, mx, my = mass+v, mx+v*(float64(i%digitSize)+0.5), my+v*(float64(i/digitSize)+0.5)
	}
	move(func(p dot) dot { return dot{p.x + centre - mx/mass, p.y + centre - my/mass} })
}

// draw returns how much ink there is at each pixel, 0 to 1.
func (g *digit) draw() (ink [digitSize * digitSize]float64) {
	for _, line := range g.lines {
		for i := 1; i < len(line); i++ {
			a, b := line[i-1], line[i]
			reach := math.Max(a.radius, b.radius) + g.edge
			left, right := pixels(math.Min(a.x, b.x)-reach, math.Max(a.x, b.x)+reach)
			top, bottom := pixels(math.Min(a.y, b.y)-reach, math.Max(a.y, b.y)+reach)
			for y := top; y < bottom; y++ {
				for x := left; x < right; x++ {
					away, along := segment(float64(x)+0.5, float64(y)+0.5, a.x, a.y, b.x, b.y)
					v := step(-0.5, 0.5, (lerp(a.radius, b.radius, along)-away)/g.edge)
					ink[y*digitSize+x] = math.Max(ink[y*digitSize+x], v)
				}
			}
		}
	}
	return ink
}

// paint writes the picture.
func (g *digit) paint(pix []byte) {
	for i, v := range g.draw() {
		pix[i] = byte(255*math.Min(1, v*g.ink) + 0.5)
	}
}

// pixels returns the range of pixels of the image between two places.
func pixels(from, to float64) (first, end int) {
	return max(0, int(from)), min(digitSize, int(to)+1)
}
