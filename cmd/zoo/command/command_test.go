package command

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/zoo"
)

// mine is a recipe from outside, on a set that is always there.
func mine() zoo.Recipe {
	return zoo.Recipe{
		Name: "digits-rbm", About: "A small machine", Data: zoo.Source{Set: "digits", Images: 40},
		Model:    models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{28, 28, 1}, Units: 5},
		Stages:   []train.Stage{{Optimizer: train.Adam{Rate: 0.01}, Epochs: 1, Batch: 20}},
		Sampling: zoo.Sampling{From: zoo.FromNoise, Steps: 2},
		Expect:   []zoo.Expect{{Metric: "test mse", Value: 0.0625, Source: "a paper, table 1"}, {Metric: "nats", Value: 3, Source: "another"}},
	}
}

// What a recipe is known to reach stands beside what it reached.
func TestExpected(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		var out, problems bytes.Buffer
		a := &app{recipes: []zoo.Recipe{mine()}, out: &out, err: &problems}
		root := a.root()
		root.SetArgs(args)
		if err := root.Execute(); err != nil {
			t.Fatalf("zoo %v: %v\n%s", args, err, problems.String())
		}
		return out.String()
	}
	const line = "expected 0.06250 (a paper, table 1)\n"
	if out := run("train", "digits-rbm", "--out", filepath.Join(dir, "a")); strings.Count(out, "expected") != 1 || !strings.Contains(out, line) {
		t.Errorf("train says\n%s", out)
	}
	if out := run("train", "digits-rbm", "--out", filepath.Join(dir, "b"), "--limit", "20"); strings.Contains(out, "expected") {
		t.Errorf("train on fewer images says\n%s", out)
	}
	var result struct {
		Expected []zoo.Expect
	}
	if err := json.Unmarshal([]byte(run("train", "digits-rbm", "--out", filepath.Join(dir, "c"), "--json")), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Expected) != 1 || result.Expected[0] != mine().Expect[0] {
		t.Errorf("as JSON: %+v", result)
	}
	shown := run("show", "digits-rbm")
	for _, want := range []string{"expected: test mse 0.0625 (a paper, table 1)\n", "expected: nats 3 (another)\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("show does not say %q:\n%s", want, shown)
		}
	}
}
