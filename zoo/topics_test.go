package zoo

import (
	"reflect"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

func TestTopics(t *testing.T) {
	model, err := models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{1, 4, 1}, Units: 2}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	copy(model.(models.Layered).Layers()[0].Weight.Data, []float32{
		0.1, 2, // the words are rows, the units columns
		1, 3,
		-0.2, -4,
		-0.9, 0,
	})
	trained := &Trained{Model: model, Run: Run{Data: Images{Words: []string{"a", "b", "c", "d"}}}}
	want := []Topic{
		{1, []string{"b", "a"}, []string{"c"}},
		{0, []string{"b"}, []string{"d"}},
	}
	if got := trained.Topics(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	trained.Run.Data.Words = nil
	if got := trained.Topics(); got != nil {
		t.Errorf("got %v of values without names, want none", got)
	}
}
