package data

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
)

// Images is a set of images of one size as bytes, 0 to 255. It may be read by several goroutines at once.
type Images struct {
	// Name is the name of the set, as in "celeba".
	Name string
	// Height, Width and Channels are the shape of one image.
	Height, Width, Channels int
	// Pix is the pixels: image, row, column, channel. It may be a read-only memory map: writing to it then ends the program.
	Pix []byte
	// One is the byte that stands for the value 1: 1 where the bytes are counts, such as those of words in a text;
	// 0 means 255, as in pictures.
	One byte
	// Words has the name of each value of an image, where the values are counts of words, and is nil otherwise.
	Words []string
	// Labels has a class number for each image, or is nil where the set has none.
	Labels []byte
	// Classes has the name of each class number, or is nil where the set names none.
	Classes []string
	// Files has the name of each image, relative to its set, or is nil where images have none.
	Files []string
	// Sum is the SHA-256 of Pix in hexadecimal.
	Sum string
	// Missing is the number of images that the set's index names and that are not there.
	Missing int
	// Note is a line for the user about what was read and what was not; it is empty where there is nothing to say.
	Note string

	release func() error // unmaps Pix; nil where the garbage collector owns it
}

// Split is a part of a data set.
type Split int

// The parts of a data set. What each is made of is said by the reader.
const (
	Train Split = iota
	Validation
	Test
	All // all the parts, one after the other
)

// String returns the name of the split, as in "train".
func (s Split) String() string {
	switch s {
	case Train:
		return "train"
	case Validation:
		return "validation"
	case Test:
		return "test"
	case All:
		return "all"
	}
	return fmt.Sprintf("Split(%d)", int(s))
}

// ErrNotFound is in the chain of an error that says that none of the files of a data set are where they were
// looked for. A set of which a part is there gives another error.
var ErrNotFound = errors.New("data set not found")

// ErrEmptySplit is in the chain of an error that says that a folder has images, but none in the split that was asked for.
var ErrEmptySplit = errors.New("empty split")

// Size returns the number of values of one image: height times width times channels.
func (s *Images) Size() int { return s.Height * s.Width * s.Channels }

// Len returns the number of images.
func (s *Images) Len() int {
	if size := s.Size(); size > 0 {
		return len(s.Pix) / size
	}
	return 0
}

// intensity has the float32 nearest to b/255 for each byte b.
var intensity = func() (t [256]float32) {
	for b := range t {
		t[b] = float32(b) / 255
	}
	return t
}()

// Floats writes the images at these indices into dst, one after the other, each value divided by [Images.One] and so
// in [0,1] where that is 255. dst must have room for all of them.
func (s *Images) Floats(dst []float32, index ...int) {
	size := s.Size()
	intensity := &intensity
	if s.One != 0 && s.One != 255 {
		intensity = new([256]float32)
		for b := range intensity {
			intensity[b] = float32(b) / float32(s.One)
		}
	}
	touched := byte(0)
	for k, i := range index {
		// Shuffled images are nowhere near each other. Reading a byte of every cache line of the one after the next
		// has the processor fetch it meanwhile.
		if k+2 < len(index) {
			later := s.Pix[index[k+2]*size:][:size]
			for j := 0; j < len(later); j += 64 {
				touched |= later[j]
			}
		}
		pix := s.Pix[i*size : (i+1)*size]
		out := dst[:len(pix)]
		for j, b := range pix {
			out[j] = intensity[b]
		}
		dst = dst[len(pix):]
	}
	runtime.KeepAlive(touched) // so that the compiler leaves the reading in
}

// willRead tells the system that these images are about to be read, where they come from a file as they are read.
func (s *Images) willRead(index []int) {
	if s.release == nil {
		return
	}
	size := s.Size()
	for _, i := range index {
		_ = willRead(s.Pix[i*size : (i+1)*size]) // or they come when they are read
	}
}

// Head returns the first n images, or all of them where there are fewer. The two share their pixels: closing
// one closes both.
func (s *Images) Head(n int) *Images {
	if n >= s.Len() {
		return s
	}
	head := s.slice(0, max(n, 0))
	head.Sum = sum(head.Pix)
	return head
}

// Tail returns the last n images, or all of them where there are fewer, as Head does the first.
func (s *Images) Tail(n int) *Images {
	if n >= s.Len() {
		return s
	}
	tail := s.slice(s.Len()-max(n, 0), s.Len())
	tail.Sum = sum(tail.Pix)
	return tail
}

// slice returns the images from up to to, which share their pixels with s, and leaves the sum to be set.
func (s *Images) slice(from, to int) *Images {
	part := *s
	part.Pix = s.Pix[from*s.Size() : to*s.Size()]
	if s.Labels != nil {
		part.Labels = s.Labels[from:to]
	}
	if s.Files != nil {
		part.Files = s.Files[from:to]
	}
	part.Sum = ""
	return &part
}

// Close frees what the set holds outside the heap. The pixels may not be used after it.
func (s *Images) Close() error {
	s.Pix = nil
	if s.release == nil {
		return nil
	}
	return s.release()
}

// sum returns the SHA-256 of pix in hexadecimal.
func sum(pix []byte) string {
	h := sha256.Sum256(pix)
	return hex.EncodeToString(h[:])
}
