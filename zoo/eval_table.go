package zoo

import (
	"fmt"
	"math"
	"strings"
)

// Row is a line of a table of what was measured.
type Row struct{ Metric, What, Value, Note string }

// Rows are the evaluation as a table.
func (e *Evaluation) Rows() []Row {
	var rows []Row
	metric := ""
	add := func(what, note, format string, args ...any) {
		rows = append(rows, Row{metric, what, fmt.Sprintf(format, args...), note})
	}
	likelihood := func(l *LogLikelihood) {
		if l.Exact != nil {
			add("with log Z counted", "nats an image", "%.2f", *l.Exact)
		}
		add("by AIS", "nats an image, errs upwards", "%.2f", l.AIS.Value)
		add("by reverse AIS", "nats an image, errs downwards", "%.2f", l.Reverse.Value)
		if l.LogZ != nil {
			add("log Z", "counted", "%.3f", *l.LogZ)
		}
		add("log Z by AIS", l.AIS.note(), "%.3f", l.AIS.LogZ)
		add("log Z by reverse AIS", l.Reverse.note(), "%.3f", l.Reverse.LogZ)
	}
	if e.LogLikelihood != nil {
		metric = "loglik"
		likelihood(e.LogLikelihood)
	}
	if b := e.Bound; b != nil {
		metric = "bound"
		likelihood(&b.LogLikelihood)
		add("standard error of the draws", fmt.Sprintf("%d of each image's hidden states", b.Draws), "%.3f", b.Deviation)
	}
	if g := e.Gap; g != nil {
		metric = "gap"
		add("free energy, training images", "", "%.3f", g.Train)
		add("free energy, test images", "", "%.3f", g.Test)
		add("gap", "grows when training images are learnt by heart", "%.3f", g.Gap)
	}
	if e.PseudoLikelihood != nil {
		metric = "pseudo"
		add("pseudo-likelihood", "nats an image, every pixel given the others", "%.2f", *e.PseudoLikelihood)
	}
	for i, d := range e.Reconstruction {
		metric = "reconstruction"
		note := ""
		if i == len(e.Reconstruction)-1 {
			note = "the whole model"
		}
		add(fmt.Sprintf("mse through %d layers", d.Layers), note, "%.5f", d.Error)
	}
	if e.Restoration != nil {
		rows = append(rows, e.Restoration.rows()...)
	}
	if c := e.Components; c != nil {
		metric = "pca"
		add("mse of as many principal components", fmt.Sprintf("of %d training images", e.Train), "%.5f", c.Error)
		add("the model's, as a multiple of it", "", "%.4f", c.Ratio)
		add("largest principal angle", "degrees", "%.3f", c.Angle)
	}
	if v := e.Evidence; v != nil {
		metric = "evidence"
		note := fmt.Sprintf("nats; %d draws of codes of each image", v.Draws)
		add("evidence lower bound", note, "%.2f", v.Bound)
		add("by importance sampling", note+", a lower bound too", "%.2f", v.Importance)
	}
	metric = "units"
	for _, u := range e.Units {
		add(u.Layer, fmt.Sprintf("mean state, deviation %.3f over images; of %d units %d are dead, %d saturated", u.Deviation, u.Units, u.Dead, u.Saturated), "%.3f", u.Mean)
	}
	if a := e.Autocorrelation; a != nil {
		metric = "autocorrelation"
		format, note := "%.1f", fmt.Sprintf("Gibbs steps; %d chains of %d", a.Chains, a.Steps)
		if a.Open {
			format, note = "%.0f or more", note+", too short for all of it"
		}
		add("time of the free energy", note, format, a.Energy)
		add("time of the mean activity", note, format, a.Activity)
	}
	metric = "hspm"
	for i, h := range e.HSPM {
		what := "data"
		if i > 0 {
			what = fmt.Sprintf("layer %d", i)
		}
		add(what, "", "%.3f", h)
	}
	metric = "aod"
	for _, o := range e.AOD {
		degrees := func(d []float64) string {
			words := make([]string, len(d))
			for i, x := range d {
				words[i] = fmt.Sprintf("%.3f", x)
			}
			return strings.Join(words, " ")
		}
		add(o.Layer, fmt.Sprintf("for 2 to %d classes, by mean representations; active from %.3f", len(o.Degrees)+1, o.Threshold), "%s", degrees(o.Degrees))
		add("", "by representations of mean images", "%s", degrees(o.OfMean))
	}
	if e.Probe != nil {
		metric = "probe"
		add("linear probe error", fmt.Sprintf("softmax regression on the codes of %d training images", e.Train), "%.2f %%", 100**e.Probe)
	}
	if e.Error != nil {
		metric = "error"
		add("classification error", "", "%.2f %%", 100**e.Error)
	}
	return rows
}

// note tells how sure an estimate is of itself.
func (a *Annealed) note() string {
	span := func(x *float64, none float64) float64 {
		if x == nil {
			return none
		}
		return *x
	}
	burn := ""
	if a.Burn > 0 {
		burn = fmt.Sprintf(", after %d Gibbs steps from data", a.Burn)
	}
	return fmt.Sprintf("± %.3f, 3σ %.2f to %.2f; %.0f of %d chains effective, %d β%s",
		a.Deviation, span(a.Low, math.Inf(-1)), span(a.High, math.Inf(1)), a.Effective, a.Chains, a.Betas, burn)
}
