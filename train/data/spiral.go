package data

import (
	"fmt"
	"math"
)

// Spiral returns n points near a curve in the plane, examples of 1 by 2 values, x and y, in [0,1]: a curve through
// two-dimensional data is what pictures of how an autoencoder learns a manifold need. Points lie along the curve at
// random, as many on each piece of its length, and beside it by less than 0.02, 0.007 most often. Values are bytes,
// so that places are right to 0.002. Point i is a function of seed and i alone.
//
// It panics if n is negative.
func Spiral(seed uint64, n int) *Images {
	if n < 0 {
		panic(fmt.Sprintf("data: spiral: cannot draw %d points", n))
	}
	s := &Images{Name: "spiral", Height: 1, Width: 2, Channels: 1}
	s.Pix = make([]byte, n*s.Size())
	for i := range n {
		d := newDice(seed, i)
		x, y := spiralAt(d.unit())
		x, y = x+d.around(0, 0.02), y+d.around(0, 0.02)
		s.Pix[2*i], s.Pix[2*i+1] = byte(math.Round(255*clamp(x, 0, 1))), byte(math.Round(255*clamp(y, 0, 1)))
	}
	s.Sum = sum(s.Pix)
	return s
}

// The spiral of Archimedes r = spiralReach φ/spiralEnd around the middle of the square, whose turns are 0.19 apart.
const (
	spiralStart = 0.5 * math.Pi
	spiralEnd   = 4.5 * math.Pi
	spiralReach = 0.42
)

// spiralAt is the point that the share t of the curve lies before. The length up to the angle φ is as φ², but for
// the innermost part, which is somewhat longer.
func spiralAt(t float64) (x, y float64) {
	angle := math.Sqrt(lerp(spiralStart*spiralStart, spiralEnd*spiralEnd, t))
	sine, cosine := math.Sincos(angle)
	r := spiralReach * angle / spiralEnd
	return 0.5 + r*cosine, 0.5 + r*sine
}
