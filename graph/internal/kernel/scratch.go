package kernel

import (
	"sync"
	"unsafe"
)

// scratch is the working storage of one task. A task takes one from the pool
// and gives it back, so that steady work allocates nothing.
type scratch struct {
	a, b, c []float32 // a block of the first factor, panels of the second, a product
	tiling  tiling
	random  lanes
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

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
