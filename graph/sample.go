package graph

import "fmt"

// sampler draws: its gradient is that of a constant.
type sampler struct {
	name   string
	stream *Stream
}

func (s *sampler) draws()                   {}
func (s *sampler) heldConstant(int) bool    { return true }
func (s *sampler) title(what string) string { return fmt.Sprintf("%s ~ %s", what, s.name) }

func (s *sampler) pull(*Graph, []*Node, *Node, *Node, []bool) []*Node { return make([]*Node, 2) }

type bernoulli struct{ sampler }

func (b *bernoulli) String() string { return b.title("Bernoulli") }

func (b *bernoulli) run(out []float32, in [][]float32) { b.stream.bernoulli(out, in[0]) }

// Bernoulli draws 1 with probability p, else 0, element by element, from the
// stream of that name. Every node draws anew on every run.
func (g *Graph) Bernoulli(p *Node, stream string) *Node {
	if g.broken("Bernoulli", p) {
		return nil
	}
	return g.apply(&bernoulli{sampler{stream, g.stream(stream)}}, p.Shape(), p)
}

type gaussian struct{ sampler }

func (n *gaussian) String() string { return n.title("Gaussian") }

func (n *gaussian) run(out []float32, in [][]float32) { n.stream.gaussian(out, in[0], in[1]) }

// Gaussian draws from N(mean, deviation²), element by element.
func (g *Graph) Gaussian(mean, deviation *Node, stream string) *Node {
	return g.alike(&gaussian{sampler{stream, g.stream(stream)}}, mean, deviation)
}

// binomial draws the share of n trials that succeed.
type binomial struct {
	sampler
	n int
}

func (b *binomial) String() string { return b.title(fmt.Sprintf("Binomial(%d)/%d", b.n, b.n)) }

func (b *binomial) run(out []float32, in [][]float32) { b.stream.binomial(out, in[0], b.n) }

// Binomial draws the share of successes in n trials of probability p, one of
// 0, 1/n … 1, element by element: a multinary unit's noise.
func (g *Graph) Binomial(p *Node, n int, stream string) *Node {
	if g.broken("binomial", p) {
		return nil
	}
	if n < 1 {
		g.Fail(fmt.Errorf("graph: binomial of %d trials, want at least 1", n))
		return nil
	}
	if n == 1 {
		return g.Bernoulli(p, stream)
	}
	return g.apply(&binomial{sampler{stream, g.stream(stream)}, n}, p.Shape(), p)
}
