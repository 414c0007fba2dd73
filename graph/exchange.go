package graph

import (
	"fmt"
	"math"
)

// exchange swaps blocks of neighbouring levels.
type exchange struct {
	sampler
	levels, chains int
	uniform        []float32
}

func (e *exchange) String() string { return e.title("exchange") }

func (e *exchange) run(out []float32, in [][]float32) {
	copy(out, in[0])
	e.stream.Uniform(e.uniform)
	size := len(out) / (e.levels * e.chains)
	first := 0 // of two sets of pairs that have no level in common, one is taken
	if e.uniform[0] < 0.5 {
		first = 1
	}
	for m := first; m+1 < e.levels; m += 2 {
		for c := range e.chains {
			at := m*e.chains + c
			if float64(e.uniform[1+at]) >= math.Exp(float64(in[1][at])) {
				continue
			}
			a, b := out[at*size:(at+1)*size], out[(at+e.chains)*size:(at+e.chains+1)*size]
			for i := range a {
				a[i], b[i] = b[i], a[i]
			}
		}
	}
}

// Exchange swaps states of neighbouring levels of a ladder, as parallel
// tempering does: states are levels×chains rows (level by level), and row r of
// logRatio, ((levels−1)·chains), is the logarithm of the ratio by which the
// swap of states r and r+chains is accepted (Metropolis). On each run one half
// of the neighbours is tried, by turns of chance: those at even or at odd
// levels.
func (g *Graph) Exchange(states, logRatio *Node, levels int, stream string) *Node {
	if g.broken("exchange", states, logRatio) {
		return nil
	}
	rows, _ := rowsOf(states)
	if levels < 2 || rows%levels != 0 || logRatio.Shape().TotalSize() != rows-rows/levels {
		g.Fail(fmt.Errorf("graph: exchange of %v between %d levels by %v: %w", []int(states.Shape()), levels, []int(logRatio.Shape()), ErrShape))
		return nil
	}
	chains := rows / levels
	e := &exchange{sampler{stream, g.stream(stream)}, levels, chains, make([]float32, 1+rows-chains)}
	return g.apply(e, states.Shape(), states, logRatio)
}
