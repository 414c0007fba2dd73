package zoo

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/models"
)

// Completions of a machine all of whose states can be counted have the
// conditional means of the covered pixels, and keep the others.
func TestCompleteIsConditional(t *testing.T) {
	net := tinyNet(t)
	l := net.Layers()[0]
	w, a, b := l.Weight.Data, l.VisibleBias.Data, l.HiddenBias.Data
	known := map[int]int{0: 1, 3: 0}
	z, mean := 0.0, make([]float64, 4)
	for state := range 16 {
		if state&1 != known[0] || state>>3&1 != known[3] {
			continue
		}
		free := 0.0
		x := []float64{float64(b[0]), float64(b[1]), float64(b[2])}
		for i := range 4 {
			if state>>i&1 == 1 {
				free += float64(a[i])
				for j := range x {
					x[j] += float64(w[i*3+j])
				}
			}
		}
		for _, x := range x {
			free += math.Log1p(math.Exp(x))
		}
		z += math.Exp(free)
		for i := range mean {
			mean[i] += math.Exp(free) * float64(state>>i&1)
		}
	}
	const n = 20000
	s := Sampling{From: FromNoise, Steps: 60, Noise: models.AllNoise}
	ctx := context.Background()
	got, err := s.Complete(ctx, net, []float32{1, 0.3, 0.7, 0}, []float32{0, 1, 1, 0}, n, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i := range mean {
		sum := 0.0
		for k := range n {
			sum += float64(got[4*k+i]) / n
		}
		if math.Abs(sum-mean[i]/z) > 0.015 {
			t.Errorf("pixel %d has mean %.3f, want %.3f", i, sum, mean[i]/z)
		}
		if k, ok := known[i]; ok && got[i] != float32(k) {
			t.Errorf("known pixel %d is %g", i, got[i])
		}
	}
	again, err := s.Complete(ctx, net, []float32{1, 0.9, 0, 0}, []float32{0, 1, 1, 0}, n, 5)
	if err != nil || !slices.Equal(got, again) {
		t.Errorf("what is covered decides: %v", err)
	}
	for _, mask := range [][]float32{{0, 0, 0, 0}, {1, 1, 1, 1}, {1, 0, 1}} {
		if _, err := s.Complete(ctx, net, []float32{1, 0, 0, 0}, mask, 2, 5); err == nil {
			t.Errorf("mask %v is taken", mask)
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := s.Complete(stopped, net, []float32{1, 0, 0, 0}, []float32{0, 1, 1, 0}, 2, 5); err != context.Canceled {
		t.Errorf("a stopped chain gives %v", err)
	}
}

func TestCover(t *testing.T) {
	for words, want := range map[string][]float32{
		"left":    {1, 0, 0, 1, 0, 0},
		"right":   {0, 1, 1, 0, 1, 1},
		"top":     {1, 1, 1, 0, 0, 0},
		"bottom":  {0, 0, 0, 1, 1, 1},
		"1,0,2,2": {0, 1, 0, 0, 1, 0},
	} {
		if got, err := Cover(words, 2, 3); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", words, got, err)
		}
	}
	for words, want := range map[string]string{"middle": "want left", "1,2,3": "want left", "0,0,4,1": "x1 ≤ 3", "1,0,1,2": "x0 < x1", "a,0,1,1": `"a"`} {
		if _, err := Cover(words, 2, 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", words, err, want)
		}
	}
}
