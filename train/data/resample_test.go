package data

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"
)

// The resampler gives the bytes of draw.BiLinear, whatever the sizes, the place of the part and the chroma; noise
// of full range goes beyond the colours that there are.
func TestResample(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440,
		image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for range 40 {
			bounds := image.Rect(0, 0, 1+random.IntN(90), 1+random.IntN(90))
			img := image.NewYCbCr(bounds, ratio)
			for _, plane := range [][]byte{img.Y, img.Cb, img.Cr} {
				for i := range plane {
					plane[i] = byte(random.Uint32())
				}
			}
			crop := image.Rect(random.IntN(bounds.Dx()), random.IntN(bounds.Dy()), 0, 0)
			crop.Max = crop.Min.Add(image.Pt(1+random.IntN(bounds.Dx()-crop.Min.X), 1+random.IntN(bounds.Dy()-crop.Min.Y)))
			width, height := 1+random.IntN(70), 1+random.IntN(70)

			want := image.NewRGBA(image.Rect(0, 0, width, height))
			filter.NewScaler(width, height, crop.Dx(), crop.Dy()).Scale(want, want.Rect, img, crop, draw.Src, nil)
			got := make([]byte, width*height*3)
			newCanvas(height, width, 3).paint(got, img, crop)
			for i := range width * height {
				if !bytes.Equal(got[3*i:][:3], want.Pix[4*i:][:3]) {
					t.Fatalf("%v of %v at %v to %dx%d: pixel %d is %v, expected %v",
						ratio, bounds, crop, width, height, i, got[3*i:][:3], want.Pix[4*i:][:3])
				}
			}
		}
	}
}

// BenchmarkResample reduces a photograph as CelebA at 64 x 64 has it.
func BenchmarkResample(b *testing.B) {
	img := image.NewYCbCr(image.Rect(0, 0, celebaSize.X, celebaSize.Y), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(i)
	}
	dst := make([]byte, 64*64*3)
	s := newResampler(celebaCrop.Size(), image.Pt(64, 64))
	for b.Loop() {
		s.resample(dst, img, celebaCrop)
	}
}
