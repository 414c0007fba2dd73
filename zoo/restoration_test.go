package zoo

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// identity is a network that gives back what it is given.
func identity(t *testing.T, shape ...int) models.Coder {
	t.Helper()
	model, err := models.ConvAutoencoder{Shape: shape, Filters: []int{2}, Kernel: 4, Stride: 2, Pad: 1, Output: models.OutputCorrection}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	return model.(models.Coder)
}

func restore(t *testing.T, model models.Coder, corruption string, test, training metric.Source) map[string]Restored {
	t.Helper()
	c, err := train.ParseCorruptions(corruption)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Restore(context.Background(), model, c, test, training, 5)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Restore(context.Background(), model, c, test, training, 5); err != nil || !reflect.DeepEqual(r, again) {
		t.Errorf("%s: measured twice with one seed: %+v and %+v, %v", corruption, r, again, err)
	}
	ways := map[string]Restored{}
	for _, w := range r.Ways {
		ways[w.Way] = w
		if w.PSNR != nil && math.Abs(*w.PSNR+10*math.Log10(w.Error)) > 1e-9 {
			t.Errorf("%s: %.3f dB of error %g", w.Way, *w.PSNR, w.Error)
		}
	}
	if r.Ways[0].Way != asCorrupted || r.Ways[len(r.Ways)-1].Way != byModel || r.Corruption != corruption || len(ways) != len(r.Ways) {
		t.Errorf("%s: measured %+v", corruption, r)
	}
	if got, want := ways[byModel], ways[asCorrupted]; got.Error != want.Error || got.SSIM != want.SSIM {
		t.Errorf("%s: the identity restores with %+v, as corrupted it is %+v", corruption, got, want)
	}
	return ways
}

func TestRestore(t *testing.T) {
	test, training := data.Faces(3, 8, 24), data.Faces(1, 40, 24)
	same := identity(t, 24, 24, 3)

	// Noise of deviation 0.1 has error 0.01, but for what is clipped.
	noise := restore(t, same, "gaussian:0.1", test, training)
	if e := noise[asCorrupted].Error; e > 0.01 || e < 0.008 || !(noise[byMedian].Error < e) || len(noise) != 3 {
		t.Errorf("noise: %+v", noise)
	}
	hole := restore(t, same, "hole:0.5", test, training)
	if !(hole[byMean].Error < hole[asCorrupted].Error) || !(hole[byMean].SSIM > hole[asCorrupted].SSIM) || len(hole) != 3 {
		t.Errorf("holes: %+v", hole)
	}
	both := restore(t, same, "hole:0.5,gaussian:0.1", test, training)
	if !(both[byBoth].Error < both[byMedian].Error && both[byMedian].Error < both[asCorrupted].Error) || len(both) != 4 {
		t.Errorf("holes and noise: %+v", both)
	}
	grey := restore(t, same, "grey", test, training)
	if !(grey[byColour].Error < grey[asCorrupted].Error) || len(grey) != 3 {
		t.Errorf("grey: %+v", grey)
	}

	// Trained on the one picture that is tested, means are what is asked for.
	one := test.Head(1)
	if w := restore(t, same, "hole:0.5", one, one)[byMean]; w.Error > 1e-12 {
		t.Errorf("a hole filled with the picture itself is off by %g", w.Error)
	}
	if w := restore(t, same, "grey", one, one)[byColour]; w.Error > 1e-12 {
		t.Errorf("a picture tinted with its own colour is off by %g", w.Error)
	}
	for _, c := range []string{"hole:0.5,grey", "grey,hole:0.5"} {
		if w := restore(t, same, c, one, one)[byMean]; w.Error > 1e-12 {
			t.Errorf("%s: a picture tinted with its own colour and filled with itself is off by %g", c, w.Error)
		}
	}
	if w := restore(t, same, "masking:0", one, one)[asCorrupted]; w.PSNR != nil || w.Error != 0 {
		t.Errorf("corrupted by nothing: %+v", w)
	}
}

func TestRestoreRefuses(t *testing.T) {
	images := data.Faces(3, 4, 24)
	for want, c := range map[string]struct {
		shape []int
		c     train.Corruptions
	}{
		"nothing to restore": {[]int{24, 24, 3}, nil},
		"no pictures of":     {[]int{8, 216, 1}, train.Corruptions{{Form: "masking", Level: 0.1}}},
		"level 2, want":      {[]int{24, 24, 3}, train.Corruptions{{Form: "masking", Level: 2}}},
	} {
		_, err := Restore(context.Background(), identity(t, c.shape...), c.c, images, images, 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// What is measured of examples that need be no pictures agrees with what
// pictures are measured to.
func TestMeasureCorrupted(t *testing.T) {
	images := data.Faces(3, 6, 24)
	c := train.Corruptions{{Form: "hole", Level: 0.5}} // in [0,1] nothing is clipped
	m, err := MeasureCorrupted(context.Background(), identity(t, 24, 24, 3), images, c, 7)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Restore(context.Background(), identity(t, 24, 24, 3), c, images, images, 7)
	if err != nil {
		t.Fatal(err)
	}
	if want := r.Ways[0].Error; math.Abs(m.Error-want) > 1e-9 || m.Restored != m.Error || m.Corruption != "hole:0.5" {
		t.Errorf("got %+v, want %g twice", m, want)
	}
}

// The sheet has a row more where images are corrupted.
func TestDrawPairs(t *testing.T) {
	images := data.Faces(3, 2, 24)
	heights := map[int]bool{}
	for _, c := range []train.Corruptions{nil, {{Form: "grey"}}} {
		m, err := DrawPairs(context.Background(), identity(t, 24, 24, 3), images, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		heights[m.Bounds().Dy()] = true
	}
	if len(heights) != 2 {
		t.Errorf("sheets of heights %v, want two", slices.Collect(func(yield func(int) bool) {
			for h := range heights {
				if !yield(h) {
					return
				}
			}
		}))
	}
}
