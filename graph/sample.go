package graph

import (
	"fmt"
	"math"

	"boltzoo/graph/internal/kernel"
)

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

// independent is a sampler that draws a function of each element. As a draw
// takes a varying number of uniforms, each has a sequence of its own.
type independent struct {
	sampler
	draw func(x float32, u splitmix) float32

	from    uint64 // what the sequences of a run begin with
	out, in []float32
}

// drawnTogether is how many elements a thread draws before it asks for more.
const drawnTogether = 256

func (s *independent) run(out []float32, in [][]float32) {
	block := splitmix(s.stream.counter)
	s.from, s.out, s.in = s.stream.key^block.next(), out, in[0]
	kernel.Parallel((len(out)+drawnTogether-1)/drawnTogether, 0, s)
	s.stream.advance(len(out))
}

// Part draws the elements of part i.
func (s *independent) Part(i int, _ []float32) {
	for j := i * drawnTogether; j < min((i+1)*drawnTogether, len(s.out)); j++ {
		s.out[j] = s.draw(s.in[j], splitmix(s.from+uint64(j)))
	}
}

// binomial draws the share of n trials that succeed.
type binomial struct {
	independent
	n int
}

func (b *binomial) String() string { return b.title(fmt.Sprintf("Binomial(%d)/%d", b.n, b.n)) }

// splitmix is the generator of Steele, Lea and Flood (2014).
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (s *splitmix) uniform() float64 { return float64(s.next()>>11) * 0x1p-53 }

// drawBinomial counts the successes of n trials: by inversion where few are
// expected, else by transformed rejection (Hörmann 1993, algorithm BTRS).
func drawBinomial(n int, p float64, u *splitmix) float64 {
	switch {
	case p != p:
		return p
	case p <= 0:
		return 0
	case p >= 1:
		return float64(n)
	case p > 0.5:
		return float64(n) - drawBinomial(n, 1-p, u)
	case float64(n)*p < 10:
		return invertBinomial(n, p, u.uniform())
	}
	trials, odds := float64(n), p/(1-p)
	deviation := math.Sqrt(trials * p * (1 - p))
	b := 1.15 + 2.53*deviation
	a := -0.0873 + 0.0248*b + 0.01*p
	accept := 0.92 - 4.2/b
	alpha := (2.83 + 5.1/b) * deviation
	mode := math.Floor((trials + 1) * p)
	for {
		x, v := u.uniform()-0.5, u.uniform()
		edge := 0.5 - math.Abs(x)
		k := math.Floor((2*a/edge+b)*x + trials*p + 0.5)
		if k < 0 || k > trials {
			continue
		}
		if edge >= 0.07 && v <= accept {
			return k
		}
		bound := (mode+0.5)*math.Log((mode+1)/(odds*(trials-mode+1))) +
			(trials+1)*math.Log((trials-mode+1)/(trials-k+1)) +
			(k+0.5)*math.Log(odds*(trials-k+1)/(k+1)) +
			stirlingTail(mode) + stirlingTail(trials-mode) - stirlingTail(k) - stirlingTail(trials-k)
		if math.Log(v*alpha/(a/(edge*edge)+b)) <= bound {
			return k
		}
	}
}

// stirlingTail is log k! less Stirling's formula for it.
func stirlingTail(k float64) float64 {
	if k < 10 {
		g, _ := math.Lgamma(k + 1)
		return g - (k+0.5)*math.Log(k+1) + k + 1 - 0.5*math.Log(2*math.Pi)
	}
	r := 1 / ((k + 1) * (k + 1))
	return (1.0/12 - (1.0/360-r/1260)*r) / (k + 1)
}

// invertBinomial walks up the distribution function to u.
func invertBinomial(n int, p, u float64) float64 {
	odds, term := p/(1-p), math.Pow(1-p, float64(n))
	k := 0
	for u >= term && k < n {
		u -= term
		k++
		term *= odds * float64(n-k+1) / float64(k)
	}
	return float64(k)
}

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
	share := func(p float32, u splitmix) float32 {
		return float32(drawBinomial(n, float64(p), &u) / float64(n))
	}
	return g.apply(&binomial{independent{sampler: sampler{stream, g.stream(stream)}, draw: share}, n}, p.Shape(), p)
}
