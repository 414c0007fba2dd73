package metric

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// countMost is the largest number of states that are counted one by one: those
// of 25 binary units.
const countMost = 1 << 25

// countBlock is the number of states that are computed at a time: the visible
// units' pre-activations of a block stay in the cache.
const countBlock = 1024

// states are all states of a layer's visible or hidden units.
type states struct {
	units, levels int // levels above 0
	n             int // how many states there are
}

// statesOf counts those of units of one kind; n is 0 where they are not finite
// or too many.
func statesOf(u unit.Unit, units int) states {
	leveled, ok := u.(unit.Leveled)
	if !ok {
		return states{}
	}
	s := states{units, leveled.States(), 1}
	for range units {
		if s.n *= s.levels + 1; s.n > countMost {
			return states{}
		}
	}
	return s
}

// write puts the states from the given one on into dst, one after the other, as
// shares of the levels.
func (s states) write(dst []float32, from int) {
	for i := range len(dst) / s.units {
		for rest, j := from+i, 0; j < s.units; j++ {
			dst[i*s.units+j] = float32(rest%(s.levels+1)) / float32(s.levels)
			rest /= s.levels + 1
		}
	}
}

// Countable tells whether LogZ can count the states of a machine: those of its
// visible or of its hidden units are at most 2²⁵, as of 25 binary units.
func Countable(l *models.Layer) bool {
	return statesOf(l.Hidden, graph.Size(l.OutputShape())).n > 0 || statesOf(l.Visible, graph.Size(l.StateShape())).n > 0
}

// LogZ is the logarithm of a machine's partition function, by counting all
// states of its hidden or of its visible units, whichever are fewer; the others
// are summed in closed form. The machine must be exact (models.Layer.Exact) and
// Countable. Terms have the rounding of float32 free energies, some 1e-7 of
// each; they are added in float64. tell, unless nil, is called with the number
// of states that are done.
func LogZ(ctx context.Context, l *models.Layer, tell func(done, total int)) (float64, error) {
	levels, err := l.Exact()
	if err != nil {
		return 0, err
	}
	s, kind, shape, free := statesOf(l.Hidden, graph.Size(l.OutputShape())), l.Hidden, l.OutputShape(), l.HiddenFreeEnergy
	if v := statesOf(l.Visible, graph.Size(l.StateShape())); s.n == 0 || v.n > 0 && v.n < s.n {
		s, kind, shape, free = v, l.Visible, l.StateShape(), l.FreeEnergy
	}
	if s.n == 0 {
		return 0, fmt.Errorf("metric: log Z of %s by counting: %v %s visible and %v %s hidden units have more than 2^25 states",
			l.Name, l.InputShape(), unit.Types.Name(l.Visible), l.OutputShape(), unit.Types.Name(l.Hidden))
	}
	block := min(countBlock, s.n)
	g := graph.New(nil)
	in := g.Input("state", append([]int{block}, shape...)...)
	out := free(g, in)
	m, err := g.Compile(out)
	if err != nil {
		return 0, err
	}
	x := make([]float32, block*s.units)
	var sum logSum
	for from := 0; from < s.n; from += block {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n := min(block, s.n-from)
		s.write(x[:n*s.units], from)
		if err := m.Set(in, x); err != nil {
			return 0, err
		}
		if err := m.Run(); err != nil {
			return 0, err
		}
		for i, f := range m.Value(out)[:n] {
			log, err := kind.(unit.Exact).LogMeasure(x[i*s.units : (i+1)*s.units]) // exact units, as these are, have a measure
			if err != nil {
				return 0, err
			}
			sum.add(log - levels*float64(f))
		}
		if tell != nil {
			tell(from+n, s.n)
		}
	}
	return sum.value(), nil
}

// logSum is the logarithm of a sum of exponentials. Its zero value is that of
// none.
type logSum struct {
	some     bool
	max, sum float64 // the sum is sum·exp(max)
}

func (s *logSum) add(x float64) {
	switch {
	case !s.some:
		s.some, s.max, s.sum = true, x, 1
	case x > s.max:
		s.max, s.sum = x, s.sum*math.Exp(s.max-x)+1
	default:
		s.sum += math.Exp(x - s.max) // NaN stays NaN
	}
}

func (s *logSum) value() float64 {
	if !s.some {
		return math.Inf(-1)
	}
	return s.max + math.Log(s.sum)
}

// Unnormalised is the mean over examples of the machine's log p(v) + log Z, that
// is log m(v) − N F(v) (models.Layer.Exact): less log Z it is their
// log-likelihood in nats, a density where units are real. A value that is no
// state of the visible units is an error: binary ones want 0 and 1 (Binarise).
func Unnormalised(l *models.Layer, source Source, batch int) (float64, error) {
	levels, err := l.Exact()
	if err != nil {
		return 0, err
	}
	kind := l.Visible.(unit.Exact)
	sum, seen := 0.0, 0
	err = Sweep(source, batch, l.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{l.FreeEnergy(g, v), v}
	}, func(n int, values [][]float32) error {
		size := len(values[1]) / n
		for i := range n {
			log, err := kind.LogMeasure(values[1][i*size : (i+1)*size])
			if err != nil {
				return fmt.Errorf("metric: likelihood: example %d is no state of %s units: %w", seen+i, unit.Types.Name(l.Visible), err)
			}
			sum += log
		}
		for _, f := range values[0] {
			sum -= levels * float64(f)
		}
		seen += n
		return nil
	})
	return sum / float64(source.Len()), err
}

// FreeEnergy is the mean of a model's free energy over examples.
func FreeEnergy(model models.Energetic, source Source, batch int) (float64, error) {
	sum := 0.0
	err := Sweep(source, batch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{model.FreeEnergy(g, v)}
	}, func(_ int, values [][]float32) error {
		for _, f := range values[0] {
			sum += float64(f)
		}
		return nil
	})
	return sum / float64(source.Len()), err
}
