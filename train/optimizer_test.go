package train

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// Algorithm 2 of Kingma and Ba, and classical momentum as Hinton's guide has
// it, line by line in float64.
func TestOptimizersAgainstThePapers(t *testing.T) {
	const n, steps = 50, 100
	ramp := Ramp{0.5, 0.9, 0.5}
	for _, c := range []struct {
		optimizer Optimizer
		step      func(theta, m, u *float64, g, rate float64, step int)
	}{
		{AdaMax{Rate: 0.02}, func(theta, m, u *float64, g, rate float64, step int) {
			*m = 0.9**m + 0.1*g
			*u = max(0.999**u, math.Abs(g))
			*theta -= rate / (1 - math.Pow(0.9, float64(step))) * *m / *u
		}},
		{AdaMax{Rate: 0.1, Beta1: 0.5, Beta2: 0.9, Epsilon: 0.01}, func(theta, m, u *float64, g, rate float64, step int) {
			*m = 0.5**m + 0.5*g
			*u = max(0.9**u, math.Abs(g))
			*theta -= rate / (1 - math.Pow(0.5, float64(step))) * *m / (*u + 0.01)
		}},
		{SGD{Rate: 0.02}, func(theta, _, _ *float64, g, rate float64, _ int) { *theta -= rate * g }},
		{SGD{Rate: 0.02, Momentum: ramp}, func(theta, delta, _ *float64, g, rate float64, step int) {
			momentum := 0.9
			if done := float64(step-1) / steps; done < 0.5 {
				momentum = 0.5 + 0.8*done
			}
			*delta = momentum**delta - rate*g
			*theta += *delta
		}},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		p, gradient := graph.NewTensor("p", n), make([]float32, n)
		theta, m, u := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range theta {
			p.Data[i] = float32(random.NormFloat64())
			theta[i] = float64(p.Data[i])
		}
		moments := newMoments(p, c.optimizer.Slots())
		for step := 1; step <= steps; step++ {
			done := float64(step-1) / steps
			rate := c.optimizer.LearningRate() * Linear.At(done)
			for i := range gradient {
				gradient[i] = float32(random.NormFloat64() * math.Pow(10, float64(i%4-2)))
				c.step(&theta[i], &m[i], &u[i], float64(gradient[i]), rate, step)
			}
			moments.Steps++
			c.optimizer.Update(p.Data, gradient, moments, 0, rate, done)
		}
		for i := range theta {
			if d := math.Abs(float64(p.Data[i]) - theta[i]); !(d <= 2e-5*max(1, math.Abs(theta[i]))) {
				t.Errorf("%+v: parameter %d is %g, want %g", c.optimizer, i, p.Data[i], theta[i])
			}
		}
	}
}

// Five steps of torch.optim, of PyTorch 2.15.0:
//
//	p = torch.tensor([0.5, -1.0, 2.0, 0.0], requires_grad=True)
//	o = torch.optim.Adamax([p], lr=0.1)
//	for t in range(1, 6):
//	    p.grad = torch.tensor([0.1*t, -2.0/t, 0.003*(-1)**t, 5.0 if t == 2 else 0.0])
//	    o.step()
func TestOptimizersAgainstPyTorch(t *testing.T) {
	for _, c := range []struct {
		optimizer Optimizer
		want      []float64
	}{
		{SGD{Rate: 0.1}, []float64{0.34999999, -0.54333329, 2.0002999, -0.5}},
		{SGD{Rate: 0.1, Momentum: Ramp{To: 0.9}}, []float64{0.182969, 0.47858664, 2.0007396, -1.7194999}},
		{Adam{Rate: 0.1}, []float64{0.014916942, -0.55985391, 2.1434941, -0.21888009}},
		{AdaMax{Rate: 0.1}, []float64{0.12470403, -0.67615271, 2.1434941, -0.12733096}},
	} {
		p := &graph.Tensor{Name: "p", Shape: []int{4}, Data: []float32{0.5, -1, 2, 0}}
		moments := newMoments(p, c.optimizer.Slots())
		for step := 1; step <= 5; step++ {
			gradient := []float32{0.1 * float32(step), -2 / float32(step), 0.003 * float32(1-2*(step%2)), 0}
			if step == 2 {
				gradient[3] = 5
			}
			moments.Steps++
			c.optimizer.Update(p.Data, gradient, moments, 0, c.optimizer.LearningRate(), 0)
		}
		for i, want := range c.want {
			if math.Abs(float64(p.Data[i])-want) > 1e-6 {
				t.Errorf("%+v: parameter %d is %g, PyTorch's %g", c.optimizer, i, p.Data[i], want)
			}
		}
	}
}

func TestRamp(t *testing.T) {
	for _, c := range []struct {
		ramp       Ramp
		done, want float64
	}{
		{Ramp{}, 0, 0},
		{Ramp{To: 0.9}, 0, 0.9},
		{Ramp{To: 0.9}, 1, 0.9},
		{Ramp{0.5, 0.9, 0.5}, 0, 0.5},
		{Ramp{0.5, 0.9, 0.5}, 0.25, 0.7},
		{Ramp{0.5, 0.9, 0.5}, 0.5, 0.9},
		{Ramp{0.5, 0.9, 0.5}, 0.8, 0.9},
		{Ramp{1, 0, 1}, 0.75, 0.25},
	} {
		if got := c.ramp.At(c.done); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v at %g is %g, want %g", c.ramp, c.done, got, c.want)
		}
	}
}

func TestOptimizersRefuse(t *testing.T) {
	for want, o := range map[string]Optimizer{
		"optimizer.rate 0":            SGD{},
		"optimizer.rate -1":           AdaMax{Rate: -1},
		"optimizer.rate NaN":          Adam{Rate: math.NaN()},
		"optimizer.rate +Inf":         SGD{Rate: math.Inf(1)},
		"optimizer.beta1 1":           AdaMax{Rate: 1, Beta1: 1},
		"optimizer.epsilon -1":        Adam{Rate: 1, Epsilon: -1},
		"momentum from 0 to 1,":       SGD{Rate: 1, Momentum: Ramp{To: 1}},
		"optimizer.momentum: over":    SGD{Rate: 1, Momentum: Ramp{To: 0.5, Over: 2}},
		"optimizer.momentum: from 0.": SGD{Rate: 1, Momentum: Ramp{From: 0.5, To: 0.9}},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
}

// Optimisers print with their type, and one without is Adam.
func TestOptimizersRoundTrip(t *testing.T) {
	for text, want := range map[string]Optimizer{
		`{"type":"adamax","rate":0.001}`:                                        AdaMax{Rate: 0.001},
		`{"type":"sgd","rate":0.1,"momentum":{"from":0.5,"to":0.9,"over":0.5}}`: SGD{0.1, Ramp{0.5, 0.9, 0.5}},
		`{"rate":0.5,"beta1":0.8}`:                                              Adam{Rate: 0.5, Beta1: 0.8},
	} {
		var s, back Stage
		if err := json.Unmarshal([]byte(`{"epochs":1,"optimizer":`+text+`}`), &s); err != nil {
			t.Fatal(err)
		}
		if s.Optimizer != want {
			t.Errorf("%s reads as %#v, want %#v", text, s.Optimizer, want)
		}
		s.Objective = CD{}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &back); err != nil || !reflect.DeepEqual(s, back) {
			t.Errorf("%s comes back as %#v, %v", again, back, err)
		}
	}
	for text, want := range map[string]string{
		`{"type":"rprop","rate":1}`: "adam, adamax, sgd",
		`{"type":3,"rate":1}`:       "type",
		`{"type":"sgd","beta1":1}`:  "beta1",
		`3`:                         "cannot unmarshal",
	} {
		var s Stage
		if err := json.Unmarshal([]byte(`{"optimizer":`+text+`}`), &s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// resumes trains in one go, and again left at each of these steps, saved and
// gone on with elsewhere: all end at the same bits.
func resumes(t *testing.T, start func() *Trainer, at ...int) *Trainer {
	t.Helper()
	whole := start()
	steps := len(run(t, whole, -1))
	path := filepath.Join(t.TempDir(), "c")
	for _, n := range at {
		if n >= steps {
			t.Fatalf("there are %d steps, none to leave at %d", steps, n)
		}
		first := start()
		run(t, first, n)
		if err := first.Save(path); err != nil {
			t.Fatal(err)
		}
		second := start()
		run(t, second, 1)
		if err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "loaded", bits(first), bits(second))
		run(t, second, -1)
		sameBits(t, "resumed", bits(whole), bits(second))
	}
	return whole
}

// What each optimiser remembers is in a checkpoint, and forgotten when another
// one takes over.
func TestOptimizersResume(t *testing.T) {
	stages := []Stage{
		{Optimizer: SGD{0.05, Ramp{0.5, 0.9, 0.5}}, Epochs: 2, Batch: 16},
		{Optimizer: AdaMax{Rate: 0.01}, Epochs: 2, Batch: 16, Penalties: Penalties{L2: 1e-3, L1: 1e-4, MaxNorm: 0.5, Sparsity: Sparsity{Target: 0.1, Cost: 0.1}}},
		{Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 16},
	}
	whole := resumes(t, func() *Trainer { return newTrainer(t, stackSpec(unit.Binary{}), stages, bars(40), 1) }, 0, 2, 5, 6, 9, 12, 14)
	for p, m := range whole.moments {
		if m.Steps != 3 || len(m.Tensors) != 2 || m.Tensors[0].Name != p.Name+".adam.m" {
			t.Errorf("%s ends with %d steps of %v", p.Name, m.Steps, m.slots(p))
		}
	}
}

// A schedule of Gibbs steps is a list of stages: where K alone changes, the
// chains and the moments go on, so that two stages of one K are one longer
// stage.
func TestStepsOfAChainMayChange(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 12}
	for _, objective := range []stepped{CD{Noise: models.AllNoise}, PCD{Chains: 6}} {
		stage := func(epochs, k int) Stage {
			return Stage{Objective: objective.steps(k), Optimizer: Adam{Rate: 0.01}, Epochs: epochs, Batch: 20}
		}
		one := newTrainer(t, spec, []Stage{stage(4, 0)}, bars(40), 1)
		run(t, one, -1)
		two := newTrainer(t, spec, []Stage{stage(1, 0), stage(3, 1)}, bars(40), 1) // 0 means 1
		run(t, two, -1)
		sameBits(t, "two stages", bits(one), bits(two))

		more := []Stage{stage(2, 1), stage(2, 5)}
		whole := resumes(t, func() *Trainer { return newTrainer(t, spec, more, bars(40), 1) }, 3, 4, 5)
		if got := whole.moments[whole.layers[0].Weight].Steps; got != 8 {
			t.Errorf("%#v: %d steps are remembered, want 8", objective, got)
		}
		if reflect.DeepEqual(bits(whole), bits(one)) {
			t.Errorf("%#v: five steps do the same as one", objective)
		}
	}
	other := []Stage{
		{Objective: CD{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 20},
		{Objective: CD{Noise: models.AllNoise}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 20},
	}
	trainer := newTrainer(t, spec, other, bars(40), 1)
	run(t, trainer, -1)
	if got := trainer.moments[trainer.layers[0].Weight].Steps; got != 2 {
		t.Errorf("moments of another objective are kept: %d steps", got)
	}
}
