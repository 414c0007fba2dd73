package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm writes the inner loops of the matrix product, and loops that do nothing
// but multiply and add, to compare them with.
func gemm(c *build.Context) {
	for _, v := range isas {
		for rows := 1; rows <= v.rows; rows++ {
			for wide := 1; wide <= 2; wide++ {
				tile(c, v, rows, wide)
			}
		}
		peak(c, v)
	}
	pause(c)
	cpuid(c)
}

// fetchShift says how far ahead rows of b are fetched while they are packed:
// 1<<fetchShift rows, the time in which memory answers.
const fetchShift = 3

// strided addresses the elements of a column whose rows lie stride apart, three
// of them from each of a few base registers.
type strided struct {
	bases  []reg.Register
	stride reg.Register
}

func newStrided(c *build.Context, base, stride reg.Register, rows int) strided {
	s := strided{[]reg.Register{base}, stride}
	for i := 3; i < rows; i += 3 {
		next := c.GP64()
		c.LEAQ(operand.Mem{Base: base, Index: stride, Scale: 2}, next)
		c.ADDQ(stride, next)
		s.bases = append(s.bases, next)
		base = next
	}
	return s
}

func (s strided) at(row int) operand.Mem {
	m := operand.Mem{Base: s.bases[row/3]}
	if row%3 > 0 {
		m.Index, m.Scale = s.stride, uint8(row%3)
	}
	return m
}

func (s strided) advance(c *build.Context, by operand.Op) {
	for _, b := range s.bases {
		c.ADDQ(by, b)
	}
}

// tile computes c = alpha·a·b + beta·d, a number of tiles one below the other.
// Each has as many rows as said and w columns, no more than wide registers hold.
// d may be c, or with ldd = 0 one row for all. Strides are in bytes. All of the sums stay in registers; a step takes one
// column of a and one row of b. Unless panel is nil the rows of b, of
// the whole width, are stored there too, one next to another: the tiles below this one find them packed,
// and the copy costs little beside the arithmetic. Tiles that find them so fetch,
// meanwhile, the rows of the next panel into the second-level cache, a quarter
// of them each, so many tiles as parts says.
func tile(c *build.Context, v isa, rows, wide int) {
	c.Function(fmt.Sprintf("tile%s_%dx%d", v.suffix, rows, wide*v.lanes))
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(tiles, k int, a *float32, rsa, csa int, b *float32, ldb int, d *float32, ldd int, c *float32, ldc, w int, alpha, beta float32, panel, next *float32, ldnext, parts int)")
	load := func(name string) reg.Register { return c.Load(c.Param(name), c.GP64()) }

	c.Label("tile")
	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		sums[i] = v.registers(c, wide)
		for _, s := range sums[i] {
			v.zero(c, s)
		}
	}
	// The tile of c is wanted at the end: have it fetched meanwhile.
	to, ldc := load("c"), load("ldc")
	for i := range rows {
		if i > 0 {
			c.ADDQ(ldc, to)
		}
		for j := 0; j < wide*v.bytes(); j += 64 {
			c.PREFETCHT0(operand.Mem{Base: to, Disp: j})
		}
		c.PREFETCHT0(operand.Mem{Base: to, Disp: wide*v.bytes() - 4}) // if not aligned
	}
	k, a, rsa, csa, b, ldb := load("k"), load("a"), load("rsa"), load("csa"), load("b"), load("ldb")
	as := newStrided(c, a, rsa, rows)
	bs := v.registers(c, wide)
	xs := v.registers(c, min(rows, v.lanes/4)) // 4 or 2: what the sums leave free
	var panel, fetch reg.Register
	if wide == 2 {
		panel, fetch = load("panel"), c.GP64()
	}
	step := func(pack bool) {
		for j, r := range bs {
			c.VMOVUPS(operand.Mem{Base: b, Disp: j * v.bytes()}, r)
			if pack {
				c.VMOVUPS(r, operand.Mem{Base: panel, Disp: j * v.bytes()})
			}
		}
		if pack {
			for j := 0; j < wide*v.bytes(); j += 64 {
				c.PREFETCHT0(operand.Mem{Base: fetch, Disp: j})
			}
			c.PREFETCHT0(operand.Mem{Base: fetch, Disp: wide*v.bytes() - 4})
		}
		for i := range rows {
			x := xs[i%len(xs)]
			c.VBROADCASTSS(as.at(i), x)
			for j, r := range bs {
				c.VFMADD231PS(r, x, sums[i][j])
			}
		}
		c.ADDQ(ldb, b)
		as.advance(c, csa)
	}
	if wide == 2 {
		c.TESTQ(panel, panel)
		c.JZ(operand.LabelRef("packed"))
		c.MOVQ(ldb, fetch)
		c.SHLQ(operand.Imm(fetchShift), fetch)
		c.ADDQ(b, fetch)
		c.Label("packing")
		step(true)
		c.ADDQ(operand.U32(uint32(wide*v.bytes())), panel)
		c.ADDQ(ldb, fetch)
		c.DECQ(k)
		c.JNZ(operand.LabelRef("packing"))
		c.JMP(operand.LabelRef("done"))
		c.Label("packed")
	}
	rounds := c.GP64()
	if wide == 2 {
		c.CMPQ(param(c, "parts"), operand.Imm(0))
		c.JE(operand.LabelRef("near"))
		c.MOVQ(k, rounds)
		c.SHRQ(operand.Imm(2), rounds)
		c.JZ(operand.LabelRef("near"))
		next, ldnext := load("next"), load("ldnext")
		c.Label("fetching")
		for j := 0; j < wide*v.bytes(); j += 64 {
			c.PREFETCHT1(operand.Mem{Base: next, Disp: j})
		}
		c.PREFETCHT1(operand.Mem{Base: next, Disp: wide*v.bytes() - 4})
		for range 4 {
			step(false)
		}
		c.ADDQ(ldnext, next)
		c.DECQ(rounds)
		c.JNZ(operand.LabelRef("fetching"))
		c.MOVQ(next, param(c, "next"))
		c.DECQ(param(c, "parts"))
		c.ANDQ(operand.Imm(3), k)
		c.JZ(operand.LabelRef("done"))
		c.JMP(operand.LabelRef("rest"))
		c.Label("near")
	}
	c.MOVQ(k, rounds)
	c.SHRQ(operand.Imm(1), rounds)
	c.JZ(operand.LabelRef("odd"))
	c.Label("loop")
	step(false)
	step(false)
	c.DECQ(rounds)
	c.JNZ(operand.LabelRef("loop"))
	c.Label("odd")
	c.ANDQ(operand.Imm(1), k)
	c.JZ(operand.LabelRef("done"))
	c.Label("rest")
	step(false)
	c.DECQ(k)
	c.JNZ(operand.LabelRef("rest"))
	c.Label("done")

	c.CMPL(param(c, "alpha"), operand.U32(math.Float32bits(1)))
	c.JE(operand.LabelRef("scaled"))
	alpha := xs[0]
	c.VBROADCASTSS(param(c, "alpha"), alpha)
	for i := range sums {
		for _, s := range sums[i] {
			c.VMULPS(alpha, s, s)
		}
	}
	c.Label("scaled")
	w := load("w")
	bits := c.GP32()
	c.MOVL(param(c, "beta"), bits)
	whole := c.GP64()
	c.MOVQ(operand.I32(int32(wide*v.lanes)), whole)
	src, ldd := load("d"), load("ldd")
	dst, ldc := load("c"), load("ldc")

	// Four ways to store: the whole width or part of it, alone or added to d.
	store := func(add bool, masks []mask) {
		beta := xs[len(xs)-1]
		if add {
			c.VBROADCASTSS(param(c, "beta"), beta)
		}
		for i := range sums {
			if i > 0 {
				c.ADDQ(ldc, dst)
				if add {
					c.ADDQ(ldd, src)
				}
			}
			for j, s := range sums[i] {
				from := operand.Mem{Base: src, Disp: j * v.bytes()}
				at := operand.Mem{Base: dst, Disp: j * v.bytes()}
				switch {
				case masks == nil && add:
					c.VFMADD231PS(from, beta, s)
					c.VMOVUPS(s, at)
				case masks == nil:
					c.VMOVUPS(s, at)
				default:
					if add {
						masks[j].load(c, from, bs[0])
						c.VFMADD231PS(bs[0], beta, s)
					}
					masks[j].store(c, s, at)
				}
			}
		}
		if add {
			c.ADDQ(ldd, src)
			c.MOVQ(src, param(c, "d"))
		}
		c.JMP(operand.LabelRef("next"))
	}
	c.CMPQ(w, whole)
	c.JNE(operand.LabelRef("part"))
	c.TESTL(bits, bits)
	c.JZ(operand.LabelRef("over"))
	store(true, nil)
	c.Label("over")
	store(false, nil)
	c.Label("part")
	m := v.masks(c, w, wide)
	c.TESTL(bits, bits)
	c.JZ(operand.LabelRef("partover"))
	store(true, m)
	c.Label("partover")
	store(false, m)

	c.Label("next")
	c.DECQ(param(c, "tiles"))
	c.JZ(operand.LabelRef("return"))
	c.ADDQ(ldc, dst)
	c.MOVQ(dst, param(c, "c"))
	below := load("rsa")
	c.IMUL3Q(operand.Imm(uint64(rows)), below, below)
	c.ADDQ(below, param(c, "a"))
	if wide == 2 {
		panel := load("panel")
		c.TESTQ(panel, panel)
		c.JZ(operand.LabelRef("tile"))
		c.MOVQ(panel, param(c, "b"))
		c.MOVQ(operand.U32(uint32(wide*v.bytes())), param(c, "ldb"))
		c.MOVQ(operand.U32(0), param(c, "panel"))
	}
	c.JMP(operand.LabelRef("tile"))
	c.Label("return")
	c.VZEROUPPER()
	c.RET()
}

// param is the address of a parameter.
func param(c *build.Context, name string) operand.Mem {
	b, err := c.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// peak multiplies and adds in twelve registers, n times: as many operations as
// the processor can do.
func peak(c *build.Context, v isa) {
	c.Function("peak" + v.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(n int)")
	n := c.Load(c.Param("n"), c.GP64())
	sums := v.registers(c, 12)
	x := v.register(c)
	for _, s := range append(sums, x) {
		v.zero(c, s)
	}
	c.Label("loop")
	for _, s := range sums {
		c.VFMADD231PS(x, x, s)
	}
	c.DECQ(n)
	c.JNZ(operand.LabelRef("loop"))
	c.VZEROUPPER()
	c.RET()
}

func pause(c *build.Context) {
	c.Function("pause")
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.Doc("pause gives a polling loop n moments of rest.")
	c.SignatureExpr("func(n int)")
	n := c.Load(c.Param("n"), c.GP64())
	c.Label("loop")
	c.PAUSE()
	c.DECQ(n)
	c.JNZ(operand.LabelRef("loop"))
	c.RET()
}

func cpuid(c *build.Context) {
	c.Function("cpuid")
	c.Attributes(attr.NOSPLIT)
	c.Doc("cpuid is what the processor answers about itself.")
	c.SignatureExpr("func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)")
	c.Load(c.Param("leaf"), reg.EAX)
	c.Load(c.Param("subleaf"), reg.ECX)
	c.CPUID()
	c.Store(reg.EAX, c.Return("eax"))
	c.Store(reg.EBX, c.Return("ebx"))
	c.Store(reg.ECX, c.Return("ecx"))
	c.Store(reg.EDX, c.Return("edx"))
	c.RET()
}
