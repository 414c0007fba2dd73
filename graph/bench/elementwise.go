package bench

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/graph/internal/kernel"
)

// Elementwise is the cost of what is done element by element.
type Elementwise struct {
	Op       string   `json:"op"`
	Threads  int      `json:"threads"`
	Ns       float64  `json:"ns"`                 // for an element
	ULP      *float64 `json:"ulp"`                // largest error, in units in the last place; nil for what is no function
	Fraction float64  `json:"fraction,omitempty"` // of the bandwidth of a copy, for what waits for memory
}

// elements are those of a batch of 128 hidden layers of 500 units.
const elementRows, elementCols = 128, 500

// curve is a function and its slope, as float64 knows them.
type curve struct {
	f         graph.Function
	of, slope func(x float64) float64
	limit     float64 // the largest argument that is tried
}

var curves = []curve{
	{graph.Exp, math.Exp, math.Exp, 87},
	{graph.Sigmoid, sigmoid, sigmoidSlope, 87},
	{graph.Softplus, softplus, sigmoid, 87},
	{graph.Tanh, math.Tanh, tanhSlope, 40},
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func sigmoidSlope(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	return e / ((1 + e) * (1 + e))
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func tanhSlope(x float64) float64 { return 1 / (math.Cosh(x) * math.Cosh(x)) }

// Elementwises measures functions and their gradients (the slope times what
// comes from above), random draws, all on one thread, and the updates of
// optimisers, on one and on all, until ctx is done.
func (e Effort) Elementwises(ctx context.Context, say func(format string, args ...any)) ([]Elementwise, error) {
	var all []Elementwise
	threads := kernel.Threads()
	defer kernel.SetThreads(threads)
	kernel.SetThreads(1)
	for _, c := range curves {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		say("%v and its gradient", c.f)
		both, err := e.curve(c)
		if err != nil {
			return nil, err
		}
		all = append(all, both...)
	}
	say("random draws")
	const n = elementRows * elementCols
	z, p := make([]float32, n), make([]float32, n)
	kernel.Uniform(p, 1, 0)
	counter := uint64(0)
	draw := func(name string, f func()) {
		seconds := e.times(func() { f(); counter += kernel.Blocks(n) })
		all = append(all, Elementwise{Op: name, Threads: 1, Ns: 1e9 / n * Median(seconds[0])})
	}
	draw("bernoulli", func() { kernel.Bernoulli(z, p, 2, counter) })
	draw("gaussian", func() { kernel.Normal(z, 3, counter) })

	kernel.SetThreads(threads)
	say("updates")
	return append(all, e.updates()...), nil
}

// curve measures a function and its gradient, through the ops of a graph.
func (e Effort) curve(c curve) ([]Elementwise, error) {
	x := graph.NewTensor("x", elementRows, elementCols)
	copy(x.Data, normals(x.Size(), 1))
	forward, backward, err := mapped(c.f, x)
	if err != nil {
		return nil, err
	}
	seconds, err := e.Pace(forward.machine.Run, backward.machine.Run)
	if err != nil {
		return nil, err
	}
	sample := arguments(c.limit, e.stride())
	forward, backward, err = mapped(c.f, sample)
	if err != nil {
		return nil, err
	}
	both := []Elementwise{{Op: c.f.String()}, {Op: c.f.String() + " gradient"}}
	for i, m := range []output{forward, backward} {
		if err := m.machine.Run(); err != nil {
			return nil, err
		}
		want := c.of
		if i == 1 {
			want = c.slope
		}
		worst := 0.0
		for j, got := range m.machine.Value(m.node) {
			worst = max(worst, ulps(got, want(float64(sample.Data[j]))))
		}
		if worst-worst != 0 {
			return nil, fmt.Errorf("bench: %s is not a number, or infinite, where it should not be", both[i].Op)
		}
		both[i].Threads, both[i].Ns, both[i].ULP = 1, 1e9/float64(x.Size())*Median(seconds[i]), &worst
	}
	return both, nil
}

// output is a node that a machine computes.
type output struct {
	machine *graph.Machine
	node    *graph.Node
}

// mapped computes f(x), and f'(x) times a gradient, which is 1 everywhere but
// nobody knows.
func mapped(f graph.Function, x *graph.Tensor) (forward, backward output, err error) {
	ones := graph.NewTensor("gradient", x.Shape...)
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	g := graph.New(nil)
	forward.node = g.Map(f, g.Param(x))
	backward.node = g.Grad(g.Sum(g.Mul(forward.node, g.Param(ones))), g.Param(x))[0]
	if forward.machine, err = g.Compile(forward.node); err != nil {
		return forward, backward, err
	}
	backward.machine, err = g.Compile(backward.node)
	return forward, backward, err
}

// arguments are numbers of both signs from 2⁻³⁰ to limit, about as many in each
// octave: every stride-th float32.
func arguments(limit float64, stride uint32) *graph.Tensor {
	var x []float32
	for bits := math.Float32bits(0x1p-30); bits <= math.Float32bits(float32(limit)); bits += stride {
		v := math.Float32frombits(bits)
		x = append(x, v, -v)
	}
	return &graph.Tensor{Name: "x", Shape: []int{1, len(x)}, Data: x}
}

// stride leaves a million arguments or two, or some in a test.
func (e Effort) stride() uint32 {
	if e.Round == 0 {
		return 1<<20 - 1
	}
	return 331
}

// ulps is the distance of got from want in units in the last place of want.
func ulps(got float32, want float64) float64 {
	_, exponent := math.Frexp(want) // want is below 2^exponent
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(exponent-24, -149))
}

// updates measures optimisers on more parameters than fit into a cache, beside
// copying. An update rewrites in place, while what a copy overwrites has to be
// fetched first, which is not counted: so an update can be above a copy.
func (e Effort) updates() []Elementwise {
	n := e.memory() / 2
	p, m, v, gradient := make([]float32, n), make([]float32, n), make([]float32, n), normals(n, 4)
	dst, src := make([]float32, 2*n), normals(2*n, 5) // as much memory
	var all []Elementwise
	onThreads(func(threads int) {
		seconds := e.times(append(copies(dst, src, threads),
			func() { kernel.Adam(p, m, v, gradient, 1e-3, 0.9, 0.999, 1e-8, 10) },
			func() { kernel.AdaMax(p, m, v, gradient, 1e-3, 0.9, 0.999, 1e-8, 10) },
		)...)
		// A copy reads and writes an element; an update reads four, writes three.
		least := faster(seconds[0], seconds[1])
		for i, s := range least {
			least[i] = s / float64(8*len(src)) * float64(28*n)
		}
		for i, name := range []string{"adam", "adamax"} {
			all = append(all, Elementwise{
				Op: name, Threads: threads, Ns: 1e9 / float64(n) * Median(seconds[i+2]),
				Fraction: Median(Ratios(least, seconds[i+2])),
			})
		}
	})
	return all
}
