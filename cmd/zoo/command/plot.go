package command

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"boltzoo/train"
	"boltzoo/zoo"
)

func (a *app) plot() *cobra.Command {
	var (
		loss, filters, dot bool
		out                string
	)
	cmd := &cobra.Command{
		Use:   "plot RUN",
		Short: "Draw loss curves, filters and the computation graph",
		Long: `Draw the loss curves and the filters of a run, and its computation graph in
Graphviz's language (dot -Tsvg graph.dot). Without flags, all that there is. A
weights file has no loss curves; of a run that is not finished there is
nothing else.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			run := args[0]
			info, err := os.Stat(run)
			if err != nil {
				return err
			}
			if out == "" {
				out = "."
				if info.IsDir() {
					out = run
				}
			}
			asked := loss || filters || dot
			if !asked {
				finished := zoo.Finished(run)
				loss, filters, dot = info.IsDir(), finished, finished
			}
			var drawn []string
			if loss {
				if drawn, err = zoo.DrawLoss(run, out); err != nil {
					return err
				}
			}
			if filters || dot {
				t, err := zoo.Open(run)
				if err != nil {
					return err
				}
				if filters && (asked || t.Run.Data.Pictures()) {
					sheets, err := t.DrawFilters(out)
					if err != nil {
						return err
					}
					drawn = append(drawn, sheets...)
				}
				if dot {
					path := filepath.Join(out, "graph.dot")
					if err := train.WriteFile(path, t.WriteGraph); err != nil {
						return fmt.Errorf("zoo plot: write %s: %w", path, err)
					}
					drawn = append(drawn, path)
				}
			}
			for _, path := range drawn {
				if err := a.print("%s", path); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&loss, "loss", false, "loss.png and layers.png")
	f.BoolVar(&filters, "filters", false, "filters-N.png of each layer that has some")
	f.BoolVar(&dot, "graph", false, "graph.dot")
	f.StringVarP(&out, "output", "o", "", "folder to write to (default: the run's)")
	return cmd
}
