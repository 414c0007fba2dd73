package data

import "math"

// A dice is the stream of random numbers of one generated image: SplitMix64 (Steele, Lea and Flood 2014), begun at a
// hash of the seed of the set and the index of the image, so that an image is a function of the two and of no other.
type dice struct{ state uint64 }

func newDice(seed uint64, index int) *dice {
	return &dice{scramble(scramble(seed+0x9e3779b97f4a7c15) ^ (uint64(index)+1)*0xd1342543de82ef95)}
}

// scramble is the output function of SplitMix64, a bijection that changes half the bits where one bit changes.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit returns a uniform number in [0,1).
func (d *dice) unit() float64 {
	d.state += 0x9e3779b97f4a7c15
	return float64(scramble(d.state)>>11) / (1 << 53)
}

// between returns a uniform number in [lo,hi).
func (d *dice) between(lo, hi float64) float64 { return lo + (hi-lo)*d.unit() }

// bell returns a number in (−1,1) that is near 0 more often than not: the mean of three uniform ones.
func (d *dice) bell() float64 { return (d.unit()+d.unit()+d.unit())/1.5 - 1 }

// around returns a number in (mean−spread, mean+spread) that is near mean more often than not.
func (d *dice) around(mean, spread float64) float64 { return mean + spread*d.bell() }

// chance returns true with probability p.
func (d *dice) chance(p float64) bool { return d.unit() < p }

// pick returns an index of weights, each with the probability of its share of their sum.
func (d *dice) pick(weights ...float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	u := d.unit() * total
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// A vec is a point or a direction.
type vec struct{ x, y, z float64 }

func (a vec) add(b vec) vec     { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) sub(b vec) vec     { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) mul(s float64) vec { return vec{a.x * s, a.y * s, a.z * s} }
func (a vec) dot(b vec) float64 { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) mix(b vec, t float64) vec {
	return vec{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t, a.z + (b.z-a.z)*t}
}
func (a vec) unit() vec { return a.mul(1 / math.Sqrt(a.dot(a)+1e-18)) }

// A rotation takes directions from one frame to another: its rows are the axes of the new frame in the old one.
type rotation struct{ x, y, z vec }

func (r *rotation) apply(v vec) vec { return vec{r.x.dot(v), r.y.dot(v), r.z.dot(v)} }

// inverse returns the rotation back.
func (r *rotation) inverse() rotation {
	return rotation{
		vec{r.x.x, r.y.x, r.z.x},
		vec{r.x.y, r.y.y, r.z.y},
		vec{r.x.z, r.y.z, r.z.z},
	}
}

// A colour is an amount of red, green and blue light: linear, not gamma-encoded.
type colour struct{ r, g, b float64 }

func (a colour) add(b colour) colour   { return colour{a.r + b.r, a.g + b.g, a.b + b.b} }
func (a colour) mul(s float64) colour  { return colour{a.r * s, a.g * s, a.b * s} }
func (a colour) times(b colour) colour { return colour{a.r * b.r, a.g * b.g, a.b * b.b} }
func (a colour) mix(b colour, t float64) colour {
	return colour{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}
func (a colour) luma() float64 { return 0.2126*a.r + 0.7152*a.g + 0.0722*a.b }

// srgb returns the light of an sRGB colour given as 0xRRGGBB.
func srgb(hex uint32) colour {
	linear := func(b uint32) float64 {
		v := float64(b&255) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return colour{linear(hex >> 16), linear(hex >> 8), linear(hex)}
}

// gammaSteps is the resolution of gamma in the square root of light, which spends it where the eye does.
const gammaSteps = 2048

// gamma has the sRGB byte, as yet not rounded, of the light (i/gammaSteps)².
var gamma = func() (t [gammaSteps + 1]byte) {
	for i := range t {
		v := float64(i) / gammaSteps
		v *= v
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		t[i] = byte(v*255 + 0.5)
	}
	return t
}()

// encode returns the sRGB byte of an amount of light.
func encode(light float64) byte {
	return gamma[int(math.Sqrt(clamp(light, 0, 1))*gammaSteps+0.5)]
}

func clamp(v, lo, hi float64) float64 {
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v
}

// step rises smoothly from 0 at a to 1 at b; a may be greater than b.
func step(a, b, v float64) float64 {
	t := clamp((v-a)/(b-a), 0, 1)
	return t * t * (3 - 2*t)
}

// bump is 1 at 0 and falls smoothly to 0 where the squared radius is 1.
func bump(squared float64) float64 {
	if squared >= 1 {
		return 0
	}
	squared = 1 - squared
	return squared * squared
}

// lerp returns the number that is the share t of the way from a to b.
func lerp(a, b, t float64) float64 { return a + (b-a)*t }

// cover returns how much of a pixel lies inside an edge: d is the distance to the edge, positive inside, and width
// that of a pixel.
func cover(d, width float64) float64 { return clamp(0.5+d/width, 0, 1) }

// segment returns the distance from (x,y) to the segment from a to b and the place along it, 0 to 1, that is nearest.
func segment(x, y, ax, ay, bx, by float64) (distance, along float64) {
	dx, dy := bx-ax, by-ay
	along = clamp(((x-ax)*dx+(y-ay)*dy)/(dx*dx+dy*dy+1e-12), 0, 1)
	dx, dy = x-ax-along*dx, y-ay-along*dy
	return math.Sqrt(dx*dx + dy*dy), along
}

// ripple is smooth noise in the plane, in [−1,1], with features of size 1.
func ripple(x, y float64, seed uint32) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := uint32(int64(fx)), uint32(int64(fy))
	x, y = x-fx, y-fy
	x, y = x*x*(3-2*x), y*y*(3-2*y)
	a, b := lattice(ix, iy, seed), lattice(ix+1, iy, seed)
	c, d := lattice(ix, iy+1, seed), lattice(ix+1, iy+1, seed)
	return lerp(lerp(a, b, x), lerp(c, d, x), y)
}

// lattice returns the value of ripple at a whole place.
func lattice(x, y, seed uint32) float64 {
	h := x*0x85ebca6b ^ y*0xc2b2ae35 ^ seed
	h = (h ^ h>>15) * 0x2c1b3c6d
	h = (h ^ h>>12) * 0x297a2d39
	return float64(int32(h^h>>15)) / (1 << 31)
}
