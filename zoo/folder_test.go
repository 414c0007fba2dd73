package zoo

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"boltzoo/graph"
	"boltzoo/train"
)

// smallRBM is a run of a second.
func smallRBM() (Recipe, Options) {
	r := mnistRBM()
	return r, Options{Set: small(r), Epochs: 2, Batch: 10}
}

func begin(t *testing.T, folder string) *Training {
	t.Helper()
	r, options := smallRBM()
	training, err := Start(r, options, folder)
	if err != nil {
		t.Fatal(err)
	}
	return training
}

func TestFolderInUse(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	training := begin(t, folder)
	_, err := Create(folder)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "process ") {
		t.Errorf("create: got %v, want who uses it", err)
	}
	if _, _, err := Reopen(folder); !errors.Is(err, ErrInUse) {
		t.Errorf("reopen: got %v", err)
	}
	if err := training.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Create(folder)
	if !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "--resume") || !strings.Contains(err.Error(), "--out") {
		t.Errorf("create over a run: got %v, want both ways on", err)
	}
	f, run, err := Reopen(folder)
	if err != nil {
		t.Fatal(err)
	}
	if run.Recipe.Name != "mnist-rbm" || !run.Data.BuiltIn {
		t.Errorf("reopened %+v", run)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestFolderOfOthersIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	theirs := filepath.Join(folder, "model.safetensors")
	if err := os.WriteFile(theirs, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, options := smallRBM()
	if _, err := Start(r, options, folder); err == nil || !strings.Contains(err.Error(), "model.safetensors is there") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(theirs); err != nil || string(text) != "theirs" {
		t.Errorf("the file is now %q, %v", text, err)
	}
}

func TestStartThatFailsLeavesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	r, options := smallRBM()
	options.Set = append(options.Set, "stages.0.optimizer.rate=-1")
	if _, err := Start(r, options, folder); err == nil {
		t.Fatal("a negative rate was accepted")
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

// leave trains and stops after so many steps, as ctrl-C does.
func leave(t *testing.T, training *Training, steps int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	taken := 0
	err := training.Train(ctx, func(Progress) {
		if taken++; taken == steps {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if err := training.Close(); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, training *Training) ([]*graph.Tensor, string) {
	t.Helper()
	if err := training.Train(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := training.Finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := training.Close(); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(training.Folder.file(metricsFile))
	if err != nil {
		t.Fatal(err)
	}
	return training.model.Tensors(), string(log)
}

func TestResumeGivesTheSameBits(t *testing.T) {
	folder := t.TempDir()
	whole, wholeLog := finish(t, begin(t, filepath.Join(folder, "whole")))
	halves := filepath.Join(folder, "halves")
	leave(t, begin(t, halves), 3) // of 4 steps an epoch
	// A line that was being written when the process was killed, and steps
	// that the checkpoint does not know of.
	log, err := os.OpenFile(filepath.Join(halves, metricsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.WriteString(`{"step":3,"loss":9}` + "\n" + `{"step":4,"lo`); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	training, err := Resume("mnist-rbm", Options{}, halves)
	if err != nil {
		t.Fatal(err)
	}
	again, againLog := finish(t, training)
	if !reflect.DeepEqual(whole, again) {
		t.Error("the weights differ")
	}
	if wholeLog != againLog {
		t.Errorf("the logs differ:\n%s\n%s", wholeLog, againLog)
	}
	if n := strings.Count(wholeLog, "\n"); n != 9 {
		t.Errorf("%d lines in the log, want 8 steps and the test", n)
	}
}

func TestResumeRefusesOtherSettings(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	leave(t, begin(t, folder), 3)
	_, same := smallRBM()
	seed, other := uint64(1), uint64(2)
	for name, c := range map[string]struct {
		recipe  string
		options Options
		want    string // empty: it goes on
	}{
		"nothing":      {"mnist-rbm", Options{}, ""},
		"the same":     {"mnist-rbm", Options{Epochs: same.Epochs, Batch: same.Batch, Seed: &seed, Data: "digits", Limit: 40, Set: []string{"model.units=6"}}, ""},
		"recipe":       {"mnist-dbn", Options{}, "a run of mnist-rbm, not of mnist-dbn"},
		"seed":         {"mnist-rbm", Options{Seed: &other}, "settings"},
		"batch":        {"mnist-rbm", Options{Batch: 11}, "settings"},
		"field":        {"mnist-rbm", Options{Set: []string{"stages.0.optimizer.rate=0.5"}}, "settings"},
		"limit":        {"mnist-rbm", Options{Limit: 39}, "settings"},
		"data":         {"mnist-rbm", Options{Data: "mnist"}, "settings"},
		"fewer epochs": {"mnist-rbm", Options{Epochs: 1}, "fewer"},
		"float32":      {"mnist-rbm", Options{Products: graph.Float32}, ""},
		"bf16":         {"mnist-rbm", Options{Products: graph.BF16}, "settings"},
	} {
		t.Run(name, func(t *testing.T) {
			training, err := Resume(c.recipe, c.options, folder)
			if err == nil {
				if err := training.Close(); err != nil {
					t.Error(err)
				}
			}
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Resume("mnist-rbm", Options{}, filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("resumed what is not there")
	}
}

func TestResumeFindsOtherData(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	leave(t, begin(t, folder), 1)
	run, err := readRun(filepath.Join(folder, recipeFile))
	if err != nil {
		t.Fatal(err)
	}
	run.Data.Sum = strings.Repeat("0", 64)
	if err := writeJSON(filepath.Join(folder, recipeFile), run); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume("mnist-rbm", Options{}, folder); err == nil || !strings.Contains(err.Error(), "000000000000") {
		t.Errorf("got %v, want both sums", err)
	}
}

func TestLongerRunGoesOn(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	finish(t, begin(t, folder))
	training, err := Resume("mnist-rbm", Options{Epochs: 3}, folder)
	if err != nil {
		t.Fatal(err)
	}
	_, log := finish(t, training)
	if n := strings.Count(log, `"test"`); n != 1 {
		t.Errorf("%d tests in the log, want the last one only:\n%s", n, log)
	}
	trained, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if n := trained.Run.Recipe.Stages[0].Epochs; n != 3 {
		t.Errorf("the weights say that they had %d epochs, want 3", n)
	}
}

func TestInit(t *testing.T) {
	folder := t.TempDir()
	first := filepath.Join(folder, "first")
	weights, _ := finish(t, begin(t, first))
	r, options := smallRBM()
	options.Init = first
	second, err := Start(r, options, filepath.Join(folder, "second"))
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if !reflect.DeepEqual(second.model.Tensors(), weights) {
		t.Error("it does not start from the weights given")
	}
	if len(second.Run.Init) != 64 {
		t.Errorf("the run says %q of where it starts", second.Run.Init)
	}
	options.Set = append(options.Set, "model.units=7")
	if _, err := Start(r, options, filepath.Join(folder, "third")); err == nil || !strings.Contains(err.Error(), "want shape [784 7], got [784 6]") {
		t.Errorf("weights of another shape: got %v", err)
	}
}

// What fails to start takes nothing with it that was there before.
func TestStartThatFailsLeavesOthersFiles(t *testing.T) {
	for name, spoil := range map[string]func(folder string, o *Options) error{
		"before anything is written": func(_ string, o *Options) error { o.Init = "nowhere"; return nil },
		"after the checkpoint": func(folder string, _ *Options) error {
			return os.Mkdir(filepath.Join(folder, metricsFile+".tmp"), 0o755)
		},
	} {
		folder := t.TempDir()
		theirs := []string{filepath.Join(folder, "checkpoint", "precious.bin"), filepath.Join(folder, "notes.txt")}
		if err := os.Mkdir(filepath.Dir(theirs[0]), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, path := range theirs {
			if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, options := smallRBM()
		if err := spoil(folder, &options); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(r, options, folder); err == nil {
			t.Fatalf("%s: it began", name)
		}
		for _, path := range theirs {
			if text, err := os.ReadFile(path); err != nil || string(text) != "theirs" {
				t.Errorf("%s: %s is now %q, %v", name, path, text, err)
			}
		}
		for _, file := range []string{checkpointFile, metricsFile, lockFile} {
			if _, err := os.Stat(filepath.Join(folder, file)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %s was left: %v", name, file, err)
			}
		}
	}
}

// The folders that a start has made go with it, those that were there stay.
func TestStartThatFailsLeavesFoldersAsTheyWere(t *testing.T) {
	for made, kept := range map[string]string{"runs/deep/run": "", "": "runs/deep/run", "runs/deep": "runs"} {
		root := t.TempDir()
		if err := os.MkdirAll(filepath.Join(root, kept), 0o755); err != nil {
			t.Fatal(err)
		}
		r, options := smallRBM()
		options.Init = "nowhere"
		if _, err := Start(r, options, filepath.Join(root, "runs/deep/run")); err == nil {
			t.Fatal("it began")
		}
		if _, err := os.Stat(filepath.Join(root, kept)); err != nil {
			t.Errorf("%q was there: %v", kept, err)
		}
		if _, err := os.Stat(filepath.Join(root, made)); made != "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q was left: %v", made, err)
		}
	}
}

// Nothing that a run writes takes the place of another's file.
func TestFolderGuardsAllFiles(t *testing.T) {
	for _, file := range files {
		folder := filepath.Join(t.TempDir(), "a [folder")
		theirs := filepath.Join(folder, filepath.FromSlash(strings.Replace(file.Name, "*", "1", 1)))
		if err := os.MkdirAll(filepath.Dir(theirs), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(theirs, []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
		r, options := smallRBM()
		if training, err := Start(r, options, folder); err == nil {
			t.Errorf("it began over a %s", file.Name)
			if err := training.Close(); err != nil {
				t.Error(err)
			}
		}
		if text, err := os.ReadFile(theirs); err != nil || string(text) != "theirs" {
			t.Errorf("%s is now %q, %v", file.Name, text, err)
		}
	}
}

// A stop that could not be saved is a failure, not what was asked for.
func TestStopThatIsNotSaved(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	training := begin(t, folder)
	ctx, cancel := context.WithCancel(context.Background())
	err := training.Train(ctx, func(p Progress) {
		if p.Step.Step == 1 {
			if err := os.Mkdir(filepath.Join(folder, checkpointFile+".tmp"), 0o755); err != nil {
				t.Error(err)
			}
			cancel()
		}
	})
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "not saved") || !strings.Contains(err.Error(), checkpointFile) {
		t.Errorf("got %v, want an error about the checkpoint", err)
	}
	if err := training.Close(); err != nil {
		t.Error(err)
	}
}

// lateContext is done from the second question on.
type lateContext struct {
	context.Context
	asked int
	armed bool
}

func (c *lateContext) Err() error {
	if !c.armed {
		return nil
	}
	if c.asked++; c.asked < 2 {
		return nil
	}
	return context.Canceled
}

// A training that diverges in the step in which it is asked to stop has
// diverged.
func TestDivergedWhileStopped(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	training := begin(t, folder)
	ctx := &lateContext{Context: context.Background()}
	good, err := os.ReadFile(filepath.Join(folder, checkpointFile))
	if err != nil {
		t.Fatal(err)
	}
	err = training.Train(ctx, func(Progress) {
		ctx.armed = true
		for _, x := range training.model.Tensors() {
			x.Data[0] = float32(math.NaN())
		}
	})
	if !errors.Is(err, train.ErrDiverged) || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "loss is NaN") {
		t.Errorf("got %v, want that the loss diverged", err)
	}
	if left, err := os.ReadFile(filepath.Join(folder, checkpointFile)); err != nil || !bytes.Equal(left, good) {
		t.Errorf("the checkpoint was replaced: %v", err)
	}
	if err := training.Close(); err != nil {
		t.Error(err)
	}
}

// The rate is that of the stage at hand.
func TestProgressTellsTheRateOfAStage(t *testing.T) {
	r, options := smallRBM()
	slow := r.Stages[0]
	slow.Name, slow.Objective = "slow", train.CD{}
	r.Stages = []train.Stage{slow, r.Stages[0]}
	training, err := Start(r, options, filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer training.Close()
	var last Progress
	var slowEnd time.Time
	images := 0.0 // of the fast stage
	if err := training.Train(context.Background(), func(p Progress) {
		if last = p; p.Stage == 0 {
			time.Sleep(100 * time.Millisecond)
			slowEnd = time.Now()
		} else {
			images += float64(p.N)
		}
	}); err != nil {
		t.Fatal(err)
	}
	// With the 8 slow steps it would be far below what the fast stage did in the
	// time that it can have taken at most, however busy the machine is.
	if least := images / time.Since(slowEnd).Seconds(); last.Stage != 1 || last.Rate < least {
		t.Errorf("%.0f images/s at the end of stage %d, want at least %.0f, those of the fast stage", last.Rate, last.Stage, least)
	}
}
