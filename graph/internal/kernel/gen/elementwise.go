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
		k.unary("exp", k.exp)
		k.unary("sigmoid", k.sigmoid)
		k.unary("sigmoidSlope", k.sigmoidSlope)
		k.unary("softplus", k.softplus)
		k.unary("tanh", k.tanh)
		k.unary("tanhSlope", k.tanhSlope)
		k.unary("logCosh", k.logCosh)
		k.unary("relu", k.relu)
		k.unary("step", k.step)
		k.unary("clippedReLU", k.clippedReLU)
		k.unary("box", k.box)
		k.unary("halfSquare", k.halfSquare)
		k.unary("halfSquareReLU", func(x vector) vector { return k.halfSquare(k.relu(x)) })
		k.unary("clippedIntegral", k.clippedIntegral)
		k.unary("sqrt", func(x vector) vector {
			k.each(k.VSQRTPS, x, x)
			return x
		})
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

// unary writes a function of one slice, for several registers at a time.
func (k coder) unary(name string, f func(x vector) vector) {
	k.function(name, "func(n int, dst, src *float32)")
	n, dst, src := k.param("n"), k.param("dst"), k.param("src")
	several := 2
	if k.lanes == 16 {
		several = 4
	}
	k.loop(n, several, []reg.GPVirtual{dst, src}, func(s span) {
		x := make(vector, several)
		for i := range x {
			x[i] = s.load(src, i)
		}
		for i, r := range f(x) {
			s.store(r, dst, i)
		}
	})
	k.done()
}

// A vector is several registers that are treated alike, one instruction after
// the other: each waits for the one before it on the same register, and the
// processor looks ahead only so far for something to do meanwhile.
type vector []reg.VecVirtual

// like returns as many registers as x has.
func (k coder) like(x vector) vector { return k.registers(k.Context, len(x)) }

// each writes an instruction for each register of the vectors among its
// operands; other operands are the same for all.
func (k coder) each(instruction func(...operand.Op), operands ...any) {
	n := 0
	for _, o := range operands {
		if v, ok := o.(vector); ok {
			n = len(v)
		}
	}
	for i := range n {
		one := make([]operand.Op, len(operands))
		for j, o := range operands {
			if v, ok := o.(vector); ok {
				one[j] = v[i]
			} else {
				one[j] = o.(operand.Op)
			}
		}
		instruction(one...)
	}
}

// number is a constant operand: in a register where there are many of them.
func (k coder) number(x float64) operand.Op {
	if k.lanes == 16 {
		return k.held(x)
	}
	return k.constant(x)
}

// series evaluates a polynomial, coefficients of low degree first.
func (k coder) series(x vector, coefficients ...float64) vector {
	p := k.like(x)
	last := len(coefficients) - 1
	k.each(k.VMOVUPS, k.constant(coefficients[last]), p)
	for i := last - 1; i >= 0; i-- {
		k.each(k.VFMADD213PS, k.number(coefficients[i]), x, p)
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

// exp is e to the x: 2ⁿ·eʳ with |r| ≤ ln2/2, and a polynomial for eʳ.
func (k coder) exp(x vector) vector {
	// Beyond these the result is 0 or infinite. The minimum takes its second
	// operand if one is not a number, so x has to be that.
	k.each(k.VMINPS, x, k.held(89), x)
	k.each(k.VMAXPS, x, k.held(-104), x)
	_, n := k.reduce(x, 1, 0)
	p := k.powers(x, 1)
	if k.lanes == 16 {
		k.each(k.VSCALEFPS, n, p, p)
		return p
	}
	// In two factors, as 2ⁿ may be no normal number.
	half := k.like(x)
	k.each(k.VCVTPS2DQ, n, n)
	k.each(k.VPSRAD, operand.Imm(1), n, half)
	k.each(k.VPSUBD, half, n, n)
	for _, e := range []vector{half, n} {
		k.each(k.VPADDD, k.word(127), e, e)
		k.each(k.VPSLLD, operand.Imm(23), e, e)
		k.each(k.VMULPS, e, p, p)
	}
	return p
}

// reduce finds n, the integer next to scale·x·log₂e, and takes n·ln2/scale from
// x. The sum with bits has n+bias in its last bits.
func (k coder) reduce(x vector, scale float64, bias int) (bits, n vector) {
	bits, n = k.like(x), k.like(x)
	shift := 3<<22 + float64(bias) // where the unit in the last place is 1
	k.each(k.VMOVUPS, k.constant(shift), bits)
	k.each(k.VFMADD231PS, k.number(scale*math.Log2E), x, bits)
	k.each(k.VSUBPS, k.number(shift), bits, n)
	k.each(k.VFNMADD231PS, k.number(0.693359375/scale), n, x) // ln2 in two parts
	k.each(k.VFNMADD231PS, k.number(-2.12194440e-4/scale), n, x)
	return bits, n
}

// powers is exp(scale·x) for |scale·x| ≤ ln2/2 (minimax, relative error 3e-9).
func (k coder) powers(x vector, scale float64) vector {
	coefficients := []float64{1, 1, 0.499999934477, 0.166665206309, 0.0416683880625, 0.00836871695142, 0.00138145978251}
	s := 1.
	for i := range coefficients {
		coefficients[i] *= s
		s *= scale
	}
	return k.series(x, coefficients...)
}

// decay is 2^up·exp(-scale·|x|), and 0 where that is too small for a normal
// number. scale is a power of two.
func (k coder) decay(x vector, scale float64, up int) vector {
	y := k.like(x)
	for i := range x {
		k.or(k.word(sign), x[i], y[i])
	}
	// The least exponent stands for 2ⁿ = 0.
	k.each(k.VMAXPS, y, k.held(-(126.95+float64(up))*math.Ln2/scale), y)
	power, _ := k.reduce(y, scale, 127+up)
	k.each(k.VPSLLD, operand.Imm(23), power, power)
	p := k.powers(y, scale)
	k.each(k.VMULPS, power, p, p)
	return p
}

// sigmoid is 1/(1+e) for positive x and e/(1+e) for negative, with e = exp(-|x|).
func (k coder) sigmoid(x vector) vector {
	e, below, one := k.decay(x, 1, 0), k.like(x), k.held(1)
	k.each(k.VADDPS, one, e, below)
	for i := range x {
		if k.lanes == 16 {
			negative := k.K()
			k.VPMOVD2M(x[i], negative)
			k.VBLENDMPS(e[i], one, negative, e[i])
		} else {
			k.VBLENDVPS(x[i], e[i], one, e[i])
		}
	}
	k.each(k.VDIVPS, below, e, e)
	return e
}

// sigmoidSlope is e/(1+e)² with e = exp(-|x|).
func (k coder) sigmoidSlope(x vector) vector { return k.slope(k.decay(x, 1, 0), 1) }

// tanhSlope is 4e/(1+e)² with e = exp(-2|x|).
func (k coder) tanhSlope(x vector) vector { return k.slope(k.decay(x, 2, 2), 4) }

// slope is times·e/(1+e)², given times·e.
func (k coder) slope(e vector, times float64) vector {
	d := k.like(e)
	k.each(k.VMOVUPS, k.constant(2/times), d)
	k.each(k.VFMADD231PS, k.number(1/(times*times)), e, d)
	k.each(k.VFMADD213PS, k.number(1), e, d)
	k.each(k.VDIVPS, d, e, e)
	return e
}

// log1p is e times a polynomial in e for log(1+e) with 0 ≤ e ≤ 1 (minimax,
// relative error 5e-9), quicker than the series of the artanh with its quotient.
// It is added to a.
func (k coder) log1p(e, a vector) vector {
	p := k.series(e, 1, -0.499999327639, 0.333305113273, -0.249585874801, 0.196954007855,
		-0.153553969205, 0.10680556473, -0.0576644532133, 0.0202045895578, -0.00331847355035)
	k.each(k.VFMADD213PS, a, e, p)
	return p
}

// softplus is max(x,0) + log(1+exp(-|x|)).
func (k coder) softplus(x vector) vector {
	e := k.decay(x, 1, 0)
	return k.log1p(e, k.relu(x))
}

// choose returns small where |x| is less than a limit, otherwise large.
func (k coder) choose(size vector, limit float64, small, large vector) vector {
	for i := range size {
		if k.lanes == 16 {
			less := k.K()
			k.VCMPPS(operand.Imm(1), k.constant(limit), size[i], less)
			k.VMOVAPS(small[i], less, large[i])
		} else {
			less := k.reg()
			k.VCMPPS(operand.Imm(1), k.constant(limit), size[i], less)
			k.VBLENDVPS(less, small[i], large[i], large[i])
		}
	}
	return large
}

// tanh is d/(1+d) for positive x, with d = (exp(2x)-1)/2 = 2ⁿ(exp(r)-1)/2 +
// (2ⁿ-1)/2, in which nothing cancels. The sign of x is put on at the end.
func (k coder) tanh(x vector) vector {
	y := k.like(x)
	for i := range x {
		k.and(k.word(magnitude), x[i], y[i])
	}
	k.each(k.VMINPS, y, k.held(9.1), y) // where it is 1
	power, n := k.reduce(y, 2, 127)
	k.each(k.VPSLLD, operand.Imm(23), power, power)
	// (exp(2y)-1)/2 for |y| ≤ ln2/4 (minimax, relative error 2e-10)
	d := k.series(y, 1.00000000883, 0.666666654818, 0.333330887286, 0.133334229932, 0.0446100079735, 0.0127013614756)
	square, rest := n, n
	k.each(k.VMULPS, y, y, square)
	k.each(k.VFMADD213PS, y, square, d)
	half := k.held(0.5)
	k.each(k.VMOVAPS, power, rest)
	k.each(k.VFMSUB213PS, half, half, rest)
	k.each(k.VFMADD213PS, rest, power, d)
	k.each(k.VADDPS, k.number(1), d, y)
	k.each(k.VDIVPS, y, d, d)
	for i := range x {
		k.and(k.word(sign), x[i], x[i])
		k.or(x[i], d[i], d[i])
	}
	return d
}

// logCosh is x² times a polynomial in x² for |x| < 1 (minimax, relative error
// 7e-9), otherwise |x| - ln2 + log(1+exp(-2|x|)).
func (k coder) logCosh(x vector) vector {
	e := k.decay(x, 2, 0)
	for i := range x {
		k.and(k.word(magnitude), x[i], x[i])
	}
	a := k.like(x)
	k.each(k.VADDPS, k.number(-math.Ln2), x, a)
	large := k.log1p(e, a)
	square := a
	k.each(k.VMULPS, x, x, square)
	small := k.series(square, 0.499999996613, -0.0833329925029, 0.0222165750408, -0.00671043837217,
		0.00207734787659, -0.000556226465295, 8.6571232128e-05)
	k.each(k.VMULPS, square, small, small)
	return k.choose(x, 1, small, large)
}

// relu is max(x,0), NaN for NaN. x is overwritten.
func (k coder) relu(x vector) vector {
	zero := k.reg()
	k.zero(k.Context, zero)
	k.each(k.VMAXPS, x, zero, x)
	return x
}

// clippedReLU is min(max(x,0),1).
func (k coder) clippedReLU(x vector) vector {
	x = k.relu(x)
	k.each(k.VMINPS, x, k.held(1), x)
	return x
}

// halfSquare is x²/2.
func (k coder) halfSquare(x vector) vector {
	half := k.like(x)
	k.each(k.VMULPS, k.number(0.5), x, half)
	k.each(k.VMULPS, half, x, x)
	return x
}

// clippedIntegral is the integral of clippedReLU, c·(r - c/2) with r = max(x,0)
// and c = min(r,1).
func (k coder) clippedIntegral(x vector) vector {
	r, c := k.relu(x), k.like(x)
	k.each(k.VMINPS, r, k.held(1), c)
	k.each(k.VFNMADD231PS, k.number(0.5), c, r)
	k.each(k.VMULPS, c, r, r)
	return r
}

// step is 1 where x > 0, otherwise 0, but NaN for NaN.
func (k coder) step(x vector) vector { return k.indicate(x, false) }

// box is 1 where 0 < x < 1, otherwise 0, but NaN for NaN.
func (k coder) box(x vector) vector { return k.indicate(x, true) }

func (k coder) indicate(x vector, bounded bool) vector {
	const less, greater = 1, 14
	zero, one, r := k.reg(), k.held(1), k.like(x)
	k.zero(k.Context, zero)
	k.each(k.VMAXPS, x, zero, r)
	k.each(k.VMINPS, r, zero, r)
	k.each(k.VADDPS, r, zero, r) // NaN where x is, otherwise 0 without a sign
	for i := range x {
		if k.lanes == 16 {
			in := k.K()
			k.VCMPPS(operand.Imm(greater), zero, x[i], in)
			if bounded {
				k.VCMPPS(operand.Imm(less), one, x[i], in, in)
			}
			k.VMOVAPS(one, in, r[i])
			continue
		}
		in, below := k.reg(), k.reg()
		k.VCMPPS(operand.Imm(greater), zero, x[i], in)
		if bounded {
			k.VCMPPS(operand.Imm(less), one, x[i], below)
			k.VANDPS(below, in, in)
		}
		k.VBLENDVPS(in, one, r[i], r[i])
	}
	return r
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
	const unordered = 3 // one of two is not a number, which a maximum may hide
	k.loop(n, 1, []reg.GPVirtual{p, m, u, grad}, func(s span) {
		g, x, y := s.load(grad, 0), s.load(m, 0), s.load(u, 0)
		t := k.reg()
		k.VMULPS(rest1, g, t)
		k.VMULPS(beta1, x, x)
		k.VADDPS(t, x, x)
		s.store(x, m, 0)
		k.VMULPS(beta2, y, y)
		size := k.abs(g)
		if k.lanes == 16 {
			nan := k.K()
			k.VCMPPS(operand.Imm(unordered), y, g, nan)
			k.VMAXPS(size, y, y)
			k.VMOVUPS(k.word(math.MaxUint32), nan, y)
		} else {
			k.VCMPPS(operand.Imm(unordered), y, g, t)
			k.VMAXPS(size, y, y)
			k.VORPS(t, y, y)
		}
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
