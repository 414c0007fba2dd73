package command

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// listed is a recipe in a list, for programs.
type listed struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Paper string `json:"paper,omitempty"`
	Data  string `json:"data"`
}

func (a *app) list() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the recipes",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				all := make([]listed, len(a.recipes))
				for i, r := range a.recipes {
					all[i] = listed{r.Name, r.About, r.Paper, r.Data.Set}
				}
				return a.printJSON(all, "  ")
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
			fmt.Fprintln(w, "RECIPE\tDATA\tABOUT")
			for _, r := range a.recipes {
				fmt.Fprintf(w, "%s\t%s\t%s\n", r.Name, r.Data.Set, r.About)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
