package data

import (
	"image"
	"image/color"
	"math"
	"testing"
)

// average returns the mean value of the part of f that pixel (x,y) of a size x size image covers, when crop is
// scaled to it: the box filter, in float64, pixel by pixel with the fractions at the borders.
func average(f func(x, y int) float64, crop image.Rectangle, size, x, y int) float64 {
	stepX, stepY := float64(crop.Dx())/float64(size), float64(crop.Dy())/float64(size)
	overlap := func(i int, from, to float64) float64 {
		return math.Max(0, math.Min(to, float64(i+1))-math.Max(from, float64(i)))
	}
	total, weight := 0.0, 0.0
	for j := range crop.Dy() {
		wy := overlap(j, float64(y)*stepY, float64(y+1)*stepY)
		for i := range crop.Dx() {
			if w := wy * overlap(i, float64(x)*stepX, float64(x+1)*stepX); w > 0 {
				total += w * f(crop.Min.X+i, crop.Min.Y+j)
				weight += w
			}
		}
	}
	return total / weight
}

// A smooth image reduced by the canvas is what the box filter makes of it, and fine stripes become their mean: a
// filter that does not widen with the reduction leaves them. Both are what the definition of the tent filter gives.
func TestPaintAntialiases(t *testing.T) {
	for _, c := range []struct {
		name      string
		f         func(x, y int) float64
		mean      float64 // 0 where the box filter is the reference
		tolerance float64
	}{
		{"wave", func(x, y int) float64 {
			return math.Round(128 + 60*math.Sin(float64(x)/17) + 50*math.Cos(float64(y)/23))
		}, 0, 1.5},
		{"checks", func(x, y int) float64 { return 20 + 200*float64((x+y)%2) }, 120, 3},
		{"bars", func(x, y int) float64 { return 255 * float64(x%2) }, 127.5, 15},
	} {
		bounds := image.Rect(0, 0, celebaSize.X, celebaSize.Y)
		img := image.NewGray(bounds)
		rgb := image.NewNRGBA(bounds)
		for y := range bounds.Dy() {
			for x := range bounds.Dx() {
				v := byte(c.f(x, y))
				img.SetGray(x, y, color.Gray{Y: v})
				rgb.SetNRGBA(x, y, color.NRGBA{R: v, G: 255 - v, B: 9, A: 255})
			}
		}
		for _, size := range []int{64, 32, 50} {
			dst, dst3 := make([]byte, size*size), make([]byte, size*size*3)
			newCanvas(size, size, 1).paint(dst, img, celebaCrop)
			newCanvas(size, size, 3).paint(dst3, rgb, celebaCrop)
			fromTent, fromMean := 0.0, 0.0
			for y := 1; y < size-1; y += 5 { // the tent is cut off at the border, the box is not
				for x := 1; x < size-1; x++ {
					got := float64(dst[y*size+x])
					want := c.mean
					if want == 0 {
						want = average(c.f, celebaCrop, size, x, y)
					}
					fromMean = max(fromMean, math.Abs(got-want))
					want = tent(c.f, celebaCrop, size, x, y)
					p := dst3[3*(y*size+x):]
					fromTent = max(fromTent, math.Abs(got-want), math.Abs(float64(p[0])-want),
						math.Abs(float64(p[1])-255+want), math.Abs(float64(p[2])-9))
				}
			}
			if fromTent > 1 {
				t.Errorf("%s at %d: differs by %.2f of 255 from the tent filter", c.name, size, fromTent)
			}
			if fromMean > c.tolerance {
				t.Errorf("%s at %d: differs by %.2f of 255 from the area average", c.name, size, fromMean)
			}
		}
	}
}

func TestPaintCopies(t *testing.T) {
	img := image.NewNRGBA(image.Rect(5, 5, 8, 7)) // images need not begin at the origin
	img.SetNRGBA(5, 5, color.NRGBA{10, 20, 30, 255})
	img.SetNRGBA(7, 6, color.NRGBA{200, 100, 50, 255})
	img.SetNRGBA(6, 5, color.NRGBA{255, 255, 255, 0}) // transparent
	dst := make([]byte, 2*3*3)
	newCanvas(2, 3, 3).paint(dst, img, img.Bounds())
	want := []byte{10, 20, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 100, 50}
	for i := range want {
		if dst[i] != want[i] {
			t.Fatalf("found %v, expected %v", dst, want)
		}
	}
	luma := make([]byte, 2*3)
	newCanvas(2, 3, 1).paint(luma, img, img.Bounds())
	// 0.299 R + 0.587 G + 0.114 B
	if luma[0] != 18 || luma[5] != 124 && luma[5] != 125 || luma[1] != 0 {
		t.Errorf("luma %v, expected 18 at the first and 124 at the last", luma)
	}
	g := image.NewGray(image.Rect(0, 0, 3, 2))
	g.Pix[4] = 77
	newCanvas(2, 3, 3).paint(dst, g, g.Rect)
	if dst[12] != 77 || dst[13] != 77 || dst[14] != 77 || dst[11] != 0 {
		t.Errorf("grey in colour %v", dst)
	}
}

func TestCentre(t *testing.T) {
	for _, c := range []struct {
		in   image.Rectangle
		size image.Point
		want image.Rectangle
	}{
		{image.Rect(0, 0, 178, 218), image.Pt(64, 64), image.Rect(0, 20, 178, 198)},
		{image.Rect(10, 0, 110, 50), image.Pt(8, 8), image.Rect(35, 0, 85, 50)},
		{image.Rect(0, 0, 100, 100), image.Pt(20, 10), image.Rect(0, 25, 100, 75)},
		{image.Rect(0, 0, 1000, 1), image.Pt(1, 1000), image.Rect(499, 0, 500, 1)},
	} {
		if got := centre(c.in, c.size); got != c.want {
			t.Errorf("%v for %v: %v, expected %v", c.in, c.size, got, c.want)
		}
	}
}
