package graph

import (
	"fmt"
	"unsafe"
)

// Machine computes chosen nodes of a graph, again and again. It holds every
// buffer that a run needs, so a run allocates nothing.
//
// It is a list of ops and of groups of them that pass over their operands
// together, not Gorgonia's TapeMachine, which runs the same graphs to the same
// bits (a test says so) but op by op, allocates on every run, may put one
// node's value where another's is still wanted, and computes in a goroutine of
// its own.
//
// A graph has its batch size built in: a short last batch has a machine of its
// own, over the same parameters.
type Machine struct {
	steps  []step
	inputs map[*Node][]float32
	values map[*Node][]float32 // of inputs, parameters and outputs
	ops    int
	at     int // the step that runs, for the error that a panic becomes

	gradients gradients // of a step of learning
}

// step is a group, or one op on whole tensors.
type step struct {
	group *group
	op    *op
	out   []float32
	in    [][]float32
}

func (s *step) run() {
	if s.group != nil {
		s.group.run()
	} else {
		s.op.function.(runner).run(s.out, s.in)
	}
}

// ops are those of the step, by name.
func (s *step) String() string {
	if s.group != nil {
		return s.group.String()
	}
	return s.op.String()
}

// shape is that of the tensors that the step works on.
func (s *step) shape() []int {
	if s.group != nil {
		return s.group.shape
	}
	return s.op.shape
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

// Value is the value of a parameter, an input or an output, which belongs to
// the machine: an output's is good until the next Run, an input's may be written
// instead of being Set. It is nil for a node that was not asked for.
func (m *Machine) Value(n *Node) []float32 { return m.values[n] }

// Run computes the outputs from the inputs and the parameters as they are now.
func (m *Machine) Run() (err error) {
	defer m.rescue(&err)
	for i := range m.steps {
		m.at = i
		m.steps[i].run()
	}
	return nil
}

func (m *Machine) rescue(err *error) {
	if r := recover(); r != nil {
		s := &m.steps[m.at]
		*err = fmt.Errorf("graph: %v to %v: %v", s, s.shape(), r)
	}
}

// Steps is the number of ops that a run computes.
func (m *Machine) Steps() int { return m.ops }

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
