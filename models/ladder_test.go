package models

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// valleys is a machine of six visible and three hidden units with two modes,
// all off and all on, that a Gibbs chain hardly ever goes between: from either
// a hidden unit changes once in e⁹ steps. The second mode is more probable.
func valleys(t *testing.T, centred bool) *Layer {
	t.Helper()
	model, err := RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{6}, Units: 3, Centred: centred}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	l := model.(Layered).Layers()[0]
	fill := func(x *graph.Tensor, by float32) {
		for i := range x.Data {
			x.Data[i] = by
		}
	}
	fill(l.Weight, 3)
	if centred { // the same energy from another point
		fill(l.VisibleMean, 0.5)
		fill(l.HiddenMean, 0.5)
		fill(l.VisibleBias, 0.1)
		return l
	}
	fill(l.VisibleBias, 0.1-4.5)
	fill(l.HiddenBias, -9)
	return l
}

// climbing is a machine that takes steps of a ladder from state to state.
type climbing struct {
	*graph.Machine
	in, out *graph.Node
	step    LadderStep
}

func newClimbing(t *testing.T, l *Layer, gaps *graph.Tensor, chains int, rate float64) *climbing {
	t.Helper()
	g := graph.New(graph.NewRandom(7))
	rows := chains * (len(gaps.Data) + 1)
	c := &climbing{in: g.Input("v", rows, 6)}
	c.step = Ladder{l, gaps}.Step(g, c.in, 1, rate)
	m, err := g.Compile(c.step.States, c.step.Betas, c.step.Acceptance, c.step.Gaps)
	if err != nil {
		t.Fatal(err)
	}
	c.Machine, c.out = m, c.step.States
	return c
}

// climb takes a step and goes on from where it led.
func (c *climbing) climb(t *testing.T, gaps *graph.Tensor) {
	t.Helper()
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(c.in, slices.Clone(c.Value(c.out))); err != nil {
		t.Fatal(err)
	}
	copy(gaps.Data, c.Value(c.step.Gaps))
}

// The chains at β = 1 visit states as often as their enumerated probabilities
// say, in both modes, where plain Gibbs chains stay in the one they started
// from.
func TestLadderVisitsAllModes(t *testing.T) {
	for _, centred := range []bool{false, true} {
		t.Run(fmt.Sprintf("centred=%v", centred), func(t *testing.T) {
			l := valleys(t, centred)
			all := graph.NewTensor("all", 64, 6)
			for s := range 64 {
				for i := range 6 {
					all.Data[s*6+i] = float32(s >> i & 1)
				}
			}
			g := graph.New(nil)
			free := graphtest.Value(t, g, l.FreeEnergy(g, g.Param(all)))
			p, z := make([]float64, 64), 0.0
			for s, f := range free {
				p[s] = math.Exp(float64(-f))
				z += p[s]
			}
			const levels, chains, burn, rounds = 6, 40, 200, 3000
			gaps := graph.NewTensor("gaps", 1, levels-1)
			c := newClimbing(t, l, gaps, chains, 0.02)
			counts := make([]float64, 64)
			on := 0.0 // chains of plain Gibbs sampling that are mostly on
			plain := graph.New(graph.NewRandom(3))
			v := plain.Input("v", chains, 6)
			next := l.Gibbs(plain, v, AllNoise)
			gibbs, err := plain.Compile(next)
			if err != nil {
				t.Fatal(err)
			}
			for round := range burn + rounds {
				c.climb(t, gaps)
				if err := gibbs.Run(); err != nil {
					t.Fatal(err)
				}
				if err := gibbs.Set(v, gibbs.Value(next)); err != nil {
					t.Fatal(err)
				}
				if round < burn {
					continue
				}
				for i := range chains {
					s, sum := 0, float32(0)
					for j := range 6 {
						s += int(c.Value(c.out)[i*6+j]) << j
						sum += gibbs.Value(next)[i*6+j]
					}
					counts[s]++
					if sum > 3 {
						on += 1 / float64(rounds*chains)
					}
				}
			}
			n := float64(rounds * chains)
			far := 0.0
			for s := range p {
				far += math.Abs(counts[s]/n-p[s]/z) / 2
			}
			if far > 0.03 {
				t.Errorf("the states visited are %.3f away from their probabilities, in total variation", far)
			}
			if p[63]/z < 0.55 || p[0]/z < 0.2 || on > 0.3 {
				t.Errorf("probabilities of all off %.2f and all on %.2f, plain chains are on in %.2f of their steps: this tests little", p[0]/z, p[63]/z, on)
			}
		})
	}
}

// Whatever the temperatures in the beginning, neighbours come to swap equally
// often, and β goes from 1 down to 0.
func TestLadderFindsEqualSwaps(t *testing.T) {
	l := valleys(t, true)
	const levels, chains = 6, 200
	gaps := graph.NewTensor("gaps", 1, levels-1)
	copy(gaps.Data, []float32{2, -2, 0, 1, -1})
	c := newClimbing(t, l, gaps, chains, 0.05)
	rates := func(steps int) []float64 {
		sum := make([]float64, levels-1)
		for range steps {
			c.climb(t, gaps)
			for i, a := range c.Value(c.step.Acceptance) {
				sum[i] += float64(a) / float64(steps)
			}
		}
		return sum
	}
	before := rates(20)
	rates(2000)
	after := rates(300)
	spread := func(x []float64) float64 { return slices.Max(x) - slices.Min(x) }
	if spread(before) < 0.3 || spread(after) > 0.04 {
		t.Errorf("swaps are accepted by %.3f in the beginning and %.3f in the end, want them alike", before, after)
	}
	betas := c.Value(c.step.Betas)
	if betas[0] != 1 || math.Abs(float64(betas[levels-1])) > 1e-6 {
		t.Errorf("β goes from %g to %g", betas[0], betas[levels-1])
	}
	for m := 1; m < levels; m++ {
		if betas[m] >= betas[m-1] {
			t.Errorf("β = %v does not fall", betas)
		}
	}
}

// The chains of a machine with fast weights go where those of the machine with
// the sum of both go: to the bit, but where rounding decides a draw.
func TestFastWeightsAdd(t *testing.T) {
	for name, spec := range map[string]Spec{
		"dense": RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{40}, Units: 30, Centred: true, Deviation: 0.5},
		"conv":  ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 2}, Filters: 5, Kernel: 4, Stride: 2, Pad: 1, Deviation: 0.5},
	} {
		model, err := spec.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		l := model.(Layered).Layers()[0]
		if l.VisibleMean != nil {
			copy(l.VisibleMean.Data, graphtest.Positive("", 3, l.VisibleMean.Shape...).Data)
		}
		fast := FastTensors(l)
		v := graph.NewTensor("v", append([]int{50}, l.in...)...)
		graph.NewRandom(2).Stream("v").Uniform(v.Data)
		g := graph.New(graph.NewRandom(5))
		same := graphtest.Value(t, g, NewFast(l, fast).Gibbs(g, g.Param(v)))
		g = graph.New(graph.NewRandom(5))
		if !slices.Equal(same, graphtest.Value(t, g, l.Gibbs(g, g.Param(v), AllNoise))) {
			t.Errorf("%s: fast weights of zero change something", name)
		}
		for i, x := range fast {
			copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
		}
		g = graph.New(graph.NewRandom(5))
		got := graphtest.Value(t, g, NewFast(l, fast).Gibbs(g, g.Param(v)))
		for i, x := range []*graph.Tensor{l.Weight, l.VisibleBias, l.HiddenBias} {
			for j := range x.Data {
				x.Data[j] += fast[i].Data[j]
			}
		}
		g = graph.New(graph.NewRandom(5))
		want := graphtest.Value(t, g, l.Gibbs(g, g.Param(v), AllNoise))
		differ := 0
		for i := range want {
			if got[i] != want[i] {
				differ++
			}
		}
		if differ > len(want)/200 || slices.Equal(got, same) {
			t.Errorf("%s: %d of %d states differ from those of the sum", name, differ, len(want))
		}
	}
}
