package graph

import (
	"fmt"
	"math"
	"sort"
)

// multinomial draws counts of each row's categories.
type multinomial struct {
	sampler
	cols    int
	summed  []float64 // probabilities of one row, up to and with each
	uniform splitmix
}

func (m *multinomial) String() string { return m.title("multinomial") }

func (m *multinomial) run(out []float32, in [][]float32) {
	block := splitmix(m.stream.counter)
	from := m.stream.key ^ block.next()
	for i, trials := range in[1] {
		// A varying number of uniforms is used, so each row has a sequence of
		// its own.
		m.uniform = splitmix(from + uint64(i))
		m.draw(out[i*m.cols:(i+1)*m.cols], in[0][i*m.cols:(i+1)*m.cols], trials, i)
	}
	m.stream.advance(len(out))
}

func (m *multinomial) draw(counts, p []float32, trials float32, row int) {
	total := 0.0
	for j, v := range p {
		total += float64(v)
		m.summed[j] = total
	}
	if math.IsNaN(total) || math.IsInf(total, 0) || trials != trials {
		for j := range counts {
			counts[j] = float32(math.NaN())
		}
		return
	}
	// Sums of means, in float32, are near whole numbers only. Beyond 2²⁴
	// counts would not be whole either.
	n := math.Round(float64(trials))
	if n < 0 || n > 1<<24 || math.Abs(n-float64(trials)) > 1e-3+1e-5*n {
		panic(fmt.Sprintf("row %d: %g draws, want a whole number from 0 to 2²⁴", row, trials))
	}
	if total <= 0 && n > 0 {
		panic(fmt.Sprintf("row %d: probabilities sum to %g, want above 0", row, total))
	}
	clear(counts)
	for range int(n) {
		u := m.uniform.uniform() * total
		counts[sort.Search(m.cols-1, func(j int) bool { return m.summed[j] > u })]++
	}
}

// Multinomial draws how often each category comes up in n_i draws from the
// distribution that row i of p (B×…) is, up to a factor: n (B) to p's shape.
// What n holds is rounded where it is a whole number but for float32 rounding;
// else the run fails, as it does where n or the sum of p is negative.
func (g *Graph) Multinomial(p, n *Node, stream string) *Node {
	if g.broken("multinomial", p, n) {
		return nil
	}
	rows, cols := rowsOf(p)
	if n.Shape().TotalSize() != rows {
		return g.mismatch("multinomial", p, n)
	}
	return g.apply(&multinomial{sampler: sampler{stream, g.stream(stream)}, cols: cols, summed: make([]float64, cols)}, p.Shape(), p, n)
}

// Categorical draws one category from the distribution that each row of p
// (B×…) is, up to a factor: 1 there, 0 elsewhere.
func (g *Graph) Categorical(p *Node, stream string) *Node {
	if g.broken("categorical", p) {
		return nil
	}
	rows, _ := rowsOf(p)
	return g.Multinomial(p, g.Full(1, rows), stream)
}
