package data

import (
	"testing"
)

// ramp returns n grey images of one row, image i having the values i, i+1, i+2 modulo 256.
func ramp(n int) *Images {
	s := &Images{Name: "ramp", Height: 1, Width: 3, Channels: 1}
	for i := range n {
		s.Pix = append(s.Pix, byte(i), byte(i+1), byte(i+2))
		s.Labels = append(s.Labels, byte(i))
	}
	s.Sum = sum(s.Pix)
	return s
}

func TestFloats(t *testing.T) {
	s := ramp(256)
	x := make([]float32, 10)
	x[9] = -1
	s.Floats(x, 254, 0, 128)
	want := []float32{254. / 255, 1, 0, 0, 1. / 255, 2. / 255, 128. / 255, 129. / 255, 130. / 255, -1}
	for i := range want {
		if x[i] != want[i] {
			t.Errorf("value %d is %v, expected %v", i, x[i], want[i])
		}
	}
}

func TestHead(t *testing.T) {
	s := ramp(10)
	released := 0
	s.release = func() error { released++; return nil }
	h := s.Head(4)
	if h.Len() != 4 || len(h.Labels) != 4 || h.Sum != sum(s.Pix[:12]) || h.Sum == s.Sum {
		t.Errorf("%d images, %d labels, sum %s", h.Len(), len(h.Labels), h.Sum)
	}
	if s.Len() != 10 || len(s.Labels) != 10 {
		t.Errorf("the set now has %d images, %d labels", s.Len(), len(s.Labels))
	}
	if s.Head(11) != s || s.Head(-1).Len() != 0 || (&Images{}).Len() != 0 {
		t.Error("more than there are, fewer than none, or the length of an empty set")
	}
	if err := h.Close(); err != nil || released != 1 || h.Len() != 0 {
		t.Errorf("close: %v, released %d times, %d images left", err, released, h.Len())
	}
}

func TestSplitString(t *testing.T) {
	for s, want := range map[Split]string{Train: "train", Validation: "validation", Test: "test", All: "all", 7: "Split(7)"} {
		if s.String() != want {
			t.Errorf("%d is %q, expected %q", int(s), s, want)
		}
	}
}
