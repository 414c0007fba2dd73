package graph

import "time"

// Timing is what one step of a Machine took: an op, or several that pass over
// their operands together.
type Timing struct {
	Ops     string        // their names, with the constants that decide their results
	Shape   []int         // of what they compute
	Flops   float64       // multiplications and additions, of products and convolutions alone
	Elapsed time.Duration // of one run
}

// Profile runs the machine once and tells what each step took, in the order
// in which they run.
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
	return timings, nil
}
