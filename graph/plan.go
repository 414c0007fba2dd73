package graph

import (
	"fmt"
	"math"
	"slices"
)

// Compile plans the computation of outputs. Ops over tensors of one size that
// can run at the same time run together, block by block. Buffers are used again
// for nodes that are not wanted at the same time.
func (g *Graph) Compile(outputs ...*Node) (*Machine, error) {
	if g.broken("compile", outputs...) {
		return nil, g.err
	}
	p := plan{jobs: map[*Node]*job{}, groups: map[groupKey]*unit{}}
	for i, n := range ordered(outputs) {
		if err := p.schedule(i, n); err != nil {
			return nil, err
		}
	}
	p.sort()
	for _, n := range outputs {
		p.jobs[n].last = math.MaxInt
	}
	m := &Machine{inputs: map[*Node][]float32{}, values: map[*Node][]float32{}}
	p.leaves(g, m)
	for i, u := range p.units {
		m.ops += len(u.jobs)
		m.steps = append(m.steps, p.step(i, u))
	}
	for _, n := range outputs {
		m.values[n] = p.jobs[n].buffer
	}
	return m, nil
}

// plan is what Compile knows of the nodes.
type plan struct {
	jobs   map[*Node]*job
	leafs  []*job
	units  []*unit
	groups map[groupKey]*unit
	drawn  int // the stage of the last op that draws
	free   buffers
}

// job is a node and how it comes to its value. A copy has its operand's job.
type job struct {
	node     *Node
	member   member // of a group
	grouped  bool
	shape    []int // of the tensors that it works on
	operands []*job
	index    int
	stage    int // after how many units, one waiting for the other, it can run
	unit     *unit
	last     int // the last unit that reads it
	buffer   []float32
	slot     int // in storage, where there is no buffer
}

// unit is what becomes one step: a group of jobs, or one.
type unit struct {
	jobs  []*job
	shape []int // of the tensors that a group works on
	stage int
	into  *unit // what it was merged into
}

// groupKey tells which jobs may make a group: they run at one stage, over
// tensors that are cut alike. And two that are in it read the same tensor.
type groupKey struct {
	stage, n, length int
	reads            *job
}

// root follows merges.
func (u *unit) root() *unit {
	for u.into != nil {
		u = u.into
	}
	return u
}

// schedule finds out when n can run, and with which others.
func (p *plan) schedule(index int, n *Node) error {
	j := &job{node: n, index: index}
	if n.Op() == nil {
		p.jobs[n], p.leafs = j, append(p.leafs, j)
		return nil
	}
	o, ok := n.Op().(*op)
	if !ok {
		return fmt.Errorf("graph: compile: %v is no op of this package: run the graph on Gorgonia's machines, or build it from this package's ops", n.Op())
	}
	operands := operandsOf(n)
	for _, c := range operands {
		j.operands = append(j.operands, p.jobs[c])
	}
	if c, ok := o.function.(copier); ok {
		// A leaf's value may change before the copy's does.
		if from := j.operands[c.copies()]; from.member.op != nil {
			p.jobs[n] = from
			return nil
		}
	}
	p.jobs[n] = j
	j.member, j.grouped = newMember(o)
	j.shape = n.Shape()
	if j.member.sum != nil {
		j.shape = operands[0].Shape()
	}
	if _, ok := o.function.(drawer); ok {
		j.stage = p.drawn // in the order of the graph: streams go on
	}
	for i, c := range j.operands {
		switch {
		case c.member.op == nil:
			j.stage = max(j.stage, 1)
		case p.together(j, i):
			j.stage = max(j.stage, c.stage)
		default:
			j.stage = max(j.stage, c.stage+1)
		}
	}
	if _, ok := o.function.(drawer); ok {
		p.drawn = j.stage
	}
	j.unit = &unit{jobs: []*job{j}, stage: j.stage, shape: j.shape}
	p.units = append(p.units, j.unit)
	if j.grouped {
		p.join(j)
	}
	return nil
}

// together tells whether operand i can be computed in the same group as j.
func (p *plan) together(j *job, i int) bool {
	c := j.operands[i]
	return j.grouped && i < j.member.split() && c.member.elements != nil &&
		Size(c.node.Shape()) == Size(j.shape) && blockLength(c.node.Shape()) == blockLength(j.shape)
}

// join merges the unit of j with those that compute its operands in the same
// stage, or read the same ones.
func (p *plan) join(j *job) {
	key := groupKey{stage: j.stage, n: Size(j.shape), length: blockLength(j.shape)}
	for i, c := range j.operands[:j.member.split()] {
		if c.stage == j.stage && p.together(j, i) {
			j.unit.root().merge(c.unit.root())
		}
		key.reads = c
		if other, ok := p.groups[key]; ok {
			j.unit.root().merge(other.root())
		}
		p.groups[key] = j.unit
	}
}

func (u *unit) merge(other *unit) {
	if u == other {
		return
	}
	other.jobs = append(other.jobs, u.jobs...)
	u.jobs, u.into = nil, other
}

// sort puts the units in the order in which they run.
func (p *plan) sort() {
	p.units = slices.DeleteFunc(p.units, func(u *unit) bool { return u.into != nil })
	for _, u := range p.units {
		slices.SortFunc(u.jobs, func(a, b *job) int { return a.index - b.index })
	}
	slices.SortFunc(p.units, func(a, b *unit) int {
		if a.stage != b.stage {
			return a.stage - b.stage
		}
		return a.jobs[0].index - b.jobs[0].index
	})
	for i, u := range p.units {
		for _, j := range u.jobs {
			j.unit = u
			j.last = max(j.last, i)
			for _, c := range j.operands {
				c.last = i
			}
		}
	}
}

// leaves gives inputs and parameters their buffers.
func (p *plan) leaves(g *Graph, m *Machine) {
	tensors := map[*Node]*Tensor{}
	for t, n := range g.params {
		tensors[n] = t
	}
	for _, j := range p.leafs {
		if t, ok := tensors[j.node]; ok {
			j.buffer = t.Data
		} else {
			j.buffer = aligned(j.node.Shape().TotalSize())
			m.inputs[j.node] = j.buffer
		}
		m.values[j.node] = j.buffer
	}
}

// step makes unit number i a step with buffers, and sets those free that are
// not read any more.
func (p *plan) step(i int, u *unit) step {
	var s step
	if u.jobs[0].grouped {
		s.group = p.group(i, u)
	} else {
		s = p.single(i, u.jobs[0])
	}
	for _, j := range u.jobs {
		for _, c := range j.operands {
			if c.last == i && c.member.op != nil && c.buffer != nil {
				p.free.give(c.buffer)
				c.buffer = nil
			}
		}
	}
	return s
}

// single is the step of an op on whole tensors.
func (p *plan) single(i int, j *job) step {
	s := step{op: j.member.op}
	for _, c := range j.operands {
		s.in = append(s.in, c.buffer)
	}
	if o, ok := j.member.op.function.(overwriter); ok && o.overwrites() < len(j.operands) {
		if c := j.operands[o.overwrites()]; c.last == i && c.member.op != nil && count(j.operands, c) == 1 {
			j.buffer, c.buffer = c.buffer, nil
		}
	}
	if j.buffer == nil {
		j.buffer = p.free.take(Size(j.node.Shape()))
	}
	s.out = j.buffer
	return s
}

func count(jobs []*job, j *job) int {
	n := 0
	for _, other := range jobs {
		if other == j {
			n++
		}
	}
	return n
}

// group is the group of unit number i. What others read goes to buffers, if
// possible to that of an operand that is not read any more; what is wanted
// within the group alone goes to storage.
func (p *plan) group(i int, u *unit) *group {
	g := newGroup(u.shape)
	jobs := u.arranged(i)
	var read []*job          // the operands of all members
	var ends []int           // where each member's end
	until := map[*job]int{}  // the last member that reads it
	whole := map[*job]bool{} // read as a whole
	for k, j := range jobs {
		read = append(read, j.operands...)
		ends = append(ends, len(read))
		for n, c := range j.operands {
			until[c] = k
			whole[c] = whole[c] || n >= j.member.split()
		}
	}
	var slots []int // that are free
	for k, j := range jobs {
		m := &j.member
		for n, at := range [...]*place{&m.x, &m.y} {
			if n >= len(j.operands) {
				at.whole = true
				continue
			}
			c := j.operands[n]
			*at = place{data: c.buffer, slot: c.slot, whole: n >= m.split()}
		}
		// over tells whether the result may be where operand c was: nobody reads
		// it any more, the op itself at most as x.
		over := func(c *job) bool {
			return until[c] < k || until[c] == k && m.split() > 0 && j.operands[0] == c && count(j.operands, c) == 1
		}
		release := func(when bool) {
			for n, c := range j.operands {
				if c.unit == u && c.buffer == nil && until[c] == k && over(c) == when && !slices.Contains(j.operands[:n], c) {
					slots = append(slots, c.slot)
				}
			}
		}
		release(true)
		switch {
		case m.sum != nil:
			j.buffer = p.free.take(Size(j.node.Shape()))
		case j.last > i:
			for _, c := range read[:ends[k]] {
				if c.unit != u && c.member.op != nil && c.last == i && len(c.buffer) == g.n && !whole[c] && over(c) {
					j.buffer, c.buffer = c.buffer, nil
					break
				}
			}
			if j.buffer == nil {
				j.buffer = p.free.take(g.n)
			}
		default:
			if n := len(slots); n > 0 {
				j.slot, slots = slots[n-1], slots[:n-1]
			} else {
				j.slot = g.slots
				g.slots++
			}
		}
		m.out = place{data: j.buffer, slot: j.slot}
		release(false)
		g.add(*m)
	}
	return g
}

// arranged are the jobs of unit number i in an order in which those whose
// results are stored come last: then they can be stored in the place of what
// the others have read.
func (u *unit) arranged(i int) []*job {
	var order []*job
	done := map[*job]bool{}
	ready := func(j *job) bool {
		return !done[j] && !slices.ContainsFunc(j.operands, func(c *job) bool { return c.unit == u && !done[c] })
	}
	within := func(j *job) bool { return ready(j) && (j.last == i || j.member.sum != nil) }
	for len(order) < len(u.jobs) {
		next := slices.IndexFunc(u.jobs, within)
		if next < 0 {
			next = slices.IndexFunc(u.jobs, ready)
		}
		done[u.jobs[next]] = true
		order = append(order, u.jobs[next])
	}
	return order
}
