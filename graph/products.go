package graph

import (
	"unsafe"
)

// A multiplier is a function that is a matrix product or a convolution, maybe
// with more fused to it.
type multiplier interface {
	// bare is the product of the first two operands alone.
	bare() function
	// flops is how many multiplications and additions it has.
	flops() float64
}

func (p *product) bare() function {
	alone := *p
	alone.onto = false
	return &alone
}

func (p *product) flops() float64 { return 2 * float64(p.m) * float64(p.n) * float64(p.k) }

func (c *conv) bare() function {
	alone := *c
	alone.biased = false
	return &alone
}

func (c *conv) flops() float64 {
	oh, ow := c.geo.Out()
	return 2 * float64(c.geo.N*oh*ow) * float64(c.geo.F) * float64(c.geo.KH*c.geo.KW*c.geo.C)
}

func (s *step) multiplier() (f multiplier, ok bool) {
	if s.group == nil {
		f, ok = s.op.function.(multiplier)
	}
	return f, ok
}

// products are the steps that multiply, and those that Learn takes by rows.
func (m *Machine) products() []step {
	var all []step
	for _, s := range m.steps {
		if _, ok := s.multiplier(); ok {
			all = append(all, s)
		}
	}
	for _, d := range m.gradients.list {
		for _, o := range d.ops {
			if o.multiplies() {
				all = append(all, step{op: o.op, in: o.in})
			}
		}
	}
	return all
}

// Products is a machine of m's matrix products and convolutions alone, without
// biases or anything else that is fused to them, on copies of their operands
// as the last run left them. How long its Run takes is what a run of m, and its
// Learn, cost at the least.
func (m *Machine) Products() *Machine {
	alone := &Machine{}
	copies := map[*float32][]float32{}
	for _, s := range m.products() {
		f, _ := s.multiplier()
		in := make([][]float32, 2)
		for i := range in {
			key, n := unsafe.SliceData(s.in[i]), len(s.in[i])
			if len(copies[key]) < n {
				copies[key] = aligned(n)
			}
			in[i] = copies[key][:n]
			copy(in[i], s.in[i])
		}
		alone.steps = append(alone.steps, step{op: &op{function: f.bare(), shape: s.op.shape}, out: aligned(Size(s.op.shape)), in: in})
	}
	alone.ops = len(alone.steps)
	return alone
}

// Flops is how many multiplications and additions the matrix products and
// convolutions of a run have, and of what Learn computes.
func (m *Machine) Flops() float64 {
	sum := 0.0
	for _, s := range m.products() {
		f, _ := s.multiplier()
		sum += f.flops()
	}
	return sum
}
