package train

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
)

// noisy is a training of three stages that draws states and changes its
// objective.
func noisy() []Stage {
	stages := joining(16)
	stages[1].Objective = CD{Noise: models.HiddenNoise}
	stages[2] = Stage{Name: "tune", Objective: Reconstruction{}, Optimizer: Adam{Rate: 0.003}, Schedule: Cosine, Epochs: 2, Batch: 20}
	return stages
}

// A run that is left at any batch, saved, and gone on with by another process
// (here: another model, another Trainer) ends with the same bits.
func TestResumeIsTheSameRun(t *testing.T) {
	const images, seed = 70, 3
	whole := newTrainer(t, stackSpec(unit.Multinary{}), noisy(), bars(images), seed)
	all := run(t, whole, -1)
	want := bits(whole)
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	for _, at := range []int{0, 1, 4, 7, 10, 11, 13, 15, 19, len(all)} {
		first := newTrainer(t, stackSpec(unit.Multinary{}), noisy(), bars(images), seed)
		run(t, first, at)
		if err := first.Save(path); err != nil {
			t.Fatal(err)
		}
		// Its weights are others before it loads.
		second := newTrainer(t, stackSpec(unit.Multinary{}), noisy(), bars(images), seed)
		run(t, second, 3)
		if err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "loaded", bits(first), bits(second))
		rest := run(t, second, -1)
		if len(rest) != len(all)-at {
			t.Fatalf("%d steps after %d of %d", len(rest), at, len(all))
		}
		sameBits(t, "resumed", want, bits(second))
		for i, s := range rest {
			if w := all[at+i]; s.Position != w.Position || s.Loss != w.Loss || s.Images != w.Images || !slices.Equal(s.Layers, w.Layers) {
				t.Errorf("left at %d: step %+v, want %+v", at, s, w)
			}
		}
	}
}

func TestSaveOften(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c")
	trainer := newTrainer(t, stackSpec(unit.Binary{}), noisy(), bars(70), 1)
	for range 3 {
		run(t, trainer, 1)
		if err := trainer.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v lie beside the checkpoint", entries)
	}
	if err := trainer.Save(filepath.Join(dir, "no", "folder")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a missing folder: %v", err)
	}
}

func TestOtherRecipesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	trainer := newTrainer(t, stackSpec(unit.Binary{}), noisy(), bars(70), 1)
	run(t, trainer, 12)
	if err := trainer.Save(path); err != nil {
		t.Fatal(err)
	}
	fewer := stackSpec(unit.Binary{})
	fewer.Layers[2] = models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4, Centred: true}
	rate, over, added := noisy(), noisy(), append(noisy(), joining(1)[0])
	rate[1].Optimizer = Adam{Rate: 0.5}
	over[0].Epochs = 9
	other := bars(70)
	other.Sum = "other"
	for _, c := range []struct {
		trainer *Trainer
		want    string
	}{
		{newTrainer(t, fewer, noisy(), bars(70), 1), "model.layers.2.units is 5 there and 4 here"},
		{newTrainer(t, stackSpec(unit.Multinary{}), noisy(), bars(70), 1), `model.layers.0.hidden.type is "binary" there and "multinary" here`},
		{newTrainer(t, stackSpec(unit.Binary{}), rate, bars(70), 1), "stages.1.optimizer.rate is 0.01 there and 0.5 here"},
		{newTrainer(t, stackSpec(unit.Binary{}), over, bars(70), 1), "stages.0.epochs is 2 there and 9 here"},
		{newTrainer(t, stackSpec(unit.Binary{}), added, bars(70), 1), "stages.3 is not set there and {"},
		{newTrainer(t, stackSpec(unit.Binary{}), noisy(), other, 1), `data.sha256 is "bars" there and "other" here`},
		{newTrainer(t, stackSpec(unit.Binary{}), noisy(), bars(70), 1<<63), "seed is 1 there and 9223372036854775808 here"},
	} {
		before := bits(c.trainer)
		err := c.trainer.Load(path)
		if !errors.Is(err, ErrOtherRecipe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		sameBits(t, "refused", before, bits(c.trainer))
		if c.trainer.Position() != (Position{}) {
			t.Errorf("stands at %+v", c.trainer.Position())
		}
	}
}

// A stage that is not over may be made longer, and the last one when it is.
func TestLonger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	longer := noisy()
	longer[2].Schedule, longer[2].Epochs = Constant, 4
	whole := newTrainer(t, stackSpec(unit.Binary{}), longer, bars(70), 1)
	run(t, whole, -1)
	for _, at := range []int{3, 17, -1} {
		short := noisy()
		short[2].Schedule = Constant
		first := newTrainer(t, stackSpec(unit.Binary{}), short, bars(70), 1)
		run(t, first, at)
		if err := first.Save(path); err != nil {
			t.Fatal(err)
		}
		second := newTrainer(t, stackSpec(unit.Binary{}), longer, bars(70), 1)
		if err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, second, -1)
		sameBits(t, "longer", bits(whole), bits(second))
	}
	short := noisy()
	short[2].Epochs = 1
	if err := newTrainer(t, stackSpec(unit.Binary{}), short, bars(70), 1).Load(path); !errors.Is(err, ErrOtherRecipe) {
		t.Errorf("shorter than it is: %v", err)
	}
}

// Whatever happens to a file, it is refused, and nothing is changed.
func TestDamagedFilesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 3}
	stages := []Stage{{Optimizer: Adam{Rate: 0.1}, Epochs: 2, Batch: 8}}
	trainer := newTrainer(t, spec, stages, bars(20), 1)
	run(t, trainer, 2)
	if err := trainer.Save(path); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := trainer.Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	loads := func(damaged []byte) error {
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		fresh := newTrainer(t, spec, stages, bars(20), 1)
		before := bits(fresh)
		err := fresh.Load(path)
		if err != nil {
			sameBits(t, "refused", before, bits(fresh))
		}
		return err
	}
	if err := loads(good); err != nil {
		t.Fatalf("the good file: %v", err)
	}
	for n := 0; n < len(good); n += 97 {
		if loads(good[:n]) == nil {
			t.Errorf("a file of %d bytes of %d is taken", n, len(good))
		}
	}
	for i := 8; i < len(good); i += 41 {
		damaged := slices.Clone(good)
		damaged[i] ^= 0x10
		if loads(damaged) == nil {
			t.Errorf("a file with byte %d changed is taken", i)
		}
	}
	if err := loads([]byte("this is a text, not a checkpoint, and longer than eight bytes")); err == nil {
		t.Error("a text is taken")
	}
}

// A checkpoint that cannot go on does not take the place of one that can, be
// it a parameter that is no number, or only what the optimiser knows of it.
func TestSaveRefusesWhatIsNotFinite(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 5}
	stages := []Stage{{Name: "only", Objective: PCD{Chains: 4}, Optimizer: Adam{Rate: 0.01}, Epochs: 2, Batch: 10}}
	for name, spoil := range map[string]func(*Trainer){
		"layer1.weight[7] is NaN":           func(t *Trainer) { t.layers[0].Weight.Data[7] = float32(math.NaN()) },
		"layer1.hidden.bias[4] is -Inf":     func(t *Trainer) { t.layers[0].HiddenBias.Data[4] = float32(math.Inf(-1)) },
		"layer1.weight.adam.m[0] is NaN":    func(t *Trainer) { t.moments[t.layers[0].Weight].Tensors[0].Data[0] = float32(math.NaN()) },
		"layer1.weight.adam.v[3] is +Inf":   func(t *Trainer) { t.moments[t.layers[0].Weight].Tensors[1].Data[3] = float32(math.Inf(1)) },
		"layer1.chains[2] is NaN":           func(t *Trainer) { t.chains["layer1.chains"].Data[2] = float32(math.NaN()) },
		"prior.mean[1] is +Inf":             func(t *Trainer) { t.model.(*models.BeliefNet).Prior().Mean.Data[1] = float32(math.Inf(1)) },
		"at step 8 (epoch 0, batch 0): low": func(t *Trainer) { toTheEnd(t); t.layers[0].Weight.Data[0] = float32(math.NaN()) },
	} {
		path := filepath.Join(t.TempDir(), "c")
		trainer := newTrainer(t, spec, stages, bars(40), 1)
		run(t, trainer, 3)
		if err := trainer.Save(path); err != nil {
			t.Fatal(err)
		}
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		run(t, trainer, 1)
		spoil(trainer)
		err = trainer.Save(path)
		if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "stages.0 (only)") || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want one about %s", err, name)
		}
		if left, err := os.ReadFile(path); err != nil || !slices.Equal(left, good) {
			t.Errorf("%s: the good checkpoint is gone: %v", name, err)
		}
	}
}

// toTheEnd takes a training to its end.
func toTheEnd(t *Trainer) {
	for range t.Run(context.Background()) {
	}
}

// A rate beyond float32 leaves parameters infinite after a step whose loss was
// a number.
func TestSaveAfterAStepTooFar(t *testing.T) {
	spec := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{8, 8, 3}, Units: 5}
	trainer := newTrainer(t, spec, []Stage{{Optimizer: Adam{Rate: 1e39}, Epochs: 1, Batch: 10}}, bars(40), 1)
	run(t, trainer, 1)
	if err := trainer.Save(filepath.Join(t.TempDir(), "c")); !errors.Is(err, ErrDiverged) {
		t.Errorf("saved after a step too far: %v", err)
	}
}
