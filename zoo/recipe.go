package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"boltzoo/models"
	"boltzoo/models/tagged"
	"boltzoo/train"
)

// Recipe is all that decides a trained model, as plain data. It prints and
// reads back as JSON, and unknown fields are errors.
type Recipe struct {
	Name     string        `json:"name"`               // DATA-MODEL, or DATA-MODEL-VARIANT
	About    string        `json:"about"`              // one line
	Paper    string        `json:"paper,omitempty"`    // where the model is from
	Data     Source        `json:"data"`               // what it is trained on
	BuiltIn  *BuiltIn      `json:"built_in,omitempty"` // and on what where Data is not there; nil: nothing
	Model    models.Spec   `json:"-"`                  // the architecture
	Stages   []train.Stage `json:"stages"`             // what is trained, one after the other
	Sampling Sampling      `json:"sampling"`           // how samples are drawn
	Expect   []Expect      `json:"expect,omitempty"`   // numbers that it reached; a run has them where they hold for it
	Seed     uint64        `json:"seed"`               // of all randomness
}

// as is the recipe as the beginning of another one, which need not reach its
// numbers.
func (r Recipe) as(name, about, paper string) Recipe {
	r.Name, r.About, r.Paper, r.Expect = name, about, paper, nil
	r.Stages = slices.Clone(r.Stages)
	return r
}

// Expect is a number that a recipe is known to reach.
type Expect struct {
	Metric string  `json:"metric"` // "test mse", which a run is compared with, or what else there is to know
	Value  float64 `json:"value"`
	Source string  `json:"source"` // the command, or the page of the paper
}

type recipeFields Recipe

// MarshalJSON writes the recipe, with the model's type.
func (r Recipe) MarshalJSON() ([]byte, error) {
	model, err := models.Types.Encode(r.Model)
	if err != nil {
		return nil, fmt.Errorf("zoo: recipe %s: model: %w", r.Name, err)
	}
	return json.Marshal(struct {
		recipeFields
		Model json.RawMessage `json:"model"`
	}{recipeFields(r), model})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (r *Recipe) UnmarshalJSON(text []byte) (err error) {
	var fields struct {
		recipeFields
		Model json.RawMessage `json:"model"`
	}
	if err := tagged.Strict(text, &fields); err != nil {
		return err
	}
	*r = Recipe(fields.recipeFields)
	if r.Model, err = models.Types.Decode(fields.Model); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// Lookup finds the recipe of that name. Where there is none, the error names
// the one that was probably meant.
func Lookup(recipes []Recipe, name string) (Recipe, error) {
	names := make([]string, len(recipes))
	for i, r := range recipes {
		if r.Name == name {
			return r, nil
		}
		names[i] = r.Name
	}
	return Recipe{}, fmt.Errorf("zoo: no recipe %q%s: want one of %s", name, DidYouMean(name, names), strings.Join(names, ", "))
}

// Check finds what is wrong with a list of recipes: a name twice, or not in
// small letters, digits and hyphens; a recipe without a model or stages; an
// expected number without a source; a sampling that nothing can do.
func Check(recipes []Recipe) error {
	name := regexp.MustCompile(`^[a-z0-9-]+$`)
	seen := map[string]bool{}
	var all []error
	for _, r := range recipes {
		fail := func(format string, args ...any) {
			all = append(all, fmt.Errorf("zoo: recipe %q: %w", r.Name, fmt.Errorf(format, args...)))
		}
		if !name.MatchString(r.Name) {
			fail("a name has small letters, digits and hyphens")
		}
		if seen[r.Name] {
			fail("there are two of this name")
		}
		seen[r.Name] = true
		if r.Model == nil || len(r.Stages) == 0 || r.About == "" {
			fail("want a model, stages and a line about it")
		}
		if b := r.BuiltIn; b != nil && len(b.Epochs) > 0 && len(b.Epochs) != len(r.Stages) {
			fail("built_in has epochs for %d stages, want %d", len(b.Epochs), len(r.Stages))
		}
		if r.Sampling != (Sampling{}) { // a model without layers has none
			if err := r.Sampling.Check(); err != nil {
				fail("%w", err)
			}
		}
		for _, e := range r.Expect {
			if e.Source == "" {
				fail("expects a %s of %v without a source", e.Metric, e.Value)
			}
		}
	}
	return errors.Join(all...)
}

// expects are the numbers that hold for a run of the recipe as it was changed.
func (r Recipe) expects(changed Recipe) []Expect {
	if reflect.DeepEqual(r.Data, changed.Data) && reflect.DeepEqual(r.Model, changed.Model) && reflect.DeepEqual(r.Stages, changed.Stages) {
		return r.Expect
	}
	return nil
}

// Substitute is the recipe as it is trained on the built-in set.
func (r Recipe) Substitute() Recipe {
	b := *r.BuiltIn
	r.Data.Set, r.Data.Dir, r.Data.Images = b.Set, "", b.Images
	r.BuiltIn = nil
	if len(b.Epochs) > 0 {
		r.Stages = slices.Clone(r.Stages)
		for i := range r.Stages {
			r.Stages[i].Epochs = b.Epochs[i]
		}
	}
	return r
}

// WithEpochs is the recipe with n epochs in its last stage, and no more than
// n in the others.
func (r Recipe) WithEpochs(n int) Recipe {
	r = r.lengthened(n)
	for i := range r.Stages {
		r.Stages[i].Epochs = min(n, r.Stages[i].Epochs)
	}
	return r
}

// lengthened is the recipe with n epochs in its last stage.
func (r Recipe) lengthened(n int) Recipe {
	r.Stages = slices.Clone(r.Stages)
	r.Stages[len(r.Stages)-1].Epochs = n
	return r
}

// WithBatch is the recipe with n images in every batch.
func (r Recipe) WithBatch(n int) Recipe {
	r.Stages = slices.Clone(r.Stages)
	for i := range r.Stages {
		r.Stages[i].Batch = n
	}
	return r
}
