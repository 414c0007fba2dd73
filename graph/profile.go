package graph

import (
	"strings"
	"time"

	"boltzoo/graph/internal/kernel"
)

// Timing is what one step of a Machine took: an op, or several that pass over
// their operands together.
type Timing struct {
	Ops     string        // their names, with the constants that decide their results
	Shape   []int         // of what they compute
	Flops   float64       // multiplications and additions, of products and convolutions alone
	Elapsed time.Duration // of one run
}

// Profile runs the machine once and tells what each step took, in the order
// in which they run, and then each gradient that Learn computes, learnt from by
// nobody.
func (m *Machine) Profile() (timings []Timing, err error) {
	defer m.rescue(&err)
	for i := range m.steps {
		m.at = i
		s := &m.steps[i]
		start := time.Now()
		s.run()
		t := Timing{Ops: s.String(), Shape: s.shape(), Elapsed: time.Since(start)}
		if f, ok := s.multiplier(); ok {
			t.Flops = f.flops()
		}
		timings = append(timings, t)
	}
	for _, d := range m.gradients.list {
		if d.ops == nil {
			continue
		}
		t := Timing{Shape: d.ops[0].shape}
		names := make([]string, len(d.ops))
		for i, o := range d.ops {
			names[i] = o.String()
			if f, ok := o.function.(multiplier); ok {
				t.Flops += f.flops()
			}
		}
		t.Ops = strings.Join(names, ", ")
		d.first = 0
		alone := &gradients{list: []gradient{d}, learner: nobody{}}
		start := time.Now()
		kernel.Parallel(d.pieces(), m.gradients.storage, alone)
		t.Elapsed = time.Since(start)
		timings = append(timings, t)
	}
	return timings, nil
}

type nobody struct{}

func (nobody) Learn(_, _ int, _ []float32) {}
