package zoo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
)

// Training is a run that is trained, in its folder.
type Training struct {
	Folder *Folder
	Run    Run
	// Note is a line for the user, or empty: that the data is not the
	// recipe's, or not whole.
	Note string
	// Checkpoint is how often the state is saved within an epoch; 0 means
	// every two minutes.
	Checkpoint time.Duration

	model   models.Model
	images  *data.Images // to train on
	test    *data.Images // to test on in the end
	root    string
	trainer *train.Trainer
	log     *log
}

// Progress tells how far a training is.
type Progress struct {
	train.Step
	Done, Total int           // images of the whole training
	Rate        float64       // images a second of this stage, since it began or was resumed
	Left        time.Duration // by the work that is left, as long as it went so far
}

// Start begins the run of a recipe in a new folder.
func Start(recipe Recipe, options Options, folder string) (*Training, error) {
	f, err := Create(folder)
	if err != nil {
		return nil, err
	}
	t := &Training{Folder: f, root: options.Root}
	if err := t.start(recipe, options); err != nil {
		f.clear()
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Training) start(recipe Recipe, options Options) (err error) {
	if t.Run, t.images, t.Note, err = options.plan(recipe); err != nil {
		return err
	}
	if err := t.prepare(); err != nil {
		return err
	}
	if options.Init != "" {
		tensors, _, err := readWeights(weightsPath(options.Init))
		if err != nil {
			return err
		}
		if err := fill(t.model, tensors); err != nil {
			return fmt.Errorf("zoo: init %s: %w", options.Init, err)
		}
	}
	if err := t.Folder.makeFolder(filepath.Dir(t.Folder.file(checkpointFile))); err != nil {
		return err
	}
	// The first checkpoint has the initial weights, so that a run that was
	// killed early does not need the file of --init again.
	if err := t.trainer.Save(t.Folder.file(checkpointFile)); err != nil {
		return err
	}
	if t.log, err = openLog(t.Folder.file(metricsFile), 0); err != nil {
		return err
	}
	return writeJSON(t.Folder.file(recipeFile), t.Run)
}

// Resume goes on with the run in a folder. The options may repeat its settings,
// but change only its epochs, to more.
func Resume(recipe string, options Options, folder string) (*Training, error) {
	f, run, err := Reopen(folder)
	if err != nil {
		return nil, err
	}
	t := &Training{Folder: f, root: options.Root}
	if err := t.resume(recipe, options, run); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Training) resume(recipe string, options Options, was Run) (err error) {
	if t.Run, t.images, err = options.resume(recipe, was); err != nil {
		return err
	}
	if err := t.prepare(); err != nil {
		return err
	}
	if err := t.trainer.Load(t.Folder.file(checkpointFile)); err != nil {
		return err
	}
	if t.log, err = openLog(t.Folder.file(metricsFile), t.trainer.Position().Step); err != nil {
		return err
	}
	return writeJSON(t.Folder.file(recipeFile), t.Run)
}

func (t *Training) prepare() (err error) {
	r := t.Run.Recipe
	if err := t.Run.products().Check(); err != nil {
		return err
	}
	if t.model, err = r.Model.New(graph.NewRandom(r.Seed)); err != nil {
		return err
	}
	// That there is nothing to test on is to be known before the training, not
	// after it.
	if t.test, err = r.Data.Open(t.root, data.Test); err != nil {
		return fmt.Errorf("zoo: to test on: %w", err)
	}
	if err := r.Sampling.suits(t.model); err != nil {
		return err
	}
	if _, ok := t.model.(models.Coder); !ok {
		return fmt.Errorf("zoo: a model of type %s has no code to reconstruct from, which a run is measured by", models.Types.Name(r.Model))
	}
	t.trainer, err = train.New(t.model, r.Stages, t.images, r.Seed)
	return err
}

// Model is what is trained. It may be used between steps, and not changed.
func (t *Training) Model() models.Model { return t.model }

// Close frees the data and unlocks the folder.
func (t *Training) Close() error {
	var all []error
	if t.log != nil {
		all = append(all, t.log.Close())
	}
	for _, images := range []*data.Images{t.images, t.test} {
		if images != nil {
			all = append(all, images.Close())
		}
	}
	if t.Folder != nil {
		all = append(all, t.Folder.Close())
	}
	return errors.Join(all...)
}

// Train goes on to the end of the last stage, and tells tell about every step.
// When ctx is done it saves the state and returns the error of ctx; Resume
// goes on from there, to the same bits. Where that cannot be saved, the error
// is about this, and not that of ctx.
//
// The products of the run hold for the whole program while Train runs;
// afterwards they are graph.Float32.
func (t *Training) Train(ctx context.Context, tell func(Progress)) error {
	if err := graph.SetProducts(t.Run.products()); err != nil {
		return err
	}
	defer graph.SetProducts(graph.Float32) // which has no error
	every := t.Checkpoint
	if every <= 0 {
		every = 2 * time.Minute
	}
	began, saved := time.Now(), time.Now()
	total := t.total()
	stage, stageBegan, first := -1, began, 0           // the stage at hand, and the images before it
	costs := make([]float64, len(t.Run.Recipe.Stages)) // of an image, by stage
	left := 0.0
	for i, s := range t.Run.Recipe.Stages {
		costs[i] = work(t.model, s)
		left += costs[i] * float64(s.Seen(t.epochOf(s)))
	}
	done := 0.0 // of the work, since it began or was resumed
	for step, err := range t.trainer.Run(ctx) {
		if err != nil {
			if !errors.Is(err, ctx.Err()) {
				return err // what was saved last is better than what diverged
			}
			if failed := t.save(); failed != nil {
				return fmt.Errorf("zoo: stopped, but not saved: %w", failed)
			}
			return err
		}
		if err := t.log.step(step); err != nil {
			return err
		}
		if stage < 0 {
			left -= t.workBefore(step, costs)
		}
		if step.Stage != stage {
			stage, first = step.Stage, step.Images-step.N
		}
		done += costs[step.Stage] * float64(step.N)
		if s := t.Run.Recipe.Stages[step.Stage]; step.EndOfStage { // maybe as its patience has ended
			rest := max(0, s.Seen(t.epochOf(s))-(step.Epoch+1)*t.epochOf(s))
			total -= rest
			left -= costs[step.Stage] * float64(rest)
		}
		if tell != nil {
			p := Progress{Step: step, Done: step.Images, Total: total}
			p.Rate = float64(step.Images-first) / time.Since(stageBegan).Seconds()
			p.Left = time.Duration(float64(time.Since(began)) * (left - done) / done)
			tell(p)
		}
		if step.EndOfStage || time.Since(saved) > every || step.EndOfEpoch && time.Since(saved) > every/8 {
			if err := t.save(); err != nil {
				return err
			}
			saved = time.Now()
		}
		if step.EndOfStage {
			stageBegan = time.Now()
		}
	}
	return t.save()
}

// save writes the log and then the checkpoint, which may not be ahead of it.
func (t *Training) save() error {
	if err := t.log.Sync(); err != nil {
		return err
	}
	return t.trainer.Save(t.Folder.file(checkpointFile))
}

// workBefore is what was done before a step.
func (t *Training) workBefore(step train.Step, costs []float64) float64 {
	at := t.Run.Recipe.Stages[step.Stage]
	images := step.Epoch*t.epochOf(at) + min(step.Batch*at.BatchSize(), t.epochOf(at))
	sum := costs[step.Stage] * float64(images)
	for i, s := range t.Run.Recipe.Stages[:step.Stage] {
		sum += costs[i] * float64(s.Seen(t.epochOf(s)))
	}
	return sum
}

// total is the number of images of the whole training.
func (t *Training) total() int {
	sum := 0
	for _, s := range t.Run.Recipe.Stages {
		sum += s.Seen(t.epochOf(s))
	}
	return sum
}

// epochOf is the number of images in an epoch of a stage.
func (t *Training) epochOf(s train.Stage) int { return t.images.Len() - s.Validation }

// Finish fits the prior of codes, writes the weights, the pictures and the
// card, and returns what was reached on test data.
func (t *Training) Finish(ctx context.Context) (*Result, error) {
	if net, ok := netOf(t.model); ok && net.Prior() != nil {
		if err := train.FitPrior(net, t.images.Head(priorImages), evalBatch); err != nil {
			return nil, err
		}
	}
	trained := &Trained{Run: t.Run, Model: t.model}
	if err := trained.Save(t.Folder.file(modelFile), false); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result, err := t.report(ctx, trained, t.test)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := t.log.write(result.Test.line()); err != nil {
		return nil, err
	}
	return result, t.log.Sync()
}
