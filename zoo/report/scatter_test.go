package report

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// clusters are n points around places on a circle, one a class.
func clusters(n, classes int) ([]Point, []string) {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	points, names := make([]Point, n), make([]string, classes)
	for i := range points {
		k := i % classes
		sine, cosine := math.Sincos(2 * math.Pi * float64(k) / float64(classes))
		points[i] = Point{4*cosine + random.NormFloat64()/2, 4*sine + random.NormFloat64()/2, k}
	}
	for k := range names {
		names[k] = string(rune('0' + k))
	}
	return points, names
}

// Every class is there in its colour, in the picture and in the legend, and
// nothing is cut off.
func TestScatter(t *testing.T) {
	points, names := clusters(1000, 10)
	m, err := Scatter{Title: "ten classes", X: "first", Y: "second", Classes: names, Equal: true}.Draw(points)
	if err != nil {
		t.Fatal(err)
	}
	legend := m.(*image.RGBA).SubImage(image.Rect(0, 0, 1050, 95))
	for k, c := range classColours {
		if n := near(m, c); n < 300 {
			t.Errorf("%d pixels of class %d", n, k)
		}
		if n := near(legend, c); n < 20 {
			t.Errorf("%d pixels of class %d in the legend", n, k)
		}
	}
	if n := margin(m); n > 0 {
		t.Errorf("%d pixels of ink at the edges", n)
	}
	if n := near(m, color.NRGBA{0, 0, 0, 255}); n < 50 {
		t.Errorf("%d pixels of names of classes", n)
	}
}

// Long names stand in the legend, with numbers that stand among the points.
func TestScatterNumbersLongNames(t *testing.T) {
	both, numbers := numbered([]string{"Pica pica", "Gracula religiosa"})
	if strings.Join(both, ", ") != "0 Pica pica, 1 Gracula religiosa" || strings.Join(numbers, "") != "01" {
		t.Errorf("%q and %q", both, numbers)
	}
	points, names := clusters(60, 12)
	for i := range names {
		names[i] = "Streptopelia decaocto"
	}
	m, err := Scatter{Classes: names, Equal: true}.Draw(points)
	if err != nil {
		t.Fatal(err)
	}
	if n := margin(m); n > 0 {
		t.Errorf("%d pixels of ink at the edges", n)
	}
}

// One scale on both axes: a circle is round.
func TestScatterEqual(t *testing.T) {
	var circle []Point
	for i := range 400 {
		sine, cosine := math.Sincos(2 * math.Pi * float64(i) / 400)
		circle = append(circle, Point{X: 3 + cosine, Y: sine})
	}
	circle = append(circle, Point{X: 9}) // so that the axes are not alike by themselves
	for _, s := range []Scatter{{Equal: true}, {Equal: true, Width: 1000, Height: 700, Title: "wide"}} {
		m, err := s.Draw(circle)
		if err != nil {
			t.Fatal(err)
		}
		box := image.Rectangle{}
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() * 2 / 3 {
				if near(m.(*image.RGBA).SubImage(image.Rect(x, y, x+1, y+1)), classColours[0]) > 0 {
					box = box.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		if d := box.Dx() - box.Dy(); box.Dx() < 100 || d < -3 || d > 3 {
			t.Errorf("a circle of %d×%d pixels", box.Dx(), box.Dy())
		}
	}
}

func TestScatterArrows(t *testing.T) {
	var s Scatter
	for i := range 15 {
		for j := range 15 {
			x, y := float64(i)/7-1, float64(j)/7-1
			s.Arrows = append(s.Arrows, Arrow{x, y, -0.12 * x, -0.12 * y})
		}
	}
	m, err := s.Draw([]Point{{}})
	if err != nil {
		t.Fatal(err)
	}
	if n := near(m, color.NRGBA{40, 40, 40, 255}); n < 2000 {
		t.Errorf("%d pixels of 224 arrows", n)
	}
	if n := margin(m); n > 0 {
		t.Errorf("%d pixels of ink at the edges", n)
	}
}

func TestScatterRefuses(t *testing.T) {
	for _, c := range []struct {
		of     Scatter
		points []Point
		want   string
	}{
		{Scatter{Title: "empty"}, nil, `"empty"`},
		{Scatter{}, []Point{{X: 1}, {Y: math.NaN()}}, "point 1"},
		{Scatter{Classes: []string{"a", "b"}}, []Point{{Class: 2}}, "class 2 of 2"},
		{Scatter{Arrows: []Arrow{{DX: math.Inf(1)}}}, []Point{{}}, "arrow 0"},
	} {
		if _, err := c.of.Draw(c.points); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error about %s, got %v", c.want, err)
		}
	}
}
