package graph

import (
	"strings"

	"boltzoo/graph/internal/kernel"
)

// group is ops over tensors of one size that run together, block by block.
type group struct {
	members []member
	shape   []int // of one of the tensors
	n       int   // elements of a tensor
	length  int   // of a block
	slots   int   // blocks of storage, for what is wanted within the group alone
}

// member is one op of a group. Either elements or sum is set.
type member struct {
	op       *op
	elements blockwise
	sum      reduction
	out      place
	x, y     place
	sums     []float64 // of all blocks
	width    int       // sums of one block
}

// place tells where an operand's or a result's block is.
type place struct {
	data  []float32 // nil: in storage
	slot  int       // in storage
	whole bool      // data is not cut into blocks
}

func (p *place) at(g *group, from, to int, storage []float32) []float32 {
	switch {
	case p.whole:
		return p.data
	case p.data != nil:
		return p.data[from:to]
	}
	return storage[p.slot*g.length:][:to-from]
}

func newGroup(shape []int) *group {
	return &group{shape: shape, n: Size(shape), length: blockLength(shape)}
}

// newMember is the op as a member of a group, without places; ok is false for
// ops that work on whole tensors.
func newMember(o *op) (m member, ok bool) {
	m.op = o
	switch f := o.function.(type) {
	case blockwise:
		m.elements = f
	case reduction:
		m.sum = f
	default:
		return m, false
	}
	return m, true
}

// split is how many of the member's operands are cut into blocks.
func (m *member) split() int {
	if m.sum != nil {
		return m.sum.split()
	}
	return m.elements.split()
}

// add puts a member with its places into the group.
func (g *group) add(m member) {
	if m.sum != nil {
		m.width = m.sum.width(g.length)
		m.sums = make([]float64, g.blocks()*m.width)
		m.out.whole = true
	}
	g.members = append(g.members, m)
}

func (g *group) blocks() int { return (g.n + g.length - 1) / g.length }

func (g *group) run() {
	if blocks := g.blocks(); blocks == 1 && g.slots == 0 {
		g.Part(0, nil)
	} else {
		kernel.Parallel(blocks, g.slots*g.length, g)
	}
	for i := range g.members {
		if m := &g.members[i]; m.sum != nil {
			m.sum.finish(m.out.data, m.sums)
		}
	}
}

// Part computes block number i.
func (g *group) Part(i int, storage []float32) {
	from := i * g.length
	to := min(g.n, from+g.length)
	for k := range g.members {
		m := &g.members[k]
		x, y := m.x.at(g, from, to, storage), m.y.at(g, from, to, storage)
		if m.sum == nil {
			m.elements.block(m.out.at(g, from, to, storage), x, y, from)
			continue
		}
		sums := m.sums[i*m.width : (i+1)*m.width]
		clear(sums)
		m.sum.reduce(sums, x, y, from)
	}
}

// String names the ops of the group.
func (g *group) String() string {
	names := make([]string, len(g.members))
	for i, m := range g.members {
		names[i] = m.op.String()
	}
	return strings.Join(names, ", ")
}

// alone is the group of one op from in to out.
func alone(m member, shape []int, out []float32, in [][]float32) *group {
	g := newGroup(shape)
	for i, p := range [...]*place{&m.x, &m.y} {
		if i < len(in) {
			*p = place{data: in[i], whole: i >= m.split()}
		} else {
			p.whole = true
		}
	}
	m.out.data = out
	g.add(m)
	return g
}
