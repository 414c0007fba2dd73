package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the report as tables.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	if len(r.Steps) > 0 {
		fmt.Fprintln(w, "STEP\tms\tproducts alone, ms\tratio\tfrom … to\tallocated, bytes\timages/s\t")
		for _, s := range r.Steps {
			fmt.Fprintf(w, "%s\t%.3f\t%.3f\t%.2f\t%.2f … %.2f\t%.0f\t%.0f\t\n", s.Name, s.Ms, s.BareMs, s.Ratio, s.spread[0], s.spread[1], s.Alloc, s.Images)
		}
	}
	return w.Flush()
}
