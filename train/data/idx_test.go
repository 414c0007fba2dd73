package data

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// idxFile returns an IDX file of bytes with the values start, start+1, and so on.
func idxFile(start byte, shape ...int) []byte {
	file := []byte{0, 0, 8, byte(len(shape))}
	n := 1
	for _, d := range shape {
		file = append(file, byte(d>>24), byte(d>>16), byte(d>>8), byte(d))
		n *= d
	}
	for i := range n {
		file = append(file, start+byte(i))
	}
	return file
}

// gzipped returns content compressed.
func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// write puts files into dir, making folders as needed.
func write(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// expectError fails unless err has every one of the parts in its text.
func expectError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("expected an error with %q, found none", parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("expected %q in the error, found: %v", p, err)
		}
	}
}

func TestIDX(t *testing.T) {
	for name, files := range map[string]map[string][]byte{
		"plain": {
			"train-images-idx3-ubyte": idxFile(0, 24, 3, 2), "train-labels-idx1-ubyte": idxFile(100, 24),
			"t10k-images-idx3-ubyte": idxFile(7, 5, 3, 2), "t10k-labels-idx1-ubyte": idxFile(200, 5),
		},
		"compressed": {
			"train-images-idx3-ubyte.gz": gzipped(t, idxFile(0, 24, 3, 2)), "train-labels-idx1-ubyte.gz": gzipped(t, idxFile(100, 24)),
			"t10k-images-idx3-ubyte.gz": gzipped(t, idxFile(7, 5, 3, 2)), "t10k-labels-idx1-ubyte.gz": gzipped(t, idxFile(200, 5)),
		},
		"raw folder, dots, content other than the name says": {
			"raw/train-images.idx3-ubyte": gzipped(t, idxFile(0, 24, 3, 2)), "raw/train-labels.idx1-ubyte.gz": idxFile(100, 24),
			"raw/t10k-images.idx3-ubyte.gz": idxFile(7, 5, 3, 2), "raw/t10k-labels.idx1-ubyte": gzipped(t, idxFile(200, 5)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "digits")
			write(t, dir, files)
			for _, want := range []struct {
				split        Split
				n            int
				first, label byte
			}{{Train, 22, 0, 100}, {Validation, 2, 22 * 6, 122}, {Test, 5, 7, 200}, {All, 29, 0, 100}} {
				s, err := IDX(dir, want.split)
				if err != nil {
					t.Fatal(err)
				}
				if s.Len() != want.n || s.Height != 3 || s.Width != 2 || s.Channels != 1 || s.Name != "digits" || len(s.Labels) != want.n {
					t.Errorf("%v: %d images of %dx%dx%d called %q, %d labels", want.split, s.Len(), s.Height, s.Width, s.Channels, s.Name, len(s.Labels))
				}
				for i, p := range s.Pix[:2*6] {
					if p != want.first+byte(i) {
						t.Fatalf("%v: pixel %d is %d, expected %d", want.split, i, p, want.first+byte(i))
					}
				}
				if s.Labels[0] != want.label || s.Labels[1] != want.label+1 {
					t.Errorf("%v: labels begin %v, expected %d", want.split, s.Labels[:2], want.label)
				}
				if s.Sum != sum(s.Pix) {
					t.Errorf("%v: sum %s is not that of the pixels", want.split, s.Sum)
				}
			}
		})
	}
}

func TestIDXSingle(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string][]byte{"frey-images-idx3-ubyte.gz": gzipped(t, idxFile(0, 200, 1, 1))})
	seen := map[byte]Split{}
	for _, split := range []Split{Train, Validation, Test} {
		s, err := IDX(dir, split)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.Pix {
			if before, ok := seen[p]; ok {
				t.Errorf("image %d is in %v and in %v", p, before, split)
			}
			seen[p] = split
		}
		if s.Labels != nil || s.Note == "" {
			t.Errorf("labels %v, note %q: expected none and a note", s.Labels, s.Note)
		}
	}
	all, err := IDX(dir, All)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 200 || all.Len() != 200 {
		t.Errorf("the splits have %d of %d images", len(seen), all.Len())
	}
	// First eight bytes of the SHA-256 of "12", "13" and "14" modulo 20, by another program: 12, 14 and 1.
	if seen[12] != Train || seen[13] != Train || seen[14] != Train {
		t.Errorf("images 12 to 14 are in %v, %v, %v, expected train", seen[12], seen[13], seen[14])
	}
}

func TestIDXErrors(t *testing.T) {
	good := func() map[string][]byte {
		return map[string][]byte{
			"train-images-idx3-ubyte": idxFile(0, 24, 3, 2), "train-labels-idx1-ubyte": idxFile(100, 24),
			"t10k-images-idx3-ubyte": idxFile(7, 5, 3, 2), "t10k-labels-idx1-ubyte": idxFile(200, 5),
		}
	}
	packed := gzipped(t, idxFile(0, 24, 3, 2))
	wrongSum := bytes.Clone(packed)
	wrongSum[len(wrongSum)-8] ^= 1
	const images = "train-images-idx3-ubyte"
	for name, c := range map[string]struct {
		file    string
		content []byte // nil removes the file
		split   Split
		expect  []string
	}{
		"text":               {images, []byte("<!DOCTYPE html>"), Train, []string{images, "offset 0", "00 00 08 03", `"<!DO"`}},
		"empty":              {images, []byte{}, Train, []string{images, "offset 0", "expected 16 bytes", "found 0"}},
		"short magic":        {images, []byte{0, 0}, Train, []string{images, "expected 16 bytes", "found 2"}},
		"short header":       {images, idxFile(0, 24, 3, 2)[:9], Train, []string{images, "expected 16 bytes", "found 9"}},
		"labels for images":  {images, idxFile(0, 24), Train, []string{images, "00 00 08 03", "00 00 08 01"}},
		"other type":         {images, append([]byte{0, 0, 13, 3}, make([]byte, 12)...), Train, []string{images, "00 00 0d 03"}},
		"truncated":          {images, idxFile(0, 24, 3, 2)[:100], Train, []string{images, "offset 16", "expected 144 bytes", "found 84"}},
		"trailing":           {images, append(idxFile(0, 24, 3, 2), 1, 2, 3), Train, []string{images, "offset 160", "3 more bytes"}},
		"no images":          {images, idxFile(0, 0, 3, 2), Train, []string{images, "offset 4", "dimension 0 is 0"}},
		"too large":          {images, append([]byte{0, 0, 8, 3}, bytes.Repeat([]byte{255}, 12)...), Train, []string{images, "offset 4", "4294967295"}},
		"large and empty":    {images, append([]byte{0, 0, 8, 3}, 0, 0, 255, 255, 0, 0, 0, 64, 0, 0, 0, 64), Train, []string{images, "expected 268431360 bytes", "found 0"}},
		"gzip truncated":     {images, packed[:len(packed)/2], Train, []string{images, "truncated"}},
		"gzip wrong sum":     {images, wrongSum, Train, []string{images, "offset 160", "checksum"}},
		"gzip header only":   {images, []byte{0x1f, 0x8b, 8}, Train, []string{images, "EOF"}},
		"labels mismatch":    {"train-labels-idx1-ubyte", idxFile(0, 23), Train, []string{"train-labels-idx1-ubyte", "expected 24 labels", "found 23"}},
		"labels are text":    {"train-labels-idx1-ubyte", []byte("labels"), Train, []string{"train-labels-idx1-ubyte", "offset 0"}},
		"no test images":     {"t10k-images-idx3-ubyte", nil, Test, []string{"no t10k-images-idx3-ubyte"}},
		"no training images": {images, nil, Train, []string{"no train-images-idx3-ubyte"}},
		"all, other shape":   {"t10k-images-idx3-ubyte", idxFile(0, 5, 2, 2), All, []string{"3x2", "2x2"}},
		"all, some labels":   {"t10k-labels-idx1-ubyte", nil, All, []string{"labels for only one"}},
		"too few to split":   {images, idxFile(0, 11, 3, 2), Validation, []string{"expected 11 labels"}},
		"unknown split":      {"x", []byte{}, Split(9), []string{"Split(9)"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := good()
			files[c.file] = c.content
			if c.content == nil {
				delete(files, c.file)
			}
			write(t, dir, files)
			_, err := IDX(dir, c.split)
			expectError(t, err, append(c.expect, "data: idx: ")...)
			if errors.Is(err, ErrNotFound) {
				t.Errorf("a damaged set is not a missing one: %v", err)
			}
		})
	}
}

func TestIDXNotFound(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Join(dir, "none")} {
		if _, err := IDX(d, Train); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: expected ErrNotFound, found %v", d, err)
		}
	}
	write(t, dir, map[string][]byte{"a-images-idx3-ubyte": nil, "b-images.idx3-ubyte.gz": nil})
	_, err := IDX(dir, Train)
	expectError(t, err, "a-images-idx3-ubyte, b-images.idx3-ubyte.gz")
}

// The checksums, means and labels are those of the files' bytes after their headers, computed by another program.
func TestIDXOfficial(t *testing.T) {
	for name, want := range map[string]struct {
		sums                [4]string // begin of the sums of train, validation, test, all
		train, valid, test_ []byte    // first labels
		mean                float64   // of all the training files, as published with the usual normalisation
	}{
		"mnist": {
			[4]string{"14c087820ce35955", "d28c706f7fb47d09", "6d87418db22cc802", "5b92582eb909c82a"},
			[]byte{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, []byte{1, 2, 8, 7, 4, 4, 0, 9, 3, 9}, []byte{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, 0.1307,
		},
		"fashion-mnist": {
			[4]string{"6448ebbef7227382", "69c6eedd84f8e35c", "c867c93ff9536059", "0fbbfcb392782b3b"},
			[]byte{9, 0, 0, 3, 0, 2, 7, 2, 5, 5}, []byte{0, 8, 0, 6, 5, 8, 0, 4, 7, 8}, []byte{9, 2, 1, 1, 6, 1, 4, 6, 5, 7}, 0.2860,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := official(t, name)
			var total, count float64
			for i, split := range []Split{Train, Validation, Test, All} {
				s, err := IDX(dir, split)
				if err != nil {
					t.Fatal(err)
				}
				if n := []int{55000, 5000, 10000, 70000}[i]; s.Len() != n || s.Height != 28 || s.Width != 28 {
					t.Errorf("%v: %d images of %dx%d, expected %d of 28x28", split, s.Len(), s.Height, s.Width, n)
				}
				if !strings.HasPrefix(s.Sum, want.sums[i]) {
					t.Errorf("%v: sum %s, expected %s…", split, s.Sum, want.sums[i])
				}
				if labels := [][]byte{want.train, want.valid, want.test_, want.train}[i]; !bytes.Equal(s.Labels[:10], labels) {
					t.Errorf("%v: labels begin %v, expected %v", split, s.Labels[:10], labels)
				}
				if split == Train || split == Validation {
					for _, p := range s.Pix {
						total += float64(p) / 255
					}
					count += float64(len(s.Pix))
				}
			}
			if mean := total / count; mean < want.mean-5e-5 || mean > want.mean+5e-5 {
				t.Errorf("mean of the training files is %.6f, expected %.4f", mean, want.mean)
			}
		})
	}
}

// official returns the folder of a real data set, or skips the test where there is none.
func official(t testing.TB, set string) string {
	t.Helper()
	root, err := Root("")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := Locate(root, set)
	if errors.Is(err, ErrNotFound) {
		t.Skipf("ZOO_DATA has no %s", set)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func FuzzIDX(f *testing.F) {
	f.Add(idxFile(0, 2, 3, 2))
	f.Add(idxFile(0, 2, 3, 2)[:20])
	f.Add(append(idxFile(0, 2, 3, 2), 0))
	f.Add(gzipped(f, idxFile(0, 2, 3, 2)))
	f.Add([]byte{0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := plain(bytes.NewReader(file))
		if err != nil {
			return
		}
		shape, values, err := parseIDX(r, 3)
		if err != nil || bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
			return
		}
		// What is accepted is the whole of the file: written again it is the same.
		again := append(idxFile(0, 1, 1, 1)[:4], file[4:16]...)
		if len(shape) != 3 || shape[0]*shape[1]*shape[2] != len(values) || !bytes.Equal(append(again, values...), file) {
			t.Errorf("%x gave %v and %d values", file, shape, len(values))
		}
	})
}
