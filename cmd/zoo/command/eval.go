package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"boltzoo/train/data"
	"boltzoo/zoo"
)

func (a *app) eval() *cobra.Command {
	var (
		e       zoo.Eval
		metrics string
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Measure a trained model",
		Long: `Measure a trained model, a run folder or a weights file, on the test part of the
data that it was trained on. Without --metrics, all that the model has and that
takes no more than a minute or two for a model of 784-500:

` + zoo.AboutMetrics() + `
Binary units have the likelihood of zeros and ones. --binary says how pixels
become such for loglik, bound, gap and pseudo: sample draws each, once, with the
probability of its intensity; threshold cuts at one half; grey leaves them. All
else looks at the pixels as they are.`,
		Example: `  zoo eval runs/mnist-rbm
  zoo eval runs/mnist-rbm --metrics loglik --chains 500 --betas 14500 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if metrics != "" {
				e.Metrics = strings.Split(metrics, ",")
			}
			if err := e.Check(); err != nil {
				return usageError{err}
			}
			t, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("seed") {
				e.Seed = t.Run.Recipe.Seed
			}
			test, err := a.images(t, nil, data.Test)
			if err != nil {
				return err
			}
			defer test.Close()
			train, err := a.images(t, nil, data.Train)
			if err != nil {
				return err
			}
			defer train.Close()
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			bar := newMeasuring(a.err)
			found, err := e.Evaluate(ctx, t, train, test, bar.tell)
			if err := errors.Join(err, bar.end()); err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(found, "  ")
			}
			return a.printEvaluation(found)
		},
	}
	f := cmd.Flags()
	f.StringVar(&metrics, "metrics", "", "what to measure, separated by commas: "+strings.Join(zoo.Metrics(), ", "))
	f.IntVar(&e.Limit, "limit", 0, "test images at most")
	f.IntVar(&e.Train, "train", 0, "training images, which some metrics use beside them (default: as many)")
	f.IntVar(&e.Chains, "chains", 0, "chains of annealing (default: 100)")
	f.IntVar(&e.Betas, "betas", 0, "steps of annealing (default: 14500)")
	f.IntVar(&e.Burn, "burn", 0, "Gibbs steps from data before reverse annealing (default: as many as --betas)")
	f.StringVar(&e.Binary, "binary", "", "pixels for binary units: sample, threshold or grey (default: sample)")
	f.Uint64Var(&e.Seed, "seed", 0, "seed of all randomness (default: the recipe's)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) printEvaluation(e *zoo.Evaluation) error {
	binary := ""
	switch e.Binary {
	case zoo.BinarySample:
		binary = fmt.Sprintf("; likelihoods and gap are of pixels drawn as 0 or 1 (seed %d)", e.Seed)
	case zoo.BinaryThreshold:
		binary = "; likelihoods and gap are of pixels cut at one half"
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d test and %d training images of %s%s\n", e.Images, e.Train, e.Set, binary)
	metric := ""
	for _, r := range e.Rows() {
		if r.Metric != metric {
			metric = r.Metric
			fmt.Fprintf(w, "\n%s\n", metric)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", r.What, r.Value, r.Note)
	}
	return w.Flush()
}

// measuring shows how far an evaluation is, on a terminal.
type measuring struct {
	w    io.Writer
	live bool
	name string
	bar  *progressbar.ProgressBar
}

func newMeasuring(w io.Writer) *measuring {
	f, ok := w.(*os.File)
	return &measuring{w: w, live: ok && term.IsTerminal(int(f.Fd()))}
}

func (m *measuring) tell(name string, done, total int) {
	if !m.live {
		return
	}
	if m.bar == nil || m.name != name || m.bar.GetMax() != total {
		m.name = name
		m.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(m.w),
			progressbar.OptionSetWidth(20),
			progressbar.OptionSetDescription(name),
			progressbar.OptionThrottle(200*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	_ = m.bar.Set(done) // a terminal that takes no bar is no reason to stop
}

func (m *measuring) end() error {
	if m.bar == nil {
		return nil
	}
	return m.bar.Clear()
}
