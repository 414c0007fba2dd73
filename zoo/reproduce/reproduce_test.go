package reproduce

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	for range 2 {
		got, err := once(l, "x", func() ([]float64, error) { calls++; return []float64{1.5}, nil })
		if err != nil || len(got) != 1 || got[0] != 1.5 {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if calls != 1 {
		t.Errorf("measured %d times", calls)
	}
}

func TestSameRecipe(t *testing.T) {
	a, err := zoo.Lookup(zoo.All(), "mnist-sigmoid")
	if err != nil {
		t.Fatal(err)
	}
	b := a
	b.BuiltIn = nil
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

func TestLookup(t *testing.T) {
	if e, err := Lookup("p3"); err != nil || e.Run == nil {
		t.Errorf("p3: %+v, %v", e, err)
	}
	if _, err := Lookup("p33"); err == nil || !strings.Contains(err.Error(), "did you mean p3") {
		t.Errorf("p33: %v", err)
	}
}
