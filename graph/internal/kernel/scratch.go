package kernel

import "unsafe"

// scratch is working storage. Each worker has one, a caller takes one for the
// parts of a task that it does itself.
type scratch struct {
	a, b, c []float32 // a block of the first factor, panels of the second, a product
	d       []float32 // of a Task
	tile    []float32 // of pairs
	sums    []float64
	tiling  tiling
	random  lanes
}

var scratches list[scratch]

// zeros returns n sums, all zero.
func (s *scratch) zeros(n int) []float64 {
	if cap(s.sums) < n {
		s.sums = make([]float64, n)
	}
	s.sums = s.sums[:n]
	clear(s.sums)
	return s.sums
}

// line is the length of a cache line in float32.
const line = 16

// grow returns a slice of n elements, aligned to a cache line, that reuses the
// storage of s where it is large enough. Its contents are undefined.
func grow(s []float32, n int) []float32 {
	if cap(s) >= n && aligned(s) {
		return s[:n]
	}
	s = make([]float32, n+line)
	skip := 0
	for !aligned(s[skip:]) {
		skip++
	}
	return s[skip : skip+n]
}

func aligned(s []float32) bool {
	return uintptr(unsafe.Pointer(unsafe.SliceData(s)))%(4*line) == 0
}
