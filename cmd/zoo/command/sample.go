package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"

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
		class       int
		clamp, mask string
		out         string
	)
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "Draw pictures from a trained model",
		Long: `Draw pictures from a trained model: a run folder or a weights file.

The top machine's Gibbs chain starts from the prior of codes that was fitted
after training, from test images, or from noise; what it ends with is decoded
by means. The recipe says how unless flags do.

--clamp draws a part of a given picture anew, the rest held as it is at every step
of a chain of the whole model: up to the top machine by means, a Gibbs step there,
down by means. --mask says what is drawn: left, right, top, bottom, the rectangle
x0,y0,x1,y1 in pixels, or a picture that is white there. The first two pictures
are the given one, whole and masked; -n completions follow.`,
		Example: `  zoo sample runs/mnist-rbm -n 100
  zoo sample runs/mnist-rbm --clamp three.png --mask bottom -n 14
  zoo sample runs/mnist-rbm --clamp 18 --mask 7,7,21,21  # test image 18, from 0`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (clamp == "") != (mask == "") {
				return usageError{errors.New("zoo sample: --clamp IMAGE and --mask want each other")}
			}
			if n < 1 {
				return usageError{fmt.Errorf("zoo sample: --number %d: want at least 1", n)}
			}
			t, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			if d := t.Run.Data; !d.Pictures() {
				return fmt.Errorf("zoo sample: examples of %s, %d×%d×%d, are no pictures", d.Name, d.Height, d.Width, d.Channels)
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
			if changed("class") {
				s.Class = &class
			}
			if !changed("seed") {
				seed = t.Run.Recipe.Seed
			}
			if changed("from") || changed("steps") || changed("spread") || changed("noise") {
				if err := s.Check(); err != nil {
					return usageError{fmt.Errorf("zoo sample: %w", err)}
				}
			}
			if clamp != "" {
				return a.complete(cmd.Context(), t, s, clamp, mask, n, seed, out)
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
	f.IntVar(&class, "class", 0, "the class of the pictures, from 0, for a model with label units (default: what the chain visits)")
	f.Uint64Var(&seed, "seed", 0, "seed of all randomness (default: the recipe's)")
	f.StringVar(&clamp, "clamp", "", "complete a picture: a file, or the number of a test image")
	f.StringVar(&mask, "mask", "", "the part of it that is drawn: left, right, top, bottom, x0,y0,x1,y1 or a picture, white there")
	f.StringVarP(&out, "output", "o", "samples.png", "the picture to write")
	return cmd
}

// complete draws a part of a picture anew, n times.
func (a *app) complete(ctx context.Context, t *zoo.Trained, s zoo.Sampling, clamp, mask string, n int, seed uint64, out string) error {
	d := t.Run.Data
	image, err := a.picture(t, clamp)
	if err != nil {
		return err
	}
	covered, err := zoo.Cover(mask, d.Height, d.Width)
	if _, missing := os.Stat(mask); missing == nil {
		var images *data.Images
		if images, err = data.Files([]string{mask}, d.Height, d.Width, 1); err == nil {
			covered = zoo.Floats(images)
		}
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	completed, err := s.Complete(ctx, t.Model, image, covered, n, seed)
	if err != nil {
		return err
	}
	pictures := append(slices.Clone(image), image...)
	for i := range image {
		if covered[i/d.Channels] > 0.5 {
			pictures[len(image)+i] = 0.5
		}
	}
	sheet, err := report.Sheet{}.Tiles(append(pictures, completed...), d.Height, d.Width, d.Channels)
	if err != nil {
		return err
	}
	if err := report.WritePNG(out, sheet); err != nil {
		return err
	}
	return a.print("%s", out)
}

// picture is an image file, or the test image of that number.
func (a *app) picture(t *zoo.Trained, name string) ([]float32, error) {
	number, err := strconv.Atoi(name)
	if _, missing := os.Stat(name); missing == nil || err != nil {
		images, err := a.images(t, []string{name}, data.Test)
		if err != nil {
			return nil, err
		}
		return zoo.Floats(images), nil
	}
	images, err := a.images(t, nil, data.Test)
	if err != nil {
		return nil, err
	}
	defer images.Close()
	if number < 0 || number >= images.Len() {
		return nil, fmt.Errorf("zoo: %d: there is no such test image, want 0 to %d", number, images.Len()-1)
	}
	x := make([]float32, images.Size())
	images.Floats(x, number)
	return x, nil
}

// images are the image files named, or, where none is, a part of the data that
// the model was trained on.
func (a *app) images(t *zoo.Trained, files []string, part data.Split) (*data.Images, error) {
	if len(files) > 0 {
		return t.Run.Recipe.Data.Files(files, t.Run.Data)
	}
	root, err := a.dataRoot()
	if err != nil {
		return nil, err
	}
	return t.Run.Recipe.Data.Open(root, part)
}
