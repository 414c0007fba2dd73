package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// IDX reads a set of grey images in the format and under the names of MNIST (LeCun, Cortes, Burges), as
// Fashion-MNIST and many others have them: in dir or dir/raw the files train-images-idx3-ubyte,
// train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each with .gz or without, and with a
// hyphen or a dot before "idx". The labels may be missing.
//
// Test is the t10k files. Validation is the last twelfth of the train files, Train what comes before it: 55,000,
// 5,000 and 10,000 images of MNIST that have none in common. All is the train files and then the t10k files.
//
// A folder that has a single file NAME-images-idx3-ubyte instead, with or without NAME-labels-idx1-ubyte, is split
// by a hash of the index of the image, in 90, 5 and 5 of a hundred.
func IDX(dir string, split Split) (*Images, error) {
	s, err := readIDXSet(dir, split)
	if err != nil {
		return nil, fmt.Errorf("data: idx: %w", err)
	}
	if s.Len() == 0 {
		return nil, fmt.Errorf("data: idx: %s: no image is in the split %v", dir, split)
	}
	s.Name = filepath.Base(filepath.Clean(dir))
	s.Sum = sum(s.Pix)
	return s, nil
}

func readIDXSet(dir string, split Split) (*Images, error) {
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	train, err := findIDX(dir, "train")
	if err != nil {
		return nil, err
	}
	test, err := findIDX(dir, "t10k")
	if err != nil {
		return nil, err
	}
	if train.images == "" && test.images == "" {
		return readIDXSingle(dir, split)
	}
	if split != Test && train.images == "" {
		return nil, fmt.Errorf("%s: there is %s, but no train-images-idx3-ubyte[.gz]", dir, filepath.Base(test.images))
	}
	if (split == Test || split == All) && test.images == "" {
		return nil, fmt.Errorf("%s: there is %s, but no t10k-images-idx3-ubyte[.gz]", dir, filepath.Base(train.images))
	}
	if split == Test {
		return test.read()
	}
	s, err := train.read()
	if err != nil {
		return nil, err
	}
	switch first := s.Len() - s.Len()/12; split {
	case Train:
		return s.slice(0, first), nil
	case Validation:
		return s.slice(first, s.Len()), nil
	}
	rest, err := test.read()
	if err != nil {
		return nil, err
	}
	if s.Height != rest.Height || s.Width != rest.Width {
		return nil, fmt.Errorf("%s has images of %dx%d, %s of %dx%d",
			train.images, s.Height, s.Width, test.images, rest.Height, rest.Width)
	}
	if (s.Labels == nil) != (rest.Labels == nil) {
		return nil, fmt.Errorf("%s: labels for only one of %s and %s", dir, filepath.Base(train.images), filepath.Base(test.images))
	}
	s.Pix = append(s.Pix, rest.Pix...)
	s.Labels = append(s.Labels, rest.Labels...)
	return s, nil
}

// readIDXSingle reads a set that comes without a division into training and test.
func readIDXSingle(dir string, split Split) (*Images, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		base := strings.TrimSuffix(f.Name(), ".gz")
		if strings.HasSuffix(base, "-images-idx3-ubyte") || strings.HasSuffix(base, "-images.idx3-ubyte") {
			names = append(names, f.Name())
		}
	}
	switch len(names) {
	case 0:
		return nil, fmt.Errorf("%w: %s: no train-images-idx3-ubyte[.gz] and no other file of that kind", ErrNotFound, dir)
	case 1:
	default:
		return nil, fmt.Errorf("%s: expected train-images-idx3-ubyte[.gz] or one other file of that kind, found %s",
			dir, strings.Join(names, ", "))
	}
	prefix, _, _ := strings.Cut(names[0], "-images")
	pair, err := findIDX(dir, prefix)
	if err != nil {
		return nil, err
	}
	all, err := pair.read()
	if err != nil {
		return nil, err
	}
	return all.hashed(split), nil
}

// idxPair is the paths of a file of images and of the file of their labels; "" stands for a file that is not there.
type idxPair struct{ images, labels string }

// findIDX looks for a pair of files.
func findIDX(dir, prefix string) (p idxPair, err error) {
	var images, labels []string
	for _, sub := range []string{"", "raw/"} {
		for _, stop := range []string{"-", "."} {
			for _, end := range []string{"", ".gz"} {
				images = append(images, sub+prefix+"-images"+stop+"idx3-ubyte"+end)
				labels = append(labels, sub+prefix+"-labels"+stop+"idx1-ubyte"+end)
			}
		}
	}
	if p.images, err = firstOf(dir, false, images...); err != nil {
		return p, err
	}
	p.labels, err = firstOf(dir, false, labels...)
	return p, err
}

// read reads the images and their labels.
func (p idxPair) read() (*Images, error) {
	shape, pix, err := readIDX(p.images, 3)
	if err != nil {
		return nil, err
	}
	s := &Images{Height: shape[1], Width: shape[2], Channels: 1, Pix: pix}
	if p.labels == "" {
		s.Note = p.images + " has no file of labels beside it"
		return s, nil
	}
	count, values, err := readIDX(p.labels, 1)
	if err != nil {
		return nil, err
	}
	if count[0] != shape[0] {
		return nil, fmt.Errorf("%s: expected %d labels, one for each image of %s, found %d",
			p.labels, shape[0], filepath.Base(p.images), count[0])
	}
	s.Labels = values
	return s, nil
}

// readIDX reads a file of unsigned bytes of this many dimensions, compressed or not: its content tells which,
// because browsers and archivers change one into the other and keep the name.
func readIDX(path string, dims int) (shape []int, values []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	r, err := plain(f)
	if err == nil {
		shape, values, err = parseIDX(r, dims)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return shape, values, nil
}

// plain returns a reader of the content of r, decompressed if it is compressed by gzip.
func plain(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if start, err := buffered.Peek(2); err != nil || start[0] != 0x1f || start[1] != 0x8b {
		return buffered, nil // an error comes again when it is read
	}
	return gzip.NewReader(buffered)
}

// parseIDX reads an IDX file of unsigned bytes: two zero bytes, the type 8, the number of dimensions, each
// dimension as a big-endian uint32, then the values. Offsets in its errors count decompressed bytes.
func parseIDX(r io.Reader, dims int) (shape []int, values []byte, err error) {
	header := make([]byte, 4+4*dims)
	n, err := io.ReadFull(r, header)
	want := []byte{0, 0, 8, byte(dims)}
	if found := header[:min(n, 4)]; !bytes.HasPrefix(want, found) {
		return nil, nil, fmt.Errorf("offset 0: expected the magic number % x of an IDX file, found % x (%q)", want, found, found)
	}
	if err != nil {
		return nil, nil, short(0, len(header), n, err)
	}
	size := int64(1)
	for d := range dims {
		at := 4 + 4*d
		length := int64(binary.BigEndian.Uint32(header[at:]))
		if length == 0 {
			return nil, nil, fmt.Errorf("offset %d: dimension %d is 0: the file is empty", at, d)
		}
		if size > maxIDX/length {
			return nil, nil, fmt.Errorf("offset %d: dimension %d is %d: more than %d bytes in all", at, d, length, int64(maxIDX))
		}
		size *= length
		shape = append(shape, int(length))
	}
	// The buffer grows with what really comes, so that a damaged header cannot ask for all memory.
	var buffer bytes.Buffer
	buffer.Grow(int(min(size, 64<<20)) + bytes.MinRead)
	got, err := io.CopyN(&buffer, r, size)
	if err != nil {
		return nil, nil, short(len(header), int(size), int(got), err)
	}
	extra, err := io.Copy(io.Discard, r)
	if err != nil {
		return nil, nil, fmt.Errorf("offset %d: %w", int64(len(header))+size+extra, err)
	}
	if extra > 0 {
		return nil, nil, fmt.Errorf("offset %d: expected the end of the file after %v values, found %d more bytes",
			int64(len(header))+size, shape, extra)
	}
	return shape, buffer.Bytes(), nil
}

// maxIDX is the largest number of values that parseIDX reads; int holds it on every machine.
const maxIDX = 1<<31 - 1

// short describes a file that ends, or fails to be read, before its time.
func short(offset, want, got int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("offset %d: expected %d bytes, found %d: the file is truncated", offset, want, got)
	}
	return fmt.Errorf("offset %d: %w", offset+got, err)
}
