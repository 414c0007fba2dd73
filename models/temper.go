package models

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models/unit"
)

// Tempered is a machine at inverse temperatures β, one for each chain of a
// batch. At 1 it is the machine itself; at 0 its visible units are independent
// with bias a₀, and its hidden ones have no bias. Between, the exponent of its
// joint distribution is (1−β) a₀·v − βE(v,h), with the potentials U left as they
// are (Salakhutdinov and Murray 2008):
//
//	x_β = βx,   y_β = (1−β) a₀ + βy
//	F_β(v) = U(v) − a₀·v − β [a·(v−μ) − a₀·v − g λ·x] − g Σ_j Φ(βx_j)
//
// This is the path of annealed importance sampling, and, with a₀ = 0, the
// ladder of parallel tempering. F_1 is the machine's FreeEnergy, centred or not:
// E is the same function of v and h in both, up to a constant that x and y do
// not see and F has.
type Tempered struct {
	Layer *Layer
	Base  *graph.Tensor // a₀, shaped as a; nil means 0
}

// FreeEnergy is F_β(v) for v (B×input) and β (B): (B).
func (t Tempered) FreeEnergy(g *graph.Graph, v, beta *graph.Node) *graph.Node {
	l := t.Layer
	x := l.Up(g, v)
	linear := g.RowDot(l.statistic(g, v), g.Param(l.VisibleBias))
	if l.HiddenMean != nil {
		linear = g.Combine(1, linear, -l.copies(), g.RowDot(x, g.Param(l.HiddenMean)))
	}
	var base *graph.Node
	if t.Base != nil {
		base = g.RowDot(l.scaled(g, v), g.Param(t.Base))
		linear = g.Sub(linear, base)
	}
	f := g.Combine(-1, g.Mul(linear, beta), -l.copies(), l.Hidden.LogNormaliser(g, g.RowScale(x, beta)))
	if base != nil {
		f = g.Sub(f, base)
	}
	if u := l.Visible.Potential(g, v); u != nil {
		f = g.Add(f, u)
	}
	return f
}

// Gibbs is one step v → h → v' at β (B), all states drawn, from the streams of
// the layer's own Gibbs step.
func (t Tempered) Gibbs(g *graph.Graph, v, beta *graph.Node) *graph.Node {
	l := t.Layer
	if err := l.drawable(); err != nil {
		g.Fail(err)
		return nil
	}
	h := l.Hidden.Sample(g, g.RowScale(l.Up(g, v), beta), l.Name+".hidden")
	return l.visible(g, v).Sample(g, t.visible(g, l.Down(g, h), beta), l.Name+".visible")
}

// Start draws n visible states at β = 0.
func (t Tempered) Start(g *graph.Graph, n int) *graph.Node {
	zero := g.Full(0, append([]int{n}, t.Layer.StateShape()...)...)
	return t.Layer.Visible.Sample(g, t.visible(g, zero, g.Full(0, n)), t.Layer.Name+".visible")
}

// visible is y_β = a₀ + β (y − a₀).
func (t Tempered) visible(g *graph.Graph, y, beta *graph.Node) *graph.Node {
	if t.Base == nil {
		return g.RowScale(y, beta)
	}
	base := g.Param(t.Base)
	return g.AddRow(g.RowScale(g.SubRow(y, base), beta), base)
}

// LogZ0 is the logarithm of ∫ exp(−F_0), the partition function at β = 0:
// Σ_i Φ(a₀) over visible and g Σ_j Φ(0) over hidden units, (1). It is divided by
// the levels of Exact, as F is.
func (t Tempered) LogZ0(g *graph.Graph) *graph.Node {
	l := t.Layer
	one := g.Full(0, 1)
	y := t.visible(g, g.Full(0, append([]int{1}, l.StateShape()...)...), one)
	x := g.Full(0, append([]int{1}, l.out...)...)
	return g.Combine(1, l.Visible.LogNormaliser(g, y), l.copies(), l.Hidden.LogNormaliser(g, x))
}

// Exact tells whether the machine has a likelihood, and the number of levels N
// by which its free energy counts:
//
//	log p(v) = log m(v) − N F(v) − log Z,   Z = Σ_v m(v) exp(−N F(v))
//
// with m the measure of exact visible units. N is 1 but for multinary units,
// whose states are shares of N. Its Gibbs chain samples p if hidden units have
// g times the levels of visible ones.
func (l *Layer) Exact() (levels float64, err error) {
	for _, u := range []unit.Unit{l.Visible, l.Hidden} {
		e, ok := u.(unit.Exact)
		if !ok {
			return 0, fmt.Errorf("models: %s has no likelihood: %s units are no exponential family whose states are drawn", l.Name, unit.Types.Name(u))
		}
		if err := e.Exact(); err != nil {
			return 0, fmt.Errorf("models: %s has no likelihood: %w", l.Name, err)
		}
	}
	if _, ok := l.Visible.(unit.Mixed); ok && len(l.StateShape()) != 1 {
		return 0, fmt.Errorf("models: %s has no likelihood: mixed visible units of shape %v, want one axis", l.Name, l.StateShape())
	}
	n, m := levelsOf(l.Visible), levelsOf(l.Hidden)
	if m != l.copies()*n {
		return 0, fmt.Errorf("models: %s has no likelihood: %g levels of hidden units are not %g copies times %g levels of visible ones, so that its conditional distributions belong to no joint one",
			l.Name, m, l.copies(), n)
	}
	return n, nil
}

func levelsOf(u unit.Unit) float64 {
	if leveled, ok := u.(unit.Leveled); ok {
		return float64(leveled.States())
	}
	return 1
}

// HiddenFreeEnergy is F(h) = −log Σ_v exp(−E(v,h)) for h (B×output), with the
// visible units summed out in place of the hidden ones: (B).
//
//	F(h) = a·μ + g [U(h) − x₀·(h−λ)] − Σ_i Φ(y_i),   x₀ = b − μW
func (l *Layer) HiddenFreeEnergy(g *graph.Graph, h *graph.Node) *graph.Node {
	nothing := g.Full(0, append([]int{1}, l.StateShape()...)...)
	x0 := g.Reshape(l.Up(g, nothing), l.out...)
	f := g.Combine(-l.copies(), g.RowDot(l.CentredHidden(g, h), x0), -1, l.Visible.LogNormaliser(g, l.Down(g, h)))
	if u := l.Hidden.Potential(g, h); u != nil {
		f = g.Combine(1, f, l.copies(), u)
	}
	if l.VisibleMean != nil {
		shift := g.RowDot(l.statistic(g, nothing), g.Param(l.VisibleBias)) // −μ·a, one number for all states
		if g.Err() != nil {
			return nil
		}
		n := h.Shape()[0]
		f = g.Reshape(g.SubRow(g.Reshape(f, n, 1), shift), n)
	}
	return f
}
