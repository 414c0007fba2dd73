package metric

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// waves are two pictures, the second noisy and tinted, as in the comment of
// TestLikenessAgreesWithScikitImage.
func waves(height, width, channels int) (x, y []float32) {
	state := uint32(1)
	for i := range height {
		for j := range width {
			for k := range channels {
				state = 1664525*state + 1013904223
				v := 0.5 + 0.4*math.Sin(0.3*float64(i)+0.2*float64(j*(k+1)))
				x = append(x, float32(v))
				y = append(y, float32(min(max(v+0.2*(float64(state)/(1<<32)-0.5)+0.05*float64(k), 0), 1)))
			}
		}
	}
	return x, y
}

// The numbers are those of scikit-image 0.26.0:
//
//	import numpy as np
//	from skimage.metrics import structural_similarity, peak_signal_noise_ratio
//
//	def lcg(n):
//	    s = 1
//	    for _ in range(n):
//	        s = (1664525*s + 1013904223) % 2**32
//	        yield s / 2**32
//
//	for h, w, c in (11, 11, 1), (16, 13, 1), (20, 24, 3):
//	    i, j, k = np.meshgrid(*map(np.arange, (h, w, c)), indexing="ij")
//	    x = 0.5 + 0.4*np.sin(0.3*i + 0.2*j*(k+1))
//	    noise = np.array(list(lcg(h*w*c))).reshape(h, w, c)
//	    y = np.clip(x + 0.2*(noise-0.5) + 0.05*k, 0, 1)
//	    print(peak_signal_noise_ratio(x, y, data_range=1),
//	          structural_similarity(x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
//	                                data_range=1, channel_axis=-1))
func TestLikenessAgreesWithScikitImage(t *testing.T) {
	for _, c := range []struct {
		height, width, channels int
		psnr, ssim              float64
	}{
		{11, 11, 1, 24.74062035285554, 0.9438599763176736},
		{16, 13, 1, 24.785592419797062, 0.9353720742823719},
		{20, 24, 3, 21.305102055777454, 0.9277647283792764},
	} {
		x, y := waves(c.height, c.width, c.channels)
		l, err := LikenessOf(x, y, c.height, c.width, c.channels)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(l.PSNR()-c.psnr) > 1e-5 || math.Abs(l.SSIM-c.ssim) > 1e-6 {
			t.Errorf("%d×%d×%d: %v dB, %v, want %v dB, %v", c.height, c.width, c.channels, l.PSNR(), l.SSIM, c.psnr, c.ssim)
		}
		// Of several pictures the similarity is the mean, the error that of all.
		two, err := LikenessOf(slices.Concat(x, y), slices.Concat(y, y), c.height, c.width, c.channels)
		if err != nil || math.Abs(two.SSIM-(1+l.SSIM)/2) > 1e-12 || math.Abs(two.Error-l.Error/2) > 1e-12 {
			t.Errorf("beside a picture that is as it was: %+v, %v", two, err)
		}
	}
}

func TestLikenessClips(t *testing.T) {
	x, y := waves(12, 12, 1)
	for i := range x {
		x[i], y[i] = 1, 1.5
	}
	l, err := LikenessOf(x, y, 12, 12, 1)
	if err != nil || l.Error != 0 || math.Abs(l.SSIM-1) > 1e-12 || !math.IsInf(l.PSNR(), 1) {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestLikenessErrors(t *testing.T) {
	x, y := waves(12, 12, 1)
	for want, f := range map[string]func() error{
		"got 288 and 144 values": func() error { _, err := LikenessOf(x, slices.Concat(y, y), 12, 12, 1); return err },
		"10×12×1, want a window": func() error { _, err := LikenessOf(x, y, 10, 12, 1); return err },
		"0 and 0 values":         func() error { _, err := LikenessOf(nil, nil, 12, 12, 1); return err },
		"144 and 143 values":     func() error { _, err := LikenessOf(x[:143], y, 12, 12, 1); return err },
		"12×12×0":                func() error { _, err := LikenessOf(x, y, 12, 12, 0); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
