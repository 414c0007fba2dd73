package train

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

func deepSpec() models.Autoencoder {
	return models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{20, 9, 4}, Activation: "sigmoid"}
}

func unrolledSpec() models.Unrolled {
	rbm := func(visible, hidden unit.Unit, units int) models.RBM {
		return models.RBM{Visible: visible, Hidden: hidden, Units: units, Deviation: 0.1}
	}
	return models.Unrolled{Body: models.Stack{Shape: []int{8, 8, 3}, Layers: []models.Spec{
		rbm(unit.Binary{}, unit.Binary{}, 20), rbm(unit.Binary{}, unit.Gaussian{}, 4),
	}}}
}

// pairwise trains the pairs one after the other, each to undo noise on the
// codes below, and then all of them.
func pairwise() []Stage {
	adam := Adam{Rate: 0.01}
	denoise := Reconstruction{Loss: "cross-entropy", Corruption: Corruptions{{Form: "masking", Level: 0.2}}}
	return []Stage{
		{Last: 1, Optimizer: adam, Epochs: 1, Batch: 10, Objective: denoise},
		{First: 2, Last: 2, Optimizer: adam, Epochs: 2, Batch: 10, Objective: denoise},
		{First: 3, Last: 3, Optimizer: adam, Epochs: 2, Batch: 10, Objective: Reconstruction{}, Validation: 13},
		{Optimizer: adam, Epochs: 1, Batch: 7, Objective: Reconstruction{}},
	}
}

// unrolling trains the machines one after the other, and then the network that
// they are unrolled into.
func unrolling() []Stage {
	adam := Adam{Rate: 0.01}
	return []Stage{
		{Last: 1, Optimizer: adam, Epochs: 1, Batch: 10, DataStart: 0.5},
		{First: 2, Optimizer: adam, Epochs: 2, Batch: 10, Objective: CD{Noise: models.HiddenNoise}},
		{Optimizer: adam, Epochs: 2, Batch: 10, Objective: Reconstruction{Loss: "cross-entropy"}},
	}
}

// Codes of the pairs below, computed once, change nothing but the time, and so
// does a training that was stopped anywhere and resumed.
func TestPairsLearnFromCodes(t *testing.T) {
	const images = 143
	for _, c := range []struct {
		spec   models.Spec
		stages []Stage
		levels []int // that steps of each stage see
		at     []int // steps after which it is stopped
	}{
		{deepSpec(), pairwise(), []int{0, 1, 2, 0}, []int{7, 15, 44, 50, 69, 72}},
		{unrolledSpec(), unrolling(), []int{0, 1, 0}, []int{15, 30, 45, 50}},
		{models.Classifier{Body: deepSpec(), Classes: 3}, append(pairwise(), Stage{Objective: Classification{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 10}),
			[]int{0, 1, 2, 0, 0}, []int{44, 95}},
	} {
		set := bars(images)
		set.Labels = make([]byte, images)
		for i := range set.Labels {
			set.Labels[i] = byte(i % 3)
		}
		trained := func(memory int) ([]int, map[string][]uint32) {
			return passed(t, newTrainer(t, c.spec, c.stages, set, 3), memory)
		}
		levels, want := trained(1 << 20)
		if !slices.Equal(levels, c.levels) {
			t.Errorf("%T: stages see codes of layers %v, want %v", c.spec, levels, c.levels)
		}
		levels, none := trained(0)
		if slices.Max(levels) != 0 {
			t.Errorf("%T: without memory, stages see codes of layers %v", c.spec, levels)
		}
		sameBits(t, "none kept", want, none)
		path := filepath.Join(t.TempDir(), "c")
		for _, at := range c.at {
			left := newTrainer(t, c.spec, c.stages, set, 3)
			run(t, left, at)
			if err := left.Save(path); err != nil {
				t.Fatal(err)
			}
			resumed, err := New(anyModel(t, c.spec, 99), c.stages, set, 3)
			if err != nil {
				t.Fatal(err)
			}
			run(t, resumed, at)
			if err := resumed.Load(path); err != nil {
				t.Fatal(err)
			}
			run(t, resumed, -1)
			sameBits(t, "resumed", want, bits(resumed))
		}
	}
}

// A stage changes the tensors of its pairs alone, and a stage of machines
// leaves their mirror in the decoder.
func TestStagesOfPairs(t *testing.T) {
	changed := func(spec models.Spec, stage Stage) (names []string, model models.Model) {
		model = anyModel(t, spec, 3)
		before := map[string][]float32{}
		for _, x := range model.Tensors() {
			before[x.Name] = slices.Clone(x.Data)
		}
		trainer, err := New(model, []Stage{stage}, bars(40), 3)
		if err != nil {
			t.Fatal(err)
		}
		run(t, trainer, -1)
		for _, x := range model.Tensors() {
			if !slices.Equal(before[x.Name], x.Data) {
				names = append(names, x.Name)
			}
		}
		return names, model
	}
	stage := Stage{First: 2, Last: 2, Objective: Reconstruction{}, Optimizer: Adam{Rate: 0.01}, Epochs: 1, Batch: 10}
	tied := deepSpec()
	tied.Tied = true
	for _, c := range []struct {
		spec models.Spec
		want string
	}{
		{deepSpec(), "encoder2.weight encoder2.bias decoder2.weight decoder2.bias"},
		{tied, "encoder2.weight encoder2.bias decoder2.bias"},
		{models.Classifier{Body: tied, Classes: 3}, "encoder2.weight encoder2.bias decoder2.bias"},
		{unrolledSpec(), "layer2.weight layer2.hidden.bias decoder1.weight decoder1.bias"},
	} {
		if names, _ := changed(c.spec, stage); strings.Join(names, " ") != c.want {
			t.Errorf("%T: the stage changes %v, want %s", c.spec, names, c.want)
		}
	}
	stage.Objective = CD{}
	names, model := changed(unrolledSpec(), stage)
	if want := "layer2.weight layer2.visible.bias layer2.hidden.bias decoder1.weight decoder1.bias"; strings.Join(names, " ") != want {
		t.Errorf("a stage of machines changes %v, want %s", names, want)
	}
	net := model.(*models.UnrolledNet)
	codes := graph.NewTensor("h", 2, 4)
	graph.NewRandom(1).Stream("h").Normal(codes.Data)
	decoded := func(coder models.Coder) []float32 {
		g := graph.New(nil)
		x := g.Flatten(coder.Decode(g, g.Param(codes)))
		m, err := g.Compile(x)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		return m.Value(x)
	}
	if got, want := decoded(net), decoded(net.Machines()); !slices.Equal(got, want) {
		t.Errorf("the decoder is not the machines' mirror: %v, want %v", got[:5], want[:5])
	}
}

func TestStagesThatPairsRefuse(t *testing.T) {
	adam := Adam{Rate: 0.01}
	for want, stage := range map[string]Stage{
		"layers 2 to 4, want some of 1 to 3":     {First: 2, Last: 4, Objective: Reconstruction{}, Optimizer: adam, Epochs: 1},
		"has no machines to start":               {DataStart: 0.5, Objective: Reconstruction{}, Optimizer: adam, Epochs: 1},
		"cd: a model of type autoencoder has no": {Optimizer: adam, Epochs: 1},
	} {
		if _, err := New(anyModel(t, deepSpec(), 1), []Stage{stage}, bars(8), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
