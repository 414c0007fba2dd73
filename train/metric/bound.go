package metric

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// Bound is the variational lower bound of the log-likelihood of a deep belief
// network but for the partition function of its top machine, a mean over
// examples in nats.
type Bound struct {
	Mean      float64
	Deviation float64 // standard error of what was drawn; 0 for a single draw, which cannot tell
}

// VariationalBound estimates, for a network whose top machine is over h and whose
// other layers generate downwards (Salakhutdinov and Murray 2008, section 4),
//
//	log p(v) ≥ E_q [log p(v|h¹) + … + log p*(h)] + H(q) − log Z_top
//
// all but log Z_top, where q goes up layer by layer, q(h¹|v) q(h²|h¹) …, each as
// the machine of that layer has it. The expectation is a mean over draws of all
// layers for each example; entropies given the layer below are exact. Layers are
// exact (models.Layer.Exact), and binary but for the lowest visible units.
func VariationalBound(ctx context.Context, layers []*models.Layer, source Source, draws, batch int, random *graph.Random, tell func(done, total int)) (Bound, error) {
	if err := Boundable(layers); err != nil {
		return Bound{}, err
	}
	if draws < 1 {
		return Bound{}, fmt.Errorf("metric: bound of %d draws, want at least 1", draws)
	}
	below, top := layers[:len(layers)-1], layers[len(layers)-1]
	visible := layers[0].Visible.(unit.Exact)
	var sum, squares float64
	for draw := range draws {
		mean, seen := 0.0, 0
		err := sweep(random, source, batch, layers[0].InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
			var terms *graph.Node
			s := v
			for _, l := range below {
				x := l.Up(g, s)
				h := l.Hidden.Sample(g, x, l.Name+".hidden")
				// H(q) = Σ Φ(x) − x f(x) of exponential families without potential.
				entropy := g.Sub(l.Hidden.LogNormaliser(g, x), g.RowSum(g.Mul(x, l.Hidden.Mean(g, x))))
				term := g.Add(entropy, conditional(g, l, s, h))
				if terms == nil {
					terms = term
				} else {
					terms = g.Add(terms, term)
				}
				s = h
			}
			free := top.FreeEnergy(g, s)
			if terms == nil {
				return []*graph.Node{g.Scale(-1, free), v}
			}
			return []*graph.Node{g.Sub(terms, free), v}
		}, func(n int, values [][]float32) error {
			size := len(values[1]) / n
			for i, bound := range values[0] {
				log, err := visible.LogMeasure(values[1][i*size : (i+1)*size])
				if err != nil {
					return fmt.Errorf("metric: bound: example %d is no state of %s units: %w", seen+i, unit.Types.Name(visible), err)
				}
				mean += (float64(bound) + log) / float64(source.Len())
			}
			seen += n
			return ctx.Err()
		})
		if err != nil {
			return Bound{}, err
		}
		sum += mean
		squares += mean * mean
		if tell != nil {
			tell(draw+1, draws)
		}
	}
	n := float64(draws)
	b := Bound{Mean: sum / n}
	if draws > 1 {
		b.Deviation = math.Sqrt(max(0, squares/n-b.Mean*b.Mean) / (n - 1))
	}
	return b, nil
}

// conditional is log p(s|h) of the visible units of a layer, but for their
// measure: Σ s y − U(s) − Φ(y) for each example.
func conditional(g *graph.Graph, l *models.Layer, s, h *graph.Node) *graph.Node {
	y := l.Down(g, h)
	p := g.Sub(g.RowSum(g.Mul(s, y)), l.Visible.LogNormaliser(g, y))
	if u := l.Visible.Potential(g, s); u != nil {
		p = g.Sub(p, u)
	}
	return p
}

// Boundable tells what keeps a stack from having a VariationalBound, nil if
// nothing does.
func Boundable(layers []*models.Layer) error {
	if len(layers) == 0 {
		return fmt.Errorf("metric: bound: no layers")
	}
	for i, l := range layers {
		levels, err := l.Exact()
		if err != nil {
			return fmt.Errorf("metric: bound: %w", err)
		}
		if levels != 1 {
			return fmt.Errorf("metric: bound: %s has %g levels, want 1", l.Name, levels)
		}
		if _, ok := l.Visible.(unit.Binary); !ok && i > 0 {
			return fmt.Errorf("metric: bound: %s has %s visible units, want binary ones above the lowest layer", l.Name, unit.Types.Name(l.Visible))
		}
		if _, ok := l.Hidden.(unit.Binary); !ok && i < len(layers)-1 {
			return fmt.Errorf("metric: bound: %s has %s hidden units, want binary ones below the top", l.Name, unit.Types.Name(l.Hidden))
		}
	}
	return nil
}
