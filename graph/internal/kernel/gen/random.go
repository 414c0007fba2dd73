package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// random writes the generators of random numbers. They use no fused operation,
// so that Go computes the same bits.
func random(c *build.Context) {
	for _, v := range isas {
		k := coder{c, v}
		k.uniform()
		k.bernoulli()
		k.normal()
	}
}

// generator is the state of some of the sixteen xoshiro128++ generators, as
// many as a register has lanes, in four registers.
type generator struct {
	coder
	s [4]reg.VecVirtual
}

// generators loads the state; it is not stored again.
func (k coder) generators(state reg.Register) []generator {
	var all []generator
	for i := 0; i < 16; i += k.lanes {
		g := generator{coder: k}
		for j := range g.s {
			g.s[j] = k.reg()
			k.VMOVUPS(operand.Mem{Base: state, Disp: 64*j + 4*i}, g.s[j])
		}
		all = append(all, g)
	}
	return all
}

func (k coder) rotate(n uint64, x, r reg.VecVirtual) {
	if k.lanes == 16 {
		k.VPROLD(operand.Imm(n), x, r)
		return
	}
	t := k.reg()
	k.VPSRLD(operand.Imm(32-n), x, t)
	k.VPSLLD(operand.Imm(n), x, r)
	k.VPOR(t, r, r)
}

// next draws 32 bits for each lane.
func (g generator) next() reg.VecVirtual {
	u, t := g.reg(), g.reg()
	g.VPADDD(g.s[0], g.s[3], u)
	g.rotate(7, u, u)
	g.VPADDD(g.s[0], u, u)
	g.VPSLLD(operand.Imm(9), g.s[1], t)
	if g.lanes == 16 {
		const exclusive = 0x96 // or of three
		g.VPXORD(g.s[1], g.s[3], g.s[3])
		g.VPTERNLOGD(operand.Imm(exclusive), g.s[0], g.s[2], g.s[1])
		g.VPTERNLOGD(operand.Imm(exclusive), g.s[0], t, g.s[2])
		g.VPXORD(g.s[3], g.s[0], g.s[0])
		g.rotate(11, g.s[3], g.s[3])
		return u
	}
	g.xor(g.s[0], g.s[2], g.s[2])
	g.xor(g.s[1], g.s[3], g.s[3])
	g.xor(g.s[2], g.s[1], g.s[1])
	g.xor(g.s[3], g.s[0], g.s[0])
	g.xor(t, g.s[2], g.s[2])
	g.rotate(11, g.s[3], g.s[3])
	return u
}

// fraction makes numbers in [0,1) of the first 24 of 32 bits.
func (k coder) fraction(u reg.VecVirtual) reg.VecVirtual {
	k.VPSRLD(operand.Imm(8), u, u)
	k.VCVTDQ2PS(u, u)
	k.VMULPS(k.constant(1./(1<<24)), u, u)
	return u
}

func (k coder) uniform() {
	k.function("uniform", "func(n int, dst *float32, state *uint32)")
	n, dst := k.param("n"), k.param("dst")
	all := k.generators(k.param("state"))
	k.loop(n, len(all), []reg.GPVirtual{dst}, func(s span) {
		for i, g := range all {
			s.store(k.fraction(g.next()), dst, i)
		}
	})
	k.done()
}

func (k coder) bernoulli() {
	k.function("bernoulli", "func(n int, dst, p *float32, state *uint32)")
	n, dst, p := k.param("n"), k.param("dst"), k.param("p")
	all := k.generators(k.param("state"))
	zero, one := k.reg(), k.reg()
	k.zero(k.Context, zero)
	if k.lanes == 16 {
		k.VMOVUPS(k.constant(1), one)
	}
	k.loop(n, len(all), []reg.GPVirtual{dst, p}, func(s span) {
		for i, g := range all {
			u, x, r := g.next(), s.load(p, i), k.reg()
			k.VMULPS(k.constant(1<<32), x, x)
			k.VMULPS(zero, x, r) // NaN where p is
			// As a float, u must be rounded down: then it is less than x where the
			// integer is.
			if k.lanes == 16 {
				less := k.K()
				k.VCVTUDQ2PS_RZ_SAE(u, u)
				k.VCMPPS(operand.Imm(1), x, u, less)
				k.VMOVAPS(one, less, r)
			} else {
				// Without the first bit of those that are lost, nothing is rounded up.
				less := k.reg()
				k.VPSRLD(operand.Imm(24), u, less)
				k.VPANDN(u, less, u)
				k.VCMPPS(operand.Imm(1), x, k.float(u), less)
				k.VANDPS(k.constant(1), less, less)
				k.VORPS(less, r, r)
			}
			s.store(r, dst, i)
		}
	})
	k.done()
}

// float makes floats of unsigned integers, rounded to the nearest.
func (k coder) float(u reg.VecVirtual) reg.VecVirtual {
	if k.lanes == 16 {
		k.VCVTUDQ2PS(u, u)
		return u
	}
	// Each half goes into the last bits of a large number, whose size is taken
	// away from the first, exactly.
	const low, high = 1 << 23, 1 << 39
	t := k.reg()
	k.VPSRLD(operand.Imm(16), u, t)
	k.VPOR(k.constant(high), t, t)
	k.VPBLENDW(operand.Imm(0xaa), k.constant(low), u, u)
	k.VSUBPS(k.constant(high+low), t, t)
	k.VADDPS(t, u, u)
	return u
}

// plain evaluates a polynomial without fused operations.
func (k coder) plain(x reg.VecVirtual, coefficients ...float64) reg.VecVirtual {
	p := k.held(coefficients[len(coefficients)-1])
	for i := len(coefficients) - 2; i >= 0; i-- {
		k.VMULPS(x, p, p)
		k.VADDPS(k.constant(coefficients[i]), p, p)
	}
	return p
}

// normal is the method of Box and Muller. What it computes, operation by
// operation, is the function boxMuller of the package.
func (k coder) normal() {
	k.function("normal", "func(n int, dst *float32, state *uint32)")
	n, dst := k.param("n"), k.param("dst")
	all := k.generators(k.param("state"))
	k.loop(n, 2*len(all), []reg.GPVirtual{dst}, func(s span) {
		for i, g := range all {
			r := k.radius(g.next())
			cos, sin := k.circle(k.fraction(g.next()))
			k.VMULPS(r, cos, cos)
			k.VMULPS(r, sin, sin)
			s.store(cos, dst, i)
			s.store(sin, dst, len(all)+i)
		}
	})
	k.done()
}

// radius is √(-2·log v), with v in (0,1] made of 32 bits.
func (k coder) radius(u reg.VecVirtual) reg.VecVirtual {
	e, t, square := k.reg(), k.reg(), k.reg()
	if k.lanes == 16 {
		k.VPTERNLOGD(operand.Imm(0xaf), k.word(1), u, u) // not u, or 1
	} else {
		k.VPXOR(k.word(1<<32-1), u, u)
		k.VPOR(k.word(1), u, u)
	}
	f := k.float(u)
	k.VMULPS(k.constant(1./(1<<32)), f, f)
	// v = 2ᵉ·(1+f) with 1+f between √½ and √2
	k.VPSUBD(k.word(math.Float32bits(math.Sqrt2/2)), f, e)
	k.VPSRAD(operand.Imm(23), e, e)
	k.VPSLLD(operand.Imm(23), e, t)
	k.VPSUBD(t, f, f)
	k.VSUBPS(k.constant(1), f, f)
	k.VCVTDQ2PS(e, e)
	p := k.plain(f, 0.333333307282, -0.250003064226, 0.200010450942, -0.166412814631,
		0.142144959239, -0.129981837637, 0.126223198492, -0.0790274377239)
	k.VMULPS(f, f, square)
	k.VMULPS(f, p, p)
	k.VSUBPS(k.constant(0.5), p, p)
	k.VMULPS(square, p, p)
	k.VADDPS(p, f, f)
	k.VMULPS(k.constant(math.Ln2), e, e)
	k.VADDPS(e, f, f)
	k.VMULPS(k.constant(-2), f, f)
	k.VSQRTPS(f, f)
	return f
}

// circle is the cosine and the sine of 2πu.
func (k coder) circle(u reg.VecVirtual) (cos, sin reg.VecVirtual) {
	q, t, square := k.reg(), k.reg(), k.reg()
	// u = q/4 + x/2π with |x| ≤ π/4
	k.VMULPS(k.constant(4), u, q)
	k.VADDPS(k.constant(0.5), q, q)
	k.VCVTTPS2DQ(q, q)
	k.VCVTDQ2PS(q, t)
	k.VMULPS(k.constant(0.25), t, t)
	k.VSUBPS(t, u, u)
	k.VMULPS(k.constant(2*math.Pi), u, u)
	k.VMULPS(u, u, square)
	sin = k.plain(square, -0.166666666639, 0.00833333187471, -0.000198400867354, 2.72499258031e-6)
	k.VMULPS(square, sin, sin)
	k.VMULPS(u, sin, sin)
	k.VADDPS(u, sin, sin)
	cos = k.plain(square, 0.0416666666643, -0.0013888887672, 2.48006003772e-5, -2.73009592039e-7)
	k.VMULPS(square, cos, cos)
	k.VSUBPS(k.constant(0.5), cos, cos)
	k.VMULPS(square, cos, cos)
	k.VADDPS(k.constant(1), cos, cos)
	// odd quarters change places
	a, b := k.reg(), k.reg()
	if k.lanes == 16 {
		odd := k.K()
		k.VPTESTMD(k.word(1), q, odd)
		k.VBLENDMPS(sin, cos, odd, a)
		k.VBLENDMPS(cos, sin, odd, b)
	} else {
		odd := k.reg()
		k.VPSLLD(operand.Imm(31), q, odd)
		k.VBLENDVPS(odd, sin, cos, a)
		k.VBLENDVPS(odd, cos, sin, b)
	}
	// the sine is negative in quarters 2 and 3, the cosine in 1 and 2
	k.VPADDD(k.word(1), q, t)
	for _, x := range []struct{ q, r reg.VecVirtual }{{t, a}, {q, b}} {
		k.VPSLLD(operand.Imm(30), x.q, x.q)
		k.and(k.word(sign), x.q, x.q)
		k.xor(x.q, x.r, x.r)
	}
	return a, b
}
