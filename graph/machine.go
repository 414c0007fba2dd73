package graph

import (
	"fmt"
	"unsafe"
)

// Machine computes chosen nodes of a graph, again and again. It holds every
// buffer that a run needs, so a run allocates nothing.
//
// It is a list of the ops in order, not Gorgonia's TapeMachine, which runs the
// same graphs to the same bits (a test says so) but allocates on every run,
// may put one node's value where another's is still wanted, and computes in a
// goroutine of its own.
//
// A graph has its batch size built in: a short last batch has a machine of its
// own, over the same parameters.
type Machine struct {
	steps  []step
	inputs map[*Node][]float32
	values map[*Node][]float32 // of inputs, parameters and outputs
	at     int                 // the step that runs, for the error that a panic becomes
}

type step struct {
	op  *op
	out []float32
	in  [][]float32
}

// Compile plans the computation of outputs. Buffers are used again for nodes
// that are not wanted at the same time.
func (g *Graph) Compile(outputs ...*Node) (*Machine, error) {
	if g.broken("compile", outputs...) {
		return nil, g.err
	}
	order := ordered(outputs)
	kept := map[*Node]bool{}
	for _, n := range outputs {
		kept[n] = true
	}
	uses := map[*Node]int{}
	for _, n := range order {
		for _, c := range operandsOf(n) {
			uses[c]++
		}
	}
	m := &Machine{inputs: map[*Node][]float32{}, values: map[*Node][]float32{}}
	tensors := map[*Node]*Tensor{}
	for t, n := range g.params {
		tensors[n] = t
	}
	var free buffers
	buffer := map[*Node][]float32{}
	for _, n := range order {
		size := n.Shape().TotalSize()
		if n.Op() == nil {
			if t, ok := tensors[n]; ok {
				buffer[n] = t.Data
			} else {
				buffer[n] = aligned(size)
				m.inputs[n] = buffer[n]
			}
			m.values[n] = buffer[n]
			continue
		}
		o, ok := n.Op().(*op)
		if !ok {
			return nil, fmt.Errorf("graph: compile: %v is no op of this package: run the graph on Gorgonia's machines, or build it from this package's ops", n.Op())
		}
		operands := operandsOf(n)
		in := make([][]float32, len(operands))
		for i, c := range operands {
			in[i] = buffer[c]
		}
		out := free.take(size)
		buffer[n] = out
		if kept[n] {
			m.values[n] = out
		}
		m.steps = append(m.steps, step{op: o, out: out, in: in})
		for _, c := range operands {
			if uses[c]--; uses[c] == 0 && c.Op() != nil && !kept[c] {
				free.give(buffer[c])
			}
		}
	}
	return m, nil
}

// Set copies data into the buffer of input.
func (m *Machine) Set(input *Node, data []float32) error {
	buffer, ok := m.inputs[input]
	if !ok {
		return fmt.Errorf("graph: set %v: not an input of this machine", input)
	}
	if len(buffer) != len(data) {
		return fmt.Errorf("graph: set %v: %d values, want %d for shape %v", input, len(data), len(buffer), []int(input.Shape()))
	}
	copy(buffer, data)
	return nil
}

// Value is the value of a parameter, an input or an output. An output's is
// good until the next Run; nil for a node that was not asked for.
func (m *Machine) Value(n *Node) []float32 { return m.values[n] }

// Run computes the outputs from the inputs and the parameters as they are now.
func (m *Machine) Run() (err error) {
	defer m.rescue(&err)
	for i := range m.steps {
		m.at = i
		s := &m.steps[i]
		s.op.run(s.out, s.in)
	}
	return nil
}

func (m *Machine) rescue(err *error) {
	if r := recover(); r != nil {
		s := m.steps[m.at]
		*err = fmt.Errorf("graph: %v to %v: %v", s.op.function, []int(s.op.shape), r)
	}
}

// Steps is the number of ops that a run computes.
func (m *Machine) Steps() int { return len(m.steps) }

// buffers are free for use.
type buffers [][]float32

// take returns a buffer of n elements: the smallest free one that will do and is
// less than twice too large, or a new one.
func (b *buffers) take(n int) []float32 {
	best := -1
	for i, f := range *b {
		if c := cap(f); c >= n && c < 2*n && (best < 0 || c < cap((*b)[best])) {
			best = i
		}
	}
	if best < 0 {
		return aligned(n)
	}
	buffer := (*b)[best][:n]
	(*b)[best] = (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return buffer
}

func (b *buffers) give(buffer []float32) { *b = append(*b, buffer) }

// aligned allocates n elements from the start of a cache line on: vector
// loads that straddle two lines cost twice.
func aligned(n int) []float32 {
	const line = 64
	raw := make([]float32, n+line/4-1)
	skip := 0
	for uintptr(unsafe.Pointer(unsafe.SliceData(raw[skip:])))%line != 0 {
		skip++
	}
	return raw[skip : skip+n : skip+n]
}
