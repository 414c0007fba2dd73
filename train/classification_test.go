package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
)

// labelledBars are bars, each with one of four classes: lying or standing, in
// one half or the other.
func labelledBars(n int) *data.Images {
	s := bars(n)
	for i := range n {
		pix := s.Pix[i*192 : (i+1)*192]
		for at := range 8 {
			row, column := 0, 0
			for j := range 8 {
				row += bright(pix, at, j)
				column += bright(pix, j, at)
			}
			if row == 8 {
				s.Labels = append(s.Labels, byte(at/4))
				break
			}
			if column == 8 {
				s.Labels = append(s.Labels, byte(2+at/4))
				break
			}
		}
	}
	return s
}

// bright is 1 for a pixel of a bar.
func bright(pix []byte, y, x int) int {
	for _, p := range pix[(y*8+x)*3:][:3] {
		if p >= 210 {
			return 1
		}
	}
	return 0
}

func barsClassifier() models.Classifier {
	return models.Classifier{Classes: 4, Body: models.Stack{Shape: []int{8, 8, 3}, Layers: []models.Spec{
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 30, Deviation: 0.1},
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 12, Deviation: 0.3},
	}}}
}

func newClassifierTrainer(t *testing.T, spec models.Spec, stages []Stage, images *data.Images, seed uint64) *Trainer {
	t.Helper()
	model, err := spec.New(graph.NewRandom(seed))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := New(model, stages, images, seed)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

// The gradient by back-propagation is that of finite differences, for weights,
// hidden biases and the output layer.
func TestGradientOfClassification(t *testing.T) {
	spec := models.Classifier{Classes: 3, Deviation: 0.5, Body: models.Stack{Shape: []int{2, 2, 1}, Layers: []models.Spec{
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4, Deviation: 0.5, Centred: true},
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3, Deviation: 0.5},
	}}}
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	v, labels := graphtest.Random("v", 2, 5, 2, 2, 1), graph.NewTensor("labels", 5, 3)
	for i := range 5 {
		labels.Data[i*3+i%3] = 1
	}
	var learned []*graph.Tensor
	build := func(g *graph.Graph) *Loss {
		loss, err := Classification{}.Build(g, model, Task{V: g.Param(v), Labels: g.Param(labels), First: 1, Last: 2})
		if err != nil {
			t.Fatal(err)
		}
		return loss
	}
	learned = build(graph.New(nil)).Parameters
	if len(learned) != 6 {
		t.Errorf("%d tensors learn, want weights and hidden biases of 3 layers", len(learned))
	}
	graphtest.Gradient(t, 1e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node { return build(g).Total }, learned...)
}

// A loss and a number of mistakes, by hand.
func TestMeasuresOfClassification(t *testing.T) {
	images := labelledBars(60)
	stage := Stage{Objective: Classification{}, Optimizer: SGD{Rate: 0.5}, Epochs: 1, Batch: 10, Validation: 25}
	trainer := newClassifierTrainer(t, barsClassifier(), []Stage{stage}, images, 1)
	steps := run(t, trainer, -1)
	if len(steps) != 4 { // of 35 images
		t.Errorf("%d steps, want 4", len(steps))
	}
	for i, s := range steps {
		if (s.Validation != nil) != (i == 3) {
			t.Errorf("step %d: validation %+v", i, s.Validation)
		}
	}
	model := trainer.model.(models.Classifying)
	y := pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node { return model.ClassLogits(g, v) })
	loss, wrong := 0.0, 0
	for i := 35; i < 60; i++ {
		row, sum := y[i*4:(i+1)*4], 0.0
		for _, x := range row {
			sum += math.Exp(float64(x))
		}
		loss += (math.Log(sum) - float64(row[images.Labels[i]])) / 25
		if slices.Index(row, slices.Max(row)) != int(images.Labels[i]) {
			wrong++
		}
	}
	got := steps[3].Validation
	if math.Abs(got.Loss-loss) > 1e-5 || got.Error != float64(wrong)/25 || wrong == 0 {
		t.Errorf("validation %+v, want loss %g and %d mistakes", got, loss, wrong)
	}
}

// Greedy pre-training and fine-tuning tell the classes apart, and so does a
// network from nothing.
func TestClassifierLearns(t *testing.T) {
	pre := Stage{Optimizer: Adam{Rate: 0.01}, Epochs: 10, Batch: 20}
	one, two := pre, pre
	one.Last, two.First = 1, 2
	tune := Stage{Objective: Classification{}, Optimizer: SGD{0.2, Ramp{0.5, 0.9, 0.5}}, Epochs: 40, Batch: 20, Validation: 80, Penalties: Penalties{L2: 1e-4}}
	for name, stages := range map[string][]Stage{"pre-trained": {one, two, tune}, "from nothing": {tune}} {
		steps := run(t, newClassifierTrainer(t, barsClassifier(), stages, labelledBars(400), 1), -1)
		last := steps[len(steps)-1]
		if last.Validation == nil || last.Validation.Error > 0.05 {
			t.Errorf("%s: %+v", name, last.Validation)
		}
	}
}

// With output_only the features stay to the last bit, and visible biases stay
// in any case.
func TestWhatClassificationLeaves(t *testing.T) {
	for _, c := range []struct {
		objective   Objective
		first, last int
		changes     string
	}{
		{Classification{OutputOnly: true}, 0, 0, "output.weight output.bias"},
		{Classification{}, 2, 2, "layer2.weight layer2.hidden.bias output.weight output.bias"},
		{Classification{}, 0, 0, "layer1.weight layer1.hidden.bias layer2.weight layer2.hidden.bias output.weight output.bias"},
	} {
		stages := []Stage{{Objective: c.objective, First: c.first, Last: c.last, Optimizer: SGD{Rate: 0.1}, Epochs: 1, Batch: 20}}
		trainer := newClassifierTrainer(t, barsClassifier(), stages, labelledBars(40), 1)
		before := bits(trainer)
		run(t, trainer, -1)
		after := bits(trainer)
		var changed []string
		for _, x := range trainer.model.Tensors() {
			if !slices.Equal(before[x.Name], after[x.Name]) {
				changed = append(changed, x.Name)
			}
		}
		if got := strings.Join(changed, " "); got != c.changes {
			t.Errorf("%+v: %s change, want %s", c.objective, got, c.changes)
		}
	}
}

// noisyLabels cannot be learnt: a network that tries gets worse on others.
func noisyLabels(n int) *data.Images {
	s := labelledBars(n)
	random := rand.New(rand.NewPCG(5, 6))
	for i := range s.Labels {
		if random.IntN(2) == 0 {
			s.Labels[i] = byte(random.IntN(4))
		}
	}
	return s
}

// A stage ends when its patience does, with the parameters of the best epoch,
// also when it was left in between.
func TestEarlyStopping(t *testing.T) {
	stages := []Stage{{Objective: Classification{}, Optimizer: Adam{Rate: 0.02}, Epochs: 60, Batch: 20, Validation: 50, Patience: 4}}
	start := func() *Trainer { return newClassifierTrainer(t, barsClassifier(), stages, noisyLabels(150), 1) }
	trainer := start()
	var best Validation
	var bestBits map[string][]uint32
	var steps []Step
	for len(steps) == 0 || !steps[len(steps)-1].EndOfStage {
		s := run(t, trainer, 1)[0]
		steps = append(steps, s)
		if !s.EndOfEpoch {
			continue
		}
		v := *s.Validation
		if v.Epoch != s.Epoch {
			t.Errorf("validation of epoch %d after epoch %d", v.Epoch, s.Epoch)
		}
		if v.Best == v.Epoch {
			best, bestBits = v, bits(trainer)
		} else if v.Best != best.Epoch {
			t.Errorf("epoch %d: the best is %d, was %d", v.Epoch, v.Best, best.Epoch)
		}
	}
	last := steps[len(steps)-1]
	if last.Epoch == 59 || last.Epoch != best.Epoch+4 {
		t.Errorf("ends after epoch %d, the best was %d", last.Epoch, best.Epoch)
	}
	after := bits(trainer)
	for _, x := range trainer.model.Tensors() {
		if !slices.Equal(bestBits[x.Name], after[x.Name]) {
			t.Errorf("%s is not as after the best epoch", x.Name)
		}
	}
	if want := (Position{Stage: 1, Step: len(steps)}); trainer.Position() != want {
		t.Errorf("stands at %+v, want %+v", trainer.Position(), want)
	}
	n := len(steps)
	resumes(t, start, 0, 4, 5, 7, n-6, n-5, n-1)
}

// Patience is for the stage it stands in; a later stage starts from the best.
func TestStagesAfterAnEarlyEnd(t *testing.T) {
	stop := Stage{Objective: Classification{}, Optimizer: Adam{Rate: 0.02}, Epochs: 60, Batch: 20, Validation: 50, Patience: 2}
	stages := []Stage{stop, {Objective: Classification{}, Optimizer: Adam{Rate: 0.001}, Epochs: 2, Batch: 20}}
	start := func() *Trainer { return newClassifierTrainer(t, barsClassifier(), stages, noisyLabels(150), 1) }
	steps := run(t, start(), -1)
	if n := len(steps); steps[n-1].Stage != 1 || steps[n-1].Validation != nil || steps[n-1].Batches != 8 || !steps[n-1].EndOfStage {
		t.Errorf("the last step is %+v", steps[n-1])
	}
	resumes(t, start, len(steps)-17, len(steps)-16, len(steps)-15)
}

// Early stopping is for a reconstruction, too, which has no classes.
func TestValidationOfReconstruction(t *testing.T) {
	stages := []Stage{{Objective: Reconstruction{}, Optimizer: Adam{Rate: 0.01}, Epochs: 3, Batch: 20, Validation: 20}}
	steps := run(t, newTrainer(t, stackSpec(unit.Binary{}), stages, bars(60), 1), -1)
	v := steps[len(steps)-1].Validation
	if v == nil || v.Error != 0 || math.Abs(v.Loss-steps[len(steps)-1].Loss) > 0.01 {
		t.Errorf("validation %+v after a loss of %g", v, steps[len(steps)-1].Loss)
	}
}

func TestClassificationRefuses(t *testing.T) {
	stage := Stage{Objective: Classification{}, Optimizer: SGD{Rate: 0.1}, Epochs: 1, Batch: 10}
	held := stage
	held.Validation = 40
	oneClass, high, sorted := labelledBars(40), labelledBars(40), labelledBars(40)
	for i := range oneClass.Labels {
		oneClass.Labels[i] = 3
	}
	high.Labels[7] = 4
	slices.Sort(sorted.Labels)
	few := stage
	few.Validation = 3
	impatient := stage
	impatient.Patience = 3
	for want, c := range map[string]struct {
		spec   models.Spec
		stage  Stage
		images *data.Images
	}{
		"classification: a model of type stack has no classes":       {stackSpec(unit.Binary{}), stage, labelledBars(40)},
		"images of bars have no labels":                              {barsClassifier(), stage, bars(40)},
		"all 40 images of bars that are learnt from":                 {barsClassifier(), stage, oneClass},
		"image 7 of bars has label 4, but the model has 4":           {barsClassifier(), stage, high},
		"are all of class 3: shuffle the set":                        {barsClassifier(), few, sorted},
		"validation on 40 of 40 images":                              {barsClassifier(), held, labelledBars(40)},
		"patience 3 with validation on 0 images":                     {barsClassifier(), impatient, labelledBars(40)},
		"validation: the loss of the objective cd does not tell how": {barsClassifier(), Stage{Optimizer: SGD{Rate: 1}, Epochs: 1, Validation: 3}, labelledBars(40)},
	} {
		model, err := c.spec.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(model, []Stage{c.stage}, c.images, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
