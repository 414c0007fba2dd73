package kernel

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// everyPath runs a test on each path that this processor has.
func everyPath(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	for _, p := range paths {
		t.Run(p.name, func(t *testing.T) {
			usePath(t, p)
			test(t)
		})
	}
}

// onEachPath runs f on each path, within one test.
func onEachPath(t *testing.T, f func()) {
	t.Helper()
	before := current
	defer func() { current = before }()
	for _, current = range paths {
		f()
	}
}

func usePath(t testing.TB, p *path) {
	before := current
	current = p
	t.Cleanup(func() { current = before })
}

func useThreads(t testing.TB, n int) {
	before := int(pool.size.Load())
	SetThreads(n)
	t.Cleanup(func() { SetThreads(before) })
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func normals(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

// canary is a value that no kernel computes.
const canary = -12345.678

// guarded returns a slice of n elements whose storage goes on before and after
// it, and a function that reports whether only the slice has been written.
func guarded(n int) (s []float32, untouched func() bool) {
	const margin = 70
	all := make([]float32, n+2*margin)
	for i := range all {
		all[i] = canary
	}
	return all[margin : margin+n : margin+n], func() bool {
		for i := range margin {
			if all[i] != canary || all[margin+n+i] != canary {
				return false
			}
		}
		return true
	}
}

// sameBits reports the first index at which two slices differ, -1 for none.
func sameBits(a, b []float32) int {
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

func TestChoose(t *testing.T) {
	for _, p := range paths {
		if got, err := choose(p.name); got != p || err != nil {
			t.Errorf("choose(%q) = %q, %v", p.name, got.name, err)
		}
	}
	if got, err := choose(""); got != paths[0] || err != nil {
		t.Errorf("without a name: %q, %v, want the fastest, %q", got.name, err, paths[0].name)
	}
	for _, name := range []string{"sse", "AVX2", " "} {
		if _, err := choose(name); err == nil || !strings.Contains(err.Error(), "BOLTZOO_KERNEL="+name+": want one of ") {
			t.Errorf("choose(%q): error %v", name, err)
		}
	}
	if last := paths[len(paths)-1].name; last != "portable" {
		t.Errorf("last path is %q, want portable", last)
	}
}
