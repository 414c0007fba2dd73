package command

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

// reconstructed is what reconstruct found, for programs.
type reconstructed struct {
	zoo.Test
	PCA     []component `json:"pca,omitempty"`
	Picture string      `json:"picture"`
}

// component is the error of so many principal components of the training
// images; 0 are the mean image.
type component struct {
	Components int     `json:"components"`
	Error      float64 `json:"mse"`
}

func (a *app) reconstruct() *cobra.Command {
	var (
		depths, asJSON bool
		pca, most      int
		out            string
	)
	cmd := &cobra.Command{
		Use:   "reconstruct RUN [IMAGE…]",
		Short: "Show images above their reconstructions, and measure the error",
		Long: `Show images above their reconstructions through the whole model, and measure
the mean square of pixel − reconstruction, pixels from 0 to 1. Without images,
those of the test part of the data that the model was trained on.

--depths adds the error through the first layers only; --pca adds that of the
principal components of the training images.`,
		Example: `  zoo reconstruct runs/celeba-dbn --depths --pca 100
  zoo reconstruct runs/celeba-dbn me.jpg -o me-again.png`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			t, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			images, err := a.images(t, args[1:], data.Test)
			if err != nil {
				return err
			}
			defer images.Close()
			r := reconstructed{Picture: out}
			if r.Test, err = zoo.Measure(t.Model, images); err != nil {
				return err
			}
			if pca > 0 {
				if r.PCA, err = a.principal(t, images, pca); err != nil {
					return err
				}
			}
			if err := pairs(t, images.Head(most), out); err != nil {
				return err
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
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// pairs draws images above their reconstructions.
func pairs(t *zoo.Trained, images *data.Images, out string) error {
	again, err := zoo.Reconstruct(t.Model, images)
	if err != nil {
		return err
	}
	sheet, err := report.Sheet{}.Pairs(images.Height, images.Width, images.Channels, zoo.Floats(images), again)
	if err != nil {
		return err
	}
	return report.WritePNG(out, sheet)
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
	return a.print("%s", r.Picture)
}
