package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the report as tables: what was measured, the machine's limit
// where there is one, and the fraction.
func (r *Report) Print(out io.Writer) error {
	m := r.Machine
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "%s, %d cores, %s, kernels for %s on %d threads, products of %s\n", m.CPU, m.Cores, m.Platform, m.Path, m.Threads, r.Products)
	fmt.Fprintf(w, "limits: %s of fused multiply-add on one thread, copies of %.1f GB/s on one, %.1f on all\n", gflops(m.Peak), m.CopyOne, m.Copy)
	head := func(any bool, columns string) bool {
		if any {
			fmt.Fprintln(w, "\n"+columns)
		}
		return any
	}
	if head(len(r.Gemm) > 0, "PRODUCT\tOP\tTHREADS\tGFLOP/s\tLIMIT\tFRACTION") {
		for _, g := range r.Gemm {
			fmt.Fprintf(w, "%s\t%s\t%7d\t%s\n", g.Shape, g.Op, g.Threads, ofLimit(g.GFlops, g.Fraction))
		}
	}
	if head(len(r.Conv) > 0, "CONVOLUTION\tPASS\tTHREADS\tGFLOP/s\tLIMIT\tFRACTION") {
		for _, c := range r.Conv {
			fmt.Fprintf(w, "%s\t%s\t%7d\t%s\n", c.Layer, c.Pass, c.Threads, ofLimit(c.GFlops, c.Fraction))
		}
	}
	if head(len(r.Elementwise) > 0, "ELEMENT BY ELEMENT\tTHREADS\tns\tERROR, ulp\tOF A COPY'S BANDWIDTH") {
		for _, e := range r.Elementwise {
			ulp, fraction := "-", "-"
			if e.ULP != nil {
				ulp = fmt.Sprintf("%.3g", *e.ULP)
			}
			if e.Fraction > 0 {
				fraction = percent(e.Fraction)
			}
			fmt.Fprintf(w, "%s\t%7d\t%6.3f\t%10s\t%21s\n", e.Op, e.Threads, e.Ns, ulp, fraction)
		}
	}
	if head(len(r.Steps) > 0, "STEP\tms\tPRODUCTS ALONE\tRATIO\tFROM … TO\tALLOCATED\tIMAGES/s") {
		for _, s := range r.Steps {
			fmt.Fprintf(w, "%s\t%8.3f\t%14.3f\t%5.2f\t%.2f … %.2f\t%7.0f B\t%8.0f\n",
				s.Name, s.Ms, s.BareMs, s.Ratio, s.spread[0], s.spread[1], s.Alloc, s.Images)
		}
	}
	if head(len(r.Input) > 0, "INPUT\tIMAGES/s\tTIME, TO MEMORY'S") {
		for _, i := range r.Input {
			ratio := "-"
			if i.Ratio > 0 {
				ratio = fmt.Sprintf("%.3f", i.Ratio)
			}
			fmt.Fprintf(w, "%s\t%8.0f\t%17s\n", i.Name, i.Images, ratio)
		}
	}
	if head(len(r.Growth) > 0, "GROWTH\tBATCH\tms AN IMAGE\tRATIO") {
		for _, g := range r.Growth {
			fmt.Fprintf(w, "%s\t%5d\t%11.4f\t%5.2f\n", g.Name, g.Batch, g.Ms, g.Ratio)
		}
	}
	if head(len(r.Memory) > 0, "MEMORY\tSTEPS\tBEGIN, MB\tEND, MB") {
		for _, m := range r.Memory {
			fmt.Fprintf(w, "%s\t%5d\t%9.1f\t%7.1f\n", m.Name, m.Steps, m.Begin, m.End)
		}
	}
	return w.Flush()
}

// ofLimit is a rate, the limit of which it is this fraction, and the fraction.
func ofLimit(rate, fraction float64) string {
	if fraction == 0 {
		return fmt.Sprintf("%7.1f\t    -\t       -", rate)
	}
	return fmt.Sprintf("%7.1f\t%5.0f\t%8s", rate, rate/fraction, percent(fraction))
}

func gflops(rate float64) string {
	if rate == 0 {
		return "no measured rate"
	}
	return fmt.Sprintf("%.1f GFLOP/s", rate)
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }
