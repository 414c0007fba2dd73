package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

func (a *app) interpolate() *cobra.Command {
	var (
		steps  int
		pixels bool
		out    string
	)
	cmd := &cobra.Command{
		Use:   "interpolate RUN A B [C…]",
		Short: "Go from one image to another by way of their codes",
		Long: `Go from one image to another on a straight line between their codes, and show
what the codes on the way stand for: a row for each two that follow one another,
between the two images themselves. An image is a file, or the number of a test
image, from 0.

--pixels adds under each row the mixtures of the two images' pixels.`,
		Example: `  zoo interpolate runs/mnist-dbn 3 18 4
  zoo interpolate runs/celeba-dbn me.jpg 7 --steps 15 -o into-7.png`,
		Args: cobra.MinimumNArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			if steps < 2 {
				return usageError{fmt.Errorf("zoo interpolate: --steps %d: want at least 2, the reconstructions of both", steps)}
			}
			t, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			d := t.Run.Data
			if !d.Pictures() {
				return fmt.Errorf("zoo interpolate: an example of %s, %d×%d×%d, is no picture", d.Name, d.Height, d.Width, d.Channels)
			}
			var strip, from []float32
			for i, name := range args[1:] {
				to, err := a.picture(t, name)
				if err != nil {
					return err
				}
				if i > 0 {
					decoded, err := zoo.Interpolate(t.Model, from, to, steps)
					if err != nil {
						return err
					}
					row := func(middle []float32) {
						strip = append(append(append(strip, from...), middle...), to...)
					}
					row(decoded)
					if pixels {
						row(zoo.Between(from, to, steps))
					}
				}
				from = to
			}
			sheet, err := report.Sheet{Columns: steps + 2}.Tiles(strip, d.Height, d.Width, d.Channels)
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
	f.IntVar(&steps, "steps", 9, "codes on the way, those of both images among them")
	f.BoolVar(&pixels, "pixels", false, "mix the pixels, too")
	f.StringVarP(&out, "output", "o", "interpolation.png", "the picture to write")
	return cmd
}
