package zoo

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

func TestSet(t *testing.T) {
	for assignment, want := range map[string]func(r Recipe) bool{
		"seed=18446744073709551615":                               func(r Recipe) bool { return r.Seed == 18446744073709551615 },
		"about=a = b":                                             func(r Recipe) bool { return r.About == "a = b" },
		"stages.1.optimizer.rate=0.25":                            func(r Recipe) bool { return r.Stages[1].Optimizer == train.Adam{Rate: 0.25} },
		"stages.0.optimizer.beta1=0.5":                            func(r Recipe) bool { return r.Stages[0].Optimizer.(train.Adam).Beta1 == 0.5 },
		"stages.0.penalties.l2=0.25":                              func(r Recipe) bool { return r.Stages[0].Penalties.L2 == 0.25 },
		"stages.0.penalties.sparsity.target=0.1":                  func(r Recipe) bool { return r.Stages[0].Penalties.Sparsity.Target == 0.1 },
		`stages.0.optimizer={"type":"sgd","rate":0.1}`:            func(r Recipe) bool { return r.Stages[0].Optimizer == train.SGD{Rate: 0.1} },
		"stages.0.patience=3":                                     func(r Recipe) bool { return r.Stages[0].Patience == 3 },
		"stages.0.objective.flow=0.5":                             func(r Recipe) bool { return r.Stages[0].Objective == train.CD{Flow: 0.5} },
		"stages.0.objective=reconstruction":                       func(r Recipe) bool { return reflect.DeepEqual(r.Stages[0].Objective, train.Reconstruction{}) },
		"stages.0.schedule=cosine":                                func(r Recipe) bool { return r.Stages[0].Schedule == train.Cosine },
		"model.layers.2.units=7":                                  func(r Recipe) bool { return r.Model.(models.Stack).Layers[2].(models.RBM).Units == 7 },
		"model.layers.0.pixel_bias=true":                          func(r Recipe) bool { return r.Model.(models.Stack).Layers[0].(models.ConvRBM).PixelBias },
		"model.layers.0.hidden.gain=2":                            func(r Recipe) bool { return hidden(r) == unit.Multinary{Levels: 255, Gain: 2} },
		"model.layers.0.hidden=binary":                            func(r Recipe) bool { return hidden(r) == unit.Binary{} },
		`model.layers.0.hidden={"type":"gaussian","deviation":2}`: func(r Recipe) bool { return hidden(r) == unit.Gaussian{Deviation: 2} },
		"built_in.epochs=[1,2,3,4]":                               func(r Recipe) bool { return reflect.DeepEqual(r.BuiltIn.Epochs, []int{1, 2, 3, 4}) },
		"sampling.steps=3":                                        func(r Recipe) bool { return r.Sampling.Steps == 3 },
	} {
		got, err := Set(mnistDBN(), assignment)
		if err != nil {
			t.Errorf("%s: %v", assignment, err)
		} else if !want(got) {
			t.Errorf("%s: has no effect", assignment)
		}
		if reflect.DeepEqual(got, mnistDBN()) {
			t.Errorf("%s: nothing changed", assignment)
		}
	}
}

func hidden(r Recipe) unit.Unit { return r.Model.(models.Stack).Layers[0].(models.ConvRBM).Hidden }

func TestSetRefuses(t *testing.T) {
	stages := len(mnistDBN().Stages)
	for assignment, want := range map[string][]string{
		"seed":                       {"FIELD=VALUE"},
		"=3":                         {"FIELD=VALUE"},
		"sed=3":                      {`the recipe has no field "sed"`, "did you mean seed?", "its fields are name, about, paper, data, built_in, model, stages, sampling, expect, seed"},
		"stages.0.rate=1":            {`stages.0 has no field "rate"`, "optimizer", "objective", "epochs"},
		"stages.0.optimizer.ratte=1": {"did you mean rate?", "rate, beta1, beta2, epsilon"},
		fmt.Sprintf("stages.%d.epochs=1", stages): {fmt.Sprintf("stages is a list of %d", stages)},
		"stages.epochs=1":                         {fmt.Sprintf("stages is a list of %d", stages)},
		"stages[0].epochs=1":                      {`no field "stages[0]"`},
		"seed.x=1":                                {"seed is a whole number", "no fields"},
		"stages.0.epochs=many":                    {"want a whole number", `"many"`},
		"stages.0.epochs=1.5":                     {"want a whole number"},
		"seed=-1":                                 {"want a whole number from 0 on"},
		"stages.0.optimizer.rate=fast":            {"want a number"},
		"model.layers.0.centred=yes":              {"want true or false"},
		"model.layers.0.hidden=selu":              {`unknown type "selu"`, "binary, clipped-relu, gaussian, learned-gaussian"},
		"model.shape=28":                          {"cannot unmarshal"},
		`model={"type":"rbm","unts":3}`:           {`unknown field "unts"`},
	} {
		_, err := Set(mnistDBN(), assignment)
		if err == nil {
			t.Errorf("%s: no error", assignment)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got %v, want %q in it", assignment, err, w)
			}
		}
	}
}

// TestFieldsArePrinted compares the names that Set knows with those that a
// recipe prints, at every level.
func TestFieldsArePrinted(t *testing.T) {
	for _, r := range All() {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var printed any
		if err := json.Unmarshal(text, &printed); err != nil {
			t.Fatal(err)
		}
		compareFields(t, r.Name, reflect.ValueOf(r), printed)
	}
}

func compareFields(t *testing.T, path string, v reflect.Value, printed any) {
	v = behind(v)
	switch p := printed.(type) {
	case map[string]any:
		known := map[string]reflect.Value{}
		for _, f := range fieldsOf(v) {
			known[f.name] = f.value
		}
		for name, inner := range p {
			if name == "type" {
				continue
			}
			f, ok := known[name]
			if !ok {
				t.Errorf("%s prints a field %s, which Set does not know", path, name)
				continue
			}
			compareFields(t, path+"."+name, f, inner)
		}
	case []any:
		for i, inner := range p {
			compareFields(t, path, v.Index(i), inner)
		}
	}
}
