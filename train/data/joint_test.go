package data

import (
	"bytes"
	"strings"
	"testing"
)

func TestWithLabels(t *testing.T) {
	s := &Images{Name: "dots", Height: 2, Width: 1, Channels: 1, Pix: []byte{1, 2, 3, 4, 5, 6}, Labels: []byte{2, 0, 1}}
	for one, top := range map[byte]byte{0: 255, 1: 1} {
		s.One = one
		joint, err := s.WithLabels(3)
		if err != nil {
			t.Fatal(err)
		}
		if want := []byte{1, 2, 0, 0, top, 3, 4, top, 0, 0, 5, 6, 0, top, 0}; !bytes.Equal(joint.Pix, want) {
			t.Errorf("one %d: %v, want %v", one, joint.Pix, want)
		}
		if joint.Size() != 5 || joint.Len() != 3 || joint.Sum != sum(joint.Pix) || !bytes.Equal(joint.Labels, s.Labels) {
			t.Errorf("joint set: %+v", joint)
		}
		x := make([]float32, 5)
		if joint.Floats(x, 1); x[2] != 1 || x[3] != 0 {
			t.Errorf("one %d: %v, want 1 for class 0", one, x)
		}
	}
	if _, err := s.WithLabels(2); err == nil || !strings.Contains(err.Error(), "image 0: expected a label below 2, found 2") {
		t.Errorf("too few classes: %v", err)
	}
	s.Labels = nil
	if _, err := s.WithLabels(2); err == nil || !strings.Contains(err.Error(), "found 0") {
		t.Errorf("no labels: %v", err)
	}
}
