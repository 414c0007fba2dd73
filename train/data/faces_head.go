package data

import "math"

// The head is a solid in its own frame: the middle between the eyes is the origin of x and y, x goes to the left ear
// of the person (the right of the picture), y up and z out of the face; a unit is about 13 cm. It is given by a
// function that is negative inside, near the distance outside, and joins ellipsoids smoothly.

// An ellipsoid with its axes along those of the head.
type ellipsoid struct {
	centre vec
	scale  vec // one over each radius
	square vec // scale, squared
}

func newEllipsoid(cx, cy, cz, rx, ry, rz float64) ellipsoid {
	s := vec{1 / rx, 1 / ry, 1 / rz}
	return ellipsoid{vec{cx, cy, cz}, s, vec{s.x * s.x, s.y * s.y, s.z * s.z}}
}

// distance returns the distance of p from the surface, right to first order near it and less than it far away.
func (e *ellipsoid) distance(p vec) float64 {
	x, y, z := p.x-e.centre.x, p.y-e.centre.y, p.z-e.centre.z
	gx, gy, gz := x*e.square.x, y*e.square.y, z*e.square.z
	return (x*gx + y*gy + z*gz - 1) * 0.5 / math.Sqrt(gx*gx+gy*gy+gz*gz+1e-12)
}

// A crossing is where a ray meets an ellipsoid.
type crossing struct {
	at   float64 // the distance along the ray where it enters, or where it is nearest
	exit float64 // where it leaves
	miss float64 // how near the ray comes to the centre, in radii: more than 1 is past it
}

func (e *ellipsoid) cross(origin, ray vec) crossing {
	o := origin.sub(e.centre)
	o = vec{o.x * e.scale.x, o.y * e.scale.y, o.z * e.scale.z}
	d := vec{ray.x * e.scale.x, ray.y * e.scale.y, ray.z * e.scale.z}
	inverse := 1 / d.dot(d)
	nearest := -o.dot(d) * inverse
	m := o.add(d.mul(nearest))
	squared := m.dot(m)
	half := math.Sqrt(max(0, 1-squared) * inverse)
	return crossing{nearest - half, nearest + half, math.Sqrt(squared)}
}

// join is the distance from the smooth union of two solids, which melt into one another over a width k.
func join(a, b, k float64) float64 {
	if b < a {
		a, b = b, a
	}
	h := a + k - b
	if h <= 0 {
		return a
	}
	return a - h*h*(0.25/k)
}

// A solid is what rays are followed to.
type solid interface {
	// distance is negative inside and not much more than the distance outside.
	distance(p vec) float64
}

// A meeting is where a ray meets a solid, or comes nearest to it.
type meeting struct {
	place vec
	far   float64 // along the ray
	d     float64 // the solid's distance there
	miss  float64 // the same, but 0 where the ray meets it
}

// follow follows a ray from begin to the first place where it meets a solid, not beyond end.
func follow(s solid, origin, ray vec, begin, end float64) meeting {
	const near = 0.002
	best := meeting{miss: math.Inf(1)}
	var out, in, inside float64 // the last places outside and inside, and the distance at the latter
	at, outside, slope := begin, 0.0, -0.8
	for range 14 {
		p := origin.add(ray.mul(at))
		d := s.distance(p)
		if math.Abs(d) < near {
			return meeting{p, at, d, 0}
		}
		if d < 0 {
			in, inside = at, d
			best = meeting{p, at, d, 0}
		} else {
			if outside > 0 && at > out {
				slope = (d - outside) / (at - out)
			}
			out, outside = at, d
			if d < best.miss {
				best = meeting{p, at, d, d}
			}
		}
		if inside < 0 {
			// Between the two, where a straight line between the distances is zero, but not too near either.
			if outside == 0 {
				return best // it began inside
			}
			at = lerp(out, in, clamp(outside/(outside-inside), 0.1, 0.9))
			continue
		}
		// A step of the secant method where the ray nears the surface, of a safe length where it passes along it.
		at += d / clamp(-slope, 0.35, 1)
		if at > end {
			break
		}
	}
	return best
}

// normalAt returns the direction out of a solid where a ray meets it.
func normalAt(s solid, m meeting) vec {
	const h = 0.004
	p, d := m.place, m.d
	return vec{
		s.distance(vec{p.x + h, p.y, p.z}) - d,
		s.distance(vec{p.x, p.y + h, p.z}) - d,
		s.distance(vec{p.x, p.y, p.z + h}) - d,
	}.unit()
}

// A relief raises or lowers the front of the head around a place, and around its mirror image.
type relief struct {
	x, y   float64
	sx, sy float64 // one over its radii
	height float64
}

func newRelief(x, y, rx, ry, height float64) relief { return relief{x, y, 1 / rx, 1 / ry, height} }

// A head is the solid of one person.
type head struct {
	cranium, front, chin, jaw, cheek, ear, nostril ellipsoid

	root, tip             vec     // the nose, from between the eyes to its tip
	rootRadius, tipRadius float64 // how thick it is at the two
	ridge                 vec     // from one to the other
	ridgeInverse          float64 // one over its squared length

	reliefs []relief

	cap, mask ellipsoid // contain all of it, the nose and the ears too
}

// newHead builds the head of a face.
func newHead(f *face) *head {
	jaw := 0.465 + 0.06*f.jaw + 0.03*f.fullness
	wide := 1 + 0.05*f.broadness
	long := 1 + 0.05*f.length
	h := &head{
		cranium: newEllipsoid(0, 0.22, -0.12, 0.555*wide, 0.65, 0.66),
		front:   newEllipsoid(0, -0.20, 0.08, jaw*wide, 0.575*long, 0.475),
		chin:    newEllipsoid(0, -0.665*long, 0.315, 0.17+0.05*f.jaw, 0.13+0.02*f.chin, 0.17+0.02*f.chin),
		jaw:     newEllipsoid(0.25+0.05*f.jaw, -0.42*long, 0.07, 0.155+0.02*f.fullness, 0.22, 0.24),
		cheek:   newEllipsoid(0.275, -0.17+0.02*f.smile, 0.27, 0.18, 0.14, 0.155+0.02*f.fullness),
		ear:     newEllipsoid(0.565*wide, -0.09, -0.10, 0.075, 0.18, 0.11),

		root:       vec{0, 0.10, 0.465},
		tip:        vec{0, -0.295 - 0.025*f.noseLength, 0.645 + 0.03*f.noseLength},
		rootRadius: 0.038 + 0.012*f.noseWidth,
		tipRadius:  0.070 + 0.014*f.noseWidth,
		nostril:    newEllipsoid(0.078+0.025*f.noseWidth, -0.33, 0.570, 0.055+0.012*f.noseWidth, 0.05, 0.08),

		reliefs: []relief{
			newRelief(f.eyeGap, 0.015, 0.20, 0.14, -0.04),                                         // socket
			newRelief(0.19, 0.19, 0.26, 0.09, 0.012+0.014*(1-f.femininity)),                       // brow ridge
			newRelief(0, -0.535, 0.25, 0.13, 0.028+0.012*f.lips),                                  // lips
			newRelief(0, -0.645, 0.20, 0.055, -0.016),                                             // below the lower lip
			newRelief(0.31, -0.25, 0.19, 0.15, 0.012+0.022*math.Max(0, f.smile)+0.012*f.fullness), // apple of the cheek
			newRelief(0.35, -0.45, 0.12, 0.16, -0.008*(1-f.fullness)),                             // hollow below it
		},
	}
	h.ridge = h.tip.sub(h.root)
	h.ridgeInverse = 1 / h.ridge.dot(h.ridge)
	h.cap = newEllipsoid(0, 0.20, -0.10, 0.70*wide, 0.76, 0.78)
	h.mask = newEllipsoid(0, -0.24, 0.10, 0.60*wide, 0.72*long, 0.74)
	return h
}

// distance makes the head a solid.
func (h *head) distance(p vec) float64 {
	p.x = math.Abs(p.x) // the two halves are alike
	var d float64
	switch {
	case p.y > 0.6:
		d = h.cranium.distance(p)
	case p.y < -0.62:
		d = h.front.distance(p)
	default:
		d = join(h.cranium.distance(p), h.front.distance(p), 0.16)
	}
	if p.y < -0.05 {
		d = join(d, h.jaw.distance(p), 0.13)
		if p.y < -0.3 {
			d = join(d, h.chin.distance(p), 0.14)
		}
	}
	if p.x > 0.4 && p.z < 0.1 && p.y < 0.2 {
		d = join(d, h.ear.distance(p), 0.03)
	}
	if p.z < 0 || p.y > 0.5 {
		return d
	}
	if p.y < 0.25 && p.y > -0.5 && p.x > 0.02 {
		d = join(d, h.cheek.distance(p), 0.14)
	}
	for i := range h.reliefs {
		r := &h.reliefs[i]
		dx, dy := (p.x-r.x)*r.sx, (p.y-r.y)*r.sy
		if s := 1 - dx*dx - dy*dy; s > 0 {
			// It fades towards the sides of the head, where the front is seen edge on.
			d -= r.height * step(0.05, 0.3, p.z) * s * s
		}
	}
	if p.x < 0.45 && p.y < 0.4 && p.y > -0.7 && p.z > 0.3 {
		y, z := p.y-h.root.y, p.z-h.root.z
		along := clamp((y*h.ridge.y+z*h.ridge.z)*h.ridgeInverse, 0, 1)
		y -= along * h.ridge.y
		z -= along * h.ridge.z
		d = join(d, math.Sqrt(p.x*p.x+y*y+z*z)-lerp(h.rootRadius, h.tipRadius, along*along), 0.10)
		d = join(d, h.nostril.distance(p), 0.04)
	}
	return d
}

// meet follows a ray to the head. The miss is infinite for rays that are nowhere near it.
func (h *head) meet(origin, ray vec) meeting {
	a, b := h.cap.cross(origin, ray), h.mask.cross(origin, ray)
	begin := math.Inf(1)
	if a.miss < 1 {
		begin = a.at
	}
	if b.miss < 1 {
		begin = math.Min(begin, b.at)
	}
	if math.IsInf(begin, 1) {
		return meeting{miss: begin}
	}
	return follow(h, origin, ray, begin, math.Max(a.exit, b.exit))
}

// shadow returns how much of a soft light from a direction reaches p past the head itself, 0 to 1.
func (h *head) shadow(p, normal, light vec) float64 {
	p = p.add(normal.mul(0.025))
	open := 1.0
	for _, far := range [...]float64{0.07, 0.2} {
		open = min(open, 0.5+1.4*h.distance(p.add(light.mul(far)))/far)
	}
	return step(0, 1, open)
}
