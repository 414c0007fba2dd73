package kernel

import (
	"fmt"
	"os"
	"strings"
)

// path is one implementation of everything that depends on the processor.
type path struct {
	name string

	// micro computes c = alpha·a·b + beta·d, a number of tiles one below the other,
	// each of m rows, at most rows, and w columns, at most cols; beta = 0 leaves d
	// unread. Unless panel is nil it also copies b there, whose rows are then cols
	// wide, as w has to be.
	rows, cols int
	micro      func(t *tiling, tiles, m, w int, a, b, d, c, panel []float32)

	// ways is how many lines at the same address modulo 4096 the first-level cache
	// holds, area how many elements of the first factor of a product the second-level
	// cache does, half full.
	ways, area int

	// copyRows copies n rows of w elements.
	copyRows func(dst []float32, ldd int, src []float32, lds, n, w int)
	// transpose writes dst[j*ldd+i] = src[i*lds+j] for m rows i and n columns j of src.
	transpose func(dst []float32, ldd int, src []float32, lds, m, n int)

	exp, sigmoid, sigmoidSlope, softplus, tanh, tanhSlope, logCosh func(dst, src []float32)
	relu, step, clippedReLU, box                                   func(dst, src []float32)
	halfSquare, halfSquareReLU, clippedIntegral, sqrt              func(dst, src []float32)

	combine  func(dst, x, y []float32, a, b float32) // dst = a·x + b·y
	multiply func(dst, x, y []float32)
	scale    func(dst, x []float32, a float32)
	sum      func(x []float32) float64
	dot      func(x, y []float32) float64
	// addRows adds n rows of w elements of src to those of dst, which do not overlap
	// unless ldd is 0.
	addRows func(dst []float32, ldd int, src []float32, lds, n, w int)

	adam   func(p, m, v, grad []float32, c *adamConstants)
	adaMax func(p, m, u, grad []float32, c *adaMaxConstants)

	peak func(n int) // n rounds of 12 fused operations on registers of cols/2 elements; or nil

	uniform, normal func(dst []float32, s *lanes)
	bernoulli       func(dst, p []float32, s *lanes)
}

// paths lists what this processor can run, fastest first; portable is last.
var paths = available()

// variable is the environment variable that asks for a path.
const variable = "BOLTZOO_KERNEL"

// current is the path in use.
var current, errPath = choose(os.Getenv(variable))

// choose returns the path of that name, or the fastest for an empty name. With an
// error it is the fastest too.
func choose(name string) (*path, error) {
	names := make([]string, len(paths))
	for i, p := range paths {
		if names[i] = p.name; p.name == name {
			return p, nil
		}
	}
	if name == "" {
		return paths[0], nil
	}
	return paths[0], fmt.Errorf("kernel: %s=%s: want one of %s, which this processor can run", variable, name, strings.Join(names, ", "))
}

// CheckPath returns an error if the environment asked for a path that does not
// exist, or that this processor cannot run.
func CheckPath() error { return errPath }

// Path names the path in use: avx512, avx2 or portable.
func Path() string { return current.name }
