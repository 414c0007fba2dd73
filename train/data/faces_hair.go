package data

import "math"

// hairTurns are directions around the head, from the front (0) over the ear (near 1.1) to the back (2).
var hairTurns = [9]float64{0, 0.25, 0.45, 0.60, 0.75, 0.90, 1.10, 1.40, 2}

// hairLines are the heights of the edge of the hair in the directions hairTurns.
type hairLines [len(hairTurns)]float64

// combHair makes the hair of the style: its solids, the line of its edge and how it is curled.
func (p *portrait) combHair() {
	high := 0.47 + 0.15*p.hairline + 0.03*p.age
	lift := 0.05 + 0.06*p.volume
	crown := func(lift, up float64) ellipsoid {
		wide := 1 + 0.05*p.broadness
		return newEllipsoid(-0.02*p.part, 0.235, -0.12, 0.555*wide+lift, 0.65+up, 0.66+lift*0.7)
	}
	lines := hairLines{high, high, high + 0.03, 0.36, 0.14, -0.12, 0.06, -0.22, -0.45}
	p.ends, p.mane.blend, p.tufts = -0.6, 0.22, 0.05
	p.hangs = p.style != hairCurly && p.style != hairAfro && p.style != hairBald
	drop := 0.0 // how far a parting sweeps the hair over the forehead
	switch p.style {
	case hairBald:
		p.mane.locks = []ellipsoid{crown(0.025, 0.02)}
		lines = hairLines{3, 3, 3, 3, 3, 0.0, 0.1, -0.35, -0.45}
	case hairShaved: // painted on the skin
	case hairShort:
		p.mane.locks = []ellipsoid{crown(lift*0.8, lift*1.5)}
		drop = 0.14
		p.curl, p.curlSize = 0.015+0.02*p.wave, 6
	case hairFringed:
		p.mane.locks = []ellipsoid{crown(lift*0.9, lift*1.1)}
		low := 0.40 - 0.17*p.fringe
		lines = hairLines{low, low, low + 0.01, low - 0.02, 0.10, -0.14, 0.04, -0.22, -0.45}
		drop = 0.07
		p.curl, p.curlSize = 0.015+0.03*p.wave, 6
	case hairCurly:
		p.mane.locks = []ellipsoid{crown(lift+0.05, lift+0.09)}
		lines = hairLines{high - 0.06, high - 0.05, high - 0.03, 0.34, 0.12, -0.08, 0.02, -0.35, -0.5}
		p.curl, p.curlSize = 0.055, 6.5
	case hairAfro:
		p.mane.locks = []ellipsoid{crown(0.16+0.12*p.volume, 0.14+0.12*p.volume)}
		lines = hairLines{high, high, high + 0.02, 0.36, 0.15, -0.05, -0.15, -0.4, -0.5}
		p.curl, p.curlSize = 0.035, 10
	case hairBob:
		p.mane.locks = []ellipsoid{crown(lift, lift*1.2), newEllipsoid(0, -0.16, -0.14, 0.69+0.05*p.volume, 0.80, 0.60)}
		p.ends = -0.52 - 0.16*p.reach
		lines = p.curtain(high)
		drop = 0.10
		p.curl, p.curlSize = 0.02+0.03*p.wave, 4
	case hairLong:
		p.mane.locks = []ellipsoid{crown(lift, lift*1.2), newEllipsoid(0, -0.55, -0.16, 0.68+0.10*p.volume+0.05*p.wave, 1.25, 0.56)}
		p.ends = -0.72 - 0.9*p.reach
		lines = p.curtain(high)
		drop = 0.12
		p.curl, p.curlSize = 0.02+0.06*p.wave, 3.4
	case hairTied:
		p.mane.locks = []ellipsoid{crown(0.03, 0.035), newEllipsoid(0.1*p.part, 0.90, -0.25, 0.20+0.08*p.volume, 0.19+0.06*p.volume, 0.2)}
		lines = hairLines{high, high, high + 0.03, 0.38, 0.20, -0.02, 0.06, -0.2, -0.4}
		p.curl, p.curlSize = 0.008, 6
		p.mane.blend, p.tufts = 0.05, 0.015
	}
	for i := range p.line {
		turn := float64(i)/16 - 2
		h := lines.at(math.Abs(turn))
		// Hair is swept from the parting: higher there, lower on the other side of the forehead.
		side := 1 - math.Abs(p.part)*0.4
		if drop > 0 {
			at := 0.30 * math.Copysign(side, p.part)
			h += drop * (0.55*bump(square((turn-at)/0.22)) + (turn*math.Copysign(0.8, p.part)-0.3)*bump(square(turn/0.8)))
		}
		p.line[i] = h
	}
}

// curtain returns the lines of hair that hangs down beside the face.
func (p *portrait) curtain(high float64) hairLines {
	if p.fringe > 0.62 { // a straight fringe
		high = 0.27
		return hairLines{high, high, high - 0.01, 0.05, -3, -3, -3, -3, -3}
	}
	if p.volume < 0.2 { // tucked behind the ears
		return hairLines{high, high, high, 0.36, 0.1, 0, -0.3, -3, -3}
	}
	return hairLines{high, high, high - 0.02 - 0.15*p.fringe, 0.05 - 0.5*p.fringe, -3, -3, -3, -3, -3}
}

// at returns the height in a direction, 0 at the front to 2 at the back.
func (l *hairLines) at(turn float64) float64 {
	for i := 1; i < len(l); i++ {
		if turn <= hairTurns[i] {
			return lerp(l[i-1], l[i], step(hairTurns[i-1], hairTurns[i], turn))
		}
	}
	return l[len(l)-1]
}

// turnOf returns the direction of q around the head: 0 the front, ±1 the sides, ±2 the back. It is the angle, but
// for its scale, which is that of a square and not of a circle.
func turnOf(q vec) float64 {
	z := q.z + 0.1
	t := q.x / (math.Abs(q.x) + math.Abs(z) + 1e-9)
	if z < 0 {
		t = math.Copysign(2, q.x) - t
	}
	return t
}

// hairEdge returns the height above which hair covers the place q.
func (p *portrait) hairEdge(q vec) float64 {
	at := (clamp(turnOf(q), -2, 2) + 2) * 16
	i := min(int(at), len(p.line)-2)
	return lerp(p.line[i], p.line[i+1], at-float64(i))
}

// A mane is the outside of the hair.
type mane struct {
	locks []ellipsoid // a cap, and what hangs down or is knotted
	blend float64     // over what width they join
}

// distance makes the hair a solid.
func (m *mane) distance(q vec) float64 {
	d := m.locks[0].distance(q)
	if len(m.locks) > 1 {
		d = join(d, m.locks[1].distance(q), m.blend)
	}
	return d
}

// cross returns where a ray may meet the hair, and how far inside its outline it passes.
func (m *mane) cross(origin, ray vec) (begin, end, inside float64) {
	c := m.locks[0].cross(origin, ray)
	begin, end, inside = c.at, c.exit, (1-c.miss)/m.locks[0].scale.x
	if len(m.locks) > 1 {
		c = m.locks[1].cross(origin, ray)
		second := (1 - c.miss) / m.locks[1].scale.x
		switch {
		case inside < -0.1:
			begin, end = c.at, c.exit
		case second > -0.1:
			begin, end = math.Min(begin, c.at), math.Max(end, c.exit)
		}
		inside = -join(-inside, -second, m.blend)
	}
	return begin, end, inside
}

// A tress is what a ray sees of the hair.
type tress struct {
	meeting
	tuft   float64 // the noise of strands and curls, −1 to 1
	front  float64 // how much of the pixel is hair that is in front of the head
	behind float64 // and how much is hair behind it
}

// tressAt follows a ray to the hair.
func (p *portrait) tressAt(origin, ray vec) (t tress) {
	if len(p.mane.locks) == 0 {
		return t
	}
	begin, end, inside := p.mane.cross(origin, ray)
	if inside < -0.1 {
		return t
	}
	m := follow(&p.mane, origin, ray, begin-0.06, end)
	q := m.place
	t.meeting = m
	if p.hangs {
		// Strands are stretched along their fall and bent by its waves.
		fall := q.y + 0.25*math.Abs(q.x)
		turn := turnOf(q) + 0.07*p.wave*math.Sin(fall*11+float64(p.spots&7))
		t.tuft = 0.6*ripple(turn*7, fall*1.3, p.spots) + 0.4*ripple(turn*19, fall*2, p.spots^1)
	} else {
		t.tuft = 0.65*ripple(q.x*p.curlSize+q.z*3, q.y*p.curlSize, p.spots) +
			0.35*ripple(q.x*2*p.curlSize, q.y*2*p.curlSize+q.z*3, p.spots^1)
	}
	inside += p.curl * (ripple(q.x*p.curlSize, q.y*p.curlSize, p.spots^2) - 0.2)
	outline := cover(inside, p.pixel*1.3)
	if outline == 0 {
		return t
	}
	there := func(q vec) float64 {
		return clamp(0.5+(q.y-p.hairEdge(q)+p.tufts*t.tuft)/(0.05+p.pixel), 0, 1) *
			step(p.ends-0.07, p.ends+0.05, q.y+0.08*t.tuft)
	}
	t.front = outline * there(q)
	t.behind = outline * there(origin.add(ray.mul(end)))
	return t
}

// hairBehind returns the light of the hair behind the head, seen from inside.
func (p *portrait) hairBehind(t tress) colour {
	light := p.keyLight.mul(0.22).add(p.sky.mul(0.55))
	return p.hair.times(light).mul(1 + 0.3*t.tuft)
}

// hairColour returns the light of the hair in front.
func (p *portrait) hairColour(t tress, ray vec) colour {
	normal := normalAt(&p.mane, t.meeting)
	normal = normal.add(vec{math.Copysign(0.35, t.place.x) * t.tuft, 0.1 * t.tuft, 0}).unit()
	sight := ray.mul(-1)
	// Hair shines in a band across the strands (Kajiya and Kay 1989).
	strand := vec{0, -1, 0}.add(normal.mul(normal.y)).unit()
	half := p.headLight.add(sight).unit()
	along := strand.dot(half)
	band := clamp(1-along*along, 0, 1)
	band *= band
	band *= band
	band *= band
	band *= band * clamp(0.3+normal.dot(p.headLight), 0, 1)
	rough := 1.0
	if p.style == hairCurly || p.style == hairAfro {
		rough = 0.35
	}
	lit := soft(normal.dot(p.headLight), 0.3)
	dark := 0.75 + 0.45*t.tuft
	light := p.keyLight.mul(lit * 1.25).add(p.ambient(normal))
	c := p.hair.times(light).mul(dark)
	shine := p.hair.mul(0.8).add(colour{0.06, 0.057, 0.052})
	c = c.add(shine.times(p.keyLight).mul(0.75 * rough * band * (0.8 + 0.5*t.tuft)))
	if p.rimLight > 0 {
		c = c.add(p.hair.mul(0.6).add(colour{0.08, 0.08, 0.08}).mul(1.3 * p.rimLight * clamp(normal.dot(p.behind), 0, 1)))
	}
	return c
}

// stubbled paints hair that is so short that skin shows through, and what is left around a bald head.
func (p *portrait) stubbled(s *surface, q vec) {
	if p.style == hairBald {
		return
	}
	dense := 0.75 * step(-0.05, 0.07, q.y-p.hairEdge(q)+0.02*ripple(q.x*8, q.y*8, p.spots))
	s.albedo = s.albedo.mix(p.brow.mix(p.skin, 0.12), dense)
	s.gloss *= 1 - 0.6*dense
}
