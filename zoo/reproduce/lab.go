package reproduce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"boltzoo/graph/bench"
	"boltzoo/models/tagged"
	"boltzoo/zoo"
)

// Lab is the place of an experiment: a folder with a run for every model that
// is trained, and a file for everything that is measured.
type Lab struct {
	Folder string
	Root   string // of data sets
	Quick  bool   // a small version, to see that all of it works
	Seeds  int    // how many times what depends on chance is done; 0 means 1

	// Say is told what is done now; Tell how far a training is. Either may be
	// nil.
	Say  func(what string)
	Tell func(t *zoo.Training, p zoo.Progress)
}

// seeds are those of the lab's repetitions: 1, 2, …
func (l *Lab) seeds() []uint64 {
	seeds := make([]uint64, max(1, l.Seeds))
	for i := range seeds {
		seeds[i] = uint64(i + 1)
	}
	return seeds
}

func (l *Lab) say(format string, args ...any) {
	if l.Say != nil {
		l.Say(fmt.Sprintf(format, args...))
	}
}

// provenance tells how the page was made.
func (l *Lab) provenance(name string) string {
	command := "zoo reproduce " + name
	if l.Quick {
		command += " --quick"
	}
	if l.Seeds > 1 {
		command += fmt.Sprintf(" --seeds %d", l.Seeds)
	}
	cores := "one core"
	if n := runtime.NumCPU(); n > 1 {
		cores = fmt.Sprintf("%d cores", n)
	}
	return fmt.Sprintf("Made by `%s` on %s, %s, with %s. Times are those of the training alone.", command, bench.Processor(), cores, runtime.Version())
}

// run is a trained model of the lab.
type run struct {
	*zoo.Trained
	name    string
	sum     string  // of its weights
	seconds float64 // that its training took
}

// train trains the recipe as the lab's run of that name, goes on with it if it
// was stopped, and takes it as it is if it is finished. from is the name of
// another run, whose weights it starts from, or empty. observe, unless nil, is
// called at the end of every epoch with the model as it then is; of an epoch
// that was trained twice, because the program was killed in between, it is
// called twice.
func (l *Lab) train(ctx context.Context, name string, recipe zoo.Recipe, from string, observe func(zoo.Progress, *zoo.Training) error) (*run, error) {
	folder := filepath.Join(l.Folder, "runs", name)
	options := zoo.Options{Root: l.Root}
	if from != "" {
		options.Init = filepath.Join(l.Folder, "runs", from)
	}
	clock := clock{Path: filepath.Join(folder, "seconds.json")}
	if err := clock.read(); err != nil {
		return nil, err
	}
	if !zoo.Finished(folder) {
		l.say("train %s", name)
		t, err := l.open(recipe, options, folder)
		if err != nil {
			return nil, fmt.Errorf("reproduce: %s: %w", name, err)
		}
		err = l.finish(ctx, t, &clock, observe)
		if err = errors.Join(err, t.Close()); err != nil {
			return nil, fmt.Errorf("reproduce: %s: %w", name, err)
		}
	}
	trained, err := zoo.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := sameStart(trained.Run, recipe, options.Init); err != nil {
		return nil, fmt.Errorf("reproduce: %s: %w", folder, err)
	}
	sum, err := zoo.WeightsSum(folder)
	if err != nil {
		return nil, fmt.Errorf("reproduce: %s: %w", name, err)
	}
	return &run{trained, name, sum, clock.Seconds}, nil
}

func (l *Lab) open(recipe zoo.Recipe, options zoo.Options, folder string) (*zoo.Training, error) {
	if _, err := os.Stat(filepath.Join(folder, "recipe.json")); err == nil {
		t, err := zoo.Resume(recipe.Name, options, folder)
		if err != nil {
			return nil, err
		}
		// Before it is trained to its end, not after.
		if err := sameStart(t.Run, recipe, options.Init); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", folder, err), t.Close())
		}
		return t, nil
	}
	return zoo.Start(recipe, options, folder)
}

func (l *Lab) finish(ctx context.Context, t *zoo.Training, clock *clock, observe func(zoo.Progress, *zoo.Training) error) error {
	began, before := time.Now(), clock.Seconds
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error // which ends the training
	err := t.Train(ctx, func(p zoo.Progress) {
		if l.Tell != nil {
			l.Tell(t, p)
		}
		if p.EndOfEpoch {
			clock.Seconds = before + time.Since(began).Seconds()
			failed = errors.Join(failed, clock.write())
			if observe != nil {
				paused := time.Now()
				failed = errors.Join(failed, observe(p, t))
				began = began.Add(time.Since(paused)) // measuring is no training
			}
			if failed != nil {
				stop()
			}
		}
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	_, err = t.Finish(ctx)
	return err
}

// sameStart finds out whether a run is one of the recipe, from the weights of the
// run in the folder init where that is not empty.
func sameStart(have zoo.Run, recipe zoo.Recipe, init string) error {
	if err := sameRecipe(have.Recipe, recipe); err != nil || init == "" {
		return err
	}
	sum, err := zoo.WeightsSum(init)
	if err == nil && have.Init != sum {
		err = fmt.Errorf("this run was begun from other weights than those that %s has now: remove its folder to train it again", init)
	}
	return err
}

// sameRecipe finds out whether a finished run is one of the recipe.
func sameRecipe(have, want zoo.Recipe) error {
	want.About, have.About = "", "" // words decide nothing
	want.Paper, have.Paper = "", ""
	want.BuiltIn, have.BuiltIn = nil, nil
	want.Expect, have.Expect = nil, nil
	a, err := json.Marshal(have)
	if err != nil {
		return err
	}
	b, err := json.Marshal(want)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return errors.New("this run was begun with other settings: remove its folder to train it again")
	}
	return nil
}

// clock is how long the training of a run took, over all the times that it was
// gone on with.
type clock struct {
	Path    string  `json:"-"`
	Seconds float64 `json:"seconds"`
}

func (c *clock) read() error  { _, err := readJSON(c.Path, c); return err }
func (c *clock) write() error { return writeJSON(c.Path, c) }

// measurement is what was measured, and of what.
type measurement[T any] struct {
	Of    string `json:"of"` // the sum of a run's weights, or another word for all that decides the value
	Value T      `json:"value"`
}

// once is what f measures, from the lab's file of that name where it was
// measured before of the same.
func once[T any](l *Lab, name, of string, f func() (T, error)) (T, error) {
	var m measurement[T]
	path := l.measuredFile(name)
	found, err := readJSON(path, &m)
	if err != nil || found && m.Of == of {
		return m.Value, err
	}
	l.say("measure %s", name)
	m.Of = of
	if m.Value, err = f(); err != nil {
		return m.Value, fmt.Errorf("reproduce: %s: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return m.Value, fmt.Errorf("reproduce: %s: %w", name, err)
	}
	return m.Value, writeJSON(path, m)
}

// measuredFile is where what was measured under that name is.
func (l *Lab) measuredFile(name string) string {
	return filepath.Join(l.Folder, "measured", name+".json")
}

// epochs is an error unless a file has been told of so many epochs of its run.
func epochs(path string, have, want int) error {
	if have == want {
		return nil
	}
	return fmt.Errorf("reproduce: %s has %d epochs, want %d: remove the folder of its run, to train it again", path, have, want)
}

// readJSON reads a file, if there is one.
func readJSON(path string, v any) (found bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reproduce: %w", err)
	}
	if err := tagged.Strict(text, v); err != nil {
		return false, fmt.Errorf("reproduce: %s: %w", path, err)
	}
	return true, nil
}
