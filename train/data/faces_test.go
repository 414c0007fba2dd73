package data

import (
	"bytes"
	"math"
	"reflect"
	"runtime"
	"testing"
)

// imageAt returns the bytes of image i.
func imageAt(s *Images, i int) []byte { return s.Pix[i*s.Size() : (i+1)*s.Size()] }

// apart returns the mean difference of two pictures, with values in [0,1].
func apart(a, b []byte) float64 {
	total := 0.0
	for i := range a {
		total += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return total / float64(len(a)) / 255
}

// mirrored returns an RGB picture with left and right exchanged.
func mirrored(pix []byte, size int) []byte {
	out := make([]byte, len(pix))
	for y := range size {
		for x := range size {
			copy(out[(y*size+x)*3:][:3], pix[(y*size+size-1-x)*3:])
		}
	}
	return out
}

func paintFace(f *face, size int) []byte {
	pix := make([]byte, size*size*3)
	newPortrait(f, size).paint(pix)
	return pix
}

func TestFacesAreAFunctionOfSeedAndIndex(t *testing.T) {
	long := Faces(3, 40, 32)
	if long.Len() != 40 || long.Height != 32 || long.Width != 32 || long.Channels != 3 || long.Labels != nil {
		t.Fatalf("shape: %d images of %dx%dx%d", long.Len(), long.Height, long.Width, long.Channels)
	}
	if long.Sum != sum(long.Pix) {
		t.Error("the sum is not that of the pixels")
	}
	cores := runtime.GOMAXPROCS(1)
	short := Faces(3, 7, 32)
	runtime.GOMAXPROCS(cores)
	if !bytes.Equal(short.Pix, long.Pix[:len(short.Pix)]) {
		t.Error("the first images depend on how many are asked for or on the number of cores")
	}
	for i := range long.Len() {
		for j := range i {
			if apart(imageAt(long, i), imageAt(long, j)) < 0.03 {
				t.Errorf("images %d and %d are alike", j, i)
			}
		}
	}
	if other := Faces(4, 7, 32); apart(other.Pix, short.Pix) < 0.08 {
		t.Error("another seed gives alike images")
	}
	if empty := Faces(1, 0, 32); empty.Len() != 0 {
		t.Error("no images asked for, but some returned")
	}
}

// TestFacesKeepTheirColours holds the pictures to what they were when they were published: runs that name a seed are
// to be repeatable. It compares means of quarters, for architectures that fuse multiplications round otherwise.
func TestFacesKeepTheirColours(t *testing.T) {
	const size = 32
	s := Faces(1, 4, size)
	want := [...][4][3]float64{
		{{86.6, 97.6, 86.9}, {85.8, 87.6, 78.3}, {95.6, 102.8, 90.5}, {98.2, 90.7, 78.1}},
		{{86.2, 87.0, 97.0}, {98.8, 87.1, 84.8}, {101.2, 107.1, 123.2}, {117.6, 110.7, 115.7}},
		{{62.5, 50.9, 42.5}, {68.2, 52.2, 42.1}, {67.4, 52.0, 41.2}, {79.9, 58.0, 44.7}},
		{{108.2, 90.7, 79.0}, {96.8, 78.6, 68.3}, {121.4, 93.6, 74.4}, {101.1, 73.7, 58.7}},
	}
	for i := range want {
		pix := imageAt(s, i)
		for quarter := range 4 {
			var mean [3]float64
			for y := range size / 2 {
				for x := range size / 2 {
					at := ((y+quarter/2*size/2)*size + x + quarter%2*size/2) * 3
					for c := range mean {
						mean[c] += float64(pix[at+c]) / (size * size / 4)
					}
				}
			}
			for c := range mean {
				if math.Abs(mean[c]-want[i][quarter][c]) > 1 {
					t.Errorf("image %d, quarter %d: found %.1f, want %.1f", i, quarter, mean, want[i][quarter])
					break
				}
			}
		}
	}
}

// TestFaceParameters checks the ranges that the comments of face promise, and that most of each is used.
func TestFaceParameters(t *testing.T) {
	a := math.Pi / 180
	ranges := map[string][2]float64{
		"tone": {0, 1}, "ruddy": {-1, 1}, "femininity": {0, 1}, "age": {0, 1}, "fullness": {-1, 1}, "broadness": {-1, 1},
		"length": {-1, 1}, "jaw": {-1, 1}, "chin": {-1, 1}, "noseLength": {-1, 1}, "noseWidth": {-1, 1},
		"eyeGap": {0.225, 0.265}, "eyeSize": {0.127, 0.157}, "eyeRound": {0.8, 1.2}, "eyeTilt": {-0.12, 0.2},
		"lips": {-1, 1}, "browWidth": {0.5, 1.5}, "browArch": {0, 1}, "freckles": {0, 1}, "blush": {0, 1},
		"smile": {-0.3, 1}, "open": {0, 0.75}, "lids": {0.25, 1.1}, "surprise": {-0.6, 0.8}, "gazeX": {-1, 1}, "gazeY": {-0.6, 0.6},
		"yaw": {-35 * a, 35 * a}, "pitch": {-14 * a, 14 * a}, "roll": {-11 * a, 11 * a}, "zoom": {0.88, 1.08},
		"shiftX": {-0.06, 0.06}, "shiftY": {-0.01, 0.11}, "lens": {5, 12},
		"volume": {0, 1}, "hairline": {0, 1}, "part": {-1, 1}, "fringe": {0, 1}, "wave": {0, 1}, "reach": {0, 1},
		"beard": {0, 1}, "moustache": {0, 1}, "stubble": {0, 1}, "lipstick": {0, 1}, "shade": {0, 1},
		"rim": {0.008, 0.028}, "rimRound": {0, 1}, "rimSize": {0.88, 1.18}, "tint": {0, 0.92}, "neckline": {0, 1},
		"azimuth": {-75 * a, 75 * a}, "elevation": {-8 * a, 64 * a}, "key": {0.65, 1.15}, "fill": {0.16, 0.40},
		"warmth": {-1, 1}, "rimLight": {0, 1}, "exposure": {0.8, 1.2}, "contrast": {0.94, 1.14}, "turn": {0, 2 * math.Pi},
	}
	const n = 2000
	low, high := map[string]float64{}, map[string]float64{}
	colours := map[string]map[any]bool{}
	glasses := 0
	styles, scenes := map[hairStyle]int{}, map[backdrop]int{}
	for i := range n {
		f := newFace(newDice(9, i))
		styles[f.style]++
		scenes[f.scene]++
		if f.glasses {
			glasses++
		}
		v := reflect.ValueOf(*f)
		for k := range v.NumField() {
			name, field := v.Type().Field(k).Name, v.Field(k)
			if field.Kind() != reflect.Float64 {
				if colours[name] == nil {
					colours[name] = map[any]bool{}
				}
				colours[name][v.Field(k).String()] = true
				continue
			}
			if _, ok := ranges[name]; !ok {
				t.Fatalf("%s has no range", name)
			}
			low[name], high[name] = math.Min(low[name], field.Float()), math.Max(high[name], field.Float())
			if i == 0 {
				low[name], high[name] = field.Float(), field.Float()
			}
		}
	}
	for name, r := range ranges {
		if low[name] < r[0] || high[name] > r[1] {
			t.Errorf("%s: found %.3f to %.3f, beyond %.3f to %.3f", name, low[name], high[name], r[0], r[1])
		}
		if high[name]-low[name] < 0.75*(r[1]-r[0]) {
			t.Errorf("%s: found %.3f to %.3f, little of %.3f to %.3f", name, low[name], high[name], r[0], r[1])
		}
	}
	if share := float64(glasses) / n; share < 0.12 || share > 0.18 {
		t.Errorf("%.3f wear glasses, want 0.15", share)
	}
	for style := hairBald; style <= hairTied; style++ {
		if styles[style] < n/100 {
			t.Errorf("hair style %d: %d of %d", style, styles[style], n)
		}
	}
	for scene := sceneStudio; scene <= sceneRoom; scene++ {
		if scenes[scene] < n/10 {
			t.Errorf("background %d: %d of %d", scene, scenes[scene], n)
		}
	}
}

// TestFacesStatistics compares the set with what is known of photographs of faces: the mean colour of CelebA is about
// (0.51, 0.43, 0.38) and the deviation of a pixel is between 0.2 and 0.3.
func TestFacesStatistics(t *testing.T) {
	const n, size = 500, 32
	s := Faces(5, n, size)
	mean, square := make([]float64, s.Size()), make([]float64, s.Size())
	asymmetry := 0.0
	for i := range n {
		pix := imageAt(s, i)
		for j, b := range pix {
			v := float64(b) / 255
			mean[j] += v / n
			square[j] += v * v / n
		}
		asymmetry += apart(pix, mirrored(pix, size)) / n
	}
	var colour [3]float64
	least, variance := 1.0, 0.0
	for j := range mean {
		colour[j%3] += mean[j] / (size * size)
		v := square[j] - mean[j]*mean[j]
		variance += v / float64(len(mean))
		least = math.Min(least, math.Sqrt(v))
	}
	want := [3]float64{0.51, 0.43, 0.38}
	for c := range want {
		if math.Abs(colour[c]-want[c]) > 0.06 {
			t.Errorf("mean colour %.3f, want about %.3f", colour, want)
			break
		}
	}
	if d := math.Sqrt(variance); d < 0.19 || d > 0.32 {
		t.Errorf("deviation of a pixel %.3f, want 0.19 to 0.32", d)
	}
	if least < 0.08 {
		t.Errorf("a pixel hardly varies: deviation %.3f", least)
	}
	if asymmetry < 0.08 {
		t.Errorf("a face differs from its mirror image by %.3f: pose and light do not show", asymmetry)
	}
	// Left and right are alike on average: no direction is preferred.
	for y := range size {
		for x := range size / 2 {
			for c := range 3 {
				if d := mean[(y*size+x)*3+c] - mean[(y*size+size-1-x)*3+c]; math.Abs(d) > 0.07 {
					t.Fatalf("the mean face is lopsided by %.3f at row %d, column %d", d, y, x)
				}
			}
		}
	}
	// The middle of the face is skin: red more than green more than blue, in nearly everybody.
	skin := 0
	for i := range n {
		at := ((size*11/20)*size + size/2) * 3
		if p := imageAt(s, i)[at:]; p[0] > p[1] && p[1] >= p[2]-2 {
			skin++
		}
	}
	if skin < n*9/10 {
		t.Errorf("%d of %d have skin in the middle", skin, n)
	}
}

// plainFace is a face that has nothing irregular about it.
func plainFace() *face {
	f := newFace(newDice(1, 0))
	f.style, f.freckles, f.beard, f.moustache, f.stubble, f.glasses, f.age = hairShaved, 0, 0, 0, 0, false, 0
	f.scene, f.rimLight, f.shiftX, f.lids = sceneStudio, 0, 0, 1
	return f
}

// TestFacePose follows places of the head into the view: distances stay, the head turns the way it should, and the eyes
// are where the parameters put them.
func TestFacePose(t *testing.T) {
	for i := range 200 {
		f := newFace(newDice(6, i))
		p := newPortrait(f, 64)
		r := p.toView
		for _, v := range []float64{r.x.dot(r.y), r.y.dot(r.z), r.z.dot(r.x), r.x.dot(r.x) - 1, r.y.dot(r.y) - 1, r.z.dot(r.z) - 1} {
			if math.Abs(v) > 1e-12 {
				t.Fatalf("face %d: the axes %.3f are not at right angles", i, r)
			}
		}
		handed := r.x.x*(r.y.y*r.z.z-r.y.z*r.z.y) - r.x.y*(r.y.x*r.z.z-r.y.z*r.z.x) + r.x.z*(r.y.x*r.z.y-r.y.y*r.z.x)
		if math.Abs(handed-1) > 1e-12 {
			t.Fatalf("face %d: the determinant is %.3f", i, handed)
		}
		v := vec{0.3, -0.2, 0.4}
		inverse := r.inverse()
		if back := inverse.apply(r.apply(v)); back.sub(v).dot(back.sub(v)) > 1e-20 {
			t.Fatalf("face %d: there and back: %.3f", i, back)
		}
		eyes := r.apply(vec{0, 0, 0.5})
		near := f.zoom * f.lens / (f.lens - eyes.z)
		if x, y := p.cx+eyes.x*near, p.cy+eyes.y*near; math.Abs(x-f.shiftX)+math.Abs(y-f.shiftY) > 1e-12 {
			t.Fatalf("face %d: eyes at (%.3f, %.3f), want (%.3f, %.3f)", i, x, y, f.shiftX, f.shiftY)
		}
	}
	turned := func(yaw, pitch, roll float64) vec {
		f := plainFace()
		f.yaw, f.pitch, f.roll = yaw, pitch, roll
		p := newPortrait(f, 64)
		nose := p.toView.apply(vec{0, 0, 1})
		return vec{nose.x, nose.y, p.toView.apply(vec{0, 1, 0}).x}
	}
	if nose := turned(0.5, 0, 0); nose.x < 0.4 {
		t.Errorf("a positive yaw turns the face to %.2f", nose)
	}
	if nose := turned(0, 0.2, 0); nose.y < 0.15 {
		t.Errorf("a positive pitch turns the face to %.2f", nose)
	}
	if crown := turned(0, 0, 0.2).z; crown > -0.15 {
		t.Errorf("a positive roll moves the crown to %.2f", crown)
	}
}

// TestFaceMirrored turns everything that has a side to the other one: the picture must be the mirror image.
func TestFaceMirrored(t *testing.T) {
	const size = 48
	f := plainFace()
	f.yaw, f.pitch, f.roll, f.azimuth, f.gazeX, f.shiftX = 0.5, 0.1, 0.12, 0.8, 0.6, 0.04
	g := *f
	g.yaw, g.roll, g.azimuth, g.gazeX, g.shiftX, g.part = -f.yaw, -f.roll, -f.azimuth, -f.gazeX, -f.shiftX, -f.part
	g.turn = math.Pi - f.turn
	a, b := paintFace(f, size), paintFace(&g, size)
	if d := apart(a, mirrored(b, size)); d > 0.004 {
		t.Errorf("the mirrored face differs from its mirror image by %.4f", d)
	}
	if d := apart(a, b); d < 0.05 {
		t.Errorf("and from itself only by %.4f", d)
	}
}

// TestFaceLightHasASide compares the two halves of a face that looks straight ahead.
func TestFaceLightHasASide(t *testing.T) {
	const size = 48
	for _, side := range []float64{-1, 1} {
		f := plainFace()
		f.yaw, f.roll, f.gazeX, f.azimuth, f.elevation = 0, 0, 0, side, 0.3
		pix := paintFace(f, size)
		var left, right float64
		for y := size * 2 / 5; y < size*3/5; y++ {
			for x := size * 3 / 10; x < size/2; x++ {
				left += float64(pix[(y*size+x)*3])
				right += float64(pix[(y*size+size-1-x)*3])
			}
		}
		if (right-left)*side < 0.1*right {
			t.Errorf("light from %+.0f: left %.0f, right %.0f", side, left, right)
		}
	}
}

// TestFaceIsTheSameAtEverySize shrinks large pictures and compares them with small ones, which also says that the small
// ones are well sampled.
func TestFaceIsTheSameAtEverySize(t *testing.T) {
	large, small := Faces(2, 24, 128), Faces(2, 24, 32)
	for i := range small.Len() {
		from, to := imageAt(large, i), imageAt(small, i)
		shrunk := make([]byte, len(to))
		for y := range 32 {
			for x := range 32 {
				for c := range 3 {
					total := 0
					for k := range 16 {
						total += int(from[((y*4+k/4)*128+x*4+k%4)*3+c])
					}
					shrunk[(y*32+x)*3+c] = byte(total / 16)
				}
			}
		}
		if d := apart(shrunk, to); d > 0.025 {
			t.Errorf("image %d: differs by %.4f", i, d)
		}
	}
}

// TestRayMeetsEllipsoid compares the search along a ray with the formula for the same crossing.
func TestRayMeetsEllipsoid(t *testing.T) {
	e := newEllipsoid(0.1, -0.2, 0.05, 0.5, 0.7, 0.6)
	d := newDice(8, 0)
	hits := 0
	for range 500 {
		origin := vec{d.between(-0.8, 0.8), d.between(-1, 1), 3}
		ray := vec{d.around(0, 0.2), d.around(0, 0.2), -1}.unit()
		c := e.cross(origin, ray)
		m := follow(&e, origin, ray, c.at-0.3, c.exit+0.3)
		if c.miss > 1.01 {
			if m.miss == 0 {
				t.Fatalf("a ray that passes at %.3f radii meets the surface", c.miss)
			}
			continue
		}
		if c.miss > 0.97 {
			continue // grazing: either is right
		}
		hits++
		if m.miss != 0 || math.Abs(m.far-c.at) > 0.02 {
			t.Fatalf("found the surface at %.4f, missed by %.4f, want %.4f", m.far, m.miss, c.at)
		}
		p := m.place.sub(e.centre)
		want := vec{p.x * e.square.x, p.y * e.square.y, p.z * e.square.z}.unit()
		if normal := normalAt(&e, m); normal.dot(want) < 0.999 {
			t.Fatalf("normal %.3f, want %.3f", normal, want)
		}
		if exact := p.x*p.x/0.25 + p.y*p.y/0.49 + p.z*p.z/0.36; math.Abs(exact-1) > 0.03 {
			t.Fatalf("%.3f is not on the surface: %.4f", m.place, exact)
		}
	}
	if hits < 100 {
		t.Fatalf("only %d rays met it", hits)
	}
}

// BenchmarkFaces draws 64 faces of 64 by 64 pixels.
func BenchmarkFaces(b *testing.B) {
	for b.Loop() {
		Faces(1, 64, 64)
	}
	b.ReportMetric(float64(64*b.N)/b.Elapsed().Seconds(), "images/s")
}
