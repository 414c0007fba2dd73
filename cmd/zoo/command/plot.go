package command

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

// plotting is what is asked to be drawn of a run.
type plotting struct {
	run                               string
	loss, filters, dot, latent, field bool
	method                            string // of the map of codes
	limit                             int    // test examples in it, and in the field
	out                               string
}

// plotted is what plot drew, for programs.
type plotted struct {
	Files  []string    `json:"files"`
	Latent *zoo.Latent `json:"latent,omitempty"`
	Field  *zoo.Field  `json:"field,omitempty"`
}

func (a *app) plot() *cobra.Command {
	var (
		p      plotting
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "plot RUN",
		Short: "Draw loss curves, filters, the computation graph and a map of codes",
		Long: `Draw the loss curves and the filters of a run, and its computation graph in
Graphviz's language (dot -Tsvg graph.dot). Without flags, what there is of these
three. A weights file has no loss curves; of a run that is not finished there is
nothing else.

--latent draws a map of the codes of test examples, coloured by class: codes of
two units as they are, the first two principal components of wider ones, or, by
--method tsne, a map that keeps neighbours near one another, and no other
distances. Beside it, what a grid of codes of two units stands for. It prints how
many examples have another class's example nearest to them in the map.

--field draws, for a model of points in the plane, where it moves a point: arrows
g(f(x)) − x on a grid over the test examples. It prints how far the grid's points
are from the nearest of these, before and after.`,
		Example: `  zoo plot runs/mnist-dbn
  zoo plot runs/mnist-dbn --latent --method tsne -o map.png
  zoo plot runs/spiral-ae-denoising --field`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.run = args[0]
			if err := p.check(cmd.Flags().Changed); err != nil {
				return usageError{err}
			}
			drawn, err := a.draw(cmd.Context(), p)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(drawn, "")
			}
			return a.printPlotted(drawn)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&p.loss, "loss", false, "loss.png and layers.png")
	f.BoolVar(&p.filters, "filters", false, "filters-N.png of each layer that has some")
	f.BoolVar(&p.dot, "graph", false, "graph.dot")
	f.BoolVar(&p.latent, "latent", false, "latent.png, and decoded.png of codes of two units")
	f.BoolVar(&p.field, "field", false, "field.png, of points in the plane")
	f.StringVar(&p.method, "method", "", "how --latent puts codes into the plane: code, pca or tsne (default: code, or pca of more than two units)")
	f.IntVar(&p.limit, "limit", 2000, "examples that --latent and --field show at most, at even distances in the test part")
	f.StringVarP(&p.out, "output", "o", "", "folder to write to (default: the run's), or of --latent or --field alone the picture's file, NAME.png")
	f.BoolVar(&asJSON, "json", false, "print JSON, with the places in the map and the arrows")
	return cmd
}

// check finds flags that do not go together.
func (p *plotting) check(changed func(flag string) bool) error {
	if changed("method") && !p.latent {
		return errors.New("zoo plot: --method is of the map that --latent draws")
	}
	if changed("limit") && !p.latent && !p.field {
		return errors.New("zoo plot: --limit is of what --latent and --field draw")
	}
	if p.limit < 1 {
		return fmt.Errorf("zoo plot: --limit %d: want at least 1", p.limit)
	}
	if p.file() != "" && (p.latent == p.field || p.loss || p.filters || p.dot) {
		return fmt.Errorf("zoo plot: -o %s: the file of one picture, which --latent or --field alone draws: want a folder for others", p.out)
	}
	return nil
}

// printPlotted prints what was found, and the files.
func (a *app) printPlotted(drawn *plotted) error {
	if l := drawn.Latent; l != nil && l.Mistaken != nil {
		if err := a.print("%.1f %% of %d examples of %s have one of another class nearest", 100**l.Mistaken, l.Examples, l.Set); err != nil {
			return err
		}
	}
	if f := drawn.Field; f != nil {
		if err := a.print("points of a grid are %.4f away from the nearest example of %s; moved by the field, %.4f", f.Before, f.Set, f.After); err != nil {
			return err
		}
	}
	for _, path := range drawn.Files {
		if err := a.print("%s", path); err != nil {
			return err
		}
	}
	return nil
}

// file is the picture's, where one is named.
func (p *plotting) file() string {
	if strings.EqualFold(filepath.Ext(p.out), ".png") {
		return p.out
	}
	return ""
}

// draw draws what is asked.
func (a *app) draw(ctx context.Context, p plotting) (*plotted, error) {
	info, err := os.Stat(p.run)
	if err != nil {
		return nil, fmt.Errorf("zoo: want a run folder or a weights file: %w", err)
	}
	if p.out == "" {
		p.out = "."
		if info.IsDir() {
			p.out = p.run
		}
	}
	asked := p.loss || p.filters || p.dot || p.latent || p.field
	if !asked {
		finished := zoo.Finished(p.run)
		p.loss, p.filters, p.dot = info.IsDir(), finished, finished
	}
	drawn := &plotted{}
	if p.loss {
		if drawn.Files, err = zoo.DrawLoss(p.run, p.out); err != nil {
			return nil, err
		}
	}
	if !p.filters && !p.dot && !p.latent && !p.field {
		return drawn, nil
	}
	t, err := zoo.Open(p.run)
	if err != nil {
		return nil, err
	}
	if p.filters && (asked || t.Run.Data.Pictures()) {
		sheets, err := t.DrawFilters(p.out)
		if err != nil {
			return nil, err
		}
		drawn.Files = append(drawn.Files, sheets...)
	}
	if p.dot {
		path := filepath.Join(p.out, "graph.dot")
		if err := train.WriteFile(path, t.WriteGraph); err != nil {
			return nil, fmt.Errorf("zoo plot: write %s: %w", path, err)
		}
		drawn.Files = append(drawn.Files, path)
	}
	if !p.latent && !p.field {
		return drawn, nil
	}
	images, err := a.images(t, nil, data.Test)
	if err != nil {
		return nil, err
	}
	defer images.Close()
	some := zoo.Spread(images, p.limit)
	if p.latent {
		if err := a.latent(ctx, t, some, p, drawn); err != nil {
			return nil, err
		}
	}
	if p.field {
		if drawn.Field, err = zoo.NewField(t.Model, some); err != nil {
			return nil, err
		}
		path := p.file()
		if path == "" {
			path = filepath.Join(p.out, "field.png")
		}
		if err := drawn.add(path)(drawn.Field.Draw()); err != nil {
			return nil, err
		}
	}
	return drawn, nil
}

// latent draws the map of codes of images.
func (a *app) latent(ctx context.Context, t *zoo.Trained, images *data.Images, p plotting, drawn *plotted) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	bar := newMeasuring(a.err)
	l, err := zoo.NewLatent(ctx, t.Model, images, p.method, bar.tell)
	if err := errors.Join(err, bar.end()); err != nil {
		return err
	}
	drawn.Latent = l
	path, decoded := p.file(), strings.TrimSuffix(p.out, filepath.Ext(p.out))+"-decoded.png"
	if path == "" {
		path, decoded = filepath.Join(p.out, "latent.png"), filepath.Join(p.out, "decoded.png")
	}
	if err := drawn.add(path)(l.Draw()); err != nil {
		return err
	}
	if l.Method != zoo.MapCode || !t.Run.Data.Pictures() {
		return nil
	}
	return drawn.add(decoded)(l.DrawDecoded(t))
}

// add writes a picture that was just drawn, if it was.
func (d *plotted) add(path string) func(m image.Image, err error) error {
	return func(m image.Image, err error) error {
		if err != nil {
			return err
		}
		d.Files = append(d.Files, path)
		return report.WritePNG(path, m)
	}
}
