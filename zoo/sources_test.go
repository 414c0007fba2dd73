package zoo

import (
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"boltzoo/train/data"
)

func TestSourceChooses(t *testing.T) {
	count := func(s *data.Images) (n [10]int) {
		for _, label := range s.Labels {
			n[label]++
		}
		return n
	}
	open := func(s Source, split data.Split) *data.Images {
		t.Helper()
		s.Set = "digits"
		images, err := s.Open("", split)
		if err != nil {
			t.Fatal(err)
		}
		return images
	}
	all := open(Source{Images: 300}, data.Train)
	few := open(Source{Images: 300, PerClass: 3, Classes: []int{1, 7}}, data.Train)
	if n := count(few); few.Len() != 6 || n[1] != 3 || n[7] != 3 {
		t.Errorf("3 of two classes are %v", n)
	}
	if drawn := open(Source{Images: 300, PerClass: 3, Classes: []int{1, 7}, Seed: 2}, data.Train); count(drawn) != count(few) || drawn.Sum == few.Sum {
		t.Errorf("3 of two classes, drawn, are %v, or the first", count(drawn))
	}
	if n := count(open(Source{PerClass: 3, Classes: []int{1, 7}}, data.Test)); n[1] < 50 || n[7] < 50 || n[0] != 0 {
		t.Errorf("the test images of two classes are %v", n)
	}
	black := func(s *data.Images) (ones, others int) {
		for _, b := range s.Pix {
			switch b {
			case 255:
				ones++
			case 0:
			default:
				others++
			}
		}
		return ones, others
	}
	mean := 0.0
	for _, b := range all.Pix {
		mean += float64(b) / 255
	}
	drawn := open(Source{Images: 300, Binary: Drawn, Seed: 1}, data.Train)
	if ones, others := black(drawn); others != 0 || float64(ones) < 0.99*mean || float64(ones) > 1.01*mean {
		t.Errorf("%d values of 1 are drawn for a sum of %.0f, %d are neither 0 nor 1", ones, mean, others)
	}
	if open(Source{Images: 300, Binary: Drawn, Seed: 1}, data.Train).Sum != drawn.Sum || open(Source{Images: 300, Binary: Drawn, Seed: 2}, data.Train).Sum == drawn.Sum {
		t.Error("what is drawn is not a function of the seed")
	}
	if ones, others := black(open(Source{Images: 300, Binary: Threshold}, data.Train)); others != 0 || ones == 0 {
		t.Errorf("%d values of 1, %d neither 0 nor 1", ones, others)
	}
	inverted, dark := open(Source{Images: 300, Invert: true, Binary: Threshold}, data.Train), open(Source{Images: 300, Binary: Threshold}, data.Train)
	for i, b := range all.Pix {
		if 2*int(255-b) >= 255 != (inverted.Pix[i] == 255) {
			t.Fatalf("value %d of 255 is %d, inverted and cut at one half", b, inverted.Pix[i])
		}
	}
	if inverted.Sum == dark.Sum || open(Source{Images: 300, Invert: true}, data.Test).Pix[0] != 255-open(Source{}, data.Test).Pix[0] {
		t.Error("test images, or the sum, stay as they were")
	}
	for want, s := range map[string]Source{
		`no way "drawm" to make values binary (did you mean drawn?)`: {Set: "digits", Images: 60, Binary: "drawm"},
		"want classes from 0 to 255, got 300":                        {Set: "digits", Images: 60, Classes: []int{300}},
		"is of class 10":                                             {Set: "digits", Images: 60, Classes: []int{3, 10}},
		"found -1":                                                   {Set: "digits", Images: 60, PerClass: -1},
		"expected 60 images of each class":                           {Set: "digits", Images: 70, PerClass: 60},
		`no data "cifar10" (did you mean cifar-10?)`:                 {Set: "cifar10"},
	} {
		if _, err := s.Open("", data.Train); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: expected an error with %q, found %v", s, want, err)
		}
	}
}

// Every set that is known can be opened where its files are.
// Recordings become frames or spectrograms, other sets neither.
func TestSourceFrames(t *testing.T) {
	root := soundRoot(t)
	for frames, want := range map[int][]int{0: {1, 16}, 8: {64, 8}} {
		s, err := Source{Set: "bird-song", Frames: frames}.Open(root, data.Train)
		if err != nil || s.Height != want[0] || s.Width != want[1] {
			t.Errorf("%d frames: %v, %v, want images of %v", frames, s, err, want)
		}
	}
	if _, err := (Source{Set: "digits", Frames: 8}).Open("", data.Train); err == nil || !strings.Contains(err.Error(), "frames 8, want them of bird-song alone") {
		t.Errorf("frames of digits: %v", err)
	}
	if s, err := (Source{Set: "bird-song", Frames: 8}).SourceOf("digits"); err != nil || s.Frames != 0 {
		t.Errorf("digits in place of recordings: %+v, %v", s, err)
	}
	if _, err := (Source{Set: "bird-song", Frames: -1}).Open(root, data.Train); err == nil || !strings.Contains(err.Error(), "1 frame or more, found -1") {
		t.Errorf("frames below 0: %v", err)
	}
}

func TestSourceOpensAllSets(t *testing.T) {
	root, err := data.Root("")
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range data.Sets() {
		source := Source{Set: set.Name, Size: 8}
		if _, err := source.Open(t.TempDir(), data.Train); !errors.Is(err, data.ErrNotFound) {
			t.Errorf("%s in an empty folder: %v", set.Name, err)
		}
		empty := t.TempDir()
		if err := os.Mkdir(filepath.Join(empty, set.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Open(empty, data.Train); !errors.Is(err, data.ErrNotFound) {
			t.Errorf("%s with an empty folder: %v", set.Name, err)
		}
		if root == "" || set.Name == "celeba" { // which is opened in train/data, with a cache of its own
			continue
		}
		images, err := source.Open(root, data.Test)
		if errors.Is(err, data.ErrNotFound) {
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if images.Name != set.Name || images.Len() == 0 {
			t.Errorf("%s gives %d images of %q", set.Name, images.Len(), images.Name)
		}
		if err := images.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A whole folder that has nothing in the validation part is its training part.
func TestWholeFolderWithoutValidation(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	grey := image.NewGray(image.Rect(0, 0, 4, 4))
	for _, name := range []string{"a.png", "b.png"} { // both in the training part
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, grey), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	s := Source{Set: "folder", Dir: dir, Whole: true}
	if _, err := s.Open("", data.Validation); !errors.Is(err, data.ErrEmptySplit) {
		t.Fatalf("want an empty validation part, got %v", err)
	}
	images, err := s.Open("", data.Train)
	if err != nil || images.Len() != 2 {
		t.Fatalf("want both images, got %v, %v", images, err)
	}
}
