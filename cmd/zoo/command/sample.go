package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"boltzoo/models"
	"boltzoo/train/data"
	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

func (a *app) sample() *cobra.Command {
	var (
		n, steps    int
		seed        uint64
		from, noise string
		spread      float64
		out         string
	)
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "Draw pictures from a trained model",
		Long: `Draw pictures from a trained model: a run folder or a weights file.

The top machine's Gibbs chain starts from the prior of codes that was fitted
after training, from test images, or from noise; what it ends with is decoded
by means. The recipe says how unless flags do.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			s := t.Run.Recipe.Sampling
			changed := cmd.Flags().Changed
			if changed("from") {
				s.From = from
			}
			if changed("steps") {
				s.Steps = steps
			}
			if changed("spread") {
				s.Spread = spread
			}
			if changed("noise") {
				s.Noise = models.Noise(noise)
			}
			if !changed("seed") {
				seed = t.Run.Recipe.Seed
			}
			var start []float32
			if s.From == zoo.FromData {
				images, err := a.images(t, nil, data.Test)
				if err != nil {
					return err
				}
				defer images.Close()
				if images.Len() < n {
					return fmt.Errorf("zoo sample: %d test images to start from, want %d", images.Len(), n)
				}
				start = zoo.Floats(images.Head(n))
			}
			pictures, err := s.Sample(t.Model, n, seed, start)
			if err != nil {
				return err
			}
			d := t.Run.Data
			sheet, err := report.Sheet{}.Tiles(pictures, d.Height, d.Width, d.Channels)
			if err != nil {
				return err
			}
			if err := report.WritePNG(out, sheet); err != nil {
				return err
			}
			return a.print("%s", out)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&n, "number", "n", 64, "pictures")
	f.IntVar(&steps, "steps", 0, "Gibbs steps of the top machine")
	f.StringVar(&from, "from", "", "where its chain starts: prior, data or noise")
	f.Float64Var(&spread, "spread", 0, "factor on the deviations of the prior: below 1 for cleaner, less varied pictures")
	f.StringVar(&noise, "noise", "", `which states its steps draw: "" for none, hidden or all`)
	f.Uint64Var(&seed, "seed", 0, "seed of all randomness (default: the recipe's)")
	f.StringVarP(&out, "output", "o", "samples.png", "the picture to write")
	return cmd
}

// images are the image files named, or, where none is, a part of the data that
// the model was trained on.
func (a *app) images(t *zoo.Trained, files []string, part data.Split) (*data.Images, error) {
	if d := t.Run.Data; len(files) > 0 {
		return data.Files(files, d.Height, d.Width, d.Channels)
	}
	root, err := a.dataRoot()
	if err != nil {
		return nil, err
	}
	return t.Run.Recipe.Data.Open(root, part)
}
