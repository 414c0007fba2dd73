package metric

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/models"
)

// AIS estimates the partition function of a machine by annealed importance
// sampling (Neal 2001; Salakhutdinov and Murray 2008): chains go from
// independent visible units, whose partition function is known, to the machine
// itself in small steps of the inverse temperature β, and the change of free
// energy that each sees on its way is its weight.
//
// Weights fall short where chains do not find what the machine likes best: AIS
// tells log Z too small rather than too large, and a likelihood too good.
// Reverse goes the other way and errs on the other side.
type AIS struct {
	Chains int // 0 means 100
	Betas  int // steps; 0 means 14,500
	Burn   int // Gibbs steps from the data that Reverse begins with; 0 means as many as Betas
}

// Estimate is what annealing finds.
type Estimate struct {
	LogZ float64
	// Deviation is the standard error of LogZ: that of the mean weight divided
	// by it. It knows nothing of what no chain has seen.
	Deviation float64
	// Low and High are log Z three standard errors of the mean weight away;
	// infinite where that leaves nothing.
	Low, High float64
	// Effective is the number of chains of equal weight that would tell as
	// much: (Σw)²/Σw².
	Effective float64
	Chains    int
	Betas     int
	Burn      int // 0 but for Reverse
}

func (a AIS) chains() int { return orElse(a.Chains, 100) }
func (a AIS) betas() int  { return orElse(a.Betas, 14500) }
func (a AIS) burn() int   { return orElse(a.Burn, a.betas()) }

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// schedule is β from 0 to 1 in so many steps, spaced as Salakhutdinov and Murray
// have it: 500 to 0.5, 4,000 to 0.9 and 10,000 to 1, in proportion.
func schedule(steps int) []float64 {
	betas := make([]float64, steps+1)
	knots := []struct{ part, beta float64 }{{0, 0}, {500. / 14500, 0.5}, {4500. / 14500, 0.9}, {1, 1}}
	k := 1
	for i := range betas {
		at := float64(i) / float64(steps)
		for at > knots[k].part {
			k++
		}
		from, to := knots[k-1], knots[k]
		betas[i] = from.beta + (to.beta-from.beta)*(at-from.part)/(to.part-from.part)
	}
	return betas
}

// BaseRate is the bias a₀ of the independent visible units that annealing starts
// from: that which explains the mean of data, with what the unit's Inverse
// keeps it from infinity by.
func BaseRate(l *models.Layer, source Source, batch int) (*graph.Tensor, error) {
	moments := NewMoments(l.VisibleBias.Size())
	err := Sweep(source, batch, l.InputShape(), func(_ *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{v}
	}, func(_ int, values [][]float32) error {
		moments.Add(values[0])
		return nil
	})
	base := graph.NewTensor(l.Name+".base", l.VisibleBias.Shape...)
	mean := make([]float64, len(base.Data))
	for i := range mean {
		mean[i] = moments.Mean(i)
	}
	for i, a := range l.Visible.Inverse(mean) {
		base.Data[i] = float32(a)
	}
	return base, err
}

// Forward anneals from β = 0 to 1. Its mean weight is Z/Z₀ without bias; its
// LogZ is below log Z in the mean. base is shaped as the visible bias; nil is 0.
// tell, unless nil, is called with the number of steps that are done.
func (a AIS) Forward(ctx context.Context, l *models.Layer, base *graph.Tensor, random *graph.Random, tell func(done, total int)) (Estimate, error) {
	w, err := a.walk(l, base, random)
	if err != nil {
		return Estimate{}, err
	}
	if err := w.begin(); err != nil {
		return Estimate{}, err
	}
	betas := schedule(a.betas())
	if err := w.through(ctx, betas, counted(tell, 0, a.betas())); err != nil {
		return Estimate{}, err
	}
	e := w.estimate(1)
	e.Betas = a.betas()
	return e, nil
}

// Reverse anneals from β = 1 to 0, from states of the machine itself: examples
// after Burn Gibbs steps (Burda, Grosse and Salakhutdinov 2015; PyDeep reports
// it). Were those its own samples, the mean weight would be Z₀/Z without bias,
// and LogZ above log Z in the mean.
func (a AIS) Reverse(ctx context.Context, l *models.Layer, base *graph.Tensor, source Source, random *graph.Random, tell func(done, total int)) (Estimate, error) {
	w, err := a.walk(l, base, random)
	if err != nil {
		return Estimate{}, err
	}
	if source.Len() == 0 || source.Size() != graph.Size(l.InputShape()) {
		return Estimate{}, fmt.Errorf("metric: reverse annealing: %d examples of %d values to start from, want some of shape %v", source.Len(), source.Size(), l.InputShape())
	}
	index := make([]int, a.chains())
	for i := range index {
		index[i] = i % source.Len()
	}
	source.Floats(w.v, index...)
	total := a.burn() + a.betas()
	still := make([]float64, a.burn()+1)
	for i := range still {
		still[i] = 1
	}
	if err := w.through(ctx, still, counted(tell, 0, total)); err != nil {
		return Estimate{}, err
	}
	clear(w.logs) // of no step at all, but for rounding
	betas := schedule(a.betas())
	for i, j := 0, len(betas)-1; i < j; i, j = i+1, j-1 {
		betas[i], betas[j] = betas[j], betas[i]
	}
	if err := w.through(ctx, betas, counted(tell, a.burn(), total)); err != nil {
		return Estimate{}, err
	}
	e := w.estimate(-1)
	e.Betas, e.Burn = a.betas(), a.burn()
	return e, nil
}

func counted(tell func(done, total int), before, total int) func(done int) {
	if tell == nil {
		return func(int) {}
	}
	return func(done int) { tell(before+done, total) }
}

// walk is chains on their way through temperatures.
type walk struct {
	levels     float64
	logZ0      float64
	v          []float32 // visible states of the chains
	logs       []float64 // the logarithms of their weights
	start      *graph.Machine
	startOut   *graph.Node
	step       *graph.Machine
	in, at, to *graph.Node // v, β and the next β
	rise, next *graph.Node // F_β(v) − F_next(v), and v'
}

func (a AIS) walk(l *models.Layer, base *graph.Tensor, random *graph.Random) (*walk, error) {
	if a.Chains < 0 || a.Betas < 0 || a.Burn < 0 {
		return nil, fmt.Errorf("metric: annealing of %d chains in %d steps after %d, want at least 1 of each", a.Chains, a.Betas, a.Burn)
	}
	levels, err := l.Exact()
	if err != nil {
		return nil, err
	}
	n, t := a.chains(), models.Tempered{Layer: l, Base: base}
	w := &walk{levels: levels, v: make([]float32, n*graph.Size(l.InputShape())), logs: make([]float64, n)}
	g := graph.New(random)
	w.startOut = t.Start(g, n)
	z0 := t.LogZ0(g)
	if w.start, err = g.Compile(w.startOut, z0); err != nil {
		return nil, err
	}
	if err := w.start.Run(); err != nil {
		return nil, err
	}
	w.logZ0 = levels * float64(w.start.Value(z0)[0])

	g = graph.New(random)
	w.in, w.at, w.to = g.Input("v", append([]int{n}, l.InputShape()...)...), g.Input("β", n), g.Input("next β", n)
	w.rise = g.Sub(t.FreeEnergy(g, w.in, w.at), t.FreeEnergy(g, w.in, w.to))
	w.next = t.Gibbs(g, w.in, w.to)
	w.step, err = g.Compile(w.rise, w.next)
	return w, err
}

// begin puts the chains at β = 0.
func (w *walk) begin() error {
	if err := w.start.Run(); err != nil {
		return err
	}
	copy(w.v, w.start.Value(w.startOut))
	return nil
}

// through takes the chains from the first β, at which they are, to the last,
// and adds what they see on the way to their weights.
func (w *walk) through(ctx context.Context, betas []float64, tell func(done int)) error {
	at, to := make([]float32, len(w.logs)), make([]float32, len(w.logs))
	for i, beta := range betas[1:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		for c := range at {
			at[c], to[c] = float32(betas[i]), float32(beta)
		}
		for _, set := range []struct {
			in *graph.Node
			x  []float32
		}{{w.in, w.v}, {w.at, at}, {w.to, to}} {
			if err := w.step.Set(set.in, set.x); err != nil {
				return err
			}
		}
		if err := w.step.Run(); err != nil {
			return err
		}
		for c, rise := range w.step.Value(w.rise) {
			w.logs[c] += w.levels * float64(rise)
		}
		copy(w.v, w.step.Value(w.next))
		tell(i + 1)
	}
	return nil
}

// estimate is log Z₀ plus, for a way from there, or less, for a way back, the
// logarithm of the mean weight.
func (w *walk) estimate(sign float64) Estimate {
	n := float64(len(w.logs))
	var sum, squares logSum
	for _, log := range w.logs {
		sum.add(log)
		squares.add(2 * log)
	}
	mean := sum.value() - math.Log(n)
	e := Estimate{LogZ: w.logZ0 + sign*mean, Chains: len(w.logs), Effective: math.Exp(2*sum.value() - squares.value())}
	// The variance of weights over the square of their mean is n/effective − 1.
	e.Deviation = math.Sqrt(max(0, n/e.Effective-1) / max(1, n-1))
	below, above := math.Inf(-1), math.Log1p(3*e.Deviation)
	if 3*e.Deviation < 1 {
		below = math.Log1p(-3 * e.Deviation)
	}
	e.Low, e.High = e.LogZ+below, e.LogZ+above
	if sign < 0 {
		e.Low, e.High = e.LogZ-above, e.LogZ-below
	}
	return e
}
