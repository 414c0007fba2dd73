package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: what differs between its two members when the same
// kernel is written for both.
type isa struct {
	suffix string
	lanes  int // float32 in a register
	rows   int // of the largest tile of a matrix product, two registers wide
}

var (
	avx512 = isa{suffix: "512", lanes: 16, rows: 12}
	avx2   = isa{suffix: "256", lanes: 8, rows: 6}
	isas   = []isa{avx512, avx2}
)

// bytes is the size of a register.
func (v isa) bytes() int { return 4 * v.lanes }

func (v isa) register(c *build.Context) reg.VecVirtual {
	if v.lanes == 16 {
		return c.ZMM()
	}
	return c.YMM()
}

func (v isa) registers(c *build.Context, n int) []reg.VecVirtual {
	r := make([]reg.VecVirtual, n)
	for i := range r {
		r[i] = v.register(c)
	}
	return r
}

func (v isa) zero(c *build.Context, x reg.VecVirtual) {
	if v.lanes == 16 {
		c.VPXORD(x, x, x)
	} else {
		c.VXORPS(x, x, x)
	}
}

// A mask selects the first lanes of a register: a mask register of AVX-512, a
// vector with the sign bits set for AVX2.
type mask struct {
	isa
	k reg.Register
}

// masks returns n masks that together select the first count elements of n
// registers. count is kept.
func (v isa) masks(c *build.Context, count reg.Register, n int) []mask {
	m := make([]mask, n)
	for i := range m {
		m[i] = v.mask(c, count, i*v.lanes)
	}
	return m
}

// mask selects the lanes i with skip+i < count.
func (v isa) mask(c *build.Context, count reg.Register, skip int) mask {
	if v.lanes == 16 {
		// bits skip to skip+15 of (1<<min(count,63))-1
		bits, n := c.GP64(), c.GP64()
		c.MOVQ(operand.I32(-1), bits)
		c.MOVQ(count, n)
		limit := c.GP64()
		c.MOVQ(operand.I32(63), limit)
		c.CMPQ(n, limit)
		c.CMOVQGT(limit, n)
		c.BZHIQ(n, bits, bits)
		if skip > 0 {
			c.SHRQ(operand.Imm(uint64(skip)), bits)
		}
		k := c.K()
		c.KMOVW(bits.As32(), k)
		return mask{v, k}
	}
	k, x := c.YMM(), c.XMM()
	n := c.GP64()
	c.MOVQ(count, n)
	c.VMOVD(n.As32(), x)
	c.VPBROADCASTD(x, k)
	indices := make([]uint32, 32)
	for i := range indices {
		indices[i] = uint32(i)
	}
	c.VPCMPGTD(table(c, "index", indices).Offset(4*skip), k, k)
	return mask{v, k}
}

// load reads the selected elements; the others become zero.
func (m mask) load(c *build.Context, from operand.Mem, x reg.VecVirtual) {
	if m.lanes == 16 {
		c.VMOVUPS_Z(from, m.k, x)
	} else {
		c.VMASKMOVPS(from, m.k, x)
	}
}

// store writes the selected elements.
func (m mask) store(c *build.Context, x reg.VecVirtual, to operand.Mem) {
	if m.lanes == 16 {
		c.VMOVUPS(x, m.k, to)
	} else {
		c.VMASKMOVPS(x, m.k, to)
	}
}

var tables = map[string]operand.Mem{}

// table returns a constant in read-only memory, defined once.
func table(c *build.Context, name string, words []uint32) operand.Mem {
	if m, ok := tables[name]; ok {
		return m
	}
	m := c.StaticGlobal(name)
	for i, w := range words {
		c.AddDatum(4*i, operand.U32(w))
	}
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	tables[name] = m
	return m
}
