package command

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

// reconstructed is what reconstruct found, for programs.
type reconstructed struct {
	zoo.Test
	PCA       []component    `json:"pca,omitempty"`
	Corrupted *zoo.Corrupted `json:"corrupted,omitempty"`
	Picture   string         `json:"picture,omitempty"` // none of what is no picture
}

// component is the error of so many principal components of the training
// images; 0 are the mean image.
type component struct {
	Components int     `json:"components"`
	Error      float64 `json:"mse"`
}

func (a *app) reconstruct() *cobra.Command {
	var (
		depths, asJSON, gray bool
		pca, most            int
		out, corrupt         string
		seed                 uint64
	)
	cmd := &cobra.Command{
		Use:   "reconstruct RUN [IMAGE…]",
		Short: "Show images above their reconstructions, and measure the error",
		Long: `Show images above their reconstructions through the whole model, and measure
the mean square of pixel − reconstruction, pixels from 0 to 1. Without images,
those of the test part of the data that the model was trained on.

--depths adds the error through the first layers only; --pca adds that of the
principal components of the training images.

--corrupt spoils the images before they are encoded, and shows them so in a row
between: ` + strings.Join(train.CorruptionForms, ", ") + `, each but grey with its level
from 0 to 1, as in masking:0.3; a hole with what fills it, too, as in hole:0.5:1;
several one after the other as in gaussian:0.1,hole:0.4. --gray is
--corrupt grey: images in their luminance, to be coloured.`,
		Example: `  zoo reconstruct runs/celeba-dbn --depths --pca 100
  zoo reconstruct runs/celeba-dbn me.jpg -o me-again.png
  zoo reconstruct runs/celeba-dbn --corrupt hole:0.4
  zoo reconstruct runs/celeba-ae-color grandmother.jpg --gray`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if pca < 0 || most < 1 {
				return usageError{fmt.Errorf("zoo reconstruct: --pca %d, --number %d: want at least 0 and 1", pca, most)}
			}
			spoil, err := corruptions(corrupt, gray)
			if err != nil {
				return usageError{err}
			}
			if cmd.Flags().Changed("seed") && len(spoil) == 0 {
				return usageError{errors.New("zoo reconstruct: --seed is that of a corruption: name one with --corrupt")}
			}
			t, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			images, err := a.images(t, args[1:], data.Test)
			if err != nil {
				return err
			}
			defer images.Close()
			var r reconstructed
			if r.Test, err = zoo.Measure(t.Model, images); err != nil {
				return err
			}
			if pca > 0 {
				if r.PCA, err = a.principal(t, images, pca); err != nil {
					return err
				}
			}
			if !cmd.Flags().Changed("seed") {
				seed = t.Run.Recipe.Seed
			}
			if len(spoil) > 0 {
				if r.Corrupted, err = zoo.MeasureCorrupted(cmd.Context(), t.Model, images, spoil, seed); err != nil {
					return err
				}
			}
			if d := t.Run.Data; d.Pictures() {
				sheet, err := zoo.DrawPairs(cmd.Context(), t.Model, images.Head(most), spoil, seed)
				if err != nil {
					return err
				}
				if err := report.WritePNG(out, sheet); err != nil {
					return err
				}
				r.Picture = out
			} else {
				a.say("examples of %s, %d×%d×%d, are no pictures: none is drawn", d.Name, d.Height, d.Width, d.Channels)
			}
			if asJSON {
				return a.printJSON(r, "")
			}
			return a.printErrors(r, depths)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&depths, "depths", false, "print the error through each depth of the model")
	f.IntVar(&pca, "pca", 0, "print the error of up to so many principal components")
	f.IntVarP(&most, "number", "n", 32, "show at most so many images; all are measured")
	f.StringVarP(&out, "output", "o", "reconstructions.png", "the picture to write")
	f.StringVar(&corrupt, "corrupt", "", "what spoils the images first, as in masking:0.3")
	f.BoolVar(&gray, "gray", false, "the same as --corrupt grey")
	f.Uint64Var(&seed, "seed", 0, "seed of the corruption (default: the recipe's)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// corruptions are those that the flags ask for.
func corruptions(corrupt string, gray bool) (train.Corruptions, error) {
	var all train.Corruptions
	if corrupt != "" {
		var err error
		if all, err = train.ParseCorruptions(corrupt); err != nil {
			return nil, fmt.Errorf("zoo reconstruct: --corrupt: %w", err)
		}
	}
	if gray {
		all = append(all, train.Corruption{Form: "grey"})
	}
	return all, nil
}

// principal is the error on images of the components of the training images:
// of none, and of most by halves.
func (a *app) principal(t *zoo.Trained, images *data.Images, most int) ([]component, error) {
	training, err := a.images(t, nil, data.Train)
	if err != nil {
		return nil, err
	}
	defer training.Close()
	p, err := metric.FitPCA(training, most)
	if err != nil {
		return nil, err
	}
	counts := []int{0}
	for k := most; k > 0 && len(counts) < 5; k /= 2 {
		counts = append(counts, k)
	}
	errs, err := p.Reconstruction(images, counts...)
	if err != nil {
		return nil, err
	}
	all := make([]component, len(errs))
	for i, e := range errs {
		all[i] = component{counts[i], e}
	}
	return all, nil
}

func (a *app) printErrors(r reconstructed, depths bool) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "%d images of %s\tmean squared error\n", r.Images, r.Set)
	if depths {
		for _, d := range r.Depths[:len(r.Depths)-1] {
			fmt.Fprintf(w, "through %d of %d layers\t%.5f\n", d.Layers, len(r.Depths), d.Error)
		}
	}
	fmt.Fprintf(w, "through the whole model\t%.5f\n", r.Error)
	if c := r.Corrupted; c != nil {
		fmt.Fprintf(w, "after %s\t%.5f\n", c.Corruption, c.Error)
		fmt.Fprintf(w, "reconstructed from these\t%.5f\n", c.Restored)
	}
	for _, c := range r.PCA {
		name := fmt.Sprintf("%d principal components", c.Components)
		if c.Components == 0 {
			name = "the mean training image"
		}
		fmt.Fprintf(w, "%s\t%.5f\n", name, c.Error)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Picture == "" {
		return nil
	}
	return a.print("%s", r.Picture)
}
