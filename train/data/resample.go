package data

import (
	"image"
	"math"
)

// A resampler reduces or enlarges a rectangle of a photograph to another size, with the tent filter of
// [draw.BiLinear], and gives the same bytes as that does. A photograph as JPEG has it is turned into colours once
// for each pixel, not once for each use of a pixel; that and working by rows make it twice as fast.
type resampler struct {
	from, to             image.Point
	horizontal, vertical []taps
	row                  []rgb     // of the source
	tmp                  []float64 // the rows of the source at the width of the result: row, column, colour
	sum                  []float64 // a row of the result
}

// taps are the pixels of a row or a column whose weighted mean is a pixel of the result.
type taps struct {
	from   int
	weight []float64
	scale  float64 // 1 over the sum of the weights
}

// rgb is a colour of values from 0 to 65535.
type rgb struct{ r, g, b float64 }

func newResampler(from, to image.Point) *resampler {
	return &resampler{
		from: from, to: to,
		horizontal: tentTaps(from.X, to.X), vertical: tentTaps(from.Y, to.Y),
		row: make([]rgb, from.X),
		tmp: make([]float64, from.Y*to.X*3),
		sum: make([]float64, to.X*3),
	}
}

// tentTaps returns the taps of every pixel of a line of from pixels that becomes one of to.
func tentTaps(from, to int) []taps {
	all := make([]taps, to)
	step := float64(from) / float64(to)
	width := max(step, 1) // half the width of the tent
	for i := range all {
		middle := float64((float64(i)+0.5)*step) - 0.5
		total := 0.0
		for j := max(0, int(math.Floor(middle-width))); j < from && float64(j) < middle+width; j++ {
			// The product, and not the quotient by the width, is what gives the bytes of draw.BiLinear.
			w := 1 - math.Abs((middle-float64(j))*(1/width))
			if w <= 0 {
				continue
			}
			if all[i].weight == nil {
				all[i].from = j
			}
			all[i].weight = append(all[i].weight, w)
			total += w
		}
		all[i].scale = 1 / total
	}
	return all
}

// resample writes the part crop of img into dst: row, column, colour. The part must lie in the image and have the
// size that the resampler is from. It reports false, and does nothing, where it does not know how the image stores
// its colours.
func (s *resampler) resample(dst []byte, img *image.YCbCr, crop image.Rectangle) bool {
	share := 1 // columns that share one sample of chroma
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio440:
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		share = 2
	default:
		return false
	}
	for y := range s.from.Y {
		s.colours(img, crop.Min.X, crop.Min.Y+y, share)
		out := s.tmp[y*s.to.X*3:][:s.to.X*3]
		for _, t := range s.horizontal {
			var r, g, b float64
			row := s.row[t.from:][:len(t.weight)]
			for i, w := range t.weight {
				p := &row[i]
				r += float64(p.r * w)
				g += float64(p.g * w)
				b += float64(p.b * w)
			}
			scale := t.scale / 0xffff
			out[0], out[1], out[2] = r*scale, g*scale, b*scale
			out = out[3:]
		}
	}
	sum := s.sum
	for y, t := range s.vertical {
		line := dst[y*len(sum):][:len(sum)]
		clear(sum)
		rows, weight := s.tmp[t.from*len(sum):], t.weight
		for ; len(weight) >= 2; rows, weight = rows[2*len(sum):], weight[2:] {
			w0, w1 := weight[0], weight[1]
			row0, row1 := rows[:len(sum)], rows[len(sum):][:len(sum)]
			for j, v := range sum {
				sum[j] = v + float64(row0[j]*w0) + float64(row1[j]*w1)
			}
		}
		for _, w := range weight {
			row := rows[:len(sum)]
			for j, v := range sum {
				sum[j] = v + float64(row[j]*w)
			}
		}
		for j, v := range sum {
			line[j] = byte(min(int32(float64(0xffff*float64(v*t.scale))+0.5), 0xffff) >> 8)
		}
	}
	return true
}

// colours fills the row with the colours of the photograph from (x,y) on, as [color.YCbCr] defines them.
func (s *resampler) colours(img *image.YCbCr, x, y, share int) {
	row := s.row
	luma := img.Y[img.YOffset(x, y):][:len(row)]
	cb := img.Cb[img.COffset(x, y):]
	cr := img.Cr[img.COffset(x, y):][:len(cb)]
	i := 0
	if share == 2 {
		if x&1 != 0 { // the second of a pair
			red, green, blue := chroma(cb[0], cr[0])
			row[0] = mix(luma[0], red, green, blue)
			i = 1
		}
		for ; i+1 < len(row); i += 2 {
			c := (i + x&1) / 2
			red, green, blue := chroma(cb[c], cr[c])
			row[i] = mix(luma[i], red, green, blue)
			row[i+1] = mix(luma[i+1], red, green, blue)
		}
	}
	for ; i < len(row); i++ {
		c := (i + x&(share-1)) / share
		red, green, blue := chroma(cb[c], cr[c])
		row[i] = mix(luma[i], red, green, blue)
	}
}

// chroma returns what two samples of chroma add to red, green and blue, in 65793rds of a grey level: the numbers of
// the JFIF standard times 65536.
func chroma(cb, cr byte) (red, green, blue int32) {
	b, r := int32(cb)-128, int32(cr)-128
	return 91881 * r, -22554*b - 46802*r, 116130 * b
}

// mix returns the sum of luma and chroma, 16 bits of each, as far as there is such a colour.
func mix(luma byte, red, green, blue int32) rgb {
	grey := int32(luma) * 0x10101
	return rgb{
		float64(min(max((grey+red)>>8, 0), 0xffff)),
		float64(min(max((grey+green)>>8, 0), 0xffff)),
		float64(min(max((grey+blue)>>8, 0), 0xffff)),
	}
}
