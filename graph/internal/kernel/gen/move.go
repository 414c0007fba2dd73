package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// move writes the loops that copy, add and transpose rows.
func move(c *build.Context) {
	for _, v := range isas {
		rows(c, v, "copyRows", false)
		rows(c, v, "addRows", true)
		transpose(c, v.lanes)
	}
	transpose(c, 4)
}

// rows copies n rows of w elements, or adds them to those of dst. Strides are
// in bytes; n and w are at least 1.
func rows(c *build.Context, v isa, name string, add bool) {
	c.Function(name + v.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(dst *float32, ldd int, src *float32, lds, n, w int)")
	load := func(name string) reg.Register { return c.Load(c.Param(name), c.GP64()) }
	dst, ldd, src, lds := load("dst"), load("ldd"), load("src"), load("lds")
	n, w := load("n"), load("w")
	x, y := v.register(c), v.register(c)
	put := func(disp int, d, s reg.Register, m *mask) {
		from, to := operand.Mem{Base: s, Disp: disp}, operand.Mem{Base: d, Disp: disp}
		switch {
		case m == nil && add:
			c.VMOVUPS(from, x)
			c.VADDPS(to, x, x)
			c.VMOVUPS(x, to)
		case m == nil:
			c.VMOVUPS(from, x)
			c.VMOVUPS(x, to)
		default:
			m.load(c, from, x)
			if add {
				m.load(c, to, y)
				c.VADDPS(y, x, x)
			}
			m.store(c, x, to)
		}
	}
	next := func(loop string) {
		c.ADDQ(lds, src)
		c.ADDQ(ldd, dst)
		c.DECQ(n)
		c.JNZ(operand.LabelRef(loop))
		c.VZEROUPPER()
		c.RET()
	}
	width := func(n int) operand.Op { return operand.Imm(uint64(n * v.lanes)) }

	c.CMPQ(w, width(1))
	c.JLE(operand.LabelRef("narrow"))
	c.CMPQ(w, width(2))
	c.JLT(operand.LabelRef("middle"))
	c.JE(operand.LabelRef("two"))
	// whole registers, then the rest
	full, rest := c.GP64(), c.GP64()
	c.MOVQ(w, full)
	c.MOVQ(w, rest)
	shift, low := uint64(4), uint64(15)
	if v.lanes == 8 {
		shift, low = 3, 7
	}
	c.SHRQ(operand.Imm(shift), full)
	c.ANDQ(operand.Imm(low), rest)
	mr := v.mask(c, rest, 0)
	s, d, i := c.GP64(), c.GP64(), c.GP64()
	c.Label("row")
	c.MOVQ(src, s)
	c.MOVQ(dst, d)
	c.MOVQ(full, i)
	c.Label("loop")
	put(0, d, s, nil)
	c.ADDQ(operand.U32(uint32(v.bytes())), s)
	c.ADDQ(operand.U32(uint32(v.bytes())), d)
	c.DECQ(i)
	c.JNZ(operand.LabelRef("loop"))
	c.TESTQ(rest, rest)
	c.JZ(operand.LabelRef("end"))
	put(0, d, s, &mr)
	c.Label("end")
	next("row")

	c.Label("two")
	put(0, dst, src, nil)
	put(v.bytes(), dst, src, nil)
	next("two")

	c.Label("middle")
	m2 := v.mask(c, w, v.lanes)
	c.Label("middleloop")
	put(0, dst, src, nil)
	put(v.bytes(), dst, src, &m2)
	next("middleloop")

	c.Label("narrow")
	if add {
		pieces(c, dst, src, w, v.lanes)
		next("narrow")
		return
	}
	m1 := v.mask(c, w, 0)
	c.Label("narrowloop")
	put(0, dst, src, &m1)
	next("narrowloop")
}

// pieces adds w elements, lanes at most, in pieces of 16, 8, 4, 2 and 1. Masks
// would do it at once, but a load has to wait for a masked store before it
// where it only comes near.
func pieces(c *build.Context, dst, src, w reg.Register, lanes int) {
	s, d := c.GP64(), c.GP64()
	c.MOVQ(src, s)
	c.MOVQ(dst, d)
	for n := lanes; n >= 1; n /= 2 {
		skip := fmt.Sprintf("skip%d", n)
		c.TESTQ(operand.U32(uint32(n)), w)
		c.JZ(operand.LabelRef(skip))
		from, to := operand.Mem{Base: s}, operand.Mem{Base: d}
		x, y := c.XMM(), c.XMM()
		switch n {
		case 16:
			z := c.ZMM()
			c.VMOVUPS(from, z)
			c.VADDPS(to, z, z)
			c.VMOVUPS(z, to)
		case 8:
			z := c.YMM()
			c.VMOVUPS(from, z)
			c.VADDPS(to, z, z)
			c.VMOVUPS(z, to)
		case 4:
			c.VMOVUPS(from, x)
			c.VADDPS(to, x, x)
			c.VMOVUPS(x, to)
		case 2:
			c.VMOVSD(from, x)
			c.VMOVSD(to, y)
			c.VADDPS(y, x, x)
			c.VMOVSD(x, to)
		case 1:
			c.VMOVSS(from, x)
			c.VADDSS(to, x, x)
			c.VMOVSS(x, to)
		}
		c.ADDQ(operand.Imm(uint64(4*n)), s)
		c.ADDQ(operand.Imm(uint64(4*n)), d)
		c.Label(skip)
	}
}

// transpose writes dst[j*ldd+i] = src[i*lds+j] for m rows i, 16, 8 or 4, and n4
// groups of four columns j. Strides are in bytes.
func transpose(c *build.Context, m int) {
	v := map[int]isa{16: avx512, 8: avx2, 4: {suffix: "128", lanes: 4}}[m]
	c.Function("transpose" + v.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(dst *float32, ldd int, src *float32, lds, n4 int)")
	load := func(name string) reg.Register { return c.Load(c.Param(name), c.GP64()) }
	dst, ldd, src, lds, n := load("dst"), load("ldd"), load("src"), load("lds"), load("n4")
	from := newStrided(c, src, lds, m)
	register := func() reg.VecVirtual {
		if m == 4 {
			return c.XMM()
		}
		return v.register(c)
	}
	c.Label("loop")
	// z[q] has in its 128-bit lane l the four columns of row q+4l
	z := [4]reg.VecVirtual{register(), register(), register(), register()}
	for q := range z {
		c.VMOVUPS(from.at(q), z[q].AsX())
		for l := 1; l < m/4; l++ {
			if m == 16 {
				c.VINSERTF32X4(operand.Imm(uint64(l)), from.at(q+4*l), z[q], z[q])
			} else {
				c.VINSERTF128(operand.Imm(uint64(l)), from.at(q+4*l), z[q], z[q])
			}
		}
	}
	t := [4]reg.VecVirtual{register(), register(), register(), register()}
	c.VUNPCKLPS(z[1], z[0], t[0])
	c.VUNPCKHPS(z[1], z[0], t[1])
	c.VUNPCKLPS(z[3], z[2], t[2])
	c.VUNPCKHPS(z[3], z[2], t[3])
	for j := range 4 {
		o := register()
		if j%2 == 0 {
			c.VUNPCKLPD(t[j/2+2], t[j/2], o)
		} else {
			c.VUNPCKHPD(t[j/2+2], t[j/2], o)
		}
		c.VMOVUPS(o, operand.Mem{Base: dst})
		c.ADDQ(ldd, dst)
	}
	from.advance(c, operand.Imm(16))
	c.DECQ(n)
	c.JNZ(operand.LabelRef("loop"))
	c.VZEROUPPER()
	c.RET()
}
