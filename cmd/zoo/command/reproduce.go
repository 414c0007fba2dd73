package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"boltzoo/zoo"
	"boltzoo/zoo/reproduce"
)

func (a *app) reproduce() *cobra.Command {
	var lab reproduce.Lab
	var names []string
	about := "Do the experiments of a paper again, from the data to a page with its numbers beside ours:\n\n"
	for _, e := range reproduce.All() {
		names = append(names, e.Name)
		about += fmt.Sprintf("  %-11s %s\n", e.Name, e.About)
	}
	cmd := &cobra.Command{
		Use:   "reproduce EXPERIMENT",
		Short: "Do the experiments of a paper again (" + strings.Join(names, ", ") + ")",
		Long: about + `
The folder gets NAME.md, NAME.json and the figures, and a run for every model
that was trained. What is done is not done again: after ctrl-C, or a crash, the
same command goes on.`,
		Example: `  zoo reproduce p3 --quick
  zoo reproduce p3 --seeds 3 --out runs/p3`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := reproduce.Lookup(args[0])
			if err != nil {
				return usageError{err}
			}
			if lab.Seeds < 1 {
				return usageError{fmt.Errorf("zoo reproduce: --seeds %d: want at least 1", lab.Seeds)}
			}
			if lab.Root, err = a.dataRoot(); err != nil {
				return err
			}
			if lab.Folder == "" {
				lab.Folder = filepath.Join("runs", "reproduce-"+e.Name)
				if lab.Quick {
					lab.Folder += "-quick"
				}
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop)
			return a.carryOut(ctx, e, &lab)
		},
	}
	f := cmd.Flags()
	f.StringVar(&lab.Folder, "out", "", "folder of the experiment (default: runs/reproduce-EXPERIMENT)")
	f.BoolVar(&lab.Quick, "quick", false, "a small version, of some minutes, to see that all of it works")
	f.IntVar(&lab.Seeds, "seeds", 1, "how many times what depends on chance is done")
	return cmd
}

// carryOut does the experiment and says where its page is.
func (a *app) carryOut(ctx context.Context, e reproduce.Experiment, lab *reproduce.Lab) error {
	var bar *progress
	end := func() {
		if bar != nil {
			bar.end()
			bar = nil
		}
	}
	lab.Say = func(what string) {
		end()
		a.say("%s", what)
	}
	lab.Tell = func(t *zoo.Training, p zoo.Progress) {
		if bar == nil {
			bar = newProgress(a.err, t.Run.Recipe.Stages)
		}
		bar.tell(p)
	}
	page, err := e.Run(ctx, lab)
	end()
	if err != nil {
		if ctx.Err() != nil {
			a.say("stopped, and saved: the same command goes on")
		}
		return err
	}
	if err := page.Write(lab.Folder, e.Name); err != nil {
		return err
	}
	return a.print("%s", filepath.Join(lab.Folder, e.Name+".md"))
}
