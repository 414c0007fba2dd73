package zoo

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"boltzoo/graph"
	"boltzoo/train/data"
)

// Options are what a training is asked for beside the recipe. Their zero
// values change nothing.
type Options struct {
	Root   string   // the folder of data sets
	Data   string   // another set, or the path of a folder of images
	Limit  int      // images to train on
	Epochs int      // of the last stage, and at most so many of the others
	Batch  int      // images in every batch
	Seed   *uint64  // another seed
	Set    []string // assignments for Set
	Init   string   // weights to start from: a run folder or a weights file

	Products graph.Products // what is multiplied; empty: graph.Float32, or as the run does that is resumed
}

// Apply is the recipe changed as asked, before it is known whether its data is
// there. Its errors are about what was asked.
func (o Options) Apply(r Recipe) (Recipe, error) {
	for _, assignment := range o.Set {
		var err error
		if r, err = Set(r, assignment); err != nil {
			return r, err
		}
	}
	if o.Data != "" {
		source, err := r.Data.SourceOf(o.Data)
		if err != nil {
			return r, err
		}
		// Who names the data does not want to be given other data.
		if builtIn := r.BuiltIn; builtIn != nil && source.Set == builtIn.Set {
			if r, err = o.substitute(r); err != nil {
				return r, err
			}
		} else {
			r.Data, r.BuiltIn = source, nil
		}
	}
	return o.size(r), nil
}

// substitute is the recipe on its built-in set, where what was asked for comes
// before that set's schedule.
func (o Options) substitute(r Recipe) (Recipe, error) {
	r = r.Substitute()
	for _, assignment := range o.Set {
		if strings.HasPrefix(assignment, "stages.") {
			var err error
			if r, err = Set(r, assignment); err != nil {
				return r, err
			}
		}
	}
	return o.size(r), nil
}

// size changes how long is trained, and on how much.
func (o Options) size(r Recipe) Recipe {
	if o.Limit > 0 {
		r.Data.Images = o.Limit
		if r.BuiltIn != nil {
			b := *r.BuiltIn
			b.Images, r.BuiltIn = o.Limit, &b
		}
	}
	if o.Epochs > 0 {
		r = r.WithEpochs(o.Epochs)
	}
	if o.Batch > 0 {
		r = r.WithBatch(o.Batch)
	}
	if o.Seed != nil {
		r.Seed = *o.Seed
	}
	return r
}

// plan is the run that the recipe and the options ask for, its images to
// train on, and a line for the user where they are not the recipe's.
func (o Options) plan(base Recipe) (run Run, images *data.Images, note string, err error) {
	r, err := o.Apply(base)
	if err != nil {
		return run, nil, "", err
	}
	images, err = r.Data.Open(o.Root, data.Train)
	if errors.Is(err, data.ErrNotFound) {
		if r.BuiltIn == nil {
			return run, nil, "", fmt.Errorf("%w; %s", err, r.Data.howToGet())
		}
		wanted := r.Data
		if r, err = o.substitute(r); err != nil {
			return run, nil, "", err
		}
		note = fmt.Sprintf("%s is not there: training on %d built-in %s instead; %s", wanted.Set, r.Data.Images, r.Data.Set, wanted.howToGet())
		images, err = r.Data.Open(o.Root, data.Train)
	}
	if err != nil {
		return run, nil, "", err
	}
	r.BuiltIn, r.Expect = nil, base.expects(r)
	if images.Note != "" {
		note = join(note, images.Note)
	}
	run = Run{Recipe: r, Data: describe(images, r.Data.Generated()), Program: program()}.multiplying(o.Products)
	if o.Init != "" {
		run.Init, err = WeightsSum(o.Init)
	}
	return run, images, note, err
}

// resume is the run that goes on, checked against what is asked for now: only
// the last stage may have become longer.
func (o Options) resume(name string, run Run) (Run, *data.Images, error) {
	was := run
	if run.Recipe.Name != name {
		return run, nil, fmt.Errorf("zoo: resume: this is a run of %s, not of %s", run.Recipe.Name, name)
	}
	same := o
	same.Epochs = 0 // they may grow
	r, err := same.Apply(run.Recipe)
	if err != nil {
		return run, nil, err
	}
	run.Recipe = r
	if o.Products != "" {
		run = run.multiplying(o.Products)
	}
	if o.Init != "" {
		if run.Init, err = WeightsSum(o.Init); err != nil {
			return run, nil, err
		}
	}
	if !run.same(was) {
		return run, nil, fmt.Errorf("zoo: resume: a run goes on with the settings in its %s: leave the others away, or start another run (only --epochs may grow)", recipeFile)
	}
	if o.Epochs > 0 {
		last := len(r.Stages) - 1
		if o.Epochs < r.Stages[last].Epochs {
			return run, nil, fmt.Errorf("zoo: resume: %d epochs are fewer than the %d of the run", o.Epochs, r.Stages[last].Epochs)
		}
		run.Recipe = r.lengthened(o.Epochs)
		run.Recipe.Expect = r.expects(run.Recipe)
	}
	images, err := r.Data.Open(o.Root, data.Train)
	if err != nil {
		return run, nil, err
	}
	if now := describe(images, r.Data.Generated()); now.Sum != run.Data.Sum || now.Images != run.Data.Images {
		return run, nil, errors.Join(fmt.Errorf("zoo: resume: the run was begun on %d images with sum %.12s, but the data is now %d images with sum %.12s",
			run.Data.Images, run.Data.Sum, now.Images, now.Sum), images.Close())
	}
	return run, images, nil
}

// howToGet says what to do to have the set.
func (s Source) howToGet() string {
	for _, set := range data.Sets() {
		if set.Name == s.Set {
			return fmt.Sprintf("for the real one, put its files (%s) in the folder %s of a data folder and name that with --data-dir or ZOO_DATA", set.Source, s.Set)
		}
	}
	return "name the data folder with --data-dir or ZOO_DATA"
}

// WeightsSum is the SHA-256 of a weights file, or of that of a run folder, in
// hexadecimal.
func WeightsSum(path string) (string, error) {
	f, err := os.Open(weightsPath(path))
	if err != nil {
		return "", fmt.Errorf("zoo: weights: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("zoo: weights: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// join puts two lines below one another.
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}
