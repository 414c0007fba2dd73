package data

import (
	"fmt"
	"math"
)

// Faces returns n drawn portraits of size by size pixels in colour, a stand-in for photographs of faces where there
// are none: people of every complexion with hair, eyes, mouths, beards, glasses, poses, light and backgrounds of many
// kinds, all from continuous parameters, in a crop like that of CelebA. Image i is a function of seed and i alone, so
// that a set is a beginning of every longer one, and is the same person at every size.
//
// It panics if n or size is negative.
func Faces(seed uint64, n, size int) *Images {
	if n < 0 || size < 0 {
		panic(fmt.Sprintf("data: faces: cannot draw %d images of size %d", n, size))
	}
	s := &Images{Name: "faces", Height: size, Width: size, Channels: 3}
	s.Pix = make([]byte, n*s.Size())
	generate(n, func(i int) {
		p := newPortrait(newFace(newDice(seed, i)), size)
		p.paint(s.Pix[i*s.Size() : (i+1)*s.Size()])
	})
	s.Sum = sum(s.Pix)
	return s
}

// generate calls draw for each index below n on all cores.
func generate(n int, draw func(i int)) {
	const block = 16 // images are small: hand them out by the block
	err := parallel((n+block-1)/block, func() func(int) error {
		return func(b int) error {
			for i := b * block; i < min(n, (b+1)*block); i++ {
				draw(i)
			}
			return nil
		}
	})
	if err != nil {
		panic(err) // draw cannot fail
	}
}

// A hairStyle is the way hair is worn.
type hairStyle int

const (
	hairBald    hairStyle = iota // a fringe around the sides at most
	hairShaved                   // the skin shows through
	hairShort                    // off the ears, a side parting
	hairFringed                  // short, falling over the forehead
	hairCurly                    // short curls
	hairAfro                     // a round crown of tight curls
	hairBob                      // to the jaw
	hairLong                     // to the shoulders and below, straight or wavy
	hairTied                     // pulled back, a knot on top
)

// A backdrop is the kind of scene behind a person.
type backdrop int

const (
	sceneStudio  backdrop = iota // a gradient
	sceneLights                  // blurred discs of light
	sceneOutside                 // something bright above something darker
	sceneRoom                    // blurred upright shapes
)

// A face is all that decides a picture. Lengths are in the units of the head.
type face struct {
	// The person.
	tone       float64 // skin: 0 the lightest to 1 the darkest
	ruddy      float64 // skin: −1 olive to 1 rosy
	femininity float64 // 0 to 1: jaw, brows, lips, and what is likely of hair, beard and make-up
	age        float64 // 0 young to 1 old
	fullness   float64 // cheeks: −1 lean to 1 full
	broadness  float64 // head: −1 narrow to 1 broad
	length     float64 // lower face: −1 short to 1 long
	jaw        float64 // −1 pointed to 1 square
	chin       float64 // −1 receding to 1 strong
	noseLength float64 // −1 to 1
	noseWidth  float64 // −1 to 1
	eyeGap     float64 // from the middle of the face to that of an eye: 0.225 to 0.265
	eyeSize    float64 // half the width of an eye: 0.127 to 0.157
	eyeRound   float64 // how far it opens at rest: 0.8 to 1.2
	eyeTilt    float64 // outer corners: −0.12 lower to 0.2 higher
	lips       float64 // −1 thin to 1 full
	browWidth  float64 // thickness of the brows: 0.5 thin to 1.5 bushy
	browArch   float64 // 0 straight to 1 arched
	iris       colour  // dark brown, brown, hazel, green, blue or grey
	freckles   float64 // 0 mostly, to 1
	blush      float64 // 0 to 1
	spots      uint32  // seed of what is irregular: strands, freckles, curls

	// The expression.
	smile    float64 // −0.3 grave to 1
	open     float64 // mouth: 0 closed to 0.75
	lids     float64 // 0.25 half closed to 1.1 wide
	surprise float64 // brows: −0.6 frowning to 0.8 raised
	gazeX    float64 // −1 to 1
	gazeY    float64 // −0.6 to 0.6

	// The pose and the camera.
	yaw    float64 // to the side: −35° to 35°, in radians
	pitch  float64 // up: −14° to 14°
	roll   float64 // towards a shoulder: −11° to 11°
	zoom   float64 // size of a unit of the head in half widths of the picture: 0.88 to 1.08
	shiftX float64 // place of the middle of the eyes: −0.06 to 0.06
	shiftY float64 // −0.01 to 0.11 above the middle of the picture
	lens   float64 // distance of the camera: 5 to 12

	// The hair.
	style    hairStyle
	roots    colour  // as it grows: from black over browns, reds and blonds to white
	hair     colour  // as it is worn, now and then dyed
	volume   float64 // 0 flat to 1
	hairline float64 // how high: 0 low to 1 receding
	part     float64 // side of the parting: −1 to 1
	fringe   float64 // how much falls over the forehead: 0 to 1
	wave     float64 // 0 straight to 1 wavy
	reach    float64 // where long hair ends: 0 the jaw to 1 below the picture

	// Beard and make-up.
	beard     float64 // cheeks and chin: 0 shaven to 1 full
	moustache float64 // 0 to 1
	stubble   float64 // 0 to 1
	lipstick  float64 // 0 to 1
	lipColour colour  // of the lipstick
	shade     float64 // eye shadow and lashes: 0 to 1

	// Glasses and clothes.
	glasses   bool    // for about one in seven
	rim       float64 // thickness: 0.008 to 0.028
	rimRound  float64 // 0 square to 1 round
	rimSize   float64 // 0.88 to 1.18
	rimColour colour  // black, brown, gold, silver or bright
	tint      float64 // of the lenses: 0 clear to 0.92 dark
	cloth     colour  // of the clothes
	trim      colour  // of their collar
	neckline  float64 // 0 to the neck to 1 low

	// The light.
	azimuth   float64 // of the main light: −75° to 75°, in radians
	elevation float64 // −8° to 64°
	key       float64 // strength of the main light: 0.65 to 1.15
	fill      float64 // of the light from all sides: 0.16 to 0.4
	warmth    float64 // of the main light: −1 blue to 1 orange
	rimLight  float64 // from behind: 0 mostly, to 1
	exposure  float64 // 0.8 to 1.2
	contrast  float64 // saturation of the picture: 0.94 to 1.14

	// The background.
	scene   backdrop
	back    [3]colour // its colours
	turn    float64   // direction of its gradient: 0 to 2π
	clutter uint32    // seed of its shapes
}

const degree = math.Pi / 180

// newFace draws the parameters of a face. What goes together in people goes together here: dark skin with dark hair
// and eyes, beards with short hair, grey with age.
func newFace(d *dice) *face {
	f := &face{
		tone:       math.Pow(d.unit(), 1.4),
		ruddy:      d.bell(),
		femininity: clamp(d.between(-0.25, 1.25), 0, 1),
		age:        d.unit() * d.unit(),
		fullness:   d.bell(),
		broadness:  d.bell(),
		length:     d.bell(),
		chin:       d.bell(),
		noseLength: d.bell(),
		eyeGap:     d.around(0.245, 0.02),
		eyeSize:    d.around(0.142, 0.015),
		eyeRound:   d.around(1.0, 0.2),
		eyeTilt:    d.around(0.04, 0.16),
		browArch:   d.unit(),
		blush:      d.unit(),
		spots:      uint32(d.unit() * (1 << 32)),

		lids:     d.between(0.82, 1.1),
		surprise: d.around(0.1, 0.7),
		gazeX:    d.around(0, 1),
		gazeY:    d.around(0, 0.6),

		yaw:    d.around(0, 35) * degree,
		pitch:  d.around(0, 14) * degree,
		roll:   d.around(0, 11) * degree,
		zoom:   d.between(0.88, 1.08),
		shiftX: d.around(0, 0.06),
		shiftY: d.around(0.05, 0.06),
		lens:   d.between(5, 12),

		volume:   d.unit(),
		hairline: d.unit(),
		part:     d.between(-1, 1),
		fringe:   d.unit(),
		wave:     d.unit() * d.unit(),
		reach:    d.unit(),

		azimuth:   d.around(0, 75) * degree,
		elevation: d.around(28, 36) * degree,
		key:       d.between(0.65, 1.15),
		fill:      d.between(0.16, 0.40),
		warmth:    d.bell(),
		exposure:  d.around(1, 0.2),
		contrast:  d.between(0.94, 1.14),
	}
	if d.chance(0.35) { // turned away further than most
		f.yaw = d.between(-35, 35) * degree
	}
	f.jaw = clamp(d.bell()+0.7*(0.5-f.femininity), -1, 1)
	f.noseWidth = clamp(d.bell()*0.8+0.5*(f.tone-0.4)-0.3*(f.femininity-0.5), -1, 1)
	f.lips = clamp(d.bell()*0.7+0.6*(f.tone-0.4)+0.5*(f.femininity-0.5), -1, 1)
	f.browWidth = clamp(1.1-0.45*f.femininity+0.35*d.bell(), 0.5, 1.5)
	if d.chance(0.06) {
		f.lids = d.between(0.25, 0.8)
	}
	if f.tone < 0.4 && d.chance(0.15) {
		f.freckles = d.unit()
	}
	switch d.pick(0.42, 0.33, 0.25) {
	case 0: // a smile that shows teeth
		f.smile, f.open = d.between(0.45, 1), d.between(0.25, 0.75)
	case 1: // a smile with the lips closed
		f.smile = d.between(0.1, 0.8)
	default:
		f.smile, f.open = d.between(-0.3, 0.15), 0.6*d.unit()*d.unit()*d.unit()
	}

	irises := [...]colour{srgb(0x2a170d), srgb(0x5a3418), srgb(0x7d6132), srgb(0x5f7d4e), srgb(0x5b86ad), srgb(0x7f919b)}
	light := clamp(1-2.2*f.tone, 0, 1)
	f.iris = irises[d.pick(0.35+0.65*f.tone, 0.4, 0.25*light, 0.2*light, 0.45*light, 0.2*light)]

	f.sampleHair(d, light)
	f.sampleExtras(d)
	f.sampleScene(d)
	return f
}

// sampleHair draws the hair and the beard. light is 1 for people who may well be blond and 0 for those who are not.
func (f *face) sampleHair(d *dice, light float64) {
	long1 := 0.06 + f.femininity*f.femininity*1.6
	short1 := 0.15 + 1.5*(1-f.femininity)
	textured := 0.10 + 0.9*clamp((f.tone-0.35)*2, 0, 1)
	f.style = hairStyle(d.pick(
		0.18*(1-f.femininity)*(0.3+f.age), // bald
		0.22*(1-f.femininity),             // shaved
		0.55*short1,                       // short
		0.30*short1,                       // fringed
		0.25*(0.5+textured),               // curly
		0.30*textured,                     // afro
		0.35*long1,                        // bob
		0.85*long1,                        // long
		0.22*long1,                        // tied
	))
	colours := [...]colour{
		srgb(0x1d1815), srgb(0x33231a), srgb(0x4d3020), srgb(0x7a5233), srgb(0xa67a45), srgb(0xd9b577), srgb(0x8f3f1d), srgb(0xb8642c),
	}
	i := d.pick(0.3+1.6*(1-light), 0.8, 0.4+0.3*light, 0.1+0.4*light, 0.02+0.43*light, 0.02+0.43*light, 0.02+0.14*light, 0.10*light)
	f.roots = colours[i].mix(colours[d.pick(1, 1, 1)+max(0, min(i-1, 3))], 0.3*d.unit()).mul(d.between(0.75, 1.25))
	if grey := step(0.35, 0.9, f.age+0.3*d.bell()); grey > 0 {
		f.roots = f.roots.mix(srgb(0xb9b7b5).mul(d.between(0.6, 1.2)), grey)
	}
	f.hair = f.roots
	if d.chance(0.012) {
		f.hair = f.hair.mix(colour{0.5 * d.unit(), 0.2 * d.unit(), 0.5 * d.unit()}, 0.75)
	}
	if f.femininity < 0.5 {
		switch d.pick(0.5, 0.22, 0.13, 0.15) {
		case 1:
			f.stubble = d.between(0.3, 1)
		case 2: // moustache or goatee
			f.moustache, f.stubble = d.between(0.6, 1), 0.4*d.unit()
		case 3:
			f.beard = d.between(0.55, 1)
			f.moustache = f.beard
		}
	}
}

// sampleExtras draws make-up, glasses and clothes.
func (f *face) sampleExtras(d *dice) {
	if f.femininity > 0.5 && d.chance(0.6) {
		f.lipstick = d.between(0.3, 1)
		f.shade = d.unit()
	}
	f.lipColour = srgb(0x9c2f36).mix([...]colour{srgb(0xc8102e), srgb(0xc46a6a), srgb(0x7a1f3d), srgb(0xd0568a)}[d.pick(1, 1, 1, 1)], d.unit())
	f.glasses = d.chance(0.15)
	f.rim = d.between(0.008, 0.028)
	f.rimRound = d.unit()
	f.rimSize = d.between(0.88, 1.18)
	f.rimColour = [...]colour{srgb(0x14120f), srgb(0x3a2214), srgb(0x9a7b3c), srgb(0x8d9196), srgb(0x7a1f24), srgb(0x1f3a6b)}[d.pick(4, 2, 1, 1, 0.4, 0.4)]
	if d.chance(0.2) {
		f.tint = d.between(0.6, 0.92)
	} else {
		f.tint = 0.06 * d.unit()
	}
	cloths := [...]colour{
		srgb(0x1c1c20), srgb(0x2b3550), srgb(0xe9e6e0), srgb(0x7c1f2a), srgb(0x3f5a44), srgb(0x86909c), srgb(0x9c7f5f), srgb(0x2f6f8f), srgb(0xb98a9a), srgb(0xc9a13b),
	}
	f.cloth = cloths[d.pick(3, 2, 2.5, 1, 1, 1.5, 1, 1, 0.8, 0.5)].mul(d.between(0.7, 1.2))
	f.trim = f.cloth.mix(cloths[d.pick(1, 1, 3)], 0.2+0.6*d.unit())
	f.neckline = clamp(0.2+0.5*f.femininity+0.4*d.bell(), 0, 1)
	if d.chance(0.12) {
		f.rimLight = d.between(0.3, 1)
	}
}

// sampleScene draws the background.
func (f *face) sampleScene(d *dice) {
	palettes := [...][3]colour{
		{srgb(0x9a9a98), srgb(0x5a5c60), srgb(0xd8d6d2)}, // grey studio
		{srgb(0x22242a), srgb(0x0d0d10), srgb(0x4a4440)}, // black
		{srgb(0xe6e2da), srgb(0xc6beb2), srgb(0xf6f4f0)}, // white wall
		{srgb(0x7fa3c4), srgb(0xb9cbd8), srgb(0x4d6a86)}, // sky
		{srgb(0x4f6b3a), srgb(0x22351d), srgb(0x9fb06a)}, // leaves
		{srgb(0x8a5a3a), srgb(0x3b2418), srgb(0xd9a05c)}, // warm room
		{srgb(0x2e4a6e), srgb(0x14213a), srgb(0x7a9cc6)}, // blue
		{srgb(0x7a2f38), srgb(0x35141d), srgb(0xc77a6a)}, // red curtain
		{srgb(0xb5a28a), srgb(0x80705c), srgb(0xddd0ba)}, // sand
		{srgb(0x3f6f70), srgb(0x1d3c40), srgb(0x9cc4bc)}, // teal
		{srgb(0x6a5a86), srgb(0x2c2540), srgb(0xb7a6cf)}, // violet
	}
	p := palettes[d.pick(2, 1.6, 1.6, 1.3, 1.4, 1.4, 1.1, 0.7, 1.2, 0.7, 0.5)]
	bright := d.between(0.4, 1.35)
	for i := range p {
		tint := colour{d.between(0.85, 1.15), d.between(0.9, 1.1), d.between(0.85, 1.15)}
		f.back[i] = p[i].times(tint).mul(bright)
	}
	f.scene = backdrop(d.pick(0.4, 0.2, 0.2, 0.2))
	f.turn = d.between(0, 2*math.Pi)
	f.clutter = uint32(d.unit() * (1 << 32))
}
