package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// near counts the pixels of about a colour.
func near(m image.Image, want color.NRGBA) int {
	n := 0
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			d := func(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }
			if d(c.R, want.R)+d(c.G, want.G)+d(c.B, want.B) < 12 {
				n++
			}
		}
	}
	return n
}

// margin is the number of pixels that are not white at the four edges: of
// something that is cut off.
func margin(m image.Image) int {
	const width = 4
	n := 0
	inner := m.Bounds().Inset(width)
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			if r, g, b, _ := m.At(x, y).RGBA(); !(image.Point{X: x, Y: y}).In(inner) && (r&g&b)>>8 != 255 {
				n++
			}
		}
	}
	return n
}

// noisy is a loss that falls.
func noisy(name string, n int, level float64) Series {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	s := Series{Name: name}
	for i := range n {
		s.Y = append(s.Y, (level+3*math.Exp(-8*float64(i)/float64(n)))*math.Exp(0.1*random.NormFloat64()))
	}
	return s
}

// The axis reaches over the share of the numbers, and curves that leave it are
// cut off where it ends.
func TestCurvesShare(t *testing.T) {
	spike := Series{Name: "spike"}
	for i := range 100 {
		spike.Y = append(spike.Y, math.Pow(-1, float64(i))*(1+float64(i)/100))
	}
	spike.Y[50], spike.Y[70], spike.Y[10] = 5000, -900, math.NaN()
	c, err := newCurve(spike, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if low, high := within([]*curve{c}, 0.98); low != -1.99 || high != 1.98 {
		t.Errorf("from %g to %g, want -1.99 to 1.98", low, high)
	}
	m, err := Curves{Share: 0.98, Title: "a spike"}.Draw(spike)
	if err != nil {
		t.Fatal(err)
	}
	title := m.(*image.RGBA).SubImage(image.Rect(0, 0, 1200, 30))
	if n := near(title, palette[0]); n != 0 {
		t.Errorf("%d pixels of the curve lie above the axes", n)
	}
	if n := near(m, palette[0]); n < 5000 {
		t.Errorf("%d pixels of a curve that fills the axes", n)
	}
}

// Every curve is there in its colour, and nothing is cut off.
func TestCurvesDraw(t *testing.T) {
	var nine []Series
	for i := range 9 {
		nine = append(nine, noisy(fmt.Sprintf("variant %d, rate 0.03, centred", i), 60, float64(i)))
	}
	diverged := noisy("diverged", 1000, 1)
	for i := 600; i < 1000; i++ {
		diverged.Y[i] = math.NaN()
	}
	diverged.Y[600] = math.Inf(1)
	for _, c := range []struct {
		name   string
		curves Curves
		series []Series
	}{
		{"one", Curves{X: "epoch"}, []Series{noisy("loss", 12, 1)}},
		{"log", Curves{Title: "loss", X: "step", Y: "nats", LogY: true}, []Series{noisy("a", 5000, 0.01), noisy("b", 5000, 0.1)}},
		{"marks", Curves{Title: "loss", Marks: []Mark{{0, "layer 1"}, {100, "layer 2"}, {120, "layer 3, which has a long name"}, {5100, "all layers jointly"}}}, []Series{noisy("a", 5000, 0.01)}},
		{"nine", Curves{Title: "variants", X: "epoch", Y: "MSE"}, nine},
		{"gap", Curves{Y: "loss"}, []Series{diverged}},
		{"point", Curves{Title: "a point"}, []Series{{Name: "x", Y: []float64{-3e-6}}}},
		{"zero", Curves{}, []Series{{Y: []float64{0, 0, 0}}}},
		{"log point", Curves{LogY: true}, []Series{{Y: []float64{1}}}},
		{"extremes", Curves{}, []Series{{Y: []float64{-1e300, 1e300, 1e308}}}},
		{"large and close", Curves{}, []Series{{X: []float64{1e17, 1e17 + 16}, Y: []float64{1e17, 1e17 + 16}}}},
		{"log and close", Curves{LogY: true}, []Series{{Y: []float64{1, 1 + 1e-15}}}},
		{"denormal", Curves{}, []Series{{Y: []float64{0, 5e-324}}}},
		{"denormal range", Curves{}, []Series{{Y: []float64{1e-310, 3e-310}}}},
		{"log range", Curves{LogY: true}, []Series{{Y: []float64{1e-300, 1e300}}}},
		{"share", Curves{Y: "loss", Share: 0.9}, []Series{noisy("a", 5000, 0.01), noisy("b", 20, 1)}},
		{"huge", Curves{Width: 700, Height: 400}, []Series{{Name: "x", X: []float64{1e6, 2e6, 3e6}, Y: []float64{-1e12, 3e12, 2e12}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := c.curves.Draw(c.series...)
			if err != nil {
				t.Fatal(err)
			}
			width, height := 1200, 750
			if c.curves.Width > 0 {
				width, height = c.curves.Width, c.curves.Height
			}
			if m.Bounds().Dx() != width || m.Bounds().Dy() != height {
				t.Errorf("the picture is %v, want %d×%d", m.Bounds(), width, height)
			}
			if n := margin(m); n > 0 {
				t.Errorf("%d pixels touch the edge", n)
			}
			for i := range min(len(c.series), len(palette)) {
				want := 100
				if len(c.series[i].Y) <= 2 { // a dot or two
					want = 10
				}
				if n := near(m, palette[i]); n < want {
					t.Errorf("series %d has %d pixels", i, n)
				}
			}
		})
	}
}

// A constant is a level line, at the place that the axis gives it; the same
// constant twice as a gap in the middle leaves the middle white.
func TestCurvesGap(t *testing.T) {
	s := Series{X: []float64{0, 1, 2, 3, 4, 5}, Y: []float64{1, 1, math.NaN(), math.NaN(), 1, 1}}
	m, err := Curves{}.Draw(s)
	if err != nil {
		t.Fatal(err)
	}
	columns := map[int]bool{}
	left, right := 1200, 0
	for y := range 750 {
		for x := range 1200 {
			if c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA); c == palette[0] {
				columns[x] = true
				left, right = min(left, x), max(right, x)
			}
		}
	}
	for x := left; x <= right; x++ {
		at := 5 * float64(x-left) / float64(right-left)
		if at > 1.1 && at < 3.9 && columns[x] {
			t.Fatalf("the gap is drawn at %g", at)
		}
		if (at < 0.9 || at > 4.1) && !columns[x] {
			t.Fatalf("the line is not drawn at %g", at)
		}
	}
}

func TestCurvesRejects(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		curves Curves
		series []Series
		want   string
	}{
		{Curves{Title: "T"}, nil, `report: curves "T": want at least one series`},
		{Curves{}, []Series{{Name: "a"}}, `series "a": want at least one finite number, got none`},
		{Curves{}, []Series{{Name: "a", Y: []float64{nan, math.Inf(1)}}}, `series "a": want at least one finite number`},
		{Curves{}, []Series{{Name: "a", X: []float64{1}, Y: []float64{1, 2}}}, `series "a": want as many X as Y, got 1 and 2`},
		{Curves{}, []Series{{Name: "a", X: []float64{1, nan}, Y: []float64{1, 2}}}, `series "a": x of point 1: want a finite number, got NaN`},
		{Curves{LogY: true}, []Series{{Name: "a", Y: []float64{1, -2}}}, `series "a": y of point 1: want a positive number for a logarithmic axis, got -2`},
		{Curves{Marks: []Mark{{nan, "m"}}}, []Series{{Name: "a", Y: []float64{1}}}, `mark "m": want a finite X, got NaN`},
	} {
		if _, err := c.curves.Draw(c.series...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// The fit is exact for a line, to its ends, and quietens noise.
func TestSmooth(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	line, noise := make(plotter.XYs, 3000), make(plotter.XYs, 3000)
	for i := range line {
		line[i] = plotter.XY{X: float64(i), Y: 5 - 0.01*float64(i)}
		noise[i] = plotter.XY{X: float64(i), Y: random.NormFloat64()}
	}
	fit := smooth(line, 30)
	if fit[0].X != 0 || fit[len(fit)-1].X != 2999 || len(fit) > 1100 {
		t.Errorf("%d points from %g to %g", len(fit), fit[0].X, fit[len(fit)-1].X)
	}
	for _, p := range fit {
		if want := 5 - 0.01*p.X; math.Abs(p.Y-want) > 1e-9 {
			t.Fatalf("at %g: got %g, want %g", p.X, p.Y, want)
		}
	}
	// The variance of a mean with Gaussian weights of width s is 1/(2 √π s).
	var square float64
	fit = smooth(noise, 30)
	for _, p := range fit {
		square += p.Y * p.Y / float64(len(fit))
	}
	if want := 1 / (2 * math.Sqrt(math.Pi) * 30); square < want/2 || square > want*2 {
		t.Errorf("the variance is %g, want about %g", square, want)
	}
}

func TestSmoothKeepsGaps(t *testing.T) {
	points := make(plotter.XYs, 500)
	for i := range points {
		points[i] = plotter.XY{X: float64(i), Y: 1}
		if i >= 200 && i < 300 {
			points[i].Y = math.NaN()
		} else if i >= 300 {
			points[i].Y = 2
		}
	}
	for _, run := range runs(smooth(points, 5)) {
		for _, p := range run {
			if want := 1 + math.Floor(p.X/300); p.X >= 200 && p.X < 300 || math.Abs(p.Y-want) > 1e-9 {
				t.Fatalf("%g at %g", p.Y, p.X)
			}
		}
	}
}

// A thinned path has the same extent in every column of pixels.
func TestThin(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	path := make([]vg.Point, 20000)
	for i := range path {
		path[i] = vg.Point{X: vg.Length(i) * 0.01, Y: vg.Length(random.Float64())}
	}
	short := thin(path, 0.5)
	if len(short) > 4*401 || short[0] != path[0] || short[len(short)-1] != path[len(path)-1] {
		t.Errorf("%d points from %v to %v", len(short), short[0], short[len(short)-1])
	}
	extent := func(path []vg.Point) map[int][2]vg.Length {
		columns := map[int][2]vg.Length{}
		for _, p := range path {
			c := int(math.Floor(float64(p.X / 0.5)))
			e, ok := columns[c]
			if !ok {
				e = [2]vg.Length{p.Y, p.Y}
			}
			columns[c] = [2]vg.Length{min(e[0], p.Y), max(e[1], p.Y)}
		}
		return columns
	}
	got, want := extent(short), extent(path)
	for c := range want {
		if got[c] != want[c] {
			t.Fatalf("column %d: got %v, want %v", c, got[c], want[c])
		}
	}
	for i := 1; i < len(short); i++ {
		if short[i].X < short[i-1].X {
			t.Fatal("the path goes back")
		}
	}
	if few := thin(path[:1], 0.5); len(few) != 1 {
		t.Errorf("one point becomes %d", len(few))
	}
}
