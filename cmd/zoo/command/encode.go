package command

import (
	"fmt"
	"io"

	"github.com/sbinet/npyio"
	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

func (a *app) encode() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "encode RUN [IMAGE…]",
		Short: "Write the codes of images as a NumPy array",
		Long: `Write the codes of images, means of the top layer, as a NumPy array (.npy): a
row for each image. Without images, those of the test part of the data that the
model was trained on.`,
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
			codes, err := zoo.Encode(t.Model, images)
			if err != nil {
				return err
			}
			n := images.Len()
			rows := mat.NewDense(n, len(codes)/n, nil)
			for i, v := range codes {
				rows.Set(i/rows.RawMatrix().Cols, i%rows.RawMatrix().Cols, float64(v))
			}
			if err := train.WriteFile(out, func(w io.Writer) error { return npyio.Write(w, rows) }); err != nil {
				return fmt.Errorf("zoo encode: write %s: %w", out, err)
			}
			return a.print("%s  %d codes of %d", out, n, len(codes)/n)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "codes.npy", "the file to write")
	return cmd
}
