package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"boltzoo/zoo"
)

func (a *app) export() *cobra.Command {
	var (
		format, out string
		half        bool
	)
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write the weights of a trained model for other programs",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if format != "safetensors" {
				return usageError{fmt.Errorf("zoo export: no format %q: want safetensors", format)}
			}
			t, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				out = t.Run.Recipe.Name + ".safetensors"
			}
			if err := t.Save(out, half); err != nil {
				return err
			}
			return a.print("%s", out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&format, "format", "safetensors", "safetensors")
	f.BoolVar(&half, "half", false, "numbers of 16 bits in place of 32")
	f.StringVarP(&out, "output", "o", "", "the file to write (default: RECIPE.safetensors)")
	return cmd
}
