package command

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"boltzoo/zoo/bench"
)

func (a *app) bench() *cobra.Command {
	var options bench.Options
	var asJSON bool
	var export string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine trains, and what it could do at most",
		Long: `Measure how fast this machine trains, and what it could do at most.

  gemm         matrix products of layers, against fused multiply-add
  conv         convolutions of celeba-dbn, the same
  elementwise  functions, their gradients and errors, draws, optimisers
  steps        whole training steps, against their products and convolutions alone
  input        images from where they come from, and from memory
  growth       steps over larger batches and pictures, memory over an epoch

What is compared is measured in turn, in several rounds; what is printed is
their median. All of it takes a minute or two, and growth 4 GB of memory;
nothing else should run meanwhile.`,
		Example: `  zoo bench
  zoo bench --only gemm,conv --threads 1
  zoo bench --only steps --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := options.Check(); err != nil {
				return usageError{err}
			}
			var err error
			if options.Root, err = a.dataRoot(); err != nil {
				return err
			}
			options.Say = a.say
			// The first signal ends what can be ended soon, and what was written
			// for it is removed; a second one ends the program.
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop)
			if export != "" {
				return options.Export(ctx, export)
			}
			report, err := bench.Run(ctx, options)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(report, "  ")
			}
			return report.Print(a.out)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&options.Only, "only", nil, "measure only some of "+strings.Join(bench.Sections, ", "))
	f.StringSliceVar(&options.Steps, "step", nil, "of the steps only some of "+strings.Join(bench.Steps, ", "))
	f.StringVar((*string)(&options.Products), "products", "", "what matrix products and convolutions multiply: float32 or bf16, as of zoo train (default: float32)")
	f.StringVar(&export, "export", "", "measure nothing: write the steps' weights, batches and gradients to this folder")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&options.Quick, "quick", false, "one round of the smallest sizes, for tests")
	f.Lookup("quick").Hidden = true
	return cmd
}
