package zoo

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Expected numbers are shown beside those of the recipe's own training, and of
// no other.
func TestExpect(t *testing.T) {
	r := mnistRBM()
	for _, assignment := range small(r) {
		var err error
		if r, err = Set(r, assignment); err != nil {
			t.Fatal(err)
		}
	}
	r.Data, r.BuiltIn = Source{Set: "digits", Images: 40}, &BuiltIn{Set: "faces", Images: 10}
	r.Stages[0].Epochs = 1
	r.Expect = []Expect{{testError, 0.125, "a test"}, {"log-likelihood", -90, "a paper"}}
	seed := uint64(5)
	for name, c := range map[string]struct {
		options Options
		holds   bool
	}{
		"as it is":     {Options{}, true},
		"another seed": {Options{Seed: &seed}, true},
		"by its name":  {Options{Data: "digits", Epochs: 1, Limit: 40}, true},
		"limited":      {Options{Limit: 39}, false},
		"longer":       {Options{Epochs: 2}, false},
		"field":        {Options{Set: []string{"stages.0.optimizer.rate=0.5"}}, false},
	} {
		training, err := Start(r, c.options, filepath.Join(t.TempDir(), "run"))
		if err != nil {
			t.Fatal(err)
		}
		if err := training.Train(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		result, err := training.Finish(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := training.Close(); err != nil {
			t.Error(err)
		}
		card, err := os.ReadFile(filepath.Join(result.Run, cardFile))
		if err != nil {
			t.Fatal(err)
		}
		var want []Expect
		if c.holds {
			want = r.Expect[:1]
		}
		if !reflect.DeepEqual(result.Expected, want) {
			t.Errorf("%s: expected %v, want %v", name, result.Expected, want)
		}
		if got := strings.Contains(string(card), "Expected: 0.12500 (a test)."); got != c.holds {
			t.Errorf("%s: the card says so: %v, want %v\n%s", name, got, c.holds, card)
		}
		longer, err := Resume(r.Name, Options{Epochs: 3}, result.Run)
		if err != nil {
			t.Fatal(err)
		}
		if longer.Run.Recipe.Expect != nil {
			t.Errorf("%s: a longer run still expects %v", name, longer.Run.Recipe.Expect)
		}
		if err := longer.Close(); err != nil {
			t.Error(err)
		}
	}
}
