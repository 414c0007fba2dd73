package data

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pngFile returns a PNG file of img.
func pngFile(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plainPNG returns a PNG file of this size in one colour.
func plainPNG(t testing.TB, width, height int, c color.NRGBA) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		img.SetNRGBA(i%width, i/width, c)
	}
	return pngFile(t, img)
}

func greyPNG(t testing.TB, width, height int, value byte) []byte {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = value
	}
	return pngFile(t, img)
}

func TestFolder(t *testing.T) {
	dir, cache := filepath.Join(t.TempDir(), "pictures"), t.TempDir()
	animation := image.NewPaletted(image.Rect(0, 0, 6, 4), palette.WebSafe)
	for i := range animation.Pix {
		animation.Pix[i] = byte(color.Palette(palette.WebSafe).Index(color.RGBA{0x33, 0x66, 0x99, 0xff}))
	}
	var g bytes.Buffer
	if err := gif.EncodeAll(&g, &gif.GIF{Image: []*image.Paletted{animation, image.NewPaletted(animation.Rect, palette.Plan9)}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string][]byte{
		"a.png":  plainPNG(t, 6, 4, color.NRGBA{255, 10, 20, 255}),
		"b.JPG":  photo(t, 6, 4, 3),
		"c.gif":  g.Bytes(),
		"d.jpeg": plainPNG(t, 6, 4, color.NRGBA{200, 100, 50, 0}), // the content decides what it is
		"e.png":  greyPNG(t, 6, 4, 99),
		"list":   []byte("not an image"), ".hidden.png": nil, "notes.txt": nil,
	})
	s, err := Folder(dir, 0, All, cache)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 5 || s.Height != 4 || s.Width != 6 || s.Channels != 3 || s.Labels != nil || s.Name != "pictures" || s.Sum != sum(s.Pix) {
		t.Errorf("%d images of %dx%dx%d called %q, labels %v", s.Len(), s.Height, s.Width, s.Channels, s.Name, s.Labels)
	}
	if got := strings.Join(s.Files, " "); got != "a.png b.JPG c.gif d.jpeg e.png" {
		t.Errorf("files %s", got)
	}
	if !strings.Contains(s.Note, "2 files") || !strings.Contains(s.Note, "list") {
		t.Errorf("note %q", s.Note)
	}
	for i, want := range map[int][3]byte{0: {255, 10, 20}, 2: {0x33, 0x66, 0x99}, 3: {0, 0, 0}, 4: {99, 99, 99}} {
		for p := range 24 {
			if got := [3]byte(s.Pix[(i*24+p)*3:]); got != want {
				t.Fatalf("%s, pixel %d is %v, expected %v", s.Files[i], p, got, want)
			}
		}
	}
	again, err := Folder(dir, 0, All, cache)
	if err != nil {
		t.Fatal(err)
	}
	if again.Sum != s.Sum {
		t.Error("the cache has other pixels")
	}
	// A file that is replaced by one of the same length is seen by its time of change or its size.
	write(t, dir, map[string][]byte{"a.png": plainPNG(t, 6, 4, color.NRGBA{1, 2, 3, 255})})
	again, err = Folder(dir, 0, All, cache)
	if err != nil {
		t.Fatal(err)
	}
	if [3]byte(again.Pix) != [3]byte{1, 2, 3} {
		t.Errorf("after a change the first pixel is %v, expected 1 2 3", again.Pix[:3])
	}
	if err := errors.Join(s.Close(), again.Close()); err != nil {
		t.Error(err)
	}
}

func TestFolderClassesAndCrop(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	// Bars of 10, 20 and 10 columns: the square in the middle is the second one.
	bars := image.NewGray(image.Rect(0, 0, 40, 20))
	for i := range bars.Pix {
		if x := i % 40; x >= 10 && x < 30 {
			bars.Pix[i] = 200
		}
	}
	write(t, dir, map[string][]byte{
		"dogs/1.png": pngFile(t, bars), "dogs/2.png": greyPNG(t, 5, 5, 50), "cats/1.png": greyPNG(t, 100, 8, 70),
		"empty/readme": nil, "top.txt": nil,
	})
	s, err := Folder(dir, 8, All, cache)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Files, s.Labels, s.Classes, s.Len(), s.Height, s.Width, s.Channels); got != "[cats/1.png dogs/1.png dogs/2.png] [0 1 1] [cats dogs] 3 8 8 1" {
		t.Error(got)
	}
	for i, want := range []byte{70, 200, 50} {
		for p, got := range s.Pix[64*i : 64*i+64] {
			if got != want {
				t.Fatalf("%s: pixel %d is %d, expected %d", s.Files[i], p, got, want)
			}
		}
	}
}

func TestFolderSplits(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	files := map[string][]byte{}
	for i := range 300 {
		files[fmt.Sprintf("%06d.png", i)] = greyPNG(t, 1, 1, byte(i))
	}
	write(t, dir, files)
	var all []string
	var counts []int
	sorted := slices.Sorted(maps.Keys(files))
	for _, split := range []Split{Train, Validation, Test} {
		s, err := Folder(dir, 0, split, cache)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range s.Files {
			if s.Pix[i] != byte(slices.Index(sorted, name)) {
				t.Errorf("%v: %s has pixel %d", split, name, s.Pix[i])
			}
		}
		all = append(all, s.Files...)
		counts = append(counts, s.Len())
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != 300 {
		t.Errorf("the splits have %v images, %d different", counts, len(slices.Compact(all)))
	}
	for i, p := range []float64{0.9, 0.05, 0.05} { // four standard deviations of the binomial distribution
		if sd := math.Sqrt(300 * p * (1 - p)); math.Abs(float64(counts[i])-300*p) > 4*sd {
			t.Errorf("the splits have %v images", counts)
		}
	}
	// The first eight bytes of the SHA-256 of each name modulo 20, by another program, are 18, 12 and 5.
	for name, want := range map[string]Split{"000001.jpg": Validation, "a.png": Train, "x.gif": Train} {
		if got := splitOf(name); got != want {
			t.Errorf("%s is in %v, expected %v", name, got, want)
		}
	}
}

func TestFolderErrors(t *testing.T) {
	small, large := greyPNG(t, 4, 4, 1), greyPNG(t, 5, 4, 1)
	for name, c := range map[string]struct {
		files  map[string][]byte
		size   int
		split  Split
		expect []string
	}{
		"mixed sizes":      {map[string][]byte{"a.png": small, "b.png": small, "c.png": large}, 0, All, []string{"a.png of 4x4", "c.png of 5x4"}},
		"zero bytes":       {map[string][]byte{"a.png": small, "b.png": {}}, 0, All, []string{"b.png", "0 bytes"}},
		"truncated header": {map[string][]byte{"a.png": small[:20]}, 8, All, []string{"a.png", "truncated PNG"}},
		"truncated":        {map[string][]byte{"a.png": small, "b.png": small[:50]}, 0, All, []string{"b.png", "truncated PNG of 50 bytes"}},
		"truncated JPEG":   {map[string][]byte{"a.jpg": photo(t, 50, 50, 1)[:700]}, 8, All, []string{"a.jpg", "truncated JPEG of 700 bytes"}},
		"text":             {map[string][]byte{"a.png": []byte("picture")}, 0, All, []string{"a.png", "offset 0", "PNG, JPEG, GIF", `"picture"`}},
		"no images":        {map[string][]byte{"a.txt": nil, "b": nil}, 0, All, []string{"found none among 2 files"}},
		"empty folder":     {nil, 0, All, []string{"found none among 0 files"}},
		"two levels":       {map[string][]byte{"a/b/c.png": small}, 0, All, []string{"one level of folders", filepath.Join("a", "b")}},
		"both":             {map[string][]byte{"a/c.png": small, "b.png": small}, 0, All, []string{"found both", "b.png", "a/c.png"}},
		"empty split":      {map[string][]byte{"a.png": small}, 0, Test, []string{"none of its 1 images", "test"}},
		"size":             {map[string][]byte{"a.png": small}, -1, All, []string{"found -1"}},
		"split":            {map[string][]byte{"a.png": small}, 0, -1, []string{"Split(-1)"}},
		"a file":           {map[string][]byte{"../set": small}, 0, All, []string{"set"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "set")
			if name != "a file" {
				if err := os.Mkdir(dir, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			write(t, dir, c.files)
			_, err := Folder(dir, c.size, c.split, t.TempDir())
			expectError(t, err, append(c.expect, "data: folder: ")...)
			if errors.Is(err, ErrNotFound) {
				t.Errorf("a damaged set is not a missing one: %v", err)
			}
		})
	}
	if _, err := Folder(filepath.Join(t.TempDir(), "none"), 0, All, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("expected ErrNotFound, found %v", err)
	}
	many := map[string][]byte{}
	for i := range 257 {
		many[fmt.Sprintf("%03d/x.png", i)] = small
	}
	dir := t.TempDir()
	write(t, dir, many)
	_, err := Folder(dir, 0, All, t.TempDir())
	expectError(t, err, "at most 256 classes", "found 257")
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string][]byte{"a.png": plainPNG(t, 30, 10, color.NRGBA{10, 200, 90, 255}), "b.png": greyPNG(t, 7, 9, 33), "c.png": {}})
	paths := []string{filepath.Join(dir, "b.png"), filepath.Join(dir, "a.png")}
	s, err := Files(paths, 6, 4, 3)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 2 || s.Height != 6 || s.Width != 4 || [3]byte(s.Pix[33:]) != [3]byte{33, 33, 33} || [3]byte(s.Pix[72:]) != [3]byte{10, 200, 90} {
		t.Errorf("%d images of %dx%d: %v", s.Len(), s.Height, s.Width, s.Pix)
	}
	if s, err = Files(paths, 6, 4, 1); err != nil || s.Len() != 2 || s.Pix[0] != 33 || s.Pix[24] < 130 || s.Pix[24] > 131 { // luma 130.65
		t.Errorf("in grey: %v, %v", err, s)
	}
	_, err = Files(append(paths, filepath.Join(dir, "c.png")), 6, 4, 1)
	expectError(t, err, "c.png", "0 bytes")
	_, err = Files([]string{filepath.Join(dir, "none.png")}, 6, 4, 1)
	expectError(t, err, "none.png")
	_, err = Files(paths, 6, 4, 2)
	expectError(t, err, "6x4x2")
}
