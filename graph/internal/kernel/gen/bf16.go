package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fetchPairsShift says how far ahead rows are fetched while two of them become
// pairs: 1<<fetchPairsShift rows, the time in which memory answers.
const fetchPairsShift = 4

// bf16 writes the loops of the products whose operands are rounded to bfloat16:
// two that make pairs of such numbers, and the product of matrices of pairs.
// Avo and the assembler of Go know neither the instructions of AMX nor those of
// AVX512-BF16, so they are written byte by byte.
func bf16(c *build.Context) {
	pairs(c, "pairColumns", true)
	pairs(c, "pairRows", false)
	for rows := 1; rows <= 2; rows++ {
		for cols := 1; cols <= 2; cols++ {
			tilePairs(c, rows, cols)
		}
	}
}

// raw writes the bytes of an instruction.
func raw(c *build.Context, bytes ...byte) {
	for _, b := range bytes {
		c.Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []operand.Op{operand.U8(b)}})
	}
}

var zmm = []reg.VecPhysical{reg.Z0, reg.Z1, reg.Z2, reg.Z3}

// The prefixes that, in a VEX or EVEX instruction, belong to the opcode.
const (
	noPrefix = iota
	prefix66
	prefixF3
	prefixF2
)

// vex writes a VEX instruction of the map 0F38 on tile registers: reg, rm and
// other are the fields of these names, rm a register.
func vex(c *build.Context, prefix, opcode, reg, rm, other byte) {
	raw(c, 0xc4, 0xe2, (^other&15)<<3|prefix, opcode, 0xc0|reg<<3|rm)
}

// A tileAt is the place of a tile in memory: rows of 64 bytes, the first at
// base+disp, the others each stride further. Of disp the last seven bits count.
type tileAt struct {
	base, stride reg.GPPhysical
	disp         byte
}

// number is what an instruction calls a register.
func number(r reg.GPPhysical) byte { return byte(r.PhysicalIndex()) }

// move writes a load or a store of a tile register.
func (at tileAt) move(c *build.Context, prefix, opcode, tile byte) {
	base, index := number(at.base), number(at.stride)
	if base&7 == 5 || index == 4 {
		panic("gen: no such address")
	}
	extended := byte(0xe2) &^ (base >> 3 << 5) &^ (index >> 3 << 6)
	raw(c, 0xc4, extended, 15<<3|prefix, opcode, 1<<6|tile<<3|4, index&7<<3|base&7, at.disp)
}

func (at tileAt) load(c *build.Context, tile byte)  { at.move(c, prefixF2, 0x4b, tile) }   // TILELOADD
func (at tileAt) store(c *build.Context, tile byte) { at.move(c, prefixF3, 0x4b, tile) }   // TILESTORED
func tileZero(c *build.Context, tile byte)          { vex(c, prefixF2, 0x49, tile, 0, 0) } // TILEZERO
func tileRelease(c *build.Context)                  { vex(c, noPrefix, 0x49, 0, 0, 0) }    // TILERELEASE

// tileConfigure reads the shapes of the tile registers from where RAX points:
// LDTILECFG.
func tileConfigure(c *build.Context) { raw(c, 0xc4, 0xe2, 15<<3|noPrefix, 0x49, 0) }

// tileMultiply adds to the tile sum the product of two tiles of pairs:
// TDPBF16PS.
func tileMultiply(c *build.Context, sum, a, b byte) { vex(c, prefixF3, 0x5c, sum, a, b) }

// round writes VCVTNE2PS2BF16: the numbers of low, then those of high, rounded
// to the nearest bfloat16, to even in the middle. Registers 0 to 7.
func round(c *build.Context, high, low, dst byte) {
	raw(c, 0x62, 0xf2, (^high&15)<<3|4|prefixF2, 0x48, 0x72, 0xc0|dst<<3|low)
}

// pairs writes a loop that rounds a matrix and packs two elements into each
// word. pairColumns takes two neighbours of a row: a word for each two of w
// columns, in rows of whole lines of 64 bytes. pairRows takes two neighbours of
// a column: of each two rows one row of 32 words, of which w have a column. What
// lies beyond the matrix counts as zero. Strides are in bytes; n, the number of
// rows, and w are at least 1.
func pairs(c *build.Context, name string, columns bool) {
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(dst *float32, ldd int, src *float32, lds, n, w int)")
	load := func(name string) reg.Register { return c.Load(c.Param(name), c.GP64()) }
	dst, ldd, src, lds := load("dst"), load("ldd"), load("src"), load("lds")
	n, w := load("n"), load("w")
	if columns {
		count, from, to := c.GP64(), c.GP64(), c.GP64()
		rest := c.GP64()
		c.MOVQ(w, rest)
		c.ANDQ(operand.Imm(31), rest)
		m := avx512.masks(c, rest, 2)
		c.Label("row")
		c.MOVQ(src, from)
		c.MOVQ(dst, to)
		c.MOVQ(w, count)
		c.SHRQ(operand.Imm(5), count)
		c.JZ(operand.LabelRef("rest"))
		c.Label("loop")
		c.VMOVUPS(operand.Mem{Base: from}, reg.Z0)
		c.VMOVUPS(operand.Mem{Base: from, Disp: 64}, reg.Z1)
		round(c, 1, 0, 2)
		c.VMOVUPS(reg.Z2, operand.Mem{Base: to})
		c.ADDQ(operand.Imm(64), to)
		c.ADDQ(operand.U32(128), from)
		c.DECQ(count)
		c.JNZ(operand.LabelRef("loop"))
		c.Label("rest")
		c.TESTQ(rest, rest)
		c.JZ(operand.LabelRef("next"))
		c.VMOVUPS_Z(operand.Mem{Base: from}, m[0].k, reg.Z0)
		c.VMOVUPS_Z(operand.Mem{Base: from, Disp: 64}, m[1].k, reg.Z1)
		round(c, 1, 0, 2)
		c.VMOVUPS(reg.Z2, operand.Mem{Base: to})
		c.Label("next")
		c.ADDQ(lds, src)
		c.ADDQ(ldd, dst)
		c.DECQ(n)
		c.JNZ(operand.LabelRef("row"))
	} else {
		// The words of a register that has 16 numbers of one row and then those of
		// the other, in the order of pairs.
		order := make([]uint32, 16)
		for i := range order {
			order[i] = uint32(16+i)<<16 | uint32(i)
		}
		c.VMOVUPS(table(c, "pairOrder", order), reg.Z7)
		m := avx512.masks(c, w, 2)
		fetch, ahead := c.GP64(), c.GP64()
		c.MOVQ(lds, fetch)
		c.SHLQ(operand.Imm(fetchPairsShift), fetch)
		c.ADDQ(src, fetch)
		count, second := c.GP64(), c.GP64()
		c.MOVQ(n, count)
		c.SHRQ(operand.Imm(1), count)
		put := func() {
			round(c, 2, 0, 4)
			round(c, 3, 1, 5)
			c.VPERMW(reg.Z4, reg.Z7, reg.Z4)
			c.VPERMW(reg.Z5, reg.Z7, reg.Z5)
			c.VMOVUPS(reg.Z4, operand.Mem{Base: dst})
			c.VMOVUPS(reg.Z5, operand.Mem{Base: dst, Disp: 64})
		}
		c.JZ(operand.LabelRef("odd"))
		c.Label("loop")
		c.MOVQ(src, second)
		c.ADDQ(lds, second)
		for j := range m {
			c.VMOVUPS_Z(operand.Mem{Base: src, Disp: 64 * j}, m[j].k, zmm[j])
			c.VMOVUPS_Z(operand.Mem{Base: second, Disp: 64 * j}, m[j].k, zmm[2+j])
		}
		c.LEAQ(operand.Mem{Base: fetch, Index: lds, Scale: 1}, ahead)
		for _, row := range []reg.Register{fetch, ahead} {
			for _, disp := range []int{0, 64, 124} { // three lines, if not aligned
				c.PREFETCHT0(operand.Mem{Base: row, Disp: disp})
			}
		}
		c.LEAQ(operand.Mem{Base: ahead, Index: lds, Scale: 1}, fetch)
		put()
		c.ADDQ(ldd, dst)
		c.LEAQ(operand.Mem{Base: second, Index: lds, Scale: 1}, src)
		c.DECQ(count)
		c.JNZ(operand.LabelRef("loop"))
		c.Label("odd")
		c.ANDQ(operand.Imm(1), n)
		c.JZ(operand.LabelRef("return"))
		c.VPXORD(reg.Z2, reg.Z2, reg.Z2)
		c.VPXORD(reg.Z3, reg.Z3, reg.Z3)
		for j := range m {
			c.VMOVUPS_Z(operand.Mem{Base: src, Disp: 64 * j}, m[j].k, zmm[j])
		}
		put()
		c.Label("return")
	}
	c.VZEROUPPER()
	c.RET()
}

// tilePairs computes c = alpha·a·b + beta·d of matrices of pairs, a number of
// blocks one below the other, each as many tiles of 16×16 high and wide as said:
// the sum over steps·16 columns of a, whose rows are lda apart, and rows of b,
// which are 32 words apart. d may be c, or with ldd = 0 one row for all. Strides
// are in bytes.
//
// If direct is not 0 the blocks are whole, alpha is 1, and beta is 1 or, if direct
// is 1, 0. Otherwise a block goes through the buffer, and of the last one only rows
// rows and w columns are stored.
//
// The tile registers are configured and given up here: between two calls the
// caller may move to another thread.
func tilePairs(c *build.Context, rows, cols int) {
	c.Function(fmt.Sprintf("tilePairs%dx%d", rows, cols))
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(blocks, steps int, a *float32, lda int, b *float32, d *float32, ldd int, c *float32, ldc, direct, rows, w int, alpha, beta float32, buffer *float32)")
	// Raw bytes name no virtual registers, and their neighbours must not take
	// these: all registers are chosen by hand.
	shapes := make([]uint32, 16)
	shapes[0] = 1 // the palette
	for i := 4; i < 8; i++ {
		shapes[i] = 64<<16 | 64 // bytes of a row, of two tiles each
	}
	for i := 12; i < 14; i++ {
		shapes[i] = 16<<24 | 16<<16 | 16<<8 | 16 // rows, of four tiles each
	}
	c.LEAQ(table(c, "tileShapes", shapes), reg.RAX)
	tileConfigure(c)
	var (
		a, below    = reg.RSI, reg.RDI // the rows of two tiles of a
		lda, ldb    = reg.RCX, reg.RDX
		b, steps    = reg.RBX, reg.R9
		d, belowD   = reg.R10, reg.R11
		ldd, direct = reg.R8, reg.RAX
	)
	load := func(name string, r reg.Register) { c.Load(c.Param(name), r) }
	sums := func(f func(tile byte, row, col int)) {
		for i := range rows {
			for j := range cols {
				f(byte(2*i+j), i, j)
			}
		}
	}
	// skip16 sets below to 16 rows below at.
	skip16 := func(at, stride, below reg.Register) {
		c.MOVQ(stride, below)
		c.SHLQ(operand.Imm(4), below)
		c.ADDQ(at, below)
	}
	c.MOVQ(operand.U32(128), ldb)

	c.Label("block")
	load("direct", direct)
	c.CMPQ(direct, operand.Imm(2))
	c.JE(operand.LabelRef("onto"))
	sums(func(tile byte, _, _ int) { tileZero(c, tile) })
	c.JMP(operand.LabelRef("begun"))
	c.Label("onto")
	load("d", d)
	load("ldd", ldd)
	skip16(d, ldd, belowD)
	sums(func(tile byte, i, j int) {
		tileAt{[]reg.GPPhysical{d, belowD}[i], ldd, byte(64 * j)}.load(c, tile)
	})
	c.Label("begun")

	load("a", a)
	load("lda", lda)
	load("b", b)
	load("steps", steps)
	skip16(a, lda, below)
	c.Label("loop")
	const a0, a1, b0, b1 = 4, 5, 6, 7
	tileAt{base: a, stride: lda}.load(c, a0)
	tileAt{base: b, stride: ldb}.load(c, b0)
	tileMultiply(c, 0, a0, b0)
	if cols == 2 {
		tileAt{b, ldb, 64}.load(c, b1)
		tileMultiply(c, 1, a0, b1)
	}
	if rows == 2 {
		tileAt{base: below, stride: lda}.load(c, a1)
		tileMultiply(c, 2, a1, b0)
		if cols == 2 {
			tileMultiply(c, 3, a1, b1)
		}
	}
	c.ADDQ(operand.Imm(64), a)
	c.ADDQ(operand.Imm(64), below)
	c.ADDQ(operand.U32(16*128), b)
	c.DECQ(steps)
	c.JNZ(operand.LabelRef("loop"))

	// Here a, b and their strides are free.
	to, ldc, belowTo := reg.RSI, reg.RCX, reg.RDI
	load("c", to)
	load("ldc", ldc)
	c.TESTQ(direct, direct)
	c.JZ(operand.LabelRef("buffered"))
	skip16(to, ldc, belowTo)
	sums(func(tile byte, i, j int) {
		tileAt{[]reg.GPPhysical{to, belowTo}[i], ldc, byte(64 * j)}.store(c, tile)
	})
	c.JMP(operand.LabelRef("next"))

	c.Label("buffered")
	buffer := reg.RBX
	load("buffer", buffer)
	c.LEAQ(operand.Mem{Base: buffer, Disp: 16 * 128}, reg.R9)
	sums(func(tile byte, i, j int) {
		tileAt{[]reg.GPPhysical{buffer, reg.R9}[i], ldb, byte(64 * j)}.store(c, tile)
	})
	count := reg.R9
	c.MOVQ(operand.U32(uint32(16*rows)), count)
	c.CMPQ(param(c, "blocks"), operand.Imm(1))
	c.JNE(operand.LabelRef("whole"))
	load("rows", count)
	c.Label("whole")
	load("w", reg.R12)
	// K1 and K2 select the first w elements of two registers.
	bits := reg.R13
	c.MOVQ(operand.I32(-1), bits)
	c.BZHIQ(reg.R12, bits, bits)
	c.KMOVW(bits.As32(), reg.K1)
	c.SHRQ(operand.Imm(16), bits)
	c.KMOVW(bits.As32(), reg.K2)
	masks := []reg.Register{reg.K1, reg.K2}
	c.VBROADCASTSS(param(c, "alpha"), reg.Z6)
	c.VBROADCASTSS(param(c, "beta"), reg.Z7)
	load("d", d)
	load("ldd", ldd)
	c.MOVL(param(c, "beta"), reg.R12L)
	c.TESTL(reg.R12L, reg.R12L)
	c.JZ(operand.LabelRef("over"))
	row := func(loop string, add bool) {
		c.Label(loop)
		for j := range cols {
			x, y := zmm[j], zmm[2+j]
			c.VMULPS(operand.Mem{Base: buffer, Disp: 64 * j}, reg.Z6, x)
			if add {
				c.VMOVUPS_Z(operand.Mem{Base: d, Disp: 64 * j}, masks[j], y)
				c.VFMADD231PS(y, reg.Z7, x)
			}
			c.VMOVUPS(x, masks[j], operand.Mem{Base: to, Disp: 64 * j})
		}
		if add {
			c.ADDQ(ldd, d)
		}
		c.ADDQ(ldc, to)
		c.ADDQ(operand.U32(128), buffer)
		c.DECQ(count)
		c.JNZ(operand.LabelRef(loop))
	}
	row("add", true)
	c.JMP(operand.LabelRef("next"))
	c.Label("over")
	row("put", false)

	c.Label("next")
	c.DECQ(param(c, "blocks"))
	c.JZ(operand.LabelRef("return"))
	for _, m := range []struct{ matrix, stride string }{{"a", "lda"}, {"d", "ldd"}, {"c", "ldc"}} {
		load(m.stride, reg.RCX)
		c.IMUL3Q(operand.Imm(uint64(16*rows)), reg.RCX, reg.RCX)
		c.ADDQ(reg.RCX, param(c, m.matrix))
	}
	c.JMP(operand.LabelRef("block"))
	c.Label("return")
	tileRelease(c)
	c.VZEROUPPER()
	c.RET()
}
