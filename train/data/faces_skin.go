package data

import "math"

// headColour returns the light of the head at a place on its surface.
func (p *portrait) headColour(m meeting, ray vec) colour {
	q, normal := m.place, normalAt(p.head, m)
	sight := ray.mul(-1)
	facing := clamp(normal.dot(sight), 0.35, 1)
	width := p.pixel / facing // of a pixel on the surface
	s := surface{albedo: p.skin, gloss: 0.8}
	dark := 1.0
	if q.z > 0.02 {
		p.complexion(&s, q)
		p.eyes(&s, q, width, &normal)
		p.brows(&s, q, width)
		p.mouth(&s, q, width)
		p.nose(&s, q)
		dark = 1 - 0.35*bump(square((math.Abs(q.x)-p.eyeGap+0.03)/0.17)+square((q.y-0.04)/0.12)) -
			0.3*bump(square(q.x/0.22)+square((q.y+0.42)/0.07))
	} else if math.Abs(q.x) > 0.5 { // the ear
		s.albedo = s.albedo.times(colour{1, 0.86, 0.84})
		s.gloss = 0.4
		dark = 1 - 0.5*bump(square((q.z+0.07)/0.08)+square((q.y+0.10)/0.12))
	}
	p.whiskers(&s, q, width)
	if p.style == hairShaved || p.style == hairBald {
		p.stubbled(&s, q)
	} else {
		// Hair throws a soft shadow on the skin below it.
		dark *= 1 - 0.45*step(0.13, 0, p.hairEdge(q)-q.y)
	}
	// The underside of the jaw sees little light.
	dark *= 0.6 + 0.4*step(-0.95, -0.45, normal.y)
	return p.skinLight(s, q, normal, sight, dark)
}

func square(v float64) float64 { return v * v }

// complexion varies the skin over the front of the face.
func (p *portrait) complexion(s *surface, q vec) {
	x := math.Abs(q.x)
	red := (0.25+0.6*p.blush*(0.4+0.6*p.femininity))*bump(square((x-0.30)/0.22)+square((q.y+0.19)/0.17)) +
		0.35*bump(square(q.x/0.13)+square((q.y+0.32)/0.12))
	red *= 1 - 0.5*p.tone
	s.albedo = s.albedo.times(colour{1 - 0.02*red, 1 - 0.22*red, 1 - 0.20*red})
	if p.freckles > 0 && q.y < 0.15 && q.y > -0.4 {
		n := ripple(q.x*26, q.y*26, p.spots)
		n = step(0.25, 0.7, n) * p.freckles * bump(square(x/0.55)+square((q.y+0.15)/0.28))
		s.albedo = s.albedo.times(colour{1 - 0.25*n, 1 - 0.38*n, 1 - 0.45*n})
	}
	// The fold from the nose to the corner of the mouth, deeper with a smile and with age.
	if x < 0.36 && q.y < -0.28 && q.y > -0.58 {
		bend := 0.03 * math.Sin(clamp((-0.30-q.y)/0.26, 0, 1)*math.Pi)
		d, along := segment(x-bend, q.y, 0.125, -0.30, 0.265, -0.55)
		depth := (0.02 + 0.13*math.Max(0, p.smile) + 0.25*p.age) * (1 - along*along)
		s.darken(depth * bump(square(d/0.04)))
	}
	if p.age > 0.3 {
		old := (p.age - 0.3) / 0.7
		if q.y > 0.26 && q.y < 0.5 && x < 0.34 {
			w := math.Sin((q.y + 0.10*q.x*q.x) * 68)
			s.darken(0.22 * old * w * w * w * w * bump(square(x/0.36)+square((q.y-0.38)/0.14)))
		}
		d, _ := segment(x, q.y, p.eyeGap-0.09, -0.10, p.eyeGap+0.08, -0.105)
		s.darken(0.28 * old * bump(square(d/0.03)))
	}
}

// darken takes a share of the light away, the red last.
func (s *surface) darken(share float64) {
	s.albedo = s.albedo.times(colour{1 - 0.75*share, 1 - share, 1 - share})
}

// eyes paints the eye on the side of q.
func (p *portrait) eyes(s *surface, q vec, width float64, normal *vec) {
	side := math.Copysign(1, q.x)
	x := q.x*side - p.eyeGap
	w := p.eyeSize
	if math.Abs(x) > w*1.6 || math.Abs(q.y) > 0.17 {
		return
	}
	u := x / w
	y := q.y - p.eyeTilt*x
	open := p.lids * p.eyeRound * (1 - 0.16*math.Max(0, p.smile))
	arc := 1 - u*u
	peak := arc * (1 - 0.12*u) // the upper lid is highest nearer the nose
	upper := (0.064*peak + 0.006) * open
	lower := -(0.040*arc*(1+0.15*u) + 0.002) * math.Sqrt(open) * (1 - 0.25*math.Max(0, p.smile))
	if open < 0.45 {
		upper = math.Max(upper, lower+0.004)
	}
	slope := 1 / math.Sqrt(1+square(0.12*u/w*open))
	above, below := (upper-y)*slope, (y-lower)*slope

	// The lid, its crease, and what is painted on it.
	if above < 0 {
		if shade := p.shade * bump(square(u/1.3)+square((above+0.03)/0.06)); shade > 0 {
			s.albedo = s.albedo.mix(p.lipColour.mix(colour{0.10, 0.06, 0.06}, 0.6), 0.55*shade)
		}
		s.darken(0.38 * bump(square(u/1.25)) * bump(square((above+0.034)/0.022)))
	}
	s.darken(0.16 * bump(square(u/1.2)) * bump(square((below+0.03)/0.03)) * (0.5 + p.age))

	inside := math.Min(above, below)
	if share := cover(inside, width); share > 0 && u*u < 1.1 {
		ball := colour{0.66, 0.62, 0.60}.mul(0.62 + 0.38*bump(u*u*0.7))
		ball = ball.times(colour{1, 1 - 0.12*u*u, 1 - 0.12*u*u})
		gx, gy := 0.034*p.gazeX*side-0.004, 0.018*p.gazeY+0.008
		dx, dy := x-gx, y-gy
		r := math.Sqrt(dx*dx + dy*dy)
		const iris, pupil = 0.056, 0.024
		if r < iris+width {
			ring := p.iris.mul(1.15 - 0.75*step(iris*0.55, iris, r) - 6*dy) // light falls in from above and lights it below
			ring = ring.mix(colour{0.004, 0.004, 0.004}, cover(pupil-r, width))
			ball = ball.mix(ring, cover(iris-r, width))
		}
		ball = ball.mul(0.45 + 0.55*step(0, 0.04, above)) // in the shadow of the lid
		s.albedo = s.albedo.mix(ball, share)
		s.gloss *= 1 - share
		dx, dy = dx-0.020*math.Copysign(1, p.headLight.x), dy-0.022
		s.glow = math.Max(s.glow, share*cover(0.015-math.Sqrt(dx*dx+dy*dy), width)*0.85)
		// The ball is rounder than the face around it.
		*normal = normal.mix(vec{side * u * 0.35, y * 3, 1}, 0.6*share).unit()
	}
	// Lashes: a line on the upper lid, thicker outwards.
	lash := 0.010 + 0.005*u + (0.006+0.006*u)*p.femininity + 0.006*p.shade
	lash *= clamp((1.12-math.Abs(u))/0.35, 0, 1)
	line := cover(lash-math.Abs(above), width) * cover(w*1.06-math.Abs(x), width)
	s.albedo = s.albedo.mix(colour{0.015, 0.010, 0.008}.mix(p.brow, 0.3), line*(0.75+0.2*p.shade))
	line = cover(0.006-math.Abs(below), width) * cover(w-math.Abs(x), width)
	s.albedo = s.albedo.mix(p.skin.mul(0.28), line*(0.35+0.35*p.shade))
	if line > 0 {
		s.gloss *= 0.5
	}
}

// brows paints the brow on the side of q.
func (p *portrait) brows(s *surface, q vec, width float64) {
	x := math.Abs(q.x)
	if q.y < 0.05 || q.y > 0.36 || x > 0.48 {
		return
	}
	u := (x - p.eyeGap + 0.155) / 0.31 // 0 at the nose to 1 at the temple
	if u < -0.15 || u > 1.15 {
		return
	}
	t := clamp(u, 0, 1)
	raise := 0.035 * p.surprise
	y := 0.178 + raise + (0.020+0.045*p.browArch)*(1.6*t-1.6*t*t*t) - 0.014*t
	y += math.Min(0, p.surprise) * 0.02 * (1 - t)
	thick := 0.034 * p.browWidth * (1 - 0.72*t*t) * step(-0.12, 0.12, u)
	d := thick - math.Abs(q.y-y)
	if u > 1 {
		d = thick - math.Hypot((u-1)*0.31, q.y-y)
	}
	hairs := 0.88 + 0.12*ripple(x*40+q.y*30, q.y*18, p.spots)
	soft := width + 0.012
	s.albedo = s.albedo.mix(p.brow, clamp(0.55+d/soft, 0, 1)*hairs*0.88)
	s.gloss *= 1 - 0.7*clamp(0.5+d/soft, 0, 1)
}

// nose paints the nostrils and the shadow below the tip.
func (p *portrait) nose(s *surface, q vec) {
	x := math.Abs(q.x)
	if x > 0.25 || q.y > -0.25 || q.y < -0.5 {
		return
	}
	dx, dy, dz := x-0.048-0.016*p.noseWidth, q.y-p.head.tip.y+0.078, q.z-0.62
	hole := bump(square(dx/0.036) + square(dy/0.028) + square(dz/0.13))
	s.albedo = s.albedo.mix(p.skin.times(colour{0.12, 0.06, 0.05}), 0.85*hole)
	s.gloss *= 1 - hole
	// The groove behind the wing.
	d, _ := segment(x, q.y, 0.125+0.03*p.noseWidth, -0.29, 0.135+0.035*p.noseWidth, -0.37)
	s.darken(0.28 * bump(square(d/0.025)))
}

// mouth paints the lips and what is between them.
func (p *portrait) mouth(s *surface, q vec, width float64) {
	if q.y > -0.36 || q.y < -0.74 || math.Abs(q.x) > 0.36 {
		return
	}
	half := 0.188 + 0.045*math.Max(0, p.smile) - 0.03*p.open*(1-math.Max(0, p.smile)) + 0.012*p.broadness
	u := q.x / half
	arc := math.Max(0, 1-u*u)
	middle := -0.53 + 0.105*p.smile*(u*u-0.4)
	drop := p.open * 0.12 * (1 - 0.3*math.Max(0, p.smile))
	bow := 1 - 0.24*bump(square(u/0.30)) // the dip in the middle of the upper lip
	high := (0.038 + 0.014*p.lips) * (1 - 0.25*math.Max(0, p.smile))
	deep := (0.050 + 0.020*p.lips) * (1 - 0.2*math.Max(0, p.smile))
	gapTop, gapEnd := middle+0.30*drop*arc, middle-0.9*drop*math.Sqrt(arc)*(0.4+0.6*arc)
	top := gapTop + high*arc*bow*(1.15-0.15*u*u)
	end := gapEnd - deep*arc*(0.55+0.45*arc)
	corner := cover(half+0.004-math.Abs(q.x), width*1.5)
	lips := cover(math.Min(top-q.y, q.y-end), width+0.006) * corner
	if lips > 0 {
		tone := p.lip
		if q.y > middle {
			tone = tone.mul(0.80)
		} else {
			tone = tone.mul(1.05)
		}
		s.albedo = s.albedo.mix(tone, lips*(0.80+0.2*p.lipstick))
		s.gloss = lerp(s.gloss, 0.9+0.9*p.lipstick, lips)
	}
	if gap := cover(math.Min(gapTop-q.y, q.y-gapEnd)-0.001, width) * corner; gap > 0 && p.open > 0.03 {
		inner := colour{0.055, 0.014, 0.014}
		teeth := cover(q.y-(gapTop-0.058*(1-0.3*u*u)), width) * cover(0.93*half-math.Abs(q.x), width*2)
		white := colour{0.74, 0.70, 0.63}.mul((1 - 0.55*u*u) * (0.72 + 0.28*step(0, 0.02, gapTop-q.y)))
		inner = inner.mix(white, teeth*step(0.05, 0.25, p.open))
		s.albedo = s.albedo.mix(inner, gap)
		s.gloss *= 1 - 0.7*gap
	}
	// The line where the lips meet.
	line := cover(0.008-math.Abs(q.y-middle), width) * cover(half+0.012-math.Abs(q.x), width*1.5) * step(0.2, 0, p.open)
	s.albedo = s.albedo.mix(p.lip.times(colour{0.30, 0.16, 0.16}), 0.75*line)
	s.darken(0.35 * bump(square((math.Abs(q.x)-half-0.012)/0.03)+square((q.y-middle-0.006)/0.035)))
}

// whiskers paints beard, moustache and stubble.
func (p *portrait) whiskers(s *surface, q vec, width float64) {
	if p.beard+p.moustache+p.stubble == 0 || q.y > 0.05 || q.z < -0.2 {
		return
	}
	x := math.Abs(q.x)
	uneven := 0.03 * ripple(q.x*9, q.y*9, p.spots)
	// The line of the beard runs from before the ear to the corner of the mouth.
	turn := math.Abs(turnOf(q))
	cheek := -0.41 - 0.04*p.smile + 0.44*step(0.40, 0.95, turn) + uneven
	jaw := step(0.06, -0.04, q.y-cheek)
	lip := step(0.26, 0.19, x+uneven) * step(-0.385, -0.43, q.y) * step(-0.62, -0.52, q.y)
	goatee := step(0.20, 0.12, x+uneven) * step(-0.56, -0.64, q.y)
	bare := bump(square(q.x/0.22)*0.8 + square((q.y+0.54)/0.085)) // the lips
	stubble := math.Max(jaw, lip) * 0.42 * p.stubble
	full := math.Max(jaw*step(0.3, 0.7, p.beard), lip*p.moustache)
	if p.beard == 0 && p.moustache > 0.8 {
		full = math.Max(full, goatee)
	}
	dense := math.Max(stubble, full*0.93) * (1 - step(0, 0.35, bare)) * step(1.10, 0.98, turn) * step(0.60, 0.55, x)
	if dense == 0 {
		return
	}
	grain := 0.75 + 0.35*ripple(q.x*30, q.y*14, p.spots)
	s.albedo = s.albedo.mix(p.brow.mul(grain+0.2), dense)
	s.gloss *= 1 - dense
}
