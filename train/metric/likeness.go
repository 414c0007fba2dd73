package metric

import (
	"fmt"
	"math"
)

// Likeness is how like their originals pictures are.
type Likeness struct {
	Error float64 // mean square of the differences of all values
	SSIM  float64 // mean of all pictures
}

// PSNR is the peak signal-to-noise ratio of values from 0 to 1 in decibels,
// 10 log₁₀(1/error), of the mean error of all pictures, not the mean of theirs: a
// picture that is as it was has an infinite one.
func (l Likeness) PSNR() float64 { return -10 * math.Log10(l.Error) }

// LikenessOf compares pictures (n×height×width×channels) with as many originals.
// Values are from 0 to 1, and clipped to that as they are when pictures are shown.
func LikenessOf(originals, pictures []float32, height, width, channels int) (Likeness, error) {
	size := height * width * channels
	if err := checkWindow(height, width, channels); err != nil {
		return Likeness{}, err
	}
	if len(originals) == 0 || len(originals)%size != 0 || len(pictures) != len(originals) {
		return Likeness{}, fmt.Errorf("metric: likeness: want pictures of %d×%d×%d = %d values and as many originals, got %d and %d values",
			height, width, channels, size, len(pictures), len(originals))
	}
	n := len(originals) / size
	errors, similarities := make([]float64, n), make([]float64, n)
	eachRow(n, func(i int) {
		x, y := clipped(originals[i*size:][:size]), clipped(pictures[i*size:][:size])
		for j := range x {
			errors[i] += (x[j] - y[j]) * (x[j] - y[j])
		}
		similarities[i] = similarity(x, y, height, width, channels)
	})
	var l Likeness
	for i := range n {
		l.Error += errors[i] / float64(n*size)
		l.SSIM += similarities[i] / float64(n)
	}
	return l, nil
}

func clipped(values []float32) []float64 {
	c := make([]float64, len(values))
	for i, v := range values {
		c[i] = min(max(float64(v), 0), 1)
	}
	return c
}

// The window of SSIM, and its constants for values from 0 to 1.
const (
	ssimWindow    = 11
	ssimDeviation = 1.5
	ssimC1        = 0.01 * 0.01
	ssimC2        = 0.03 * 0.03
)

func checkWindow(height, width, channels int) error {
	if height < ssimWindow || width < ssimWindow || channels < 1 {
		return fmt.Errorf("metric: ssim: pictures of %d×%d×%d, want a window of %d×%d pixels and a channel to fit in", height, width, channels, ssimWindow, ssimWindow)
	}
	return nil
}

// similarity is the structural similarity, SSIM, of two pictures (height×width×channels)
// that the window fits in,
// whose values range from 0 to 1 (Wang, Bovik, Sheikh and Simoncelli 2004,
// equations 13 and 17): the mean of
//
//	(2μ_x μ_y + C1)(2σ_xy + C2) / ((μ_x² + μ_y² + C1)(σ_x² + σ_y² + C2))
//
// over all places of a window that lie within the picture, and over the channels.
// The window is a Gaussian of standard deviation 1.5 on 11×11 pixels; C1 = 0.01²
// and C2 = 0.03².
func similarity(x, y []float64, height, width, channels int) float64 {
	var window [ssimWindow]float64
	total := 0.0
	for i := range window {
		d := float64(i-ssimWindow/2) / ssimDeviation
		window[i] = math.Exp(-d * d / 2)
		total += window[i]
	}
	for i := range window {
		window[i] /= total
	}
	rows, columns := height-ssimWindow+1, (width-ssimWindow+1)*channels
	across := make([]float64, height*columns)
	// local is the mean in the window at each place: along rows, then columns.
	local := func(x []float64) []float64 {
		for i := range height {
			from, to := x[i*width*channels:], across[i*columns:][:columns]
			for j := range to {
				sum := 0.0
				for k, w := range window {
					sum += w * from[j+k*channels]
				}
				to[j] = sum
			}
		}
		means := make([]float64, rows*columns)
		for i := range rows {
			to := means[i*columns:][:columns]
			for k, w := range window {
				for j, v := range across[(i+k)*columns:][:columns] {
					to[j] += w * v
				}
			}
		}
		return means
	}
	product := make([]float64, len(x))
	times := func(x, y []float64) []float64 {
		for i := range product {
			product[i] = x[i] * y[i]
		}
		return product
	}
	mx, my := local(x), local(y)
	xx, yy, xy := local(times(x, x)), local(times(y, y)), local(times(x, y))
	sum := 0.0
	for i, a := range mx {
		b := my[i]
		sum += (2*a*b + ssimC1) * (2*(xy[i]-a*b) + ssimC2) / ((a*a + b*b + ssimC1) * (xx[i] - a*a + yy[i] - b*b + ssimC2))
	}
	return sum / float64(len(mx))
}
