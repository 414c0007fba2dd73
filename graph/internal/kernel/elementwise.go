package kernel

// Exp sets dst[i] = exp(src[i]). Like the other functions of one slice it is
// within 2.5 units in the last place wherever the result is a normal number
// (smaller ones may become zero), maps NaN to NaN, takes slices of equal length,
// and dst may be src.
func Exp(dst, src []float32) { unary(dst, src, current.exp) }

// Sigmoid sets dst[i] = 1/(1+exp(-src[i])).
func Sigmoid(dst, src []float32) { unary(dst, src, current.sigmoid) }

// SigmoidSlope sets dst[i] to the derivative of the sigmoid, σ(1-σ), at src[i].
func SigmoidSlope(dst, src []float32) { unary(dst, src, current.sigmoidSlope) }

// Softplus sets dst[i] = log(1+exp(src[i])), the integral of the sigmoid.
func Softplus(dst, src []float32) { unary(dst, src, current.softplus) }

// Tanh sets dst[i] = tanh(src[i]).
func Tanh(dst, src []float32) { unary(dst, src, current.tanh) }

// TanhSlope sets dst[i] to the derivative of tanh, 1-tanh², at src[i].
func TanhSlope(dst, src []float32) { unary(dst, src, current.tanhSlope) }

// LogCosh sets dst[i] = log(cosh(src[i])), the integral of tanh.
func LogCosh(dst, src []float32) { unary(dst, src, current.logCosh) }

// ReLU sets dst[i] = max(0, src[i]).
func ReLU(dst, src []float32) { unary(dst, src, current.relu) }

// Step sets dst[i] to 1 where src[i] > 0, otherwise to 0.
func Step(dst, src []float32) { unary(dst, src, current.step) }

// ClippedReLU sets dst[i] = min(1, max(0, src[i])).
func ClippedReLU(dst, src []float32) { unary(dst, src, current.clippedReLU) }

// Box sets dst[i] to 1 where 0 < src[i] < 1, otherwise to 0.
func Box(dst, src []float32) { unary(dst, src, current.box) }

// HalfSquare sets dst[i] = src[i]²/2.
func HalfSquare(dst, src []float32) { unary(dst, src, current.halfSquare) }

// HalfSquareReLU sets dst[i] = max(0, src[i])²/2, the integral of ReLU.
func HalfSquareReLU(dst, src []float32) { unary(dst, src, current.halfSquareReLU) }

// ClippedIntegral sets dst[i] to the integral of ClippedReLU from 0 to src[i].
func ClippedIntegral(dst, src []float32) { unary(dst, src, current.clippedIntegral) }

// Sqrt sets dst[i] = √src[i].
func Sqrt(dst, src []float32) { unary(dst, src, current.sqrt) }

func unary(dst, src []float32, f func(dst, src []float32)) {
	equal(len(dst), len(src))
	if small(len(src)) {
		f(dst, src)
		return
	}
	operands{dst: dst, x: src, unary: f}.pieces(len(src), func(o *operands, from, to int, _ *scratch) {
		o.unary(o.dst[from:to], o.x[from:to])
	})
}

// equal panics unless the lengths of the operands are equal.
func equal(n int, others ...int) {
	for _, m := range others {
		if m != n {
			panic("kernel: slices differ in length")
		}
	}
}

// Axpby sets dst[i] = a·x[i] + b·y[i]. dst may be x or y.
func Axpby(dst []float32, a float32, x []float32, b float32, y []float32) {
	equal(len(dst), len(x), len(y))
	if small(len(x)) {
		current.combine(dst, x, y, a, b)
		return
	}
	operands{dst: dst, x: x, y: y, a: a, b: b}.pieces(len(x), func(o *operands, from, to int, _ *scratch) {
		current.combine(o.dst[from:to], o.x[from:to], o.y[from:to], o.a, o.b)
	})
}

// Mul sets dst[i] = x[i]·y[i]. dst may be x or y.
func Mul(dst, x, y []float32) {
	equal(len(dst), len(x), len(y))
	if small(len(x)) {
		current.multiply(dst, x, y)
		return
	}
	operands{dst: dst, x: x, y: y}.pieces(len(x), func(o *operands, from, to int, _ *scratch) {
		current.multiply(o.dst[from:to], o.x[from:to], o.y[from:to])
	})
}

// Scale sets dst[i] = a·x[i]. dst may be x.
func Scale(dst []float32, a float32, x []float32) {
	equal(len(dst), len(x))
	if small(len(x)) {
		current.scale(dst, x, a)
		return
	}
	operands{dst: dst, x: x, a: a}.pieces(len(x), func(o *operands, from, to int, _ *scratch) {
		current.scale(o.dst[from:to], o.x[from:to], o.a)
	})
}
