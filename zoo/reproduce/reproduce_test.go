package reproduce

import (
	"context"
	"errors"
	"image"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/zoo"
)

func TestPage(t *testing.T) {
	p := &Page{Title: "T", Intro: []string{"Why."}, Sections: []Section{{
		Title:   "S",
		Tables:  []Table{{Caption: "C:", Head: []string{"paper", "ours"}, Rows: [][]string{{"1", "2"}}}},
		Figures: []Figure{{Name: "f", Caption: "Seen.", Data: []int{3}, Image: image.NewRGBA(image.Rect(0, 0, 2, 2))}},
	}}}
	dir := t.TempDir()
	if err := p.Write(dir, "p"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "p.md"))
	if want := "# T\n\nWhy.\n\n## S\n\nC:\n\n| paper | ours |\n|---|---|\n| 1 | 2 |\n\n![f](f.png)\n\nSeen.\n"; err != nil || string(text) != want {
		t.Errorf("%v, the page is\n%s\nwant\n%s", err, text, want)
	}
	for _, name := range []string{"p.json", "f.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.Sections[0].Tables[0].Rows = [][]string{{"1"}}
	if err := p.Write(dir, "p"); err == nil || !strings.Contains(err.Error(), "1 cells, want 2") {
		t.Errorf("a row of another length: %v", err)
	}
}

func TestOnceMeasuresOnce(t *testing.T) {
	l := &Lab{Folder: t.TempDir()}
	calls := 0
	for _, of := range []string{"a", "a", "b", "b", "a"} {
		got, err := once(l, "x", of, func() ([]float64, error) { calls++; return []float64{1.5}, nil })
		if err != nil || len(got) != 1 || got[0] != 1.5 {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if calls != 3 {
		t.Errorf("measured %d times", calls)
	}
}

func TestSameRecipe(t *testing.T) {
	a, err := zoo.Lookup(zoo.All(), "mnist-sigmoid")
	if err != nil {
		t.Fatal(err)
	}
	b := a
	b.BuiltIn, b.About, b.Paper = nil, "other words", ""
	if err := sameRecipe(a, b); err != nil {
		t.Errorf("what decides nothing makes a difference: %v", err)
	}
	b.Seed++
	if err := sameRecipe(a, b); err == nil {
		t.Error("another seed makes none")
	}
}

func TestMeanDeviation(t *testing.T) {
	if mean, deviation := meanDeviation([]float64{1, 3}); mean != 2 || deviation*deviation < 1.999 || deviation*deviation > 2.001 {
		t.Errorf("1 and 3: %g ± %g", mean, deviation)
	}
}

// Weights of a sigmoid network begin larger than those of machines, and the
// recipe that they are for stays.
func TestInitial(t *testing.T) {
	e, err := newFewLabels(&Lab{})
	if err != nil {
		t.Fatal(err)
	}
	was := e.recipe.Model.(models.Classifier)
	for i, want := range []float64{0.158, 0.179, 0.113} {
		got := initial(was).Body.(models.Stack).Layers[i].(models.RBM).Deviation
		if math.Abs(got-want) > 0.001 {
			t.Errorf("layer %d: deviation %g, want %g", i+1, got, want)
		}
		if d := was.Body.(models.Stack).Layers[i].(models.RBM).Deviation; d != 0 {
			t.Errorf("layer %d of the recipe has deviation %g now", i+1, d)
		}
	}
}

// tinyLabels is the experiment on built-in digits, with a network of few units.
func tinyLabels(l *Lab) *fewLabels {
	b := unit.Binary{}
	layer := models.RBM{Visible: b, Hidden: b, Units: 6}
	return &fewLabels{Lab: l, pretrain: 1, sets: []labelSet{{each: 2, draws: 2, epochs: 1, pretrained: 90, random: 80}},
		recipe: zoo.Recipe{
			Name: "tiny", About: "tiny", Data: zoo.Source{Set: "digits", Size: 28, Images: 60}, Seed: 1,
			Model: models.Classifier{Body: models.Stack{Shape: []int{28, 28, 1}, Layers: []models.Spec{layer, layer, layer}}, Classes: 10},
		}}
}

// An experiment from its trainings to a table; what is trained and measured is
// taken as it is the second time, and refused where the settings are others.
func TestFewLabels(t *testing.T) {
	trained := map[string]int{}
	l := &Lab{Folder: t.TempDir(), Say: func(what string) { trained[what]++ }}
	e := tinyLabels(l)
	first, err := e.rows(t.Context(), e.sets[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 2 || first[0][0] != "20" || first[0][1] != "machines" || first[0][2] != "90.00" || first[1][2] != "80.00" || !strings.Contains(first[0][3], " ± ") {
		t.Errorf("rows %q", first)
	}
	for _, what := range []string{
		"train pretrained-seed1", "train labels20-draw1-seed1", "train labels20-draw2-seed1", "train labels20-draw1-seed1-random", "train labels20-draw2-seed1-random",
		"measure labels20-draw1-seed1", "measure labels20-draw2-seed1", "measure labels20-draw1-seed1-random", "measure labels20-draw2-seed1-random",
	} {
		if trained[what] != 1 {
			t.Errorf("%s: %d times", what, trained[what])
		}
	}
	if len(trained) != 9 {
		t.Errorf("%d things were done: %v", len(trained), trained)
	}
	again, err := e.rows(t.Context(), e.sets[0])
	if err != nil || !reflect.DeepEqual(first, again) || len(trained) != 9 || trained["train pretrained-seed1"] != 1 {
		t.Errorf("again: %v, %q, %v", err, again, trained)
	}
	one, err := zoo.Open(filepath.Join(l.Folder, "runs", "labels20-draw1-seed1"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := zoo.Open(filepath.Join(l.Folder, "runs", "labels20-draw2-seed1"))
	if err != nil {
		t.Fatal(err)
	}
	if one.Run.Data.Images != 20 || one.Run.Data.Sum == two.Run.Data.Sum || one.Run.Init == "" || one.Run.Init != two.Run.Init {
		t.Errorf("two draws: %+v begun from %q, %+v from %q", one.Run.Data, one.Run.Init, two.Run.Data, two.Run.Init)
	}
	e.pretrain = 2
	if _, err := e.rows(t.Context(), e.sets[0]); err == nil || !strings.Contains(err.Error(), "other settings") {
		t.Errorf("other settings: %v", err)
	}
	// Once the machines have been trained again, nothing that came of the old ones counts.
	runs := filepath.Join(l.Folder, "runs")
	remove := func(name string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(runs, name)); err != nil {
			t.Fatal(err)
		}
	}
	remove("pretrained-seed1")
	if _, err := e.rows(t.Context(), e.sets[0]); err == nil || !strings.Contains(err.Error(), "other weights") {
		t.Errorf("other machines: %v", err)
	}
	remove("labels20-draw1-seed1")
	remove("labels20-draw2-seed1")
	clear(trained)
	if _, err := e.rows(t.Context(), e.sets[0]); err != nil {
		t.Fatal(err)
	}
	if trained["measure labels20-draw1-seed1"] != 1 || trained["measure labels20-draw2-seed1"] != 1 || len(trained) != 4 {
		t.Errorf("with other machines these things were done: %v", trained)
	}
}

// A training that was stopped is gone on with, and the time that it took is
// that of both parts.
func TestStoppedExperimentGoesOn(t *testing.T) {
	l := &Lab{Folder: t.TempDir()}
	e := tinyLabels(l)
	e.pretrain = 3
	ctx, stop := context.WithCancel(t.Context())
	epochs := 0
	l.Tell = func(_ *zoo.Training, p zoo.Progress) {
		if p.EndOfEpoch {
			if epochs++; epochs == 4 { // within the second of three stages
				stop()
			}
		}
	}
	if _, _, err := e.pretrained(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	before := clock{Path: filepath.Join(l.Folder, "runs", "pretrained-seed1", "seconds.json")}
	if found, err := readJSON(before.Path, &before); err != nil || !found || !(before.Seconds > 0) {
		t.Fatalf("seconds %+v, found %t, %v", before, found, err)
	}
	before.Seconds = 1000
	if err := before.write(); err != nil {
		t.Fatal(err)
	}
	name, _, err := e.pretrained(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if epochs != 9 {
		t.Errorf("%d epochs in all, want 9", epochs)
	}
	var c clock
	if found, err := readJSON(filepath.Join(l.Folder, "runs", name, "seconds.json"), &c); err != nil || !found || !(c.Seconds > 1000) {
		t.Errorf("seconds %+v, found %t, %v", c, found, err)
	}
}

func TestLookup(t *testing.T) {
	if e, err := Lookup("p3"); err != nil || e.Run == nil {
		t.Errorf("p3: %+v, %v", e, err)
	}
	if _, err := Lookup("p33"); err == nil || !strings.Contains(err.Error(), "did you mean p3") {
		t.Errorf("p33: %v", err)
	}
}
