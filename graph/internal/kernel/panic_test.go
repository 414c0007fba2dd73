package kernel

import "testing"

func TestPanics(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	g := Conv{1, 4, 4, 2, 3, 3, 3, 1, 0} // x 32, y 12, w 54
	impossible := Conv{1, 2, 4, 2, 3, 3, 3, 1, 0}
	for name, call := range map[string]func(){
		"gemm: negative size":      func() { Gemm(false, false, -1, 1, 1, 1, nil, 1, nil, 1, 0, nil, 1) },
		"gemm: short a":            func() { Gemm(false, false, 2, 2, 2, 1, f(3), 2, f(4), 2, 0, f(4), 2) },
		"gemm: short b":            func() { Gemm(false, true, 2, 2, 2, 1, f(4), 2, f(3), 2, 0, f(4), 2) },
		"gemm: short c":            func() { Gemm(false, false, 2, 2, 2, 1, f(4), 2, f(4), 2, 0, f(3), 2) },
		"gemm: stride":             func() { Gemm(true, false, 2, 2, 2, 1, f(4), 1, f(4), 2, 0, f(4), 2) },
		"conv: geometry":           func() { impossible.Forward(f(0), f(16), f(54), nil) },
		"conv: zero":               func() { Conv{}.Forward(nil, nil, nil, nil) },
		"forward: x":               func() { g.Forward(f(12), f(31), f(54), nil) },
		"forward: bias":            func() { g.Forward(f(12), f(32), f(54), f(2)) },
		"transposed: y":            func() { g.Transposed(f(32), f(13), f(54), nil) },
		"transposed: bias":         func() { g.Transposed(f(32), f(12), f(54), f(3)) },
		"filter: w":                func() { g.Filter(f(53), f(32), f(12)) },
		"exp: lengths":             func() { Exp(f(3), f(4)) },
		"axpby: lengths":           func() { Axpby(f(4), 1, f(4), 1, f(3)) },
		"dot: lengths":             func() { Dot(f(4), f(3)) },
		"bernoulli: lengths":       func() { Bernoulli(f(4), f(3), 1, 2) },
		"gaussian: lengths":        func() { Gaussian(f(4), f(4), f(3), 1, 2) },
		"column sums: shape":       func() { ColSum(f(3), f(11), 4, 3) },
		"combine row: lengths":     func() { CombineRow(f(12), 1, f(11), 1, f(4), 0) },
		"scale rows: length":       func() { RowScale(f(12), f(12), f(3), 4, 3) },
		"adam: lengths":            func() { Adam(f(3), f(3), f(2), f(3), 1, 0.9, 0.999, 1e-8, 1) },
		"adam: steps count from 1": func() { Adam(f(3), f(3), f(3), f(3), 1, 0.9, 0.999, 1e-8, 0) },
		"multiply by row: lengths": func() { MulRow(f(12), f(11), f(4), 0) },
		"momentum: lengths":        func() { Momentum(f(3), f(2), f(3), 1, 0.9) },
		"adamax: steps":            func() { AdaMax(f(3), f(3), f(3), f(3), 1, 0.9, 0.999, 1e-8, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}
