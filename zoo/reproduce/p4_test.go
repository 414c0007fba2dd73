package reproduce

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

// The members have codes of one size, and learn without labels, for one time
// and at one rate.
func TestFamilyOfOneSize(t *testing.T) {
	e := newP4(&Lab{Quick: true})
	seen := map[string]bool{}
	for _, m := range family {
		r, err := e.recipe(m.recipe, 12, 7)
		if err != nil {
			t.Fatal(err)
		}
		model, err := r.Model.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		coder, ok := model.(models.Coder)
		if !ok || !reflect.DeepEqual(coder.CodeShape(), []int{12}) {
			t.Errorf("%s: a %T with codes of another size", m.name, r.Model)
		}
		if _, ok := model.(models.Classifying); ok {
			t.Errorf("%s: it is a classifier", m.name)
		}
		if s := r.Stages[0]; len(r.Stages) != 1 || s.Epochs != 7 || s.Batch != 100 || s.Optimizer != (train.Adam{Rate: 0.002}) || r.BuiltIn != nil || r.Data.Images != e.images {
			t.Errorf("%s: stages %+v on %+v", m.name, r.Stages, r.Data)
		}
		// What a member is, its objective and its penalties, is its own.
		what := fmt.Sprintf("%T %+v %+v %v", r.Model, r.Stages[0].Objective, r.Stages[0].Penalties, r.Model)
		if seen[what] {
			t.Errorf("%s: another member is the same, %s", m.name, what)
		}
		seen[what] = true
	}
}

// The pixels reconstruct themselves; corruption changes them as far as it
// must, and a code is worse.
func TestMeasureOfCodes(t *testing.T) {
	digits, err := zoo.Source{Set: "digits", Size: 28, Images: 300}.Open("", data.Train)
	if err != nil {
		t.Fatal(err)
	}
	e := &p4{Lab: &Lab{}, probed: 200, trainSet: digits.Head(200), testSet: digits.Tail(100)}
	pixels, err := e.measure(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	masked := 0.0
	for _, x := range zoo.Floats(e.testSet) {
		masked += 0.4 * float64(x) * float64(x) / float64(100*784)
	}
	first := pixels.Corrupted[0]
	if pixels.Error != 0 || len(pixels.Corrupted) != len(spoilt) || first.Error < 0.9*masked || first.Error > 1.1*masked {
		t.Errorf("pixels: %+v, masking should be %g off", pixels, masked)
	}
	if !(pixels.Probe < 0.5 && pixels.HSPM > 0 && pixels.HSPM < 1) {
		t.Errorf("pixels: %+v", pixels)
	}
	model, err := models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{20}}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	code, err := e.measure(context.Background(), model)
	if err != nil || code.Error == 0 || code.HSPM == pixels.HSPM || code.Probe == 0 {
		t.Errorf("codes by random weights: %+v, %v", code, err)
	}
}
