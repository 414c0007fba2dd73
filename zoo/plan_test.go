package zoo

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"boltzoo/train/data"
)

// dataRoot is a folder of data sets with a small mnist: 24 images to train on,
// of which the reader keeps 2 to validate, and 3 to test.
func dataRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "mnist"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"train": 24, "t10k": 3} {
		file := binary.BigEndian.AppendUint32(nil, 0x803)
		for _, v := range []int{n, 28, 28} {
			file = binary.BigEndian.AppendUint32(file, uint32(v))
		}
		for i := range n * 28 * 28 {
			file = append(file, byte(i*i/7))
		}
		if err := os.WriteFile(filepath.Join(root, "mnist", name+"-images-idx3-ubyte"), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestPlanFindsRealData(t *testing.T) {
	root := dataRoot(t)
	for name, c := range map[string]struct {
		options Options
		images  int
	}{
		"by itself": {Options{Root: root}, 24},
		"by name":   {Options{Root: root, Data: "mnist"}, 24},
		"limited":   {Options{Root: root, Limit: 5}, 5},
	} {
		run, images, note, err := c.options.plan(mnistRBM())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if run.Data.BuiltIn || run.Data.Name != "mnist" || run.Data.Images != c.images || images.Len() != c.images || strings.Contains(note, "built-in") {
			t.Errorf("%s: %+v, %q", name, run.Data, note)
		}
		if run.Recipe.Stages[0].Epochs != mnistRBM().Stages[0].Epochs {
			t.Errorf("%s: the schedule is that of the built-in set", name)
		}
		if run.Recipe.BuiltIn != nil {
			t.Errorf("%s: the run still says what it would be trained on without data", name)
		}
	}
}

func TestPlanWithoutData(t *testing.T) {
	recipe := mnistDBN()
	recipe.BuiltIn = &BuiltIn{Set: "digits", Images: 30, Epochs: []int{1, 2, 3, 4}}
	recipe.Stages = recipe.Stages[:4]
	for name, c := range map[string]struct {
		options Options
		images  int
		epochs  []int
	}{
		"nothing there":   {Options{Root: t.TempDir()}, 30, []int{1, 2, 3, 4}},
		"asked for":       {Options{Data: "digits"}, 30, []int{1, 2, 3, 4}},
		"field set":       {Options{Set: []string{"stages.0.epochs=7", "built_in.images=20"}}, 20, []int{7, 2, 3, 4}},
		"limit":           {Options{Limit: 10}, 10, []int{1, 2, 3, 4}},
		"epochs":          {Options{Epochs: 2}, 30, []int{1, 2, 2, 2}},
		"asked, and less": {Options{Data: "digits", Limit: 10, Epochs: 1}, 10, []int{1, 1, 1, 1}},
	} {
		run, images, note, err := c.options.plan(recipe)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !run.Data.BuiltIn || images.Len() != c.images || run.Recipe.Data.Set != "digits" {
			t.Errorf("%s: %+v of %+v", name, run.Data, run.Recipe.Data)
		}
		for i, want := range c.epochs {
			if got := run.Recipe.Stages[i].Epochs; got != want {
				t.Errorf("%s: stage %d has %d epochs, want %d", name, i, got, want)
			}
		}
		if asked := c.options.Data != ""; asked != (note == "") {
			t.Errorf("%s: note %q", name, note)
		}
	}
	if recipe.BuiltIn.Images != 30 || recipe.Stages[3].Epochs == 1 {
		t.Error("planning changed the recipe that it was given")
	}
	recipe.Data.Set = "mnits"
	if _, _, _, err := (Options{}).plan(recipe); err == nil || !strings.Contains(err.Error(), "did you mean mnist?") {
		t.Errorf("a set of no name: %v", err)
	}
	recipe.Data.Set = "mnist"
	// Who names the data gets that or an error.
	_, _, _, err := Options{Root: t.TempDir(), Data: "mnist"}.plan(recipe)
	if !errors.Is(err, data.ErrNotFound) || !strings.Contains(err.Error(), "ZOO_DATA") {
		t.Errorf("named data that is not there: %v", err)
	}
}

func TestDataThatIsBrokenIsNotReplaced(t *testing.T) {
	root := dataRoot(t)
	file := filepath.Join(root, "mnist", "train-images-idx3-ubyte")
	if err := os.Truncate(file, 1000); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := Options{Root: root}.plan(mnistRBM())
	if err == nil || errors.Is(err, data.ErrNotFound) || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error about %s", err, file)
	}
}
