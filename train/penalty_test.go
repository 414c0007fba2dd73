package train

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// penalised is a layer with weights that are not small, and what a stage of
// one batch has of it.
func penalised(t *testing.T, spec models.Spec, p Penalties) (l *models.Layer, m *machine) {
	t.Helper()
	model := newModel(t, spec, 3)
	l = model.Layers()[0]
	graph.NewRandom(4).Stream("bias").Normal(l.HiddenBias.Data)
	m, err := newMachine(model, Stage{Optimizer: SGD{Rate: 1}, Penalties: p}, 4, 0, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 4*8*8*3)
	bars(4).Floats(x, 0, 1, 2, 3)
	if err := errors.Join(m.Set(m.input, x), m.Run()); err != nil {
		t.Fatal(err)
	}
	return l, m
}

func penalisedSpecs() map[string]models.Spec {
	return map[string]models.Spec{
		"dense": models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 5, Deviation: 0.2},
		"conv":  models.ConvRBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Filters: 4, Kernel: 4, Stride: 2, Pad: 1, Deviation: 0.2},
	}
}

// Penalties add to the loss what their formulas say, computed in float64, and
// nothing to that of a stage without.
func TestPenaltiesAddWhatTheySay(t *testing.T) {
	const p, cost = 0.1, 0.7
	for name, spec := range penalisedSpecs() {
		l, plain := penalised(t, spec, Penalties{})
		squares, sizes := 0.0, 0.0
		for _, w := range l.Weight.Data {
			squares += float64(w) * float64(w)
			sizes += math.Abs(float64(w))
		}
		h := pass(t, bars(4), func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Encode(g, v) })
		q, _ := columns(h, l.HiddenBias.Size())
		magnitude := 0.0
		for _, x := range h {
			magnitude += float64(x) * float64(l.HiddenBias.Size()) / float64(len(h))
		}
		entropy, square := 0.0, 0.0
		for _, q := range q {
			entropy -= p*math.Log(q) + (1-p)*math.Log(1-q)
			square += (p - q) * (p - q)
		}
		for what, c := range map[string]struct {
			penalties Penalties
			want      float64
		}{
			"l2":            {Penalties{L2: 0.3}, 0.3 / 2 * squares},
			"l1":            {Penalties{L1: 0.3}, 0.3 * sizes},
			"cross-entropy": {Penalties{Sparsity: Sparsity{Target: p, Cost: cost}}, cost * entropy},
			"squared":       {Penalties{Sparsity: Sparsity{Target: p, Cost: cost, Form: "squared"}}, cost * square},
			"laplace":       {Penalties{Sparsity: Sparsity{Cost: cost, Form: "l1"}}, cost * magnitude},
			"two":           {Penalties{L2: 0.3, L1: 0.2}, 0.3/2*squares + 0.2*sizes},
			"max-norm":      {Penalties{MaxNorm: 0.3}, 0},
		} {
			_, m := penalised(t, spec, c.penalties)
			if got := m.scalar(m.total) - plain.scalar(plain.total); math.Abs(got-c.want) > 1e-5*max(1, c.want) {
				t.Errorf("%s, %s: adds %g, want %g", name, what, got, c.want)
			}
		}
	}
}

// The gradients of penalties are those of finite differences.
func TestGradientsOfPenalties(t *testing.T) {
	w, q := graphtest.Random("w", 1, 4, 3), graphtest.Positive("q", 2, 6)
	for i := range q.Data {
		q.Data[i] /= 4
	}
	for i, x := range w.Data { // away from the kink of |w|
		if math.Abs(float64(x)) < 0.2 {
			w.Data[i] += 0.5
		}
	}
	for _, p := range []Penalties{{L2: 0.3}, {L1: 0.3}, {L1: 0.1, L2: 2}} {
		graphtest.Gradient(t, 1e-3, func(g *graph.Graph, in []*graph.Node) *graph.Node {
			loss := &Loss{Total: g.Mean(g.Map(graph.Tanh, in[0])), Weights: []*graph.Tensor{w}}
			if err := p.add(g, loss); err != nil {
				t.Fatal(err)
			}
			return loss.Total
		}, w)
	}
	for _, form := range []string{"", "squared"} {
		graphtest.Gradient(t, 1e-3, func(g *graph.Graph, in []*graph.Node) *graph.Node {
			return Sparsity{Target: 0.2, Cost: 1, Form: form}.ofMeans(g, in[0])
		}, q)
	}
	graphtest.Gradient(t, 1e-3, func(g *graph.Graph, in []*graph.Node) *graph.Node {
		return Sparsity{Cost: 1, Form: "l1"}.of(g, in[0], []int{3})
	}, w)
	// A unit that is never on has a finite penalty and a large gradient.
	g := graph.New(nil)
	zero := g.Param(graph.NewTensor("off", 2))
	loss := Sparsity{Target: 0.1}.ofMeans(g, zero)
	m, err := g.Compile(loss, g.Grad(loss, zero)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	if l, d := float64(m.Value(loss)[0]), float64(m.Value(g.Grad(loss, zero)[0])[0]); !isFinite(l) || !isFinite(d) || d > -1e4 {
		t.Errorf("off: penalty %g, gradient %g", l, d)
	}
}

// After a step no hidden unit has incoming weights above the norm, those that
// were below are as without it, and the direction of the others stays.
func TestMaxNorm(t *testing.T) {
	for name, spec := range penalisedSpecs() {
		step := func(limit float64) *models.Layer {
			l, m := penalised(t, spec, Penalties{MaxNorm: limit})
			state := map[*graph.Tensor]*Moments{}
			for _, x := range m.learned {
				state[x] = newMoments(x, SGD{}.Slots())
			}
			m.learn(Stage{Optimizer: SGD{Rate: 0.5}, Penalties: Penalties{MaxNorm: limit}}, state, 0)
			return l
		}
		free := step(0)
		units := free.HiddenBias.Size()
		norms := make([]float64, units)
		for i, w := range free.Weight.Data {
			norms[i%units] = math.Hypot(norms[i%units], float64(w))
		}
		order := slices.Sorted(slices.Values(norms))
		limit := (order[1] + order[2]) / 2
		held := step(limit)
		for i, w := range free.Weight.Data {
			want := float64(w) * min(1, limit/norms[i%units])
			if math.Abs(float64(held.Weight.Data[i])-want) > 1e-6 {
				t.Fatalf("%s: weight %d is %g, want %g", name, i, held.Weight.Data[i], want)
			}
		}
	}
}

// A sparsity target takes units there.
func TestSparsityReachesItsTarget(t *testing.T) {
	for _, form := range []string{"", "squared"} {
		stages := []Stage{{Optimizer: Adam{Rate: 0.01}, Epochs: 60, Batch: 20,
			Penalties: Penalties{Sparsity: Sparsity{Target: 0.1, Cost: 50, Form: form}}}}
		steps := run(t, newTrainer(t, penalisedSpecs()["dense"], stages, bars(100), 1), -1)
		if got := steps[len(steps)-1].Layers[0].Activity; math.Abs(got-0.1) > 0.03 {
			t.Errorf("%q: activity %.3f, want 0.1", form, got)
		}
	}
}

func TestPenaltiesRefuse(t *testing.T) {
	for want, p := range map[string]Penalties{
		"penalties.l2 -1":                   {L2: -1},
		"penalties.l1 NaN":                  {L1: math.NaN()},
		"penalties.max_norm -1":             {MaxNorm: -1},
		"penalties.sparsity.target 1,":      {Sparsity: Sparsity{Target: 1, Cost: 1}},
		"penalties.sparsity.cost -2":        {Sparsity: Sparsity{Target: 0.1, Cost: -2}},
		`penalties.sparsity.form "l2"`:      {Sparsity: Sparsity{Target: 0.1, Cost: 1, Form: "l2"}},
		"target 0.1, want none of l1":       {Sparsity: Sparsity{Target: 0.1, Cost: 1, Form: "l1"}},
		"penalties.sparsity.target 0, want": {Sparsity: Sparsity{Cost: 1}},
	} {
		if err := p.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
	}
	c := &code{graph.NewTensor("w", 192, 8), graph.NewTensor("a", 192)}
	const want = "which of its parameters are weights"
	_, err := New(c, []Stage{{Objective: Reconstruction{}, Optimizer: Adam{Rate: 1}, Penalties: Penalties{L2: 1}, Epochs: 1}}, bars(4), 1)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("weight decay of a model that is a code alone: %v, want %q", err, want)
	}
}
