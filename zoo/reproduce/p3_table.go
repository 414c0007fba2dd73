package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
)

// batch is how many examples are measured at a time.
const batch = 500

// measured is what the paper's tables have of a run.
type measured struct {
	HSPM  []float64 `json:"hspm"`            // of the data and of the layers
	Error float64   `json:"error,omitempty"` // share of test examples
}

// table measures the three networks of each seed.
func (e *p3) table(ctx context.Context, title string, n network) (*Section, error) {
	found := make([][]measured, len(n.paper)) // by row and seed
	seconds := make([][]float64, len(n.paper))
	var dbnRates, sigmoidRates []float64
	learnt := 0 // examples
	var first *trio
	for _, seed := range e.seeds() {
		t, err := e.trio(ctx, n, seed)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = t
		}
		for i, r := range []*run{t.dbn, t.pretrained, t.sigmoid} {
			m, err := once(e.Lab, r.name, r.sum, func() (measured, error) { return e.measure(r, r != t.pretrained) })
			if err != nil {
				return nil, err
			}
			found[i], seconds[i] = append(found[i], m), append(seconds[i], r.seconds)
		}
		learnt = t.dbn.Run.Data.Images
		dbnRates, sigmoidRates = append(dbnRates, t.dbnRate), append(sigmoidRates, t.sigmoidRate)
	}
	settings := []string{
		fmt.Sprintf("from DpRBM, %d epochs at rate %s", n.tune, distinct(dbnRates)),
		fmt.Sprintf("CD-1, %d epochs a layer at rate %g", n.pretrain, zoo.PretrainingRate),
		fmt.Sprintf("from random weights, %d epochs at rate %s", n.tune, distinct(sigmoidRates)),
	}
	table := Table{Caption: fmt.Sprintf("%s Learnt from %d examples, measured on the test part.", n.text, learnt), Head: []string{"network", "", "paper", "ours", "settings", "time"}}
	for i, row := range n.paper {
		took, _ := meanDeviation(seconds[i])
		cells := func(first bool, what, paper, unit string, of func(measured) float64) {
			values := make([]float64, len(found[i]))
			for k, m := range found[i] {
				values[k] = of(m)
			}
			line := []string{"", what, paper + unit, spread(values) + unit, "", ""}
			if first {
				line[0], line[4], line[5] = row.model, settings[i], inWords(took)
			}
			table.Rows = append(table.Rows, line)
		}
		for j, paper := range row.hspm {
			what := "HSPM of the data"
			if j > 0 {
				what = fmt.Sprintf("HSPM of layer %d", j)
			}
			cells(j == 0, what, fmt.Sprintf("%.2f", paper), "", func(m measured) float64 { return m.HSPM[j] })
		}
		if row.error > 0 {
			cells(false, "test error", fmt.Sprintf("%.2f", 100*row.error), " %", func(m measured) float64 { return 100 * m.Error })
		}
	}
	return &Section{Title: title, Tables: []Table{table, e.attempts(n, first)}}, nil
}

// attempts are the rates that were tried, of the first seed.
func (e *p3) attempts(n network, of *trio) Table {
	t := Table{
		Caption: fmt.Sprintf("The paper chose from these rates, and does not say which it took. Each was tried for %d epochs, without the last %d examples "+
			"of the training set, and the one with the fewest errors on these was taken. Errors on these, seed 1:", e.rateEpochs, n.held),
		Head: []string{"rate", "DBN", "Dsigm"},
	}
	for _, rate := range rates {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("%g", rate)})
	}
	for _, tried := range [][]attempt{of.dbnTried, of.sigmoidTried} {
		for i, a := range tried {
			cell := fmt.Sprintf("%.2f %%", 100*a.Error)
			if a.Diverged {
				cell = "diverged"
			}
			t.Rows[i] = append(t.Rows[i], cell)
		}
	}
	return t
}

// decay shows what the L2 parameter of the paper does where it stands beside the
// mean over a batch.
func (e *p3) decay(ctx context.Context) (*Section, error) {
	t, err := e.trio(ctx, e.digits, 1)
	if err != nil {
		return nil, err
	}
	table := Table{Head: []string{"network", "L2", "HSPM of layer 1", "layer 2", "layer 3", "test error", "time"}}
	for _, from := range []struct {
		model, run string
		rate       float64
	}{{"DBN", t.pretrained.name, t.dbnRate}, {"Dsigm", "", t.sigmoidRate}} {
		for _, l2 := range []float64{zoo.SparsenessDecay, 0} {
			recipe := e.digits.recipe
			recipe.Stages = []train.Stage{zoo.FineTuning(from.rate, e.decayEpochs)}
			recipe.Stages[0].Penalties.L2 = l2
			name := fmt.Sprintf("%s-%s-decay%g", e.digits.name, strings.ToLower(from.model), l2)
			r, err := e.train(ctx, name, recipe, from.run, nil)
			if err != nil {
				return nil, err
			}
			m, err := once(e.Lab, name, r.sum, func() (measured, error) { return e.measure(r, true) })
			if err != nil {
				return nil, err
			}
			line := []string{from.model, fmt.Sprintf("%g", l2)}
			for _, hspm := range m.HSPM[1:] {
				line = append(line, fmt.Sprintf("%.2f", hspm))
			}
			table.Rows = append(table.Rows, append(line, fmt.Sprintf("%.2f %%", 100*m.Error), inWords(r.seconds)))
		}
	}
	return &Section{
		Title: "Weight decay",
		Text: []string{fmt.Sprintf("The paper has an L2 parameter of %g. It can stand beside the sum of the losses of a batch or beside their mean. "+
			"In table 1 it stands beside the sum, which is %g beside the mean. Here are two other values beside the mean, %d epochs each.",
			zoo.SparsenessDecay, t.dbn.Run.Recipe.Stages[0].Penalties.L2, e.decayEpochs)},
		Tables: []Table{table},
	}, nil
}

// inWords is a time for a table.
func inWords(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// measure measures a run on the test part of its data.
func (e *p3) measure(r *run, tuned bool) (m measured, err error) {
	test, err := r.Run.Recipe.Data.Open(e.Root, data.Test)
	if err != nil {
		return m, err
	}
	defer test.Close()
	if m.HSPM, err = metric.Sparseness(r.layers(), test, batch); err != nil || !tuned {
		return m, err
	}
	m.Error, err = classErrors(r, test)
	return m, err
}

// layers are the machines of a run's network.
func (r *run) layers() []*models.Layer { return r.Model.(models.Layered).Layers() }

// distinct writes numbers, each once, in their order.
func distinct(values []float64) string {
	var words []string
	for _, v := range values {
		if w := fmt.Sprintf("%g", v); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// spread writes the mean over seeds, with the standard deviation where there
// are several.
func spread(values []float64) string {
	mean, deviation := meanDeviation(values)
	if len(values) < 2 {
		return fmt.Sprintf("%.2f", mean)
	}
	return fmt.Sprintf("%.2f ± %.2f", mean, deviation)
}

// meanDeviation is the mean and the standard deviation of a sample.
func meanDeviation(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(max(1, len(values)-1)))
}
