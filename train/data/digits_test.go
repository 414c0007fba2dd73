package data

import (
	"bytes"
	"math"
	"runtime"
	"testing"
)

func TestDigitsAreAFunctionOfSeedAndIndex(t *testing.T) {
	long := Digits(3, 200)
	if long.Len() != 200 || long.Height != 28 || long.Width != 28 || long.Channels != 1 || len(long.Labels) != 200 {
		t.Fatalf("shape: %d images of %dx%dx%d, %d labels", long.Len(), long.Height, long.Width, long.Channels, len(long.Labels))
	}
	if long.Sum != sum(long.Pix) {
		t.Error("the sum is not that of the pixels")
	}
	cores := runtime.GOMAXPROCS(1)
	short := Digits(3, 33)
	runtime.GOMAXPROCS(cores)
	if !bytes.Equal(short.Pix, long.Pix[:len(short.Pix)]) || !bytes.Equal(short.Labels, long.Labels[:33]) {
		t.Error("the first images depend on how many are asked for or on the number of cores")
	}
	for i := range long.Len() {
		for j := range i {
			if apart(imageAt(long, i), imageAt(long, j)) < 0.005 {
				t.Errorf("images %d and %d are alike", j, i)
			}
		}
	}
	if bytes.Equal(Digits(4, 33).Labels, short.Labels) {
		t.Error("another seed gives the same labels")
	}
}

func TestDigitsAreBalanced(t *testing.T) {
	s := Digits(1, 1000)
	var first [10]int // how often each digit begins a group of ten
	for i := 0; i < len(s.Labels); i += 10 {
		var seen [10]bool
		for _, label := range s.Labels[i : i+10] {
			seen[label] = true
		}
		if seen != [10]bool{true, true, true, true, true, true, true, true, true, true} {
			t.Fatalf("images %d to %d: labels %v", i, i+9, s.Labels[i:i+10])
		}
		first[s.Labels[i]]++
	}
	for label, n := range first {
		if n == 0 || n > 30 {
			t.Errorf("%d begins %d of 100 groups", label, n)
		}
	}
}

// TestDigitsAreFramedLikeMNIST checks what the makers of MNIST say of it: a box of 20 by 20 pixels, centred by mass;
// and what is known of it: a mean of 0.131 and a deviation of 0.308.
func TestDigitsAreFramedLikeMNIST(t *testing.T) {
	s := Digits(2, 1000)
	var mean, square float64
	for i := range s.Len() {
		var mass, mx, my float64
		left, right, top, bottom := 28, -1, 28, -1
		for j, b := range imageAt(s, i) {
			v, x, y := float64(b)/255, j%28, j/28
			mass, mx, my = mass+v, mx+v*(float64(x)+0.5), my+v*(float64(y)+0.5)
			square += v * v
			if b > 100 {
				left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
			}
		}
		mean += mass
		if dx, dy := mx/mass-14, my/mass-14; math.Abs(dx) > 0.8 || math.Abs(dy) > 0.8 {
			t.Errorf("image %d, a %d: its centre is off by (%.2f, %.2f)", i, s.Labels[i], dx, dy)
		}
		if side := max(right-left, bottom-top) + 1; side < 17 || side > 22 {
			t.Errorf("image %d, a %d: its longer side is %d", i, s.Labels[i], side)
		}
	}
	mean /= float64(len(s.Pix))
	deviation := math.Sqrt(square/float64(len(s.Pix)) - mean*mean)
	if mean < 0.11 || mean > 0.155 || deviation < 0.28 || deviation > 0.34 {
		t.Errorf("mean %.3f, deviation %.3f, want about 0.131 and 0.308", mean, deviation)
	}
}

// TestDigitsCanBeRead classifies digits by the nearest of 2,000 others: the labels are right and the digits legible.
func TestDigitsCanBeRead(t *testing.T) {
	s := Digits(5, 2500)
	const known = 2000
	right := 0
	for i := known; i < s.Len(); i++ {
		a := imageAt(s, i)
		best, label := math.MaxInt, byte(0)
		for j := range known {
			d := 0
			for k, v := range imageAt(s, j) {
				e := int(v) - int(a[k])
				if d += e * e; d > best && k&63 == 63 {
					break
				}
			}
			if d < best {
				best, label = d, s.Labels[j]
			}
		}
		if label == s.Labels[i] {
			right++
		}
	}
	if share := float64(right) / float64(s.Len()-known); share < 0.95 {
		t.Errorf("%.3f are read right", share)
	} else {
		t.Logf("%.3f are read right", share)
	}
}

// BenchmarkDigits draws 1000 digits.
func BenchmarkDigits(b *testing.B) {
	for b.Loop() {
		Digits(1, 1000)
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "images/s")
}
