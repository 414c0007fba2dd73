package zoo

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"boltzoo/graph"
)

// What a run multiplied is in its folder; it goes on with that and with nothing
// else, to the same bits.
func TestProductsOfRun(t *testing.T) {
	if err := graph.BF16.Check(); err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	start := func(name string, p graph.Products) *Training {
		r, options := smallRBM()
		options.Products = p
		training, err := Start(r, options, filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return training
	}
	exact, _ := finish(t, start("exact", ""))
	again, _ := finish(t, start("again", graph.Float32))
	whole, wholeLog := finish(t, start("whole", graph.BF16))
	leave(t, start("halves", graph.BF16), 3)
	halves := filepath.Join(folder, "halves")
	if _, err := Resume("mnist-rbm", Options{Products: graph.Float32}, halves); err == nil || !strings.Contains(err.Error(), "settings") {
		t.Errorf("resumed with other products: %v", err)
	}
	training, err := Resume("mnist-rbm", Options{}, halves)
	if err != nil {
		t.Fatal(err)
	}
	resumed, resumedLog := finish(t, training)
	if resumedLog != wholeLog {
		t.Errorf("the logs differ:\n%s\n%s", wholeLog, resumedLog)
	}
	furthest := 0.0
	for i := range exact {
		for j, x := range exact[i].Data {
			if again[i].Data[j] != x {
				t.Fatal("float32 by name is not what it is by default")
			}
			if resumed[i].Data[j] != whole[i].Data[j] {
				t.Fatal("the resumed run has other weights")
			}
			furthest = max(furthest, math.Abs(float64(whole[i].Data[j]-x)))
		}
	}
	if furthest == 0 || furthest > 0.02 {
		t.Errorf("weights of rounded products are up to %v away from the others", furthest)
	}
	for name, want := range map[string]bool{"exact": false, "again": false, "whole": true, "halves": true} {
		text, err := os.ReadFile(filepath.Join(folder, name, recipeFile))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"products": "bf16"`) != want {
			t.Errorf("%s of %s: %s", recipeFile, name, text)
		}
	}
}
