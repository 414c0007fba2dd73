package data

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
)

// cifarFile is n records; those of record k have the label k+first modulo 10, red k+first, green 100 and blue the
// number of the column.
func cifarFile(first, n int) []byte {
	var file []byte
	for k := first; k < first+n; k++ {
		file = append(file, byte(k%10))
		file = append(file, bytes.Repeat([]byte{byte(k)}, 1024)...)
		file = append(file, bytes.Repeat([]byte{100}, 1024)...)
		for range 32 {
			for x := range 32 {
				file = append(file, byte(x))
			}
		}
	}
	return file
}

func TestCIFAR10(t *testing.T) {
	for _, sub := range []string{"", "cifar-10-batches-bin/"} {
		dir := t.TempDir()
		write(t, dir, map[string][]byte{
			sub + "data_batch_1.bin": cifarFile(0, 20), sub + "data_batch_2.bin.gz": gzipped(t, cifarFile(20, 20)), sub + "data_batch_3.bin": cifarFile(40, 20),
			sub + "data_batch_4.bin": cifarFile(60, 20), sub + "data_batch_5.bin": cifarFile(80, 20), sub + "test_batch.bin": cifarFile(100, 20),
		})
		for split, want := range map[Split][]byte{
			Train: slices.Concat(count(0, 18), count(20, 38), count(40, 58), count(60, 78), count(80, 98)),
			Test:  count(100, 120), All: count(0, 120), Validation: {18, 19, 38, 39, 58, 59, 78, 79, 98, 99},
		} {
			s, err := CIFAR10(dir, split)
			if err != nil {
				t.Fatal(err)
			}
			if s.Len() != len(want) || s.Missing != 0 || s.Note != "" || s.Sum != sum(s.Pix) || len(s.Classes) != 10 {
				t.Errorf("%v: %d images, %d missing, note %q", split, s.Len(), s.Missing, s.Note)
			}
			for i, k := range want {
				if got := imageAt(s, i)[(3*32+7)*3:][:3]; s.Labels[i] != k%10 || !slices.Equal(got, []byte{k, 100, 7}) {
					t.Fatalf("%v: image %d has label %d and pixel %v, expected record %d", split, i, s.Labels[i], got, k)
				}
			}
		}
	}
}

// count returns the numbers from up to to.
func count(from, to byte) (all []byte) {
	for ; from < to; from++ {
		all = append(all, from)
	}
	return all
}

func TestCIFAR10Part(t *testing.T) {
	dir := t.TempDir()
	if _, err := CIFAR10(dir, Train); !errors.Is(err, ErrNotFound) {
		t.Errorf("an empty folder: %v", err)
	}
	write(t, dir, map[string][]byte{"test_batch.bin": cifarFile(0, 3)})
	_, err := CIFAR10(dir, Train)
	expectError(t, err, "there is test_batch.bin, but none of data_batch_1.bin")
	write(t, dir, map[string][]byte{"data_batch_2.bin": cifarFile(0, 10), "data_batch_5.bin": cifarFile(0, 10)})
	s, err := CIFAR10(dir, Train)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 18 || s.Missing != 27000 {
		t.Errorf("%d images, %d missing", s.Len(), s.Missing)
	}
	expectError(t, errors.New(s.Note), "data_batch_1.bin, data_batch_3.bin, data_batch_4.bin", "27000")
}

func TestCIFAR10Errors(t *testing.T) {
	long := cifarFile(0, 2)
	wrong := bytes.Clone(long)
	wrong[cifarRecord] = 10
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"truncated": {long[:4000], []string{"data_batch_1.bin", "offset 3073", "expected 3073 bytes, found 927", "truncated"}},
		"label":     {wrong, []string{"data_batch_1.bin", "offset 3073", "label from 0 to 9, found 10"}},
		"empty":     {[]byte{}, []string{"data_batch_1.bin", "offset 0", "empty"}},
		"too long":  {make([]byte, (cifarBatch+1)*cifarRecord), []string{"offset 30730000", "found more"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string][]byte{"data_batch_1.bin": c.file})
			_, err := CIFAR10(dir, All)
			expectError(t, err, c.want...)
		})
	}
	_, err := CIFAR10(t.TempDir(), -1)
	expectError(t, err, "unknown split")
}

// The test batch, put back into planes of colour, is the published file.
func TestCIFAR10Official(t *testing.T) {
	s, err := CIFAR10(official(t, "cifar-10"), Test)
	if errors.Is(err, ErrNotFound) {
		t.Skip("ZOO_DATA has no binary version of cifar-10")
	}
	if err != nil {
		t.Fatal(err)
	}
	h := md5.New()
	for i := range s.Len() {
		h.Write([]byte{s.Labels[i]})
		for c := range 3 {
			var plane []byte
			for p := range 1024 {
				plane = append(plane, imageAt(s, i)[3*p+c])
			}
			h.Write(plane)
		}
	}
	if got, want := hex.EncodeToString(h.Sum(nil)), "803d5f7f4d78ea53de84dbe85f74fb6d"; s.Len() != 10000 || got != want {
		t.Errorf("%d images of MD5 %s, expected %s", s.Len(), got, want)
	}
}
