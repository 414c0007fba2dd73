package data

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// photo returns a JPEG of this size whose colours change slowly, differently for each seed.
func photo(t testing.TB, width, height, seed int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, photoColour(x, y, seed))
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func photoColour(x, y, seed int) color.RGBA {
	wave := func(v int, period float64) byte { return byte(128 + 90*math.Sin(float64(v)/period+float64(seed))) }
	return color.RGBA{R: wave(x, 31), G: wave(y, 37), B: wave(x+y, 53), A: 255}
}

// archive returns a zip archive of these files, in the order of names.
func archive(t testing.TB, names []string, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const tinyPartition = "000001.jpg 0\r\n000002.jpg 0\r\n000003.jpg 0\r\n000004.jpg 1\r\n000005.jpg 2\r\n000006.jpg 2\r\n000007.jpg 0\r\n"

// tinyCelebA returns the files of a set of which images 3 and 6 are missing.
func tinyCelebA(t testing.TB) (names []string, photos map[string][]byte) {
	photos = map[string][]byte{"img_align_celeba/": nil}
	names = []string{"img_align_celeba/"}
	for _, i := range []int{7, 2, 1, 4, 5} { // the order of the archive does not matter
		name := fmt.Sprintf("img_align_celeba/%06d.jpg", i)
		photos[name] = photo(t, 178, 218, i)
		names = append(names, name)
	}
	return names, photos
}

func TestCelebA(t *testing.T) {
	names, photos := tinyCelebA(t)
	withJunk := append(append([]string{}, names...), "__MACOSX/img_align_celeba/._000001.jpg", "readme.txt")
	zipped := archive(t, withJunk, photos)
	for layout, files := range map[string]map[string][]byte{
		"zip":            {"img_align_celeba.zip": zipped, "list_eval_partition.txt": []byte(tinyPartition)},
		"zip, gzip":      {"img_align_celeba.zip": zipped, "list_eval_partition.txt.gz": gzipped(t, []byte(tinyPartition))},
		"published tree": {"Img/img_align_celeba.zip": zipped, "Eval/list_eval_partition.txt": []byte(strings.ReplaceAll(tinyPartition, "\r", ""))},
		"folder": func() map[string][]byte {
			m := map[string][]byte{"list_eval_partition.txt": []byte(tinyPartition)}
			for name, content := range photos {
				if !strings.HasSuffix(name, "/") {
					m[name] = content
				}
			}
			return m
		}(),
	} {
		t.Run(layout, func(t *testing.T) {
			dir, cache := t.TempDir(), t.TempDir()
			write(t, dir, files)
			for _, want := range []struct {
				split   Split
				files   string
				missing int
			}{
				{Train, "000001.jpg 000002.jpg 000007.jpg", 1}, {Validation, "000004.jpg", 0}, {Test, "000005.jpg", 1},
				{All, "000001.jpg 000002.jpg 000004.jpg 000005.jpg 000007.jpg", 2},
			} {
				s, err := CelebA(dir, 32, want.split, cache)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(s.Files, " "); got != want.files || s.Missing != want.missing || s.Len() != len(s.Files) {
					t.Errorf("%v: %d images: %s, %d missing; expected %s, %d missing", want.split, s.Len(), got, s.Missing, want.files, want.missing)
				}
				if (s.Note != "") != (want.missing > 0) || want.missing > 0 && !strings.Contains(s.Note, "000003.jpg") && !strings.Contains(s.Note, "000006.jpg") {
					t.Errorf("%v: note %q", want.split, s.Note)
				}
				if s.Height != 32 || s.Width != 32 || s.Channels != 3 || s.Name != "celeba" || s.Sum != sum(s.Pix) {
					t.Errorf("%v: %q, %dx%dx%d, sum %s", want.split, s.Name, s.Height, s.Width, s.Channels, s.Sum)
				}
				for i, name := range s.Files {
					var seed int
					if _, err := fmt.Sscanf(name, "%06d.jpg", &seed); err != nil {
						t.Fatal(err)
					}
					checkPhoto(t, s.Pix[i*s.Size():(i+1)*s.Size()], 32, seed)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// checkPhoto compares pixels with the area averages of the colours that the photograph was made from.
func checkPhoto(t *testing.T, pix []byte, size, seed int) {
	t.Helper()
	for _, at := range []image.Point{{1, 1}, {size / 2, size / 3}, {size - 2, size - 2}, {3, size - 4}} {
		for c := range 3 {
			want := average(func(x, y int) float64 {
				p := photoColour(x, y, seed)
				return float64([]byte{p.R, p.G, p.B}[c])
			}, image.Rect(15, 40, 163, 188), size, at.X, at.Y)
			if got := pix[(at.Y*size+at.X)*3+c]; math.Abs(float64(got)-want) > 5 {
				t.Errorf("photograph %d, channel %d at %v is %d, expected %.1f", seed, c, at, got, want)
			}
		}
	}
}

// A file of CelebA's is framed as in the set, any other in its middle.
func TestCelebAFiles(t *testing.T) {
	dir := t.TempDir()
	face, other := filepath.Join(dir, "face.jpg"), filepath.Join(dir, "other.jpg")
	for path, content := range map[string][]byte{face: photo(t, 178, 218, 3), other: photo(t, 90, 60, 4)} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := CelebAFiles([]string{face, other}, 32)
	if err != nil {
		t.Fatal(err)
	}
	checkPhoto(t, s.Pix[:s.Size()], 32, 3)
	middle, err := Files([]string{other}, 32, 32, 3)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s.Pix[s.Size():], middle.Pix) {
		t.Error("a photograph of another size is not shown from its middle")
	}
}

func TestCelebAErrors(t *testing.T) {
	names, photos := tinyCelebA(t)
	replaced := func(name string, content []byte) []byte {
		files := map[string][]byte{}
		for k, v := range photos {
			files[k] = v
		}
		files[name] = content
		return archive(t, names, files)
	}
	good := archive(t, names, photos)
	second := "img_align_celeba/000002.jpg"
	flipped := bytes.Clone(good)
	at := bytes.Index(flipped, photos[second]) + 3000
	flipped[at] ^= 0xff
	huge := replaced(second, append(bytes.Clone(photos[second]), make([]byte, celebaMaxFile)...))

	for name, c := range map[string]struct {
		zip       []byte
		partition string
		expect    []string
	}{
		"text as zip":        {[]byte("This is no archive, but a text.\n"), tinyPartition, []string{"img_align_celeba.zip", "offset 0", "expected a zip archive", "This is no archi"}},
		"empty zip file":     {[]byte{}, tinyPartition, []string{"img_align_celeba.zip", "0 bytes"}},
		"truncated zip":      {good[:len(good)*2/3], tinyPartition, []string{"img_align_celeba.zip", "truncated", fmt.Sprint(len(good) * 2 / 3)}},
		"zip without images": {archive(t, []string{"a.txt"}, nil), tinyPartition, []string{"img_align_celeba.zip", "expected JPEG images, found none"}},
		"truncated JPEG":     {replaced(second, photos[second][:2000]), tinyPartition, []string{"img_align_celeba.zip", second, "truncated JPEG of 2000 bytes"}},
		"zero bytes":         {replaced(second, nil), tinyPartition, []string{"img_align_celeba.zip", second, "0 bytes"}},
		"text as JPEG":       {replaced(second, []byte("hello, world")), tinyPartition, []string{second, "offset 0", `"hello, w"`}},
		"huge JPEG":          {huge, tinyPartition, []string{second, "at most 16777216"}},
		"damaged in the zip": {flipped, tinyPartition, []string{"img_align_celeba.zip", second, "checksum"}},
		"another size":       {replaced(second, photo(t, 100, 120, 1)), tinyPartition, []string{second, "expected 178x218", "found 100x120"}},
		"two of a name":      {archive(t, append(append([]string{}, names...), "b/000001.jpg"), photos), tinyPartition, []string{"b/000001.jpg", "same name"}},
		"unlisted image":     {good, strings.Replace(tinyPartition, "000002.jpg 0\r\n", "", 1), []string{"img_align_celeba.zip", "1 of its 5 images", "list_eval_partition.txt", second}},
		"only other images":  {good, "000010.jpg 0\n" + strings.ReplaceAll(tinyPartition, " 0", " 1"), []string{"list_eval_partition.txt", "names 1 images of the split train", "none of them is among the 5"}},
		"bad number":         {good, tinyPartition + "000008.jpg 3\r\n", []string{"list_eval_partition.txt", "line 8", "000008.jpg 3"}},
		"no number":          {good, "000001.jpg\n", []string{"line 1", "expected a file name and 0, 1 or 2"}},
		"named twice":        {good, tinyPartition + "\n000001.jpg 0\r\n", []string{"line 9", "000001.jpg", "line 1"}},
		"empty partition":    {good, "\r\n", []string{"list_eval_partition.txt", "found none"}},
		"binary partition":   {good, strings.Repeat("\x00", 1<<17), []string{"list_eval_partition.txt", "line 1"}},
		"no partition":       {good, "", []string{"no list_eval_partition.txt"}},
		"no images":          {nil, tinyPartition, []string{"there is list_eval_partition.txt, but neither img_align_celeba.zip nor"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, cache := t.TempDir(), t.TempDir()
			if c.zip != nil {
				write(t, dir, map[string][]byte{"img_align_celeba.zip": c.zip})
			}
			if c.partition != "" {
				write(t, dir, map[string][]byte{"list_eval_partition.txt": []byte(c.partition)})
			}
			_, err := CelebA(dir, 16, Train, cache)
			expectError(t, err, append(c.expect, "data: celeba: ")...)
			if errors.Is(err, ErrNotFound) {
				t.Errorf("a damaged set is not a missing one: %v", err)
			}
			if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
				t.Errorf("left in the cache: %v (%v)", left, err)
			}
		})
	}
	dir := t.TempDir()
	if _, err := CelebA(dir, 64, Train, dir); !errors.Is(err, ErrNotFound) {
		t.Errorf("expected ErrNotFound, found %v", err)
	}
	// A place that cannot be looked into is not one where nothing is.
	file := filepath.Join(dir, "file")
	write(t, dir, map[string][]byte{"file": nil})
	if _, err := CelebA(file, 64, Train, dir); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("of a file: %v", err)
	}
	if _, err := IDX(file, Train); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("of a file: %v", err)
	}
	for _, size := range []int{0, 149} {
		_, err := CelebA(dir, size, Train, dir)
		expectError(t, err, "expected a size of 1 to 148", fmt.Sprint(size))
	}
	_, err := CelebA(dir, 64, 4, dir)
	expectError(t, err, "Split(4)")
}

// A changed archive at the same place is read again.
func TestCelebAFollowsItsFiles(t *testing.T) {
	names, photos := tinyCelebA(t)
	dir, cache := t.TempDir(), t.TempDir()
	write(t, dir, map[string][]byte{"img_align_celeba.zip": archive(t, names, photos), "list_eval_partition.txt": []byte(tinyPartition)})
	before, err := CelebA(dir, 16, Train, cache)
	if err != nil {
		t.Fatal(err)
	}
	photos["img_align_celeba/000002.jpg"] = photo(t, 178, 218, 99)
	write(t, dir, map[string][]byte{"img_align_celeba.zip": archive(t, names, photos)})
	after, err := CelebA(dir, 16, Train, cache)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Pix[:before.Size()], after.Pix[:after.Size()]) || before.Sum == after.Sum {
		t.Error("expected the first image as it was and the second changed")
	}
	if !strings.Contains(after.Note, "anew") {
		t.Errorf("note %q does not tell that the cache was made anew", after.Note)
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) != 1 {
		t.Errorf("the cache has %v (%v), expected one file", left, err)
	}
}

func TestCelebAOfficial(t *testing.T) {
	dir := official(t, "celeba")
	partition, err := findPartition(dir)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := readPartition(partition)
	if err != nil {
		t.Fatal(err)
	}
	var counts [3]int
	for _, p := range parts {
		counts[p.split]++
	}
	if counts != [3]int{162770, 19867, 19962} {
		t.Errorf("the splits have %v images", counts)
	}
	cache := t.TempDir()
	s, err := CelebA(dir, 64, Test, cache)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len()+s.Missing != 19962 || s.Height != 64 || s.Channels != 3 {
		t.Errorf("%d images and %d missing of %dx%dx%d", s.Len(), s.Missing, s.Height, s.Width, s.Channels)
	}
	// Faces are of skin in the middle: red above green above blue on average, and lighter than the mean.
	var mean [3]float64
	for i := range s.Len() {
		for c := range 3 {
			mean[c] += float64(s.Pix[i*s.Size()+(32*64+32)*3+c]) / float64(s.Len())
		}
	}
	if !(mean[0] > mean[1]+20 && mean[1] > mean[2]+10 && mean[0] > 150) {
		t.Errorf("the middle pixel is %.0f on average, which is no skin", mean)
	}
	// The first images, decoded and reduced by the reference implementation of this test.
	source, err := openCelebA(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer source.close()
	for i := range min(3, s.Len()) {
		content, err := source.files[filepath.Base(s.Files[i])].read(nil)
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		worst, total := 0.0, 0.0
		for y := range 64 {
			for x := range 64 {
				for c := range 3 {
					want := tent(func(x, y int) float64 {
						r, g, b, _ := img.At(x, y).RGBA()
						return float64([]uint32{r, g, b}[c]) / 257
					}, celebaCrop, 64, x, y)
					d := math.Abs(float64(s.Pix[i*s.Size()+(y*64+x)*3+c]) - want)
					worst, total = max(worst, d), total+d
				}
			}
		}
		if mean := total / float64(s.Size()); worst > 16 || mean > 1 {
			t.Errorf("%s differs from the reference by %.1f at most and %.2f on average", s.Files[i], worst, mean)
		}
	}
}

// tent returns the value at (x,y) of f reduced from crop to size x size by the tent filter of the width of the
// reduction, directly from its definition.
func tent(f func(x, y int) float64, crop image.Rectangle, size, x, y int) float64 {
	step := float64(crop.Dx()) / float64(size)
	weights := func(i int) (from int, w []float64) {
		middle := (float64(i) + 0.5) * step
		from = max(0, int(middle-step))
		for j := from; j < crop.Dx() && float64(j)+0.5 < middle+step; j++ {
			w = append(w, math.Max(0, 1-math.Abs(float64(j)+0.5-middle)/step))
		}
		return from, w
	}
	x0, wx := weights(x)
	y0, wy := weights(y)
	total, weight := 0.0, 0.0
	for j, b := range wy {
		for i, a := range wx {
			total += a * b * f(crop.Min.X+x0+i, crop.Min.Y+y0+j)
			weight += a * b
		}
	}
	return total / weight
}

// BenchmarkCelebA decodes, crops and reduces the images of the real set; it reports images each second.
func BenchmarkCelebA(b *testing.B) {
	dir := official(b, "celeba")
	n := 0
	for b.Loop() {
		s, err := CelebA(dir, 64, Test, b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		n += s.Len()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "images/s")
}
