package zoo

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// Sampling says how pictures are drawn from a stack: where the top machine's
// Gibbs chain starts, how many steps it takes, and which of its states are
// drawn. What it ends with goes down to the picture by means. A variational
// autoencoder decodes codes from its prior. The zero value is that of a model
// that has no samples.
type Sampling struct {
	From   string       `json:"from"`             // prior: codes from the fitted normal distribution, or the model's own; data; or noise
	Spread float64      `json:"spread,omitempty"` // factor on the prior's deviations; 0 means 1
	Steps  int          `json:"steps,omitempty"`  // Gibbs steps of the top machine
	Noise  models.Noise `json:"noise,omitempty"`  // what the steps draw: nothing, "hidden" or "all"; means are shown in the end
	Class  *int         `json:"class,omitempty"`  // the label of a joint model's chain, held at every step; nil: the chain draws it
}

// The places where a chain can start.
const (
	FromPrior = "prior"
	FromData  = "data"
	FromNoise = "noise"
)

// sampleBatch is how many samples are made at a time.
const sampleBatch = 64

// Check finds what no model can do.
func (s Sampling) Check() error {
	switch s.From {
	case FromPrior, FromData, FromNoise:
	default:
		return fmt.Errorf("sampling.from %q, want %s, %s or %s", s.From, FromPrior, FromData, FromNoise)
	}
	switch s.Noise {
	case models.MeanField, models.HiddenNoise, models.AllNoise:
	default:
		return fmt.Errorf("sampling.noise %q, want %q, %q or %q", s.Noise, models.MeanField, models.HiddenNoise, models.AllNoise)
	}
	if s.Steps < 0 || !(s.Spread >= 0) {
		return fmt.Errorf("sampling.steps %d and sampling.spread %g, want at least 0", s.Steps, s.Spread)
	}
	return nil
}

// netOf is the stack of machines that a model is, with label units or without,
// or that a classifier has as its body.
func netOf(model models.Model) (*models.BeliefNet, bool) {
	switch m := model.(type) {
	case *models.ClassifierNet:
		return m.BeliefNet, true
	case *models.JointNet:
		return m.BeliefNet, true
	case *models.BeliefNet:
		return m, true
	}
	return nil, false
}

// suits finds what a model cannot do, before it is trained. No sampling suits
// all of them.
func (s Sampling) suits(model models.Model) error {
	if s == (Sampling{}) {
		return nil
	}
	if _, ok := model.(models.Stochastic); ok {
		if s.From != FromPrior || s.Steps != 0 || s.Noise != models.MeanField || s.Class != nil || !(s.Spread >= 0) {
			return fmt.Errorf("zoo: sampling: a model of type %s draws codes from its prior: want sampling.from %s, a spread of at least 0, and nothing else", models.Types.Name(model.Spec()), FromPrior)
		}
		return nil
	}
	net, ok := netOf(model)
	if !ok {
		return fmt.Errorf("zoo: sampling: a model of type %s has no layers to sample: leave it away", models.Types.Name(model.Spec()))
	}
	if err := s.Check(); err != nil {
		return fmt.Errorf("zoo: %w", err)
	}
	if s.From == FromPrior && net.Prior() == nil {
		return fmt.Errorf("zoo: sampling.from %s: codes of shape %v are too large for a prior: start from %s or %s", s.From, net.CodeShape(), FromData, FromNoise)
	}
	if classes := topOf(net).Classes; s.Class != nil && (*s.Class < 0 || *s.Class >= classes) {
		if classes == 0 {
			return fmt.Errorf("zoo: sampling.class %d: the model has no label units: leave it away", *s.Class)
		}
		return fmt.Errorf("zoo: sampling.class %d, want 0 to %d", *s.Class, classes-1)
	}
	return nil
}

// topOf is the top machine.
func topOf(net *models.BeliefNet) *models.Layer {
	layers := net.Layers()
	return layers[len(layers)-1]
}

// Sample draws n pictures, which seed decides. A chain that starts from data
// gets its examples from start, n of them.
func (s Sampling) Sample(model models.Model, n int, seed uint64, start []float32) ([]float32, error) {
	net, layered := netOf(model)
	stochastic, ok := model.(models.Stochastic)
	if !ok && !layered {
		return nil, fmt.Errorf("zoo: sample: a model of type %s is no distribution of examples, so there is nothing to draw: zoo reconstruct and zoo interpolate show what it does", models.Types.Name(model.Spec()))
	}
	if err := s.suits(model); err != nil {
		return nil, err
	}
	if s == (Sampling{}) {
		return nil, fmt.Errorf("zoo: sample: the recipe does not say how this model is sampled: say it with --from and --steps")
	}
	if n < 1 {
		return nil, fmt.Errorf("zoo: sample: %d samples, want at least 1", n)
	}
	if ok {
		return s.decoded(stochastic, n, seed)
	}
	size := graph.Size(model.InputShape())
	if s.From == FromPrior && !net.Prior().Fitted() {
		return nil, fmt.Errorf("zoo: sample: the prior of this model is not fitted: start from %s or %s", FromData, FromNoise)
	}
	if s.From == FromData && len(start) != n*size {
		return nil, fmt.Errorf("zoo: sample: %d numbers to start %d samples of %d from", len(start), n, size)
	}
	random := graph.NewRandom(seed)
	pictures := make([]float32, 0, n*size)
	var chain *chain
	for from := 0; from < n; from += sampleBatch {
		if batch := min(sampleBatch, n-from); chain == nil || chain.n != batch {
			var err error
			if chain, err = s.chain(net, batch, random); err != nil {
				return nil, err
			}
		}
		var examples []float32
		if s.From == FromData {
			examples = start[from*size : (from+chain.n)*size]
		}
		batch, err := chain.run(s.Steps, examples)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, batch...)
	}
	return pictures, nil
}

// decoded is n pictures for codes from the model's own prior.
func (s Sampling) decoded(model models.Stochastic, n int, seed uint64) ([]float32, error) {
	g := graph.New(graph.NewRandom(seed))
	pictures := model.Draw(g, n, s.spread())
	m, err := g.Compile(pictures)
	if err == nil {
		err = m.Run()
	}
	if err != nil {
		return nil, fmt.Errorf("zoo: sample: %w", err)
	}
	return m.Value(pictures), nil
}

// spread is the factor on a prior's deviations.
func (s Sampling) spread() float64 {
	if s.Spread == 0 {
		return 1
	}
	return s.Spread
}

// chain draws n samples at a time.
type chain struct {
	n                       int
	labels                  []float32 // behind the values of each state; nil: what the chain makes of them
	random                  *graph.Random
	begin, step, last, down machine
}

// machine computes one node from one input.
type machine struct {
	*graph.Machine
	in, out *graph.Node
}

// compute is the value for x, which nil leaves as it was.
func (m machine) compute(x []float32) ([]float32, error) {
	if x != nil {
		if err := m.Set(m.in, x); err != nil {
			return nil, err
		}
	}
	if err := m.Run(); err != nil {
		return nil, err
	}
	return m.Value(m.out), nil
}

// chain compiles the four parts of a chain: the states v below the top
// machine that it starts from, a Gibbs step, the last one, and the way down.
func (s Sampling) chain(net *models.BeliefNet, n int, random *graph.Random) (*chain, error) {
	layers := net.Layers()
	below, top := layers[:len(layers)-1], layers[len(layers)-1]
	c := &chain{n: n, random: random}
	var failed error
	part := func(shape []int, build func(g *graph.Graph, x *graph.Node) *graph.Node) machine {
		g := graph.New(random)
		in := g.Input("x", append([]int{n}, shape...)...)
		out := build(g, in)
		m, err := g.Compile(out)
		if err != nil && failed == nil {
			failed = fmt.Errorf("zoo: sample: %w", err)
		}
		return machine{m, in, out}
	}
	var given *graph.Tensor // which visible units stay
	if s.Class != nil {
		c.labels = make([]float32, top.Classes)
		c.labels[*s.Class] = 1
		given = graph.NewTensor("given", top.StateShape()...)
		for i := range c.labels {
			given.Data[len(given.Data)-1-i] = 1
		}
	}
	step := func(noise models.Noise) machine {
		return part(top.StateShape(), func(g *graph.Graph, v *graph.Node) *graph.Node {
			if given != nil {
				return top.GibbsGiven(g, v, g.Param(given), noise)
			}
			return top.Gibbs(g, v, noise)
		})
	}
	switch s.From {
	case FromPrior:
		c.begin = part([]int{1}, func(g *graph.Graph, _ *graph.Node) *graph.Node {
			return top.Decode(g, net.Prior().Sample(g, n, s.spread(), top.Hidden))
		})
	case FromData:
		c.begin = part(net.InputShape(), func(g *graph.Graph, v *graph.Node) *graph.Node { return top.Labelled(g, models.Up(g, below, v)) })
	}
	if s.Steps > 0 {
		// A last visible state that is drawn shows its noise, its mean does not.
		c.step, c.last = step(s.Noise), step(s.Noise)
		if s.Noise == models.AllNoise {
			c.last = step(models.HiddenNoise)
		}
	}
	c.down = part(top.StateShape(), func(g *graph.Graph, v *graph.Node) *graph.Node { return models.Down(g, below, top.WithoutLabels(g, v)) })
	return c, failed
}

// run draws n samples. They are overwritten by the next run.
func (c *chain) run(steps int, examples []float32) (v []float32, err error) {
	if c.begin.Machine == nil {
		v = make([]float32, len(c.down.Value(c.down.in)))
		c.random.Stream("start").Uniform(v)
	} else if v, err = c.begin.compute(examples); err != nil {
		return nil, err
	}
	if c.labels != nil {
		size := len(v) / c.n
		for i := range c.n {
			copy(v[(i+1)*size-len(c.labels):], c.labels)
		}
	}
	for i := range steps {
		m := c.step
		if i == steps-1 {
			m = c.last
		}
		if v, err = m.compute(v); err != nil {
			return nil, err
		}
	}
	return c.down.compute(v)
}
