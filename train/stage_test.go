package train

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"boltzoo/models"
)

func TestStageRoundTrip(t *testing.T) {
	for _, s := range []Stage{
		{Objective: CD{}, Optimizer: Adam{Rate: 0.1}, Epochs: 3},
		{
			Name: "joint", First: 2, Last: 5, Objective: CD{K: 3, Noise: models.HiddenNoise, Flow: 0.25},
			Optimizer: Adam{Rate: 0.03, Beta1: 0.8, Beta2: 0.99, Epsilon: 1e-6},
			Schedule:  Cosine, Epochs: 7, Batch: 64, DataStart: 1, MeanRate: -1,
		},
		{Objective: Reconstruction{Loss: "cross-entropy"}, Optimizer: Adam{Rate: 0.1}, Epochs: 3},
	} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Stage
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(s, back) {
			t.Errorf("%+v comes back from %s as %+v", s, text, back)
		}
	}
	if text, _ := json.Marshal(Stage{Optimizer: Adam{Rate: 0.5}, Epochs: 2}); string(text) != `{"epochs":2,"objective":{"type":"cd"},"optimizer":{"type":"adam","rate":0.5}}` {
		t.Errorf("the shortest stage is %s", text)
	}
}

func TestStageRefusesWhatItDoesNotKnow(t *testing.T) {
	for text, want := range map[string]string{
		`{"epoch":3}`:                             "epoch",
		`{"optimizer":{"rat":3}}`:                 "rat",
		`{"objective":{"type":"cd","steps":3}}`:   "steps",
		`{"objective":{"type":"score-matching"}}`: "score-matching",
		`{"objective":{"k":2}}`:                   "type",
	} {
		var s Stage
		if err := json.Unmarshal([]byte(text), &s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error about %q", text, err, want)
		}
	}
}
