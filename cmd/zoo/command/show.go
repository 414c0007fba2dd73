package command

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/zoo"
)

func (a *app) show() *cobra.Command {
	var options zoo.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show RECIPE",
		Short: "Show a recipe: its layers, and every field that --set can change",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := a.recipe(args[0])
			if err != nil {
				return err
			}
			if r, err = options.Apply(r); err != nil {
				return usageError{err}
			}
			if asJSON {
				return a.printJSON(r, "  ")
			}
			if err := a.print("%s: %s\n", r.Name, r.About); err != nil {
				return err
			}
			if err := a.layers(r); err != nil {
				return err
			}
			for _, e := range r.Expect {
				if err := a.print("expected: %s %g (%s)\n", e.Metric, e.Value, e.Source); err != nil {
					return err
				}
			}
			return a.printJSON(r, "  ")
		},
	}
	cmd.Flags().StringArrayVar(&options.Set, "set", nil, "show it with a field changed, as in seed=2")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print only the recipe, as JSON")
	return cmd
}

// layers prints the shapes of a recipe's model.
func (a *app) layers(r zoo.Recipe) error {
	m, err := r.Model.New(graph.NewRandom(r.Seed))
	if err != nil {
		return err
	}
	net, ok := m.(models.Layered)
	if !ok {
		return a.tensors(m)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "LAYER\tINPUT\tWEIGHTS\tOUTPUT\tPARAMETERS")
	total := 0
	for _, l := range net.Layers() {
		n := 0
		for _, p := range l.Parameters() {
			n += p.Size()
		}
		total += n
		fmt.Fprintf(w, "%s\t%v\t%v\t%v\t%d\n", l.Name, l.StateShape(), l.Weight.Shape, l.OutputShape(), n)
	}
	fmt.Fprintf(w, "\t\t\t\t%d\n\n", total)
	return w.Flush()
}

// tensors prints the shapes of the parameters of a model without layers.
func (a *app) tensors(m models.Model) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "PARAMETERS\tSHAPE\tNUMBERS")
	total := 0
	for _, p := range m.Parameters() {
		total += p.Size()
		fmt.Fprintf(w, "%s\t%v\t%d\n", p.Name, p.Shape, p.Size())
	}
	fmt.Fprintf(w, "\t\t%d\n\n", total)
	return w.Flush()
}
