package kernel

import (
	"fmt"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fence hands out slices that begin or end at a page that may not be touched,
// so that a kernel which reads or writes beyond one is stopped at once.
type fence struct {
	t    *testing.T
	r    interface{ NormFloat64() float64 }
	last bool // slices end at the page, otherwise they begin behind it
}

func (f *fence) slice(n int) []float32 {
	page := unix.Getpagesize()
	size := (4*n+page-1)/page*page + 2*page
	all, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { unix.Munmap(all) })
	for _, edge := range [][]byte{all[:page], all[size-page:]} {
		if err := unix.Mprotect(edge, unix.PROT_NONE); err != nil {
			f.t.Fatal(err)
		}
	}
	start := page
	if f.last {
		start = size - page - 4*n
	}
	s := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(all[start:]))), n)
	for i := range s {
		s[i] = float32(f.r.NormFloat64())
	}
	return s
}

// A kernel that goes beyond its slices ends the test with a fault.
func TestNothingBeyondTheSlices(t *testing.T) {
	for _, last := range []bool{false, true} {
		for n := 1; n < 70; n++ {
			t.Run(fmt.Sprintf("%v/%d", last, n), func(t *testing.T) {
				f := &fence{t: t, r: newRand(14), last: last}
				x, y, z, v := f.slice(n), f.slice(n), f.slice(n), f.slice(n)
				clear(v)
				sums := make([]float64, n)
				m, k := 1+n%13, 1+n%37
				a, b, c := f.slice(m*k), f.slice(k*n), f.slice(m*n)
				g := Conv{1 + n%2, 3 + n%7, 4 + n%5, 1 + n%35, 1 + n%34, 1 + n%4, 2 + n%3, 1 + n%3, n % 2}
				nx, ny, nw := g.sizes()
				gx, gy, gw, bx, by := f.slice(nx), f.slice(ny), f.slice(nw), f.slice(g.C), f.slice(g.F)
				products := func() {
					Gemm(false, false, m, n, k, 1, a, k, b, n, 0, c, n)
					Gemm(true, false, m, n, k, 1, a, m, b, n, 1, c, n)
					Gemm(false, true, m, n, k, 1, a, k, b, k, 1, c, n)
					Gemm(false, true, m, n, k, 1, a, k, b, k, 0, c, n)
					Gemm(true, true, m, n, k, 1, a, m, b, k, 0, c, n)
					g.Forward(gy, gx, gw, by)
					g.transposedBy((*convolution).gather, gx, gy, gw, bx)
					g.transposedBy((*convolution).scatter, gx, gy, gw, bx)
					g.Filter(gw, gx, gy)
				}
				onEachPath(t, func() {
					for _, u := range functions() {
						u.f(z, x)
					}
					Axpby(z, 1, x, 1, y)
					Mul(z, x, y)
					Scale(z, 2, x)
					Sum(x)
					Dot(x, y)
					CombineRow(c, 1, c, 2, x, n/2)
					MulRow(c, c, x, n/2)
					AddColumns(sums[:n], c)
					RowScale(c, c, by[:1], 1, m*n)
					ColSum(x, c, m, n)
					ColSum(x, y, 1, n)
					ColSum(x[:1], y, n, 1)
					Uniform(z, 1, 2)
					Normal(z, 1, 2)
					Bernoulli(z, x, 1, 2)
					Gaussian(z, x, y, 1, 2)
					MapSum(x, Sigmoid)
					Adam(x, y, v, z, 0.1, 0.9, 0.999, 1e-8, 1)
					AdaMax(x, y, v, z, 0.1, 0.9, 0.999, 1e-8, 1)
					Momentum(x, y, z, 0.1, 0.9)
					products()
				})
				if SetBF16(true) == nil {
					defer SetBF16(false)
					products()
				}
			})
		}
	}
}
