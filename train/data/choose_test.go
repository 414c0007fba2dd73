package data

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	s := ramp(10)
	s.Files = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	c := s.Choose([]int{7, 0, 7})
	if c.Len() != 3 || !bytes.Equal(c.Labels, []byte{7, 0, 7}) || !slices.Equal(c.Files, []string{"h", "a", "h"}) || c.Sum != sum(c.Pix) {
		t.Errorf("%d images, labels %v, files %v", c.Len(), c.Labels, c.Files)
	}
	if !bytes.Equal(c.Pix, []byte{7, 8, 9, 0, 1, 2, 7, 8, 9}) {
		t.Errorf("pixels %v", c.Pix)
	}
	c.Pix[0] = 99
	if s.Pix[21] != 7 || s.Choose(nil).Len() != 0 {
		t.Error("the copy shares its pixels, or none chosen is not empty")
	}
}

func TestDivide(t *testing.T) {
	s := ramp(200)
	parts, err := s.Divide(3, 100, 60, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[byte]int{}
	for i, n := range []int{100, 60, 0} {
		if parts[i].Len() != n || len(parts[i].Labels) != n {
			t.Errorf("part %d has %d images", i, parts[i].Len())
		}
		for k, label := range parts[i].Labels {
			seen[label]++
			if !bytes.Equal(imageAt(parts[i], k), imageAt(s, int(label))) {
				t.Errorf("part %d: image %d is not that of label %d", i, k, label)
			}
		}
	}
	if len(seen) != 160 {
		t.Errorf("%d different images, expected 160", len(seen))
	}
	again, _ := s.Divide(3, 100)
	other, _ := s.Divide(4, 100)
	if again[0].Sum != parts[0].Sum || other[0].Sum == parts[0].Sum || slices.IsSorted(parts[0].Labels) {
		t.Error("the parts are not a function of the seed, or are not drawn")
	}
	_, err = s.Divide(1, 150, 51)
	expectError(t, err, "ramp", "200", "[150 51]")
}

func TestClasses(t *testing.T) {
	s := ramp(12)
	s.Labels = []byte{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 1}
	few, err := s.PerClass(2)
	if err != nil || !bytes.Equal(few.Labels, []byte{0, 1, 2, 0, 1, 2}) || few.Pix[15] != 5 {
		t.Errorf("%v %v", few, err)
	}
	_, err = s.PerClass(4)
	expectError(t, err, "expected 4 images of each class, found 3 of class 2")
	_, err = s.PerClass(0)
	expectError(t, err, "found 0")
	two, err := s.OfClasses(2, 0)
	if err != nil || !bytes.Equal(two.Labels, []byte{0, 2, 0, 2, 0, 2, 0}) {
		t.Errorf("%v %v", two, err)
	}
	_, err = s.OfClasses(0, 3)
	expectError(t, err, "class 3", "[0 1 2]")
	s.Labels = nil
	_, err = s.PerClass(1)
	expectError(t, err, "expected labels")
	_, err = s.OfClasses(0)
	expectError(t, err, "no labels")
}

func TestBinary(t *testing.T) {
	s := &Images{Name: "greys", Height: 1, Width: 256, Channels: 1}
	const n = 4000
	for range n {
		for b := range 256 {
			s.Pix = append(s.Pix, byte(b))
		}
	}
	x := make([]float32, 256)
	cut := s.Threshold()
	cut.Floats(x, 3)
	for b, v := range x {
		if want := float32(math.Round(float64(b) / 255)); v != want {
			t.Errorf("threshold of %d is %v", b, v)
		}
	}
	drawn, err := s.Bernoulli(1)
	if err != nil {
		t.Fatal(err)
	}
	var ones [256]float64
	for i, b := range drawn.Pix {
		if b != 0 && b != 255 {
			t.Fatalf("value %d is %d", i, b)
		}
		ones[i%256] += float64(b) / 255
	}
	chi2 := 0.0 // of 254 degrees of freedom: mean 254, standard deviation 22.5
	for b := 1; b < 255; b++ {
		p := float64(b) / 255
		chi2 += (ones[b] - n*p) * (ones[b] - n*p) / (n * p * (1 - p))
	}
	if ones[0] != 0 || ones[255] != n || chi2 > 254+5*22.5 || chi2 < 254-5*22.5 {
		t.Errorf("%v black and %v white are 1, chi-square %.0f", ones[0], ones[255], chi2)
	}
	head, err := s.Head(10).Bernoulli(1)
	if err != nil || !bytes.Equal(head.Pix, drawn.Pix[:len(head.Pix)]) || head.Sum != sum(head.Pix) {
		t.Errorf("the first images are drawn otherwise alone: %v", err)
	}
	if other, err := s.Bernoulli(2); err != nil || other.Sum == drawn.Sum {
		t.Errorf("another seed draws the same: %v", err)
	}
	counts := &Images{Name: "counts", Height: 1, Width: 3, Channels: 1, One: 2, Pix: []byte{0, 1, 2, 1, 3, 0}}
	if got := counts.Threshold().Pix; !bytes.Equal(got, []byte{0, 2, 2, 2, 2, 0}) {
		t.Errorf("threshold of halves %v", got)
	}
	_, err = counts.Bernoulli(1)
	expectError(t, err, "counts", "image 1, value 1", "found 3")
}

func TestJoinAndTail(t *testing.T) {
	all := Digits(1, 30)
	first, last := all.Head(20), all.Tail(10)
	joined, err := first.Join(last)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(joined.Pix, all.Pix) || !bytes.Equal(joined.Labels, all.Labels) || joined.Sum != all.Sum {
		t.Error("the first 20 and the last 10 of 30 images, joined, are not the 30")
	}
	if got := all.Tail(31); got.Len() != 30 {
		t.Errorf("the last 31 of 30 images are %d", got.Len())
	}
	if _, err := first.Join(Faces(1, 2, 28)); err == nil || !strings.Contains(err.Error(), "28×28×3") {
		t.Errorf("faces joined to digits: %v", err)
	}
}
