package data

import "math"

// A portrait is a face made ready to be painted: its colours, its solids and the geometry of the view. The picture
// reaches from −1 to 1 both ways, y upwards; the frame of the view has the camera looking down its z axis.
type portrait struct {
	*face
	size int

	head   *head
	toView rotation // from the frame of the head
	toHead rotation
	cx, cy float64 // where the origin of the head is in the picture
	pixel  float64 // width of a pixel in units of the head
	sight  vec     // from the head to the camera, in the frame of the head

	light     vec // towards the main light, in the frame of the view
	headLight vec // and in that of the head
	behind    vec // towards the light from behind, in the frame of the head
	up        vec // upwards, in the frame of the head
	keyLight  colour
	sky       colour // light from above
	ground    colour // and from below
	balance   colour // what the camera makes of white

	skin, lip, brow colour

	mane     mane
	hangs    bool        // the hair falls in strands; otherwise it is curls
	tufts    float64     // how uneven its edge on the skin is
	curl     float64     // and its outline
	curlSize float64     // how many curls fit in a unit
	ends     float64     // the height where it ends
	line     [65]float64 // the height above which there is hair, by direction around the head

	turnX, turnY float64 // the direction of the gradient of the background
	discs        []disc
}

// A disc is a blurred light in the background.
type disc struct {
	x, y, radius, blur, strength float64
	tint                         colour
}

// A surface is what a layer looks like at a point before light falls on it.
type surface struct {
	albedo colour
	gloss  float64
	glow   float64 // a reflection of the light itself
}

// skinTones are complexions from the lightest to the darkest.
var skinTones = [...]colour{srgb(0xf1cbb0), srgb(0xe6b593), srgb(0xd6a27f), srgb(0xb98261), srgb(0x8f5f46), srgb(0x5e3e30)}

func newPortrait(f *face, size int) *portrait {
	p := &portrait{face: f, size: size, head: newHead(f)}

	sy, cy := math.Sincos(f.yaw)
	sp, cp := math.Sincos(f.pitch)
	sr, cr := math.Sincos(f.roll)
	// First the yaw about y, then the pitch about x, then the roll about z.
	x, y, z := vec{cy, 0, sy}, vec{-sp * sy, cp, sp * cy}, vec{-cp * sy, -sp, cp * cy}
	p.toView = rotation{x.mul(cr).sub(y.mul(sr)), x.mul(sr).add(y.mul(cr)), z}
	p.toHead = p.toView.inverse()
	eyes := p.toView.apply(vec{0, 0, 0.5})
	near := f.zoom * f.lens / (f.lens - eyes.z)
	p.cx, p.cy = f.shiftX-eyes.x*near, f.shiftY-eyes.y*near
	p.pixel = 2 / float64(size) / f.zoom
	p.sight = p.toHead.apply(vec{0, 0, 1})
	p.up = p.toHead.apply(vec{0, 1, 0})

	se, ce := math.Sincos(f.elevation)
	sa, ca := math.Sincos(f.azimuth)
	p.light = vec{sa * ce, se, ca * ce}
	p.headLight = p.toHead.apply(p.light)
	p.behind = p.toHead.apply(vec{-math.Copysign(0.75, sa), 0.35, -0.55}.unit())
	p.keyLight = colour{1.03 + 0.10*f.warmth, 1, 0.95 - 0.14*f.warmth}.mul(f.key)
	around := f.backLight()
	p.sky = colour{0.98, 1, 1.03}.mix(around, 0.12).mul(f.fill)
	p.ground = colour{1.05, 0.95, 0.85}.mix(around, 0.25).mul(f.fill * 0.55)
	p.balance = colour{1 + 0.04*f.warmth, 1, 1 - 0.05*f.warmth}

	at := f.tone * float64(len(skinTones)-1)
	i := min(int(at), len(skinTones)-2)
	p.skin = skinTones[i].mix(skinTones[i+1], at-float64(i))
	p.skin = p.skin.times(colour{1 + 0.02*f.ruddy, 1 - 0.05*f.ruddy, 1 - 0.07*f.ruddy})
	p.skin = p.skin.mul(1 + 0.25*f.tone) // a camera opens up for a dark face
	p.lip = p.skin.times(colour{0.80, 0.50, 0.50}).mix(srgb(0x9a4a48), 0.25*(1-f.tone))
	p.lip = p.lip.mix(f.lipColour, 0.7*f.lipstick)
	p.brow = f.roots.mul(0.7).mix(colour{0.02, 0.014, 0.01}, 0.35)
	p.turnY, p.turnX = math.Sincos(f.turn)
	p.combHair()
	p.hangLights()
	return p
}

// backLight returns the colour of the light that the background throws back.
func (f *face) backLight() colour {
	c := f.back[0].add(f.back[2])
	return c.mul(1 / (c.luma() + 0.05))
}

// paint writes the picture as sRGB bytes.
func (p *portrait) paint(pix []byte) {
	i := 0
	for row := range p.size {
		y := 1 - (2*float64(row)+1)/float64(p.size)
		for col := range p.size {
			x := (2*float64(col)+1)/float64(p.size) - 1
			c := p.look(x, y)
			pix[i], pix[i+1], pix[i+2] = encode(c.r), encode(c.g), encode(c.b)
			i += 3
		}
	}
}

// look returns the light of the pixel around (x,y): the layers of the picture from the back to the front.
func (p *portrait) look(x, y float64) colour {
	c := p.background(x, y)

	view := vec{(x - p.cx) / p.zoom, (y - p.cy) / p.zoom, 0}
	ray := p.toHead.apply(vec{view.x, view.y, -p.lens}.unit())
	origin := p.toHead.apply(view)

	hair := p.tressAt(origin, ray)
	if hair.behind > 0 {
		c = c.mix(p.hairBehind(hair), hair.behind)
	}
	c = p.body(c, view)
	if hair.front == 1 && hair.place.y > 0.35 { // nothing of the head is in front of that
		return p.develop(p.hairColour(hair, ray), x, y)
	}
	skin := p.head.meet(origin, ray)
	share := math.Max(0, 1-skin.miss/p.pixel)
	if share > 0 && (hair.front < 0.999 || hair.far > skin.far) {
		c = c.mix(p.headColour(skin, ray), share)
	}
	if p.glasses {
		c = p.temple(c, view)
	}
	if hair.front > 0 && (share == 0 || hair.far < skin.far+0.01) {
		c = c.mix(p.hairColour(hair, ray), hair.front)
	}
	if p.glasses {
		far := math.Inf(1)
		if share > 0 {
			far = skin.far
		}
		c = p.spectacles(c, origin, ray, far)
	}
	return p.develop(c, x, y)
}

// develop is the camera: exposure, white balance, saturation, a soft shoulder for what is too bright.
func (p *portrait) develop(c colour, x, y float64) colour {
	c = c.times(p.balance).mul(p.exposure * (1 - 0.10*(x*x+y*y)))
	grey := c.luma()
	c = colour{grey, grey, grey}.mix(c, p.contrast)
	return colour{shoulder(c.r), shoulder(c.g), shoulder(c.b)}
}

// shoulder is the identity up to a half, bends there, and reaches 1 at about 2.2.
func shoulder(v float64) float64 {
	if v < 0.5 {
		return v
	}
	v = (v - 0.5) * 2
	return 0.5 + 0.5*v/(1+0.7*v)
}

// ambient returns the light from all sides that falls on a surface.
func (p *portrait) ambient(normal vec) colour {
	return p.ground.mix(p.sky, 0.5+0.5*normal.dot(p.up))
}

// background returns the scene behind.
func (p *portrait) background(x, y float64) colour {
	s, c := p.turnY, p.turnX
	along := 0.5 + 0.4*(x*c+y*s)
	b := &p.back
	out := b[1].mix(b[0], step(-0.1, 1.1, along))
	switch p.scene {
	case sceneStudio: // a lit wall
		out = out.mix(b[2], 0.55*bump(((x-0.6*c)*(x-0.6*c)+(y-0.3*s)*(y-0.3*s))/2.2))
	case sceneLights:
		for i := range p.discs {
			d := &p.discs[i]
			r := math.Sqrt((x-d.x)*(x-d.x) + (y-d.y)*(y-d.y))
			out = out.mix(d.tint, d.strength*step(d.radius+d.blur, d.radius-d.blur, r))
		}
	case sceneOutside:
		horizon := 0.25*c + 0.2*ripple(x*1.7, 3, p.clutter)
		out = b[1].mix(b[0], 0.5+0.5*ripple(x*2.3, y*2.3, p.clutter))
		out = out.mix(b[2].mul(1.15), step(-0.22, 0.22, y-horizon))
	case sceneRoom:
		for i := range p.discs {
			d := &p.discs[i]
			across := math.Abs(x + 0.1*y*s - d.x)
			out = out.mix(d.tint, d.strength*step(d.radius+d.blur, d.radius-d.blur, across)*step(d.y-1.3, d.y-0.9, y))
		}
	}
	return out
}

// hangLights places the shapes of the background.
func (p *portrait) hangLights() {
	if p.scene != sceneLights && p.scene != sceneRoom {
		return
	}
	d := newDice(uint64(p.clutter), 0)
	n := 4 + int(5*d.unit())
	if p.scene == sceneRoom {
		n = 2 + int(3*d.unit())
	}
	for range n {
		p.discs = append(p.discs, disc{
			x: d.between(-1.1, 1.1), y: d.between(-1, 1.1),
			radius: d.between(0.12, 0.4), blur: d.between(0.03, 0.2), strength: d.between(0.25, 0.8),
			tint: p.back[d.pick(0.5, 0.7, 1)].mul(d.between(0.7, 1.3)),
		})
	}
}

// body paints the neck, the shoulders and the clothes over c.
func (p *portrait) body(c colour, v vec) colour {
	if v.y > 0 {
		return c
	}
	root := p.toView.apply(vec{0, -0.45, -0.16})
	// The body stays upright: the neck leans from the head to the middle of the shoulders.
	lean := step(-0.4, -1.2, v.y)
	middle := lerp(root.x, root.x*0.35, lean)
	half := 0.335 - 0.07*p.femininity + 0.03*p.fullness
	low := -0.74 - v.y
	if low > 0 {
		half += 1.6 * low * low
	}
	across := (v.x - middle) / half
	if share := cover((1-math.Abs(across))*half, p.pixel); share > 0 {
		nx := clamp(across, -1, 1) * 0.95
		normal := vec{nx, 0.1, math.Sqrt(1.01 - nx*nx)}.unit()
		// The cords of the neck and the collar bones.
		normal.x += 0.25 * (bump((across-0.45)*(across-0.45)*14) - bump((across+0.45)*(across+0.45)*14))
		normal = p.toHead.apply(normal.unit())
		place := p.toHead.apply(vec{v.x, v.y, root.z + half*0.9*math.Sqrt(1.01-nx*nx)})
		s := surface{albedo: p.skin.times(colour{0.93, 0.90, 0.88}), gloss: 0.5}
		near := p.head.distance(place.add(p.up.mul(0.10)))
		dark := 0.35 + 0.65*step(-0.12, 0.22, near)
		c = c.mix(p.skinLight(s, place, normal, p.sight, dark), share)
	}
	x := v.x - root.x*0.35
	slope := math.Max(0, math.Abs(x)-0.24)
	top := -0.90 - 0.36*slope - 0.25*slope*slope
	deep := 0.05 + 0.5*p.neckline
	wide := 0.33 + 0.08*p.neckline
	hole := -0.90 - deep*(1-(x/wide)*(x/wide))
	edge := math.Min(top, hole)
	if math.Abs(x) > wide {
		edge = top
	}
	if share := cover(edge-v.y, p.pixel); share > 0 {
		normal := vec{clamp(x*0.9, -0.9, 0.9), 0.45 - 0.5*(edge-v.y), 0.8}.unit()
		fold := ripple(x*5, v.y*3, p.spots)
		normal = p.toHead.apply(vec{normal.x + 0.15*fold, normal.y, normal.z}.unit())
		albedo := p.cloth.mix(p.trim, cover(0.05-(edge-v.y), p.pixel*2))
		lit := clamp(normal.dot(p.headLight)*0.8+0.2, 0, 1)
		c = c.mix(albedo.times(p.keyLight.mul(lit*0.9).add(p.ambient(normal))), share)
	}
	return c
}

// skinLight returns the light that skin sends to the eye. dark is the share of the light from all sides that reaches it.
func (p *portrait) skinLight(s surface, place, normal, sight vec, dark float64) colour {
	facing := normal.dot(p.headLight)
	shadow := 1.0
	if facing > -0.25 {
		shadow = 0.30 + 0.70*p.head.shadow(place, normal, p.headLight)
	}
	// Light that enters skin comes out further on, the red most of all: the edge of a shadow is soft and red.
	lit := colour{soft(facing, 0.38), soft(facing, 0.24), soft(facing, 0.18)}
	shade := colour{0.25 + 0.75*shadow, shadow, shadow}
	light := p.keyLight.times(lit).times(shade).add(p.ambient(normal).mul(dark))
	c := s.albedo.times(light)
	if s.gloss > 0 {
		half := p.headLight.add(sight).unit()
		h := clamp(normal.dot(half), 0, 1)
		h *= h
		h *= h
		h *= h
		broad := h * h // the 16th power
		sharp := broad * broad * broad
		edge := 1 - clamp(normal.dot(sight), 0, 1)
		edge *= edge
		c = c.add(p.keyLight.mul(s.gloss * shadow * (0.035*broad + 0.07*sharp)))
		c = c.add(p.sky.mul(s.gloss * 0.10 * edge * edge))
	}
	if p.rimLight > 0 {
		c = c.add(s.albedo.mul(1.6 * p.rimLight * clamp(normal.dot(p.behind), 0, 1)))
	}
	if s.glow > 0 {
		c = c.mix(p.keyLight.mul(0.95), s.glow)
	}
	return c
}

// soft is the light on a surface that wraps around by w.
func soft(facing, w float64) float64 {
	v := clamp((facing+w)/(1+w), 0, 1)
	return v * (0.35 + 0.65*v)
}

// lensPlane is where the lenses of glasses stand before the face.
const lensPlane = 0.63

// temple paints over c the arm of the glasses that the camera sees, from the rim to the ear.
func (p *portrait) temple(c colour, view vec) colour {
	side := math.Copysign(1, -p.yaw)
	a := p.toView.apply(vec{side * (p.eyeGap + 0.008 + 0.168*p.rimSize), 0.02, lensPlane})
	b := p.toView.apply(vec{side * 0.60, 0.03, -0.05})
	nearer := p.lens / (p.lens - a.z)
	away, along := segment(view.x, view.y, a.x*nearer, a.y*nearer, b.x, b.y)
	if along == 1 { // beyond the ear
		return c
	}
	return c.mix(p.rimLook(), cover(p.rim*0.5-away, p.pixel))
}

// rimLook returns the light of the rims.
func (p *portrait) rimLook() colour {
	light := p.keyLight.mul(0.5 + 0.5*p.light.y).add(p.sky)
	return p.rimColour.times(light).add(p.sky.mul(0.03))
}

// spectacles paints over c the rims and lenses, where they are nearer than far.
func (p *portrait) spectacles(c colour, origin, ray vec, far float64) colour {
	t := (lensPlane - origin.z) / ray.z
	if t > far { // behind the nose
		return c
	}
	q := origin.add(ray.mul(t))
	x, y := math.Abs(q.x)-p.eyeGap-0.008, q.y+0.015
	hx, hy := 0.168*p.rimSize, lerp(0.115, 0.15, p.rimRound)*p.rimSize
	if math.Abs(x) > hx+0.1 || math.Abs(y) > hy+0.1 {
		return c
	}
	// The distance from a rectangle with round corners.
	r := lerp(0.04, math.Min(hx, hy), p.rimRound)
	dx, dy := math.Abs(x)-hx+r, math.Abs(y)-hy+r
	d := math.Hypot(math.Max(dx, 0), math.Max(dy, 0)) + math.Min(math.Max(dx, dy), 0) - r
	if inside := cover(-d, p.pixel); inside > 0 {
		c = c.mix(colour{0.02, 0.02, 0.022}, inside*p.tint)
		glare := bump(square((x+y*0.8-0.05)/0.09)) * (0.05 + 0.15*p.tint)
		c = c.add(p.sky.mul(glare * inside))
	}
	rim := cover(p.rim*0.5-math.Abs(d), p.pixel)
	if math.Abs(q.x) < p.eyeGap-hx+0.03 { // the bridge
		arch := 0.25*hy + 0.03*(1-square(q.x/0.08))
		rim = math.Max(rim, cover(p.rim*0.5-math.Abs(y-arch), p.pixel))
	}
	return c.mix(p.rimLook(), rim)
}
