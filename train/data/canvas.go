package data

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// filter is the resampling filter of every reader: the tent, widened by the factor of reduction so that nothing
// aliases. It is what "bilinear" means in PIL and torchvision.
var filter = draw.BiLinear

// A canvas turns decoded images into the bytes of an [Images] of one shape. One goroutine uses it.
type canvas struct {
	height, width, channels int
	rgba                    *image.RGBA
	scaler                  draw.Scaler // from images of the size from
	from                    image.Point
	photos                  *resampler
}

func newCanvas(height, width, channels int) *canvas {
	return &canvas{
		height: height, width: width, channels: channels,
		rgba: image.NewRGBA(image.Rect(0, 0, width, height)),
	}
}

// paint writes the part crop of img into dst, scaled to the size of the canvas. Transparency shows black. A canvas
// of one channel takes the luma of a colour image, one of three channels repeats the value of a grey image.
func (c *canvas) paint(dst []byte, img image.Image, crop image.Rectangle) {
	if photo, ok := img.(*image.YCbCr); ok && c.channels == 3 && crop.Size() != c.rgba.Rect.Size() {
		if c.photos == nil || c.photos.from != crop.Size() {
			c.photos = newResampler(crop.Size(), c.rgba.Rect.Size())
		}
		if c.photos.resample(dst, photo, crop) {
			return
		}
	}
	if c.channels == 1 && !grey(img.ColorModel()) {
		luma := image.NewGray(crop)
		draw.Copy(luma, crop.Min, img, crop, draw.Src, nil)
		img = luma
	}
	if crop.Size() == c.rgba.Rect.Size() {
		draw.Copy(c.rgba, image.Point{}, img, crop, draw.Src, nil)
	} else {
		if c.from != crop.Size() {
			c.from = crop.Size()
			c.scaler = filter.NewScaler(c.width, c.height, c.from.X, c.from.Y)
		}
		c.scaler.Scale(c.rgba, c.rgba.Rect, img, crop, draw.Src, nil)
	}
	pix := c.rgba.Pix
	if c.channels == 1 {
		for i := range dst {
			dst[i] = pix[4*i]
		}
		return
	}
	for len(dst) >= 3 && len(pix) >= 4 {
		dst[0], dst[1], dst[2] = pix[0], pix[1], pix[2]
		dst, pix = dst[3:], pix[4:]
	}
}

// grey reports whether images of this colour model have no colour.
func grey(m color.Model) bool { return m == color.GrayModel || m == color.Gray16Model }

// centre returns the largest rectangle of the proportions of size that fits into r, in its middle.
func centre(r image.Rectangle, size image.Point) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	if w*size.Y > h*size.X {
		w = max(1, h*size.X/size.Y)
	} else {
		h = max(1, w*size.Y/size.X)
	}
	from := r.Min.Add(image.Pt((r.Dx()-w)/2, (r.Dy()-h)/2))
	return image.Rectangle{Min: from, Max: from.Add(image.Pt(w, h))}
}
