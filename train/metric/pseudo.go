package metric

import (
	"context"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// PseudoLikelihood is Σ_i log p(v_i | v_−i), all visible units of an example but
// one given, for every one in turn, in nats, a mean over examples (Besag 1975).
// With v⁽ⁱ⁾ the example with unit i turned over,
//
//	log p(v_i | v_−i) = log σ(F(v⁽ⁱ⁾) − F(v))
//
// needs no partition function. No unit is left to chance, as in estimates from
// one unit an example. Visible units are binary.
func PseudoLikelihood(ctx context.Context, l *models.Layer, source Source, tell func(done, total int)) (float64, error) {
	if _, ok := l.Visible.(unit.Binary); !ok {
		return 0, fmt.Errorf("metric: pseudo-likelihood wants binary visible units, %s has %s", l.Name, unit.Types.Name(l.Visible))
	}
	size := graph.Size(l.InputShape())
	if source.Size() != size {
		return 0, fmt.Errorf("metric: examples of %d values do not fit inputs of shape %v", source.Size(), l.InputShape())
	}
	g := graph.New(nil)
	v := g.Input("v", append([]int{1}, l.InputShape()...)...)
	out := turnedOver(g, l, v)
	m, err := g.Compile(out)
	if err != nil {
		return 0, err
	}
	x, sum := make([]float32, size), 0.0
	for i := range source.Len() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		source.Floats(x, i)
		if _, err := (unit.Binary{}).LogMeasure(x); err != nil {
			return 0, fmt.Errorf("metric: pseudo-likelihood: example %d: %w", i, err)
		}
		if err := m.Set(v, x); err != nil {
			return 0, err
		}
		if err := m.Run(); err != nil {
			return 0, err
		}
		sum -= float64(m.Value(out)[0])
		if tell != nil {
			tell(i+1, source.Len())
		}
	}
	return sum / float64(source.Len()), nil
}

// turnedOver is −Σ_i log p(v_i|v_−i) of one binary example v (1×input): (1). The
// rise of the free energy as unit i changes by δ_i = 1−2v_i follows, in a dense
// machine, from a change of x by δ_i times a row of W; else all examples with one
// unit turned over go through the machine.
func turnedOver(g *graph.Graph, l *models.Layer, v *graph.Node) *graph.Node {
	size := graph.Size(l.InputShape())
	flat := g.Reshape(v, size)
	delta := g.Shift(-2, flat, 1)
	var rise *graph.Node
	if len(l.Weight.Shape) == 2 {
		copies := l.Copies
		if copies == 0 {
			copies = 1
		}
		w, x := g.Param(l.Weight), l.Up(g, v)
		linear := g.Reshape(g.Param(l.VisibleBias), size)
		if l.HiddenMean != nil {
			linear = g.Combine(1, linear, -copies, g.RowDot(w, g.Param(l.HiddenMean)))
		}
		units := l.HiddenBias.Size()
		changed := l.Hidden.LogNormaliser(g, g.AddRow(g.RowScale(w, delta), g.Reshape(x, units)))
		same := g.Reshape(l.Hidden.LogNormaliser(g, g.Reshape(x, 1, units)), 1)
		if g.Err() != nil {
			return nil
		}
		change := g.Reshape(g.SubRow(g.Reshape(changed, size, 1), same), size)
		rise = g.Combine(-1, g.Mul(delta, linear), -copies, change)
	} else {
		one := graph.NewTensor("turned", size, size)
		for i := range size {
			one.Data[i*size+i] = 1
		}
		examples := g.AddRow(g.RowScale(g.Param(one), delta), flat)
		turned := l.FreeEnergy(g, g.Reshape(examples, append([]int{size}, l.InputShape()...)...))
		if g.Err() != nil {
			return nil
		}
		rise = g.Reshape(g.SubRow(g.Reshape(turned, size, 1), l.FreeEnergy(g, v)), size)
	}
	return g.Sum(g.Map(graph.Softplus, g.Scale(-1, rise)))
}
