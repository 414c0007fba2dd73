package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"boltzoo/models/tagged"
)

// recipe is everything that decides the result of a training.
type recipe struct {
	Model  json.RawMessage `json:"model"`
	Stages []Stage         `json:"stages"`
	Seed   uint64          `json:"seed"`
	Data   set             `json:"data"`
}

// set is what a recipe says of its images.
type set struct {
	Sum    string `json:"sha256"`
	Images int    `json:"images"`
	Shape  []int  `json:"shape"`
	One    byte   `json:"one,omitempty"` // the byte that stands for 1; 0 means 255
}

// reconcile compares the recipe of a checkpoint with this training's, and
// returns the position of the checkpoint in this one.
func (t *Trainer) reconcile(saved []byte, at Position) (Position, error) {
	var theirs recipe
	if err := tagged.Strict(saved, &theirs); err != nil {
		return at, fmt.Errorf("recipe: %w", err)
	}
	if at.Stage < 0 || at.Stage > len(theirs.Stages) || at.Epoch < 0 || at.Batch < 0 {
		return at, fmt.Errorf("position %+v of %d stages", at, len(theirs.Stages))
	}
	if len(theirs.Stages) == len(t.stages) {
		last := len(t.stages) - 1
		if at.Stage == len(t.stages) && t.stages[last].Epochs > theirs.Stages[last].Epochs {
			if t.stages[last].Validation > 0 {
				return at, fmt.Errorf("%w: stages.%d has ended with its best epoch and cannot be made longer", ErrOtherRecipe, last)
			}
			if u := t.stages[last].Updates; u > 0 {
				return at, fmt.Errorf("%w: stages.%d has ended after its %d updates and cannot be made longer", ErrOtherRecipe, last, u)
			}
			at.Stage, at.Epoch = last, theirs.Stages[last].Epochs
		}
		for i := at.Stage; i < len(t.stages); i++ {
			theirs.Stages[i].Epochs = t.stages[i].Epochs
		}
	}
	rewritten, err := json.Marshal(theirs)
	if err != nil {
		return at, err
	}
	if err := difference(rewritten, t.recipe); err != nil {
		return at, fmt.Errorf("%w: %w", ErrOtherRecipe, err)
	}
	if at.Stage < len(t.stages) {
		s := t.stages[at.Stage]
		if batches := (t.learnt(s) + s.BatchSize() - 1) / s.BatchSize(); at.Batch >= batches || at.Epoch*batches+at.Batch >= s.steps(batches) {
			return at, fmt.Errorf("%w: it stands at epoch %d, batch %d of stages.%d, which has %d epochs of %d batches",
				ErrOtherRecipe, at.Epoch, at.Batch, at.Stage, s.Epochs, batches)
		}
	}
	return at, nil
}

// difference names the first place where two JSON documents differ.
func difference(theirs, ours []byte) error {
	a, err := tree(theirs)
	if err != nil {
		return err
	}
	b, err := tree(ours)
	if err != nil {
		return err
	}
	return compare("", a, b)
}

func tree(document []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber() // a seed has more digits than a float64
	err = d.Decode(&v)
	return v, err
}

func compare(path string, theirs, ours any) error {
	switch a := theirs.(type) {
	case map[string]any:
		b, ok := ours.(map[string]any)
		if !ok {
			break
		}
		keys := maps.Clone(a)
		maps.Copy(keys, b)
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			under := k
			if path != "" {
				under = path + "." + k
			}
			if err := compare(under, a[k], b[k]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		b, ok := ours.([]any)
		if !ok {
			break
		}
		for i := range max(len(a), len(b)) {
			var x, y any
			if i < len(a) {
				x = a[i]
			}
			if i < len(b) {
				y = b[i]
			}
			if err := compare(fmt.Sprintf("%s.%d", path, i), x, y); err != nil {
				return err
			}
		}
		return nil
	}
	if theirs != ours {
		return fmt.Errorf("%s is %s there and %s here", path, inWords(theirs), inWords(ours))
	}
	return nil
}

// inWords is a JSON value for a message.
func inWords(v any) string {
	if v == nil {
		return "not set"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const long = 60
	if len(text) > long {
		return string(text[:long]) + "…"
	}
	return string(text)
}
