package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	cifarSide    = 32
	cifarRecord  = 1 + 3*cifarSide*cifarSide // a label, then the red, the green and the blue values, row by row
	cifarBatches = 5                         // of training images
	cifarBatch   = 10000                     // images in a whole batch
)

// cifarClasses has the names of the classes, as in batches.meta.txt.
var cifarClasses = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// CIFAR10 reads the colour images of Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009), 32 x
// 32 x 3, in ten classes: the files data_batch_1.bin to data_batch_5.bin and test_batch.bin of its binary version
// (https://www.cs.toronto.edu/~kriz/cifar.html) in dir or dir/cifar-10-batches-bin, each of which may be compressed
// by gzip.
//
// Validation is the last tenth of each of the five batches, Train the rest of them, Test the test batch: 45,000,
// 5,000 and 10,000 images. Some of the five will do; the images of the others are counted in [Images.Missing] and
// told in [Images.Note].
func CIFAR10(dir string, split Split) (*Images, error) {
	s, err := readCIFAR10(dir, split)
	if err != nil {
		return nil, fmt.Errorf("data: cifar-10: %w", err)
	}
	return s, nil
}

func readCIFAR10(dir string, split Split) (*Images, error) {
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	s := &Images{Name: "cifar-10", Height: cifarSide, Width: cifarSide, Channels: 3, Classes: cifarClasses}
	var missing []string
	if split != Test {
		for i := range cifarBatches {
			name := fmt.Sprintf("data_batch_%d.bin", i+1)
			labels, pix, err := readCIFARBatch(dir, name)
			if errors.Is(err, ErrNotFound) {
				missing = append(missing, name)
				continue
			}
			if err != nil {
				return nil, err
			}
			first := len(labels) - len(labels)/10
			size := s.Size()
			switch split {
			case Train:
				labels, pix = labels[:first], pix[:first*size]
			case Validation:
				labels, pix = labels[first:], pix[first*size:]
			}
			s.Labels, s.Pix = append(s.Labels, labels...), append(s.Pix, pix...)
		}
		if len(missing) == cifarBatches {
			if _, _, err := readCIFARBatch(dir, "test_batch.bin"); !errors.Is(err, ErrNotFound) {
				return nil, fmt.Errorf("%s: there is test_batch.bin, but none of data_batch_1.bin to data_batch_%d.bin", dir, cifarBatches)
			}
			return nil, fmt.Errorf("%w: %s: no data_batch_1.bin and no test_batch.bin, there or in cifar-10-batches-bin", ErrNotFound, dir)
		}
	}
	if split == Test || split == All {
		labels, pix, err := readCIFARBatch(dir, "test_batch.bin")
		if err != nil {
			return nil, err
		}
		s.Labels, s.Pix = append(s.Labels, labels...), append(s.Pix, pix...)
	}
	if len(missing) > 0 {
		s.Missing = len(missing) * cifarBatch
		switch split {
		case Train:
			s.Missing -= s.Missing / 10
		case Validation:
			s.Missing /= 10
		}
		s.Note = fmt.Sprintf("%s: %s are not there: %d of the images of the split %v are missing", dir, strings.Join(missing, ", "), s.Missing, split)
	}
	s.Sum = sum(s.Pix)
	return s, nil
}

// readCIFARBatch reads one file, and turns its planes of colour into pixels.
func readCIFARBatch(dir, name string) (labels, pix []byte, err error) {
	var places []string
	for _, sub := range []string{"", "cifar-10-batches-bin/"} {
		places = append(places, sub+name, sub+name+".gz")
	}
	path, err := firstOf(dir, false, places...)
	if err != nil {
		return nil, nil, err
	}
	if path == "" {
		return nil, nil, fmt.Errorf("%w: %s: no %s", ErrNotFound, dir, name)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	r, err := plain(f)
	if err == nil {
		labels, pix, err = parseCIFARBatch(r)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return labels, pix, nil
}

func parseCIFARBatch(r io.Reader) (labels, pix []byte, err error) {
	record := make([]byte, cifarRecord)
	for {
		n, err := io.ReadFull(r, record)
		if err == io.EOF {
			break
		}
		at := len(labels) * cifarRecord
		if err != nil {
			return nil, nil, short(at, cifarRecord, n, err)
		}
		if int(record[0]) >= len(cifarClasses) {
			return nil, nil, fmt.Errorf("offset %d: expected a label from 0 to %d, found %d", at, len(cifarClasses)-1, record[0])
		}
		if len(labels) == cifarBatch {
			return nil, nil, fmt.Errorf("offset %d: expected %d records of %d bytes, found more", at, cifarBatch, cifarRecord)
		}
		labels = append(labels, record[0])
		const plane = cifarSide * cifarSide
		red, green, blue := record[1:][:plane], record[1+plane:][:plane], record[1+2*plane:][:plane]
		for i := range plane {
			pix = append(pix, red[i], green[i], blue[i])
		}
	}
	if len(labels) == 0 {
		return nil, nil, fmt.Errorf("offset 0: expected records of %d bytes, found an empty file", cifarRecord)
	}
	return labels, pix, nil
}
