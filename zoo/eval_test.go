package zoo

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/train/data"
)

// untrained is a model with the weights that it begins with.
func untrained(t *testing.T, spec models.Spec) *Trained {
	t.Helper()
	model, err := spec.New(graph.NewRandom(3))
	if err != nil {
		t.Fatal(err)
	}
	return &Trained{Model: model}
}

func sixUnits(visible unit.Unit) models.RBM {
	return models.RBM{Visible: visible, Hidden: unit.Binary{}, Shape: []int{28, 28, 1}, Units: 6, Deviation: 0.02, Centred: true}
}

func evaluate(t *testing.T, o Eval, trained *Trained) *Evaluation {
	t.Helper()
	e, err := o.Evaluate(context.Background(), trained, data.Digits(1, 50), data.Digits(3, 30), nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEvaluateMachine(t *testing.T) {
	trained := untrained(t, sixUnits(unit.Binary{}))
	o := Eval{Chains: 20, Betas: 100, Burn: 20, Seed: 4}
	e := evaluate(t, o, trained)
	l := e.LogLikelihood
	if l == nil || l.Exact == nil || e.Gap == nil || e.Reconstruction == nil || e.PseudoLikelihood == nil || e.Units == nil || e.Autocorrelation == nil || e.HSPM == nil || e.AOD == nil || e.Probe == nil || e.Error != nil {
		t.Fatalf("not all is measured: %+v", e)
	}
	// 100 steps from the data's rates to a machine that knows nothing of them
	// are far too few: what is found lies ten nats to either side.
	if !(l.Reverse.Value < *l.Exact && *l.Exact < l.AIS.Value) || l.Reverse.Burn != 20 || l.AIS.Chains != 20 {
		t.Errorf("exact %.3f, AIS %+v, reverse %+v", *l.Exact, l.AIS, l.Reverse)
	}
	if e.Images != 30 || e.Train != 30 || e.Binary != BinarySample || e.Gap.Gap != e.Gap.Test-e.Gap.Train {
		t.Errorf("%+v", e)
	}
	if again := evaluate(t, o, trained); !reflect.DeepEqual(again, e) {
		t.Error("two evaluations with one seed differ")
	}
	if cut := evaluate(t, Eval{Metrics: []string{"gap"}, Binary: BinaryThreshold, Limit: 7}, trained); cut.LogLikelihood != nil || cut.Gap == nil || cut.Images != 7 || cut.Binary != BinaryThreshold {
		t.Errorf("asked for the gap: %+v", cut)
	}
}

func binaryStack() models.Stack {
	return models.Stack{Shape: []int{28, 28, 1}, Layers: []models.Spec{
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 6, Deviation: 0.02},
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4, Deviation: 0.5, Centred: true},
	}}
}

func TestEvaluateStack(t *testing.T) {
	e := evaluate(t, Eval{Chains: 50, Betas: 200, Seed: 4}, untrained(t, binaryStack()))
	b := e.Bound
	if e.LogLikelihood != nil || b == nil || b.Exact == nil || len(e.Reconstruction) != 2 {
		t.Fatalf("%+v", e)
	}
	if math.Abs(*b.Exact-b.AIS.Value) > 5*b.AIS.Deviation+0.001 || math.Abs(*b.Exact-b.Reverse.Value) > 5*b.Reverse.Deviation+0.001 || b.Deviation > 1 || b.Draws < 2 {
		t.Errorf("bound %.3f, AIS %+v, reverse %+v", *b.Exact, b.AIS, b.Reverse)
	}
	// A machine that knows nothing gives every pixel about a half.
	if want := -784 * math.Ln2; math.Abs(*b.Exact-want) > 20 {
		t.Errorf("bound %.1f, want about %.1f", *b.Exact, want)
	}
}

// A classifier is asked for its error, not for its likelihood.
func TestEvaluateClassifier(t *testing.T) {
	e := evaluate(t, Eval{Train: 40}, untrained(t, models.Classifier{Body: binaryStack(), Classes: 10}))
	if e.LogLikelihood != nil || e.Bound != nil || e.Gap != nil || e.Error == nil || e.Probe == nil || len(e.HSPM) != 3 || len(e.AOD) != 2 || len(e.Units) != 2 || e.Train != 40 {
		t.Errorf("%+v", e)
	}
}

// Every metric can be asked for alone, and is in the table.
func TestEvaluateEachMetric(t *testing.T) {
	for _, name := range Metrics() {
		spec := models.Spec(sixUnits(unit.Binary{}))
		switch name {
		case "bound":
			spec = binaryStack()
		case "pca":
			spec = linear
		case "evidence":
			spec = models.Variational{Shape: []int{28, 28, 1}, Layers: []int{5}, Code: 2}
		case "error":
			spec = models.Classifier{Body: spec, Classes: 10}
		}
		trained := untrained(t, spec)
		if name == "restoration" {
			trained.Run.Recipe.Stages = []train.Stage{{Objective: train.Reconstruction{Corruption: train.Corruptions{{Form: "masking", Level: 0.5}}}}}
		}
		e := evaluate(t, Eval{Metrics: []string{name}, Chains: 3, Betas: 3}, trained)
		if _, err := json.Marshal(e); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(e.Rows()) == 0 {
			t.Errorf("%s is not in the table", name)
		}
		for _, r := range e.Rows() {
			if r.Metric != name || r.Value == "" || strings.Contains(r.Value+r.Note, "%!") {
				t.Errorf("%s: row %+v", name, r)
			}
		}
	}
}

// What a model lacks is an error where it is asked for and left out where not.
func TestEvaluateRefuses(t *testing.T) {
	grey := untrained(t, models.RBM{Visible: unit.Multinary{}, Hidden: unit.Binary{}, Shape: []int{28, 28, 1}, Units: 6})
	if e := evaluate(t, Eval{}, grey); e.LogLikelihood != nil || e.Gap == nil || e.Binary != "" {
		t.Errorf("%+v", e)
	}
	stack := untrained(t, binaryStack())
	for _, c := range []struct {
		eval Eval
		of   *Trained
		want string
	}{
		{Eval{Metrics: []string{"loglik"}}, grey, "255 levels"},
		{Eval{Metrics: []string{"loglik"}}, stack, "stack of 2 layers"},
		{Eval{Metrics: []string{"loglik"}, Binary: BinaryGrey}, untrained(t, sixUnits(unit.Binary{})), "grey"},
		{Eval{Metrics: []string{"loglik", "gab"}}, grey, "did you mean gap?"},
		{Eval{Metrics: []string{"error"}}, stack, "does not classify"},
		{Eval{Metrics: []string{"pseudo"}}, grey, "not binary"},
		{Eval{Metrics: []string{"bound"}}, grey, "no stack"},
		{Eval{Binary: "sampled"}, grey, `binary "sampled"`},
		{Eval{Chains: -1}, grey, "chains -1"},
	} {
		_, err := c.eval.Evaluate(context.Background(), c.of, data.Digits(1, 5), data.Digits(3, 5), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.eval, err, c.want)
		}
	}
}

var linear = models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{3}, Activation: "linear", Output: "linear", Tied: true}

// A linear autoencoder is measured beside components, another one is not.
func TestEvaluateLinear(t *testing.T) {
	spec := linear
	c := evaluate(t, Eval{Metrics: []string{"pca"}}, untrained(t, spec)).Components
	if c == nil || !(c.Ratio > 1 && c.Error > 0 && c.Angle > 10 && c.Angle <= 90) {
		t.Errorf("random weights beside components: %+v", c)
	}
	spec.Code = "tanh"
	if _, err := (Eval{Metrics: []string{"pca"}}).Evaluate(context.Background(), untrained(t, spec), data.Digits(1, 50), data.Digits(3, 30), nil); err == nil || !strings.Contains(err.Error(), "no linear autoencoder") {
		t.Errorf("of a code of tanh: %v", err)
	}
}
