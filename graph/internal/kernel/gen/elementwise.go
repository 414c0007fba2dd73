package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise writes the functions of one slice, sums, products and the Adam
// update.
func elementwise(c *build.Context) {
	for _, v := range isas {
		k := coder{c, v}
		k.unary("exp", func(x reg.VecVirtual) reg.VecVirtual { return k.exp(x) })
		k.unary("sigmoid", k.sigmoid)
		k.unary("softplus", k.softplus)
		k.unary("tanh", k.tanh)
		k.unary("logCosh", k.logCosh)
		k.combine()
		k.multiply()
		k.scale()
		k.sum()
		k.dot()
		k.adam()
		k.adaMax()
	}
}

// coder writes for one instruction set.
type coder struct {
	*build.Context
	isa
}

func (k coder) reg() reg.VecVirtual { return k.register(k.Context) }

// constant is a number in every lane, in memory.
func (k coder) constant(x float64) operand.Mem { return k.word(math.Float32bits(float32(x))) }

func (k coder) word(bits uint32) operand.Mem {
	words := make([]uint32, 16)
	for i := range words {
		words[i] = bits
	}
	return table(k.Context, fmt.Sprintf("all%08x", bits), words)
}

// held is a constant in a register.
func (k coder) held(x float64) reg.VecVirtual {
	r := k.reg()
	k.VMOVUPS(k.constant(x), r)
	return r
}

func (k coder) function(name, signature string) {
	k.Function(name + k.suffix)
	k.Attributes(attr.NOSPLIT)
	k.Pragma("noescape")
	k.SignatureExpr(signature)
}

func (k coder) param(name string) reg.GPVirtual {
	r := k.GP64()
	k.Load(k.Context.Param(name), r)
	return r
}

func (k coder) broadcast(name string) reg.VecVirtual {
	r := k.reg()
	k.VBROADCASTSS(param(k.Context, name), r)
	return r
}

func (k coder) done() {
	k.VZEROUPPER()
	k.RET()
}

// A span is the part of the slices that one turn of a loop treats: whole
// registers, or what masks select.
type span struct {
	coder
	masks []mask
}

func (s span) load(p reg.Register, i int) reg.VecVirtual {
	x := s.reg()
	from := operand.Mem{Base: p, Disp: i * s.bytes()}
	if s.masks == nil {
		s.VMOVUPS(from, x)
	} else {
		s.masks[i].load(s.Context, from, x)
	}
	return x
}

func (s span) store(x reg.VecVirtual, p reg.Register, i int) {
	to := operand.Mem{Base: p, Disp: i * s.bytes()}
	if s.masks == nil {
		s.VMOVUPS(x, to)
	} else {
		s.masks[i].store(s.Context, x, to)
	}
}

// loop goes through n elements, the given number of registers at a time, and
// once more for the rest. The pointers go on; n is used up.
func (k coder) loop(n reg.Register, registers int, pointers []reg.GPVirtual, body func(s span)) {
	step := registers * k.lanes
	k.Label("loop")
	k.CMPQ(n, operand.U32(uint32(step)))
	k.JLT(operand.LabelRef("rest"))
	body(span{k, nil})
	for _, p := range pointers {
		k.ADDQ(operand.U32(uint32(4*step)), p)
	}
	k.SUBQ(operand.U32(uint32(step)), n)
	k.JMP(operand.LabelRef("loop"))
	k.Label("rest")
	k.TESTQ(n, n)
	k.JZ(operand.LabelRef("end"))
	body(span{k, k.isa.masks(k.Context, n, registers)})
	k.Label("end")
}

func (k coder) unary(name string, f func(x reg.VecVirtual) reg.VecVirtual) {
	k.function(name, "func(n int, dst, src *float32)")
	n, dst, src := k.param("n"), k.param("dst"), k.param("src")
	k.loop(n, 1, []reg.GPVirtual{dst, src}, func(s span) {
		s.store(f(s.load(src, 0)), dst, 0)
	})
	k.done()
}

// poly evaluates a polynomial, coefficients of low degree first.
func (k coder) poly(x reg.VecVirtual, coefficients ...float64) reg.VecVirtual {
	p := k.held(coefficients[len(coefficients)-1])
	for i := len(coefficients) - 2; i >= 0; i-- {
		k.VFMADD213PS(k.constant(coefficients[i]), x, p)
	}
	return p
}

// The signs of a float, and everything but.
const sign, magnitude = 1 << 31, 1<<31 - 1

func (k coder) abs(x reg.VecVirtual) reg.VecVirtual {
	r := k.reg()
	k.and(k.word(magnitude), x, r)
	return r
}

func (k coder) and(m operand.Op, x, r reg.VecVirtual) {
	if k.lanes == 16 {
		k.VPANDD(m, x, r)
	} else {
		k.VANDPS(m, x, r)
	}
}

func (k coder) or(m operand.Op, x, r reg.VecVirtual) {
	if k.lanes == 16 {
		k.VPORD(m, x, r)
	} else {
		k.VORPS(m, x, r)
	}
}

func (k coder) xor(m operand.Op, x, r reg.VecVirtual) {
	if k.lanes == 16 {
		k.VPXORD(m, x, r)
	} else {
		k.VXORPS(m, x, r)
	}
}

// exp is e to the x: 2ⁿ·eʳ with |r| ≤ ln2/2, and a polynomial for eʳ. x is
// overwritten.
func (k coder) exp(x reg.VecVirtual) reg.VecVirtual {
	n, square := k.reg(), k.reg()
	// Beyond these the result is 0 or infinite. The minimum takes its second
	// operand if one is not a number, so x has to be that.
	k.VMINPS(x, k.held(89), x)
	k.VMAXPS(x, k.held(-104), x)
	k.VMULPS(k.constant(math.Log2E), x, n)
	if k.lanes == 16 {
		k.VRNDSCALEPS(operand.Imm(8), n, n)
	} else {
		k.VROUNDPS(operand.Imm(8), n, n)
	}
	k.VFNMADD231PS(k.constant(0.693359375), n, x) // ln2 in two parts
	k.VFNMADD231PS(k.constant(-2.12194440e-4), n, x)
	p := k.poly(x, 0.500000001346, 0.166666666816, 0.041666465006,
		0.00833331093445, 0.0013933641032, 0.000198909808698)
	k.VMULPS(x, x, square)
	// 1 + x + x²·p, with what the first sum rounds away
	one, sum, low := k.held(1), k.reg(), k.reg()
	k.VADDPS(one, x, sum)
	k.VSUBPS(one, sum, low)
	k.VSUBPS(low, x, low)
	k.VFMADD213PS(low, square, p)
	k.VADDPS(sum, p, p)
	if k.lanes == 16 {
		k.VSCALEFPS(n, p, p)
		return p
	}
	// In two factors, as 2ⁿ may be no normal number.
	half := k.reg()
	k.VCVTPS2DQ(n, n)
	k.VPSRAD(operand.Imm(1), n, half)
	k.VPSUBD(half, n, n)
	for _, e := range []reg.VecVirtual{half, n} {
		k.VPADDD(k.word(127), e, e)
		k.VPSLLD(operand.Imm(23), e, e)
		k.VMULPS(e, p, p)
	}
	return p
}

func (k coder) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	k.xor(k.word(sign), x, x)
	e := k.exp(x)
	one := k.held(1)
	k.VADDPS(one, e, e)
	k.VDIVPS(e, one, e)
	return e
}

// log1p adds log(1+e) to a, for 0 ≤ e ≤ 1: it is e + e²·p(e) (Chebyshev, error
// 5e-9), quicker than the series of the artanh with its quotient.
func (k coder) log1p(e, a reg.VecVirtual) reg.VecVirtual {
	square := k.reg()
	k.VMULPS(e, e, square)
	p := k.poly(e, -0.499999995222, 0.333332373462, -0.249967599083, 0.199567079523, -0.163651528692,
		0.130333642382, -0.0913941377401, 0.0493099734345, -0.0171842669824, 0.0028016419928)
	k.VFMADD213PS(e, square, p)
	k.VADDPS(a, p, p)
	return p
}

func (k coder) softplus(x reg.VecVirtual) reg.VecVirtual {
	m, zero := k.reg(), k.reg()
	k.zero(k.Context, zero)
	k.VMAXPS(x, zero, m)
	k.or(k.word(sign), x, x)
	return k.log1p(k.exp(x), m)
}

// choose returns small where |x| is less than a limit, otherwise large.
func (k coder) choose(size reg.VecVirtual, limit float64, small, large reg.VecVirtual) reg.VecVirtual {
	r := k.reg()
	if k.lanes == 16 {
		less := k.K()
		k.VCMPPS(operand.Imm(1), k.constant(limit), size, less)
		k.VBLENDMPS(small, large, less, r)
		return r
	}
	less := k.reg()
	k.VCMPPS(operand.Imm(1), k.constant(limit), size, less)
	k.VBLENDVPS(less, small, large, r)
	return r
}

// tanh is an odd polynomial for small x, otherwise (1-e)/(1+e) with e =
// exp(-2|x|) and the sign of x.
func (k coder) tanh(x reg.VecVirtual) reg.VecVirtual {
	size, square, small, e := k.abs(x), k.reg(), k.reg(), k.reg()
	k.VMULPS(x, x, square)
	p := k.poly(square, -3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3)
	k.VMULPS(square, p, p)
	k.VMOVAPS(x, small)
	k.VFMADD231PS(p, x, small)

	k.VMULPS(k.constant(-2), size, e)
	e = k.exp(e)
	above, below, one := k.reg(), k.reg(), k.held(1)
	k.VSUBPS(e, one, above)
	k.VADDPS(e, one, below)
	k.VDIVPS(below, above, above)
	r := k.choose(size, 0.625, small, above)
	k.and(k.word(sign), x, below)
	k.or(below, r, r)
	return r
}

// logCosh is x² times a polynomial in x² for |x| < 1 (Chebyshev, relative error
// 6e-10), otherwise |x| - ln2 + log(1+exp(-2|x|)).
func (k coder) logCosh(x reg.VecVirtual) reg.VecVirtual {
	size, square, e, a := k.abs(x), k.reg(), k.reg(), k.reg()
	k.VMULPS(x, x, square)
	small := k.poly(square, 0.499999999723, -0.0833332977609, 0.0222214644894, -0.00673979948172,
		0.00216129189807, -0.000679409912203, 0.000176198626718, -2.56173030983e-5)
	k.VMULPS(square, small, small)
	k.VMULPS(k.constant(-2), size, e)
	k.VADDPS(k.constant(-math.Ln2), size, a)
	return k.choose(size, 1, small, k.log1p(k.exp(e), a))
}

func (k coder) combine() {
	k.function("combine", "func(n int, dst, x, y *float32, a, b float32)")
	n, dst, x, y := k.param("n"), k.param("dst"), k.param("x"), k.param("y")
	a, b := k.broadcast("a"), k.broadcast("b")
	k.loop(n, 1, []reg.GPVirtual{dst, x, y}, func(s span) {
		u, v := s.load(x, 0), s.load(y, 0)
		k.VMULPS(b, v, v)
		k.VFMADD231PS(a, u, v)
		s.store(v, dst, 0)
	})
	k.done()
}

func (k coder) multiply() {
	k.function("multiply", "func(n int, dst, x, y *float32)")
	n, dst, x, y := k.param("n"), k.param("dst"), k.param("x"), k.param("y")
	k.loop(n, 1, []reg.GPVirtual{dst, x, y}, func(s span) {
		u, v := s.load(x, 0), s.load(y, 0)
		k.VMULPS(u, v, v)
		s.store(v, dst, 0)
	})
	k.done()
}

func (k coder) scale() {
	k.function("scale", "func(n int, dst, x *float32, a float32)")
	n, dst, x := k.param("n"), k.param("dst"), k.param("x")
	a := k.broadcast("a")
	k.loop(n, 1, []reg.GPVirtual{dst, x}, func(s span) {
		u := s.load(x, 0)
		k.VMULPS(a, u, u)
		s.store(u, dst, 0)
	})
	k.done()
}

// doubles returns the two halves of x in float64.
func (k coder) doubles(x reg.VecVirtual) [2]reg.VecVirtual {
	high := k.YMM()
	lo, hi := k.reg(), k.reg()
	if k.lanes == 16 {
		k.VEXTRACTF64X4(operand.Imm(1), x, high)
		k.VCVTPS2PD(x.AsY(), lo)
		k.VCVTPS2PD(high, hi)
	} else {
		k.VEXTRACTF128(operand.Imm(1), x, high.AsX())
		k.VCVTPS2PD(x.AsX(), lo)
		k.VCVTPS2PD(high.AsX(), hi)
	}
	return [2]reg.VecVirtual{lo, hi}
}

// total adds up the float64 lanes of four registers and returns the sum.
func (k coder) total(sums []reg.VecVirtual) {
	k.VADDPD(sums[1], sums[0], sums[0])
	k.VADDPD(sums[3], sums[2], sums[2])
	k.VADDPD(sums[2], sums[0], sums[0])
	y := sums[0].AsY()
	t := k.YMM()
	if k.lanes == 16 {
		k.VEXTRACTF64X4(operand.Imm(1), sums[0], t)
		k.VADDPD(t, y, y)
	}
	k.VEXTRACTF128(operand.Imm(1), y, t.AsX())
	x := sums[0].AsX()
	k.VADDPD(t.AsX(), x, x)
	k.VUNPCKHPD(x, x, t.AsX())
	k.VADDSD(t.AsX(), x, x)
	k.Store(x, k.ReturnIndex(0))
}

func (k coder) sum() {
	k.function("sum", "func(n int, x *float32) float64")
	n, x := k.param("n"), k.param("x")
	sums := k.registers(k.Context, 4)
	for _, s := range sums {
		k.zero(k.Context, s)
	}
	k.loop(n, 2, []reg.GPVirtual{x}, func(s span) {
		for i := range 2 {
			for j, d := range k.doubles(s.load(x, i)) {
				k.VADDPD(d, sums[2*i+j], sums[2*i+j])
			}
		}
	})
	k.total(sums)
	k.done()
}

func (k coder) dot() {
	k.function("dot", "func(n int, x, y *float32) float64")
	n, x, y := k.param("n"), k.param("x"), k.param("y")
	sums := k.registers(k.Context, 4)
	for _, s := range sums {
		k.zero(k.Context, s)
	}
	k.loop(n, 2, []reg.GPVirtual{x, y}, func(s span) {
		for i := range 2 {
			u, v := k.doubles(s.load(x, i)), k.doubles(s.load(y, i))
			for j := range u {
				k.VFMADD231PD(u[j], v[j], sums[2*i+j])
			}
		}
	})
	k.total(sums)
	k.done()
}

// adam reads its seven constants in the order of the struct adamConstants.
func (k coder) adam() {
	k.function("adam", "func(n int, p, m, v, grad, constants *float32)")
	n, p, m, v, grad := k.param("n"), k.param("p"), k.param("m"), k.param("v"), k.param("grad")
	at := k.param("constants")
	c := k.registers(k.Context, 7)
	for i, r := range c {
		k.VBROADCASTSS(operand.Mem{Base: at, Disp: 4 * i}, r)
	}
	beta1, rest1, beta2, rest2, rate, root, epsilon := c[0], c[1], c[2], c[3], c[4], c[5], c[6]
	k.loop(n, 1, []reg.GPVirtual{p, m, v, grad}, func(s span) {
		g, x, y := s.load(grad, 0), s.load(m, 0), s.load(v, 0)
		t := k.reg()
		k.VMULPS(rest1, g, t)
		k.VMULPS(beta1, x, x)
		k.VADDPS(t, x, x)
		s.store(x, m, 0)
		k.VMULPS(g, rest2, t)
		k.VMULPS(g, t, t)
		k.VMULPS(beta2, y, y)
		k.VADDPS(t, y, y)
		s.store(y, v, 0)
		k.VSQRTPS(y, y)
		k.VMULPS(root, y, y)
		k.VADDPS(epsilon, y, y)
		k.VMULPS(rate, x, x)
		k.VDIVPS(y, x, x)
		w := s.load(p, 0)
		k.VSUBPS(x, w, w)
		s.store(w, p, 0)
	})
	k.done()
}

// adaMax reads the constants β₁, 1-β₁, β₂, rate and ε.
func (k coder) adaMax() {
	k.function("adaMax", "func(n int, p, m, u, grad, constants *float32)")
	n, p, m, u, grad := k.param("n"), k.param("p"), k.param("m"), k.param("u"), k.param("grad")
	at := k.param("constants")
	c := k.registers(k.Context, 5)
	for i, r := range c {
		k.VBROADCASTSS(operand.Mem{Base: at, Disp: 4 * i}, r)
	}
	beta1, rest1, beta2, rate, epsilon := c[0], c[1], c[2], c[3], c[4]
	k.loop(n, 1, []reg.GPVirtual{p, m, u, grad}, func(s span) {
		g, x, y := s.load(grad, 0), s.load(m, 0), s.load(u, 0)
		t := k.reg()
		k.VMULPS(rest1, g, t)
		k.VMULPS(beta1, x, x)
		k.VADDPS(t, x, x)
		s.store(x, m, 0)
		k.VMULPS(beta2, y, y)
		k.VMAXPS(k.abs(g), y, y) // the gradient if one is not a number
		s.store(y, u, 0)
		k.VADDPS(epsilon, y, y)
		k.VMULPS(rate, x, x)
		k.VDIVPS(y, x, x)
		w := s.load(p, 0)
		k.VSUBPS(x, w, w)
		s.store(w, p, 0)
	})
	k.done()
}
