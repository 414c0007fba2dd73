package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"boltzoo/zoo"
)

func (a *app) train() *cobra.Command {
	var (
		options    zoo.Options
		seed       uint64
		out        string
		resume     bool
		asJSON     bool
		checkpoint time.Duration
	)
	cmd := &cobra.Command{
		Use:   "train RECIPE",
		Short: "Train a recipe",
		Long: `Train a recipe, in a folder that will have its weights, pictures and numbers.

The recipe's data is looked for in the data folder. Where it is not there, the
built-in set is trained on instead, and a line says so.

Ctrl-C saves the state first. --resume goes on from there, also after a crash,
to the same result as if nothing had happened.`,
		Example: `  zoo train celeba-dbn
  zoo train celeba-dbn --data celeba --data-dir DATA
  zoo train celeba-dbn --data FOLDER-OF-PICTURES --out runs/mine
  zoo train mnist-rbm --set model.units=100 --set stages.0.optimizer.rate=0.002 --out runs/small
  zoo train mnist-rbm --resume --epochs 40`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, f := range []struct {
				name  string
				value int
			}{{"limit", options.Limit}, {"epochs", options.Epochs}, {"batch", options.Batch}} {
				if cmd.Flags().Changed(f.name) && f.value < 1 {
					return usageError{fmt.Errorf("zoo train: --%s %d: want at least 1", f.name, f.value)}
				}
			}
			if cmd.Flags().Changed("seed") {
				options.Seed = &seed
			}
			if out == "" {
				out = filepath.Join("runs", args[0])
			}
			t, err := a.open(args[0], options, out, resume)
			if err != nil {
				return err
			}
			t.Checkpoint = checkpoint
			// From here on there is something to save: the first signal asks
			// for that, a second one ends the program.
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop)
			err = a.run(ctx, t, asJSON)
			closed := t.Close()
			if closed != nil && errors.Is(err, context.Canceled) {
				return closed // a failure, and not what was asked for
			}
			return errors.Join(err, closed)
		},
	}
	f := cmd.Flags()
	f.StringVar(&options.Data, "data", "", "train on another set, or on a folder of images")
	f.IntVar(&options.Limit, "limit", 0, "train, and test, on so many images at most")
	f.IntVar(&options.Epochs, "epochs", 0, "epochs of the last stage; the others have no more")
	f.IntVar(&options.Batch, "batch", 0, "images in a batch, in every stage")
	f.Uint64Var(&seed, "seed", 0, "seed of all randomness")
	f.StringVar(&options.Init, "init", "", "start from the weights of a run, or in a file")
	f.StringArrayVar(&options.Set, "set", nil, "change a field of the recipe, as in stages.0.optimizer.rate=0.01; may be repeated")
	f.StringVar(&out, "out", "", "folder of the run (default: runs/RECIPE)")
	f.StringVar((*string)(&options.Products), "products", "", "what matrix products and convolutions multiply: float32, or bf16, rounded numbers, which some processors multiply faster (default: float32)")
	f.BoolVar(&resume, "resume", false, "go on with the run in the folder")
	f.DurationVar(&checkpoint, "checkpoint", 0, "save the state at least so often (default: 2m)")
	f.BoolVar(&asJSON, "json", false, "print what was reached as a line of JSON")
	return cmd
}

// open begins a run, or resumes it.
func (a *app) open(recipe string, options zoo.Options, out string, resume bool) (*zoo.Training, error) {
	r, err := a.recipe(recipe)
	if err != nil {
		return nil, err
	}
	if options.Products != "" {
		if err := options.Products.Check(); err != nil {
			return nil, usageError{fmt.Errorf("zoo train: --products %s: %w", options.Products, err)}
		}
	}
	if options.Root, err = a.dataRoot(); err != nil {
		return nil, err
	}
	if resume {
		return zoo.Resume(recipe, options, out)
	}
	if _, err := options.Apply(r); err != nil {
		return nil, usageError{err}
	}
	return zoo.Start(r, options, out)
}

// run trains, finishes, and says what there is now.
func (a *app) run(ctx context.Context, t *zoo.Training, asJSON bool) error {
	if t.Note != "" {
		a.say("%s", t.Note)
	}
	result, err := a.finish(ctx, t)
	switch {
	case errors.Is(err, context.Canceled):
		a.say("stopped, and saved: zoo train %s --out %s --resume goes on", t.Run.Recipe.Name, t.Folder.Path)
		return err
	case err != nil:
		return err
	}
	if asJSON {
		return a.printJSON(result, "")
	}
	if err := a.print("%s: mean squared reconstruction error %.5f on %d test images of %s", result.Recipe, result.Test.Error, result.Test.Images, result.Test.Set); err != nil {
		return err
	}
	if m := result.Test.Mistaken; m != nil {
		if err := a.print("%s: %.2f %% of test images taken for another class", result.Recipe, 100**m); err != nil {
			return err
		}
	}
	if r := result.Test.Restoration; r != nil {
		if err := a.print("test images corrupted by %s:", r.Corruption); err != nil {
			return err
		}
		for _, w := range r.Ways {
			if err := a.print("  %s", w); err != nil {
				return err
			}
		}
	}
	for _, e := range result.Expected {
		if err := a.print("expected %.5f (%s)", e.Value, e.Source); err != nil {
			return err
		}
	}
	if err := a.print("\n%s", result.Run); err != nil {
		return err
	}
	for _, f := range result.Files {
		if err := a.print("  %-28s %s", f.Name, f.About); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) finish(ctx context.Context, t *zoo.Training) (*zoo.Result, error) {
	p := newProgress(a.err, t.Run.Recipe.Stages)
	err := t.Train(ctx, p.tell)
	p.end()
	if err != nil {
		return nil, err
	}
	return t.Finish(ctx)
}
