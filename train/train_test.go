package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
)

// bars are n colour images of 8×8 with a bar each, of a place and a hue of
// its own.
func bars(n int) *data.Images {
	random := rand.New(rand.NewPCG(7, 11))
	s := &data.Images{Name: "bars", Height: 8, Width: 8, Channels: 3, Sum: "bars"}
	for range n {
		at, along, hue := random.IntN(8), random.IntN(2), random.IntN(3)
		for y := range 8 {
			for x := range 8 {
				for c := range 3 {
					p := 40 + random.IntN(20)
					if (along == 0 && y == at || along == 1 && x == at) && c == hue {
						p = 210 + random.IntN(40)
					}
					s.Pix = append(s.Pix, byte(p))
				}
			}
		}
	}
	return s
}

// stackSpec is a convolutional layer below two dense ones, all centred.
func stackSpec(u unit.Unit) models.Stack {
	return models.Stack{Shape: []int{8, 8, 3}, Layers: []models.Spec{
		models.ConvRBM{Visible: u, Hidden: u, Filters: 6, Kernel: 4, Stride: 2, Pad: 1, Centred: true},
		models.RBM{Visible: u, Hidden: u, Units: 20, Centred: true},
		models.RBM{Visible: u, Hidden: u, Units: 5, Centred: true},
	}}
}

func newModel(t *testing.T, spec models.Spec, seed uint64) *models.BeliefNet {
	t.Helper()
	return anyModel(t, spec, seed).(*models.BeliefNet)
}

func anyModel(t *testing.T, spec models.Spec, seed uint64) models.Model {
	t.Helper()
	model, err := spec.New(graph.NewRandom(seed))
	if err != nil {
		t.Fatal(err)
	}
	return model
}

func newTrainer(t *testing.T, spec models.Spec, stages []Stage, images *data.Images, seed uint64) *Trainer {
	t.Helper()
	trainer, err := New(anyModel(t, spec, seed), stages, images, seed)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

// run takes at most n steps, all for n < 0, and keeps what they told.
func run(t *testing.T, trainer *Trainer, n int) []Step {
	t.Helper()
	var steps []Step
	if n == 0 {
		return nil
	}
	for step, err := range trainer.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		step.Layers = slices.Clone(step.Layers)
		steps = append(steps, step)
		if len(steps) == n {
			break
		}
	}
	return steps
}

// joining is a stage for each layer that joins, then all of them together.
func joining(batch int) []Stage {
	adam := Adam{Rate: 0.01}
	return []Stage{
		{Name: "one", Last: 1, Optimizer: adam, Epochs: 2, Batch: batch, DataStart: 1},
		{Name: "two", Last: 2, Optimizer: adam, Epochs: 1, Batch: batch, DataStart: 1},
		{Name: "all", Optimizer: adam, Schedule: Linear, Epochs: 3, Batch: batch, DataStart: 1},
	}
}

// bits are all numbers that a trainer changes, as they lie in memory.
func bits(trainer *Trainer) map[string][]uint32 {
	all := map[string][]uint32{}
	add := func(x *graph.Tensor) {
		for _, v := range x.Data {
			all[x.Name] = append(all[x.Name], math.Float32bits(v))
		}
	}
	for _, x := range trainer.model.Tensors() {
		add(x)
		if m := trainer.moments[x]; m != nil {
			for _, kept := range m.Tensors {
				add(kept)
			}
			all[x.Name+" steps"] = []uint32{uint32(m.Steps)}
		}
	}
	return all
}

func sameBits(t *testing.T, what string, a, b map[string][]uint32) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%s: %d tensors and %d", what, len(a), len(b))
	}
	for name := range a {
		if !slices.Equal(a[name], b[name]) {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

func mean(steps []Step, of func(Step) float64) float64 {
	sum := 0.0
	for _, s := range steps {
		sum += of(s)
	}
	return sum / float64(len(steps))
}

func TestStackLearns(t *testing.T) {
	stages := joining(32)
	stages[2].Epochs = 60
	trainer := newTrainer(t, stackSpec(unit.Multinary{}), stages, bars(320), 1)
	steps := run(t, trainer, -1)
	first := func(s Step) float64 { return s.Layers[0].Reconstruction }
	if before, after := first(steps[0]), mean(steps[len(steps)-10:], first); after > before/4 {
		t.Errorf("layer1's reconstruction error went from %.5f to %.5f", before, after)
	}
	for i := range 3 {
		joined := slices.IndexFunc(steps, func(s Step) bool { return len(s.Layers) > i })
		of := func(s Step) float64 { return s.Layers[i].Reconstruction }
		before, after := of(steps[joined]), mean(steps[len(steps)-10:], of)
		t.Logf("layer%d: reconstruction error %.5f to %.5f, deviation %.3f", i+1, before, after, steps[len(steps)-1].Layers[i].Deviation)
		if i < 2 && after > before/2 { // the data of the third have become richer meanwhile
			t.Errorf("layer%d did not learn: %.5f to %.5f", i+1, before, after)
		}
		if d := steps[len(steps)-1].Layers[i].Deviation; d < 0.05 {
			t.Errorf("layer%d is dead: deviation %.3f", i+1, d)
		}
	}
}

func TestPlainRBMLearns(t *testing.T) {
	for _, noise := range []models.Noise{models.MeanField, models.HiddenNoise, models.AllNoise} {
		spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 30}
		stages := []Stage{{Objective: CD{K: 2, Noise: noise}, Optimizer: Adam{Rate: 0.01}, Epochs: 40, Batch: 20}}
		steps := run(t, newTrainer(t, spec, stages, bars(100), 1), -1)
		of := func(s Step) float64 { return s.Layers[0].Reconstruction }
		if before, after := of(steps[0]), mean(steps[len(steps)-5:], of); !(after < 0.8*before) {
			t.Errorf("noise %q: reconstruction error went from %.5f to %.5f", noise, before, after)
		}
	}
}

func TestFineTuningLowersReconstruction(t *testing.T) {
	// Even a perfect reconstruction has the entropy of the data as its
	// cross-entropy, nearly 99 nats of these.
	for loss, gain := range map[string]float64{"squared": 0.9, "cross-entropy": 0.995} {
		stages := joining(32)
		stages[2].Epochs = 30
		stages = append(stages, Stage{Objective: Reconstruction{Loss: loss}, Optimizer: Adam{Rate: 0.005}, Epochs: 30, Batch: 32})
		steps := run(t, newTrainer(t, stackSpec(unit.Binary{}), stages, bars(320), 1), -1)
		tuned := slices.IndexFunc(steps, func(s Step) bool { return s.Stage == 3 })
		of := func(s Step) float64 { return s.Loss }
		if before, after := of(steps[tuned]), mean(steps[len(steps)-5:], of); !(after < gain*before) {
			t.Errorf("%s: error went from %.5f to %.5f", loss, before, after)
		}
	}
}

// Every image comes once an epoch, those of the short last batch too, and
// steps say where they are.
func TestStepsCountEverything(t *testing.T) {
	trainer := newTrainer(t, stackSpec(unit.Binary{}), joining(8), bars(19), 1)
	steps := run(t, trainer, -1)
	if len(steps) != 6*3 {
		t.Fatalf("%d steps, want 6 epochs of 3", len(steps))
	}
	stage, epoch := 0, 0
	for i, s := range steps {
		if want := (Position{Stage: stage, Epoch: epoch, Batch: i % 3, Step: i}); s.Position != want {
			t.Errorf("step %d says %+v, want %+v", i, s.Position, want)
		}
		if want := []int{8, 8, 3}[i%3]; s.N != want || s.Images != i/3*19+min(19, 8*(i%3+1)) {
			t.Errorf("step %d: %d images, %d in all", i, s.N, s.Images)
		}
		if s.EndOfEpoch != (i%3 == 2) || s.EndOfStage != (s.EndOfEpoch && epoch == []int{2, 1, 3}[stage]-1) {
			t.Errorf("step %d: end of epoch %v, of stage %v", i, s.EndOfEpoch, s.EndOfStage)
		}
		if len(s.Layers) != stage+1 || s.Name != []string{"one", "two", "all"}[stage] {
			t.Errorf("step %d: %d layers in stage %q", i, len(s.Layers), s.Name)
		}
		if s.EndOfEpoch {
			epoch++
		}
		if s.EndOfStage {
			stage, epoch = stage+1, 0
		}
	}
	if first, last := steps[9].Rate, steps[17].Rate; first != 0.01 || math.Abs(last-0.01/9) > 1e-12 {
		t.Errorf("the linear schedule goes from %g to %g over 9 steps", first, last)
	}
	if want := (Position{Stage: 3, Step: 18}); trainer.Position() != want {
		t.Errorf("ends at %+v, want %+v", trainer.Position(), want)
	}
	if again := run(t, trainer, -1); again != nil {
		t.Errorf("%d steps after the end", len(again))
	}
}

// What a step tells of a layer is what its units do with the batch, before
// the parameters move.
func TestStepsTellOfLayers(t *testing.T) {
	images := bars(24)
	for _, objective := range []Objective{CD{}, PCD{Chains: 8}, Reconstruction{}} {
		stages := []Stage{{Objective: objective, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 24}}
		trainer := newTrainer(t, stackSpec(unit.Binary{}), stages, images, 1)
		layers := trainer.layers
		for _, l := range layers { // units that differ, and that vary with the images
			for i := range l.Weight.Data {
				l.Weight.Data[i] *= 100
			}
			graph.NewRandom(5).Stream(l.Name).Normal(l.HiddenBias.Data)
		}
		type told struct{ activity, deviation, reconstruction float64 }
		var want []told
		for i, l := range layers {
			below := func(g *graph.Graph, v *graph.Node) *graph.Node { return models.Up(g, layers[:i], v) }
			v := pass(t, images, below)
			h := pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Encode(g, below(g, v)) })
			again := pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Decode(g, l.Encode(g, below(g, v))) })
			means, deviations := columns(h, len(h)/images.Len())
			var w told
			for j := range means {
				w.activity += means[j] / float64(len(means))
				w.deviation += deviations[j] * deviations[j] / float64(len(means))
			}
			w.deviation = math.Sqrt(w.deviation)
			if _, ok := objective.(CD); ok {
				for j := range v {
					d := float64(v[j] - again[j])
					w.reconstruction += d * d / float64(len(v))
				}
			}
			want = append(want, w)
		}
		step := run(t, trainer, 1)[0]
		for i, l := range step.Layers {
			for name, c := range map[string][2]float64{
				"activity":       {l.Activity, want[i].activity},
				"deviation":      {l.Deviation, want[i].deviation},
				"reconstruction": {l.Reconstruction, want[i].reconstruction},
			} {
				if math.Abs(c[0]-c[1]) > 1e-5 {
					t.Errorf("%#v: %s of %s is %g, want %g", objective, name, l.Name, c[0], c[1])
				}
			}
			if want[i].deviation < 0.02 || math.Abs(want[i].activity-0.5) < 1e-3 {
				t.Errorf("%s: %+v tells nothing", l.Name, want[i])
			}
		}
	}
}

func TestThreadsAndLoopsDoNotChangeBits(t *testing.T) {
	defer graph.SetThreads(0)
	stages := joining(16)
	stages[2].Objective = CD{Noise: models.AllNoise}
	var want map[string][]uint32
	for _, threads := range []int{1, 2, 2} {
		graph.SetThreads(threads)
		trainer := newTrainer(t, stackSpec(unit.Multinary{}), stages, bars(70), 3)
		if want == nil {
			run(t, trainer, -1)
			want = bits(trainer)
			continue
		}
		for trainer.Position().Stage < len(stages) { // a loop of its own for every two steps
			run(t, trainer, 2)
		}
		sameBits(t, "two threads", want, bits(trainer))
	}
}

// Kernels share work of this size out among threads.
func TestThreadsDoNotChangeBitsOfLargeBatches(t *testing.T) {
	defer graph.SetThreads(0)
	spec := stackSpec(unit.Multinary{})
	bottom := spec.Layers[0].(models.ConvRBM)
	bottom.Filters = 24
	spec.Layers[0] = bottom
	spec.Layers[1] = models.RBM{Visible: unit.Multinary{}, Hidden: unit.Multinary{}, Units: 150, Centred: true}
	stages := []Stage{
		{Objective: CD{Noise: models.AllNoise}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 192, DataStart: 1},
		{First: 2, Last: 2, Objective: PCD{Chains: 150}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 192},
		{Objective: Reconstruction{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 192},
	}
	var want map[string][]uint32
	for _, threads := range []int{1, 2, 3} {
		graph.SetThreads(threads)
		trainer := newTrainer(t, spec, stages, bars(384), 3)
		run(t, trainer, -1)
		if want == nil {
			want = bits(trainer)
		}
		sameBits(t, "threads", want, bits(trainer))
	}
}

// Layers that do not learn stay as they are, to the last bit.
func TestLayersOutsideAStageStay(t *testing.T) {
	for _, objective := range []Objective{CD{}, CD{Flow: 1}, PCD{Chains: 8}, Reconstruction{}} {
		stages := []Stage{{First: 2, Last: 2, Objective: objective, Optimizer: Adam{Rate: 0.01}, Epochs: 2, Batch: 16, DataStart: 1}}
		trainer := newTrainer(t, stackSpec(unit.Binary{}), stages, bars(48), 1)
		before := bits(trainer)
		run(t, trainer, -1)
		after := bits(trainer)
		for _, x := range trainer.model.Tensors() {
			changed := !slices.Equal(before[x.Name], after[x.Name])
			if learns := strings.HasPrefix(x.Name, "layer2."); changed != learns {
				t.Errorf("%#v: %s changed: %v", objective, x.Name, changed)
			}
		}
	}
}

// With Flow 0 a layer learns the same whether or not one learns above it; with
// Flow 1 it does not.
func TestFlow(t *testing.T) {
	gradient := func(flow float64, last int) []float32 {
		model := newModel(t, stackSpec(unit.Binary{}), 5)
		for _, l := range model.Layers() { // far enough from 0 for a layer to have something to pass down
			for i := range l.Weight.Data {
				l.Weight.Data[i] *= 30
			}
		}
		stage := Stage{Last: last, Objective: CD{Flow: flow}, Optimizer: Adam{Rate: 1}, Epochs: 1}
		m, err := newMachine(model, stage, 4, 0, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 4*8*8*3)
		bars(4).Floats(x, 0, 1, 2, 3)
		if err := m.Set(m.input, x); err != nil {
			t.Fatal(err)
		}
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		return gradientOf(t, m, 0)
	}
	alone, stopped, flowing, half := gradient(0, 1), gradient(0, 3), gradient(1, 3), gradient(0.5, 3)
	if !slices.Equal(alone, stopped) {
		t.Error("with flow 0 the layers above change layer1's gradient")
	}
	if slices.Equal(alone, flowing) || slices.Equal(flowing, half) {
		t.Error("with flow 1 or 0.5 the layers above do not change layer1's gradient")
	}
}

// gradientOf is gradient number i after a run.
func gradientOf(t *testing.T, m *machine, i int) []float32 {
	t.Helper()
	gradients := make(gathered, len(m.learned))
	for i, p := range m.learned {
		gradients[i] = make([]float32, p.Size())
	}
	if err := m.Learn(gradients); err != nil {
		t.Fatal(err)
	}
	return gradients[i]
}

// gathered are gradients that nothing learns from.
type gathered [][]float32

func (g gathered) Learn(i, from int, gradient []float32) { copy(g[i][from:], gradient) }

// Grey values are drawn anew at every step, as often 1 as they say. Without
// weights and biases v' is ½, so that the gradient of the visible bias is
// ½ − ⟨v⟩.
func TestDrawData(t *testing.T) {
	model := newModel(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{3}, Units: 2}, 1)
	clear(model.Layers()[0].Weight.Data)
	const n, steps = 1000, 50
	m, err := newMachine(model, Stage{DrawData: true}, n, 0, nil, graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 3*n)
	for i := range x {
		x[i] = []float32{0, 0.3, 1}[i%3]
	}
	sum, seen := 0.0, map[float32]bool{}
	for range steps {
		if err := errors.Join(m.Set(m.input, x), m.Run()); err != nil {
			t.Fatal(err)
		}
		slope := gradientOf(t, m, 1)
		if slope[0] != 0.5 || math.Abs(float64(slope[2])+0.5) > 1e-6 {
			t.Fatalf("gradients %v of the biases of values that are always 0 and always 1", slope)
		}
		sum += 0.5 - float64(slope[1])
		seen[slope[1]] = true
	}
	if mean, deviation := sum/steps, math.Sqrt(0.3*0.7/(n*steps)); math.Abs(mean-0.3) > 5*deviation {
		t.Errorf("0.3 was drawn 1 in a part of %g", mean)
	}
	if len(seen) < steps/3 {
		t.Errorf("%d steps drew %d different numbers of ones", steps, len(seen))
	}
}

// Blending the running means moves the point from which the energy is
// measured, not the model: dense pre-activations stay as they were.
func TestRecentringKeepsTheModel(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 10, Centred: true, Deviation: 0.3}
	model := newModel(t, spec, 2)
	l := model.Layers()[0]
	graph.NewRandom(9).Stream("means").Uniform(l.VisibleMean.Data)
	graph.NewRandom(8).Stream("means").Uniform(l.HiddenMean.Data)
	const n = 6
	x := make([]float32, n*8*8*3)
	bars(n).Floats(x, 0, 1, 2, 3, 4, 5)
	pass := func() (up, down []float32) {
		g := graph.New(nil)
		v := g.Input("v", n, 8, 8, 3)
		a, h := l.Up(g, v), g.Input("h", n, 10)
		b := l.Down(g, h)
		m, err := g.Compile(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(m.Set(v, x), m.Set(h, x[:n*10]), m.Run()); err != nil {
			t.Fatal(err)
		}
		return m.Value(a), m.Value(b)
	}
	up, down := pass()
	means := slices.Concat(l.VisibleMean.Data, l.HiddenMean.Data)
	m, err := newMachine(model, Stage{}, n, 0, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Set(m.input, x), m.Run()); err != nil {
		t.Fatal(err)
	}
	state := map[*graph.Tensor]*Moments{}
	for _, p := range m.learned {
		state[p] = newMoments(p, Adam{}.Slots())
	}
	m.learn(Stage{MeanRate: 0.4}, state, 0) // the means move, the parameters do not learn
	if slices.Equal(means, slices.Concat(l.VisibleMean.Data, l.HiddenMean.Data)) {
		t.Fatal("the running means did not move")
	}
	up2, down2 := pass()
	near(t, "x", up, up2, 1e-4)
	near(t, "y", down, down2, 1e-4)
}

func near(t *testing.T, what string, a, b []float32, tolerance float64) {
	t.Helper()
	for i := range a {
		if d := math.Abs(float64(a[i] - b[i])); !(d <= tolerance) {
			t.Errorf("%s[%d]: %g and %g", what, i, a[i], b[i])
			return
		}
	}
}

func TestRunningMeansFollowTheData(t *testing.T) {
	images := bars(16)
	for rate, moved := range map[float64]float64{1: 1, 0.25: 0.25, 0: 0.01, -1: 0} {
		stages := []Stage{{Last: 1, Optimizer: Adam{Rate: 1e-6}, Epochs: 1, Batch: 16, MeanRate: rate}}
		trainer := newTrainer(t, stackSpec(unit.Binary{}), stages, images, 1)
		run(t, trainer, 1)
		l := trainer.layers[0]
		v := pass(t, images, func(_ *graph.Graph, v *graph.Node) *graph.Node { return v })
		data, _ := columns(v, 3)
		for i, m := range l.VisibleMean.Data {
			if want := moved * data[i]; math.Abs(float64(m)-want) > 1e-5 {
				t.Errorf("mean_rate %g: μ of channel %d is %g after a step, want %g", rate, i, m, want)
			}
		}
		for i, m := range l.HiddenMean.Data { // nearly 0.5 with small weights
			if math.Abs(float64(m)-moved*0.5) > 0.02*moved {
				t.Errorf("mean_rate %g: λ of filter %d is %g after a step, want %g", rate, i, m, moved*0.5)
			}
		}
	}
}

// Every epoch of a training has an order of its own, whatever its stage.
func TestEpochsCountOverStages(t *testing.T) {
	trainer := newTrainer(t, stackSpec(unit.Binary{}), joining(8), bars(19), 1)
	for epochs := 1; epochs <= 5; epochs++ {
		run(t, trainer, 3)
		if got := trainer.epoch(); got != epochs {
			t.Errorf("epoch %d comes after %d epochs", got, epochs)
		}
	}
}

func TestCancellation(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	trainer := newTrainer(t, stackSpec(unit.Binary{}), joining(8), bars(40), 1)
	n := 0
	var last error
	for _, err := range trainer.Run(ctx) {
		if last = err; err != nil {
			continue // an error is the last thing that a loop gets
		}
		if n++; n == 3 {
			cancel()
		}
	}
	if n != 3 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d steps and error %v after a cancellation in step 3", n, last)
	}
	if trainer.Position().Step != 3 {
		t.Errorf("stands at %+v", trainer.Position())
	}
	run(t, trainer, 1) // goes on, and is left
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestNewRefuses(t *testing.T) {
	adam := Adam{Rate: 0.1}
	ok := Stage{Optimizer: adam, Epochs: 1}
	gaussian := models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 4}
	for name, c := range map[string]struct {
		spec   models.Spec
		images *data.Images
		stages []Stage
		want   string
	}{
		"no images":     {nil, bars(0), []Stage{ok}, "no images"},
		"image size":    {models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{7, 7}, Units: 3}, bars(3), []Stage{ok}, "8×8×3"},
		"no stages":     {nil, bars(3), nil, "no stages"},
		"no rate":       {nil, bars(3), []Stage{ok, {Epochs: 1}}, "stages.1: optimizer.rate"},
		"no epochs":     {nil, bars(3), []Stage{{Optimizer: adam}}, "epochs 0"},
		"schedule":      {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, Schedule: "quadratic"}}, "quadratic"},
		"layers":        {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, First: 2, Last: 4}}, "layers 2 to 4, want some of 1 to 3"},
		"noise":         {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, Objective: CD{Noise: "loud"}}}, "loud"},
		"steps":         {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, Objective: CD{K: -1}}}, "k -1"},
		"flow":          {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, Objective: CD{Flow: -0.5}}}, "flow -0.5"},
		"loss":          {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, Objective: Reconstruction{Loss: "cubed"}}}, "cubed"},
		"cross-entropy": {gaussian, bars(3), []Stage{{Optimizer: adam, Epochs: 1, Objective: Reconstruction{Loss: "cross-entropy"}}}, "logistic"},
		"mean rate":     {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, MeanRate: 2}}, "mean_rate"},
		"data start":    {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, DataStart: -1}}, "data_start"},
		"draw data":     {nil, bars(3), []Stage{{Objective: Reconstruction{}, Optimizer: adam, Epochs: 1, First: 2, DrawData: true}}, "draw_data"},
		"batch":         {nil, bars(3), []Stage{{Optimizer: adam, Epochs: 1, Batch: -1}}, "batch"},
	} {
		if c.spec == nil {
			c.spec = stackSpec(unit.Binary{})
		}
		_, err := New(newModel(t, c.spec, 1), c.stages, c.images, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one about %q", name, err, c.want)
		}
	}
	_, err := New(flat{}, []Stage{ok}, bars(3), 1)
	if want := "train: stages.0: cd: a model of type train.flatSpec has no layers"; err == nil || err.Error() != want {
		t.Errorf("a model without layers: %v, want %s", err, want)
	}
}

// flat is a model that has no capability at all.
type flat struct{}

type flatSpec struct{}

func (flatSpec) New(*graph.Random) (models.Model, error) { return flat{}, nil }
func (flat) Spec() models.Spec                           { return flatSpec{} }
func (flat) Tensors() []*graph.Tensor                    { return nil }
func (flat) Parameters() []*graph.Tensor                 { return nil }
func (flat) InputShape() []int                           { return []int{8, 8, 3} }

func TestDivergenceNamesLayerAndKnob(t *testing.T) {
	gaussian := models.Stack{Shape: []int{8, 8, 3}, Layers: []models.Spec{
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 8},
		models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Gaussian{}, Units: 8},
	}}
	explode := newTrainer(t, gaussian, []Stage{{Name: "too fast", Optimizer: Adam{Rate: 1e9}, Epochs: 50, Batch: 10}}, bars(40), 1)
	broken := newTrainer(t, stackSpec(unit.Binary{}), joining(10), bars(40), 1)
	broken.model.Tensors()[0].Data[5] = float32(math.NaN())
	broken.stages[0].DataStart = 0
	for _, c := range []struct {
		trainer *Trainer
		want    []string
	}{
		{explode, []string{"stages.0 (too fast)", "layer2", "loss is", "lower stages.0.optimizer.rate (1e+09)", "stages.0.data_start=0.5"}},
		{broken, []string{"stages.0 (one)", "layer1", "loss is NaN", "at step 0", "lower stages.0.optimizer.rate (0.01)"}},
	} {
		var last error
		for _, err := range c.trainer.Run(context.Background()) {
			last = err
		}
		if !errors.Is(last, ErrDiverged) {
			t.Fatalf("%v, want ErrDiverged", last)
		}
		for _, want := range c.want {
			if !strings.Contains(last.Error(), want) {
				t.Errorf("%q does not say %q", last, want)
			}
		}
	}
}

// Where the loss is a number still, what is told of a layer has to be one too.
func TestDivergenceOfWhatIsTold(t *testing.T) {
	spec := models.Stack{Shape: []int{8, 8, 3}, Layers: []models.Spec{
		models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Gaussian{}, Units: 8},
		models.RBM{Visible: unit.Gaussian{}, Hidden: unit.Binary{}, Units: 8},
	}}
	trainer := newTrainer(t, spec, []Stage{{Objective: Reconstruction{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 10}}, bars(40), 1)
	trainer.layers[0].HiddenBias.Data[2] = 1e25 // whose square is no float32
	for _, err := range trainer.Run(context.Background()) {
		if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "layer1: ") {
			t.Fatalf("%v, want ErrDiverged of layer1", err)
		}
	}
}

// A parameter that no loss sees is looked at once an epoch.
func TestDivergenceOfAParameter(t *testing.T) {
	trainer := newTrainer(t, stackSpec(unit.Binary{}), joining(10), bars(40), 1)
	n := 0
	var last error
	for _, err := range trainer.Run(context.Background()) {
		if n, last = n+1, err; n == 1 {
			trainer.model.Tensors()[5].Data[3] = float32(math.Inf(1)) // of layer2, which does not learn yet
		}
	}
	if !errors.Is(last, ErrDiverged) || !strings.Contains(last.Error(), "layer2.weight[3] is +Inf") || n != 4 {
		t.Errorf("after %d steps: %v", n, last)
	}
}

// A step allocates nothing but what the ops of its graph do.
func TestStepsAllocateNothing(t *testing.T) {
	trainer := newTrainer(t, stackSpec(unit.Binary{}), []Stage{{Optimizer: Adam{Rate: 0.01}, Epochs: 1000, Batch: 4}}, bars(4), 1)
	s := trainer.stages[0]
	run(t, trainer, 1)
	m, err := newMachine(trainer.model, s, 4, 0, nil, trainer.random)
	if err != nil {
		t.Fatal(err)
	}
	batch := data.Batch{N: 4, Images: []int{0, 1, 2, 3}}
	m.take(trainer.images, nil, batch.Images)
	ops := testing.AllocsPerRun(50, func() {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		if err := m.learn(s, trainer.moments, 0); err != nil {
			t.Fatal(err)
		}
	})
	whole := testing.AllocsPerRun(50, func() {
		if _, err := trainer.step(s, m, batch, 1000); err != nil {
			t.Fatal(err)
		}
	})
	if whole > ops {
		t.Errorf("%g allocations a step, %g of them by ops", whole, ops)
	}
}
