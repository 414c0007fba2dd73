package main_test

import (
	"encoding/json"
	"image/png"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func TestEval(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, dir, with(tinyRBM, "--set", "model.shape=[784]", "--out", "run")...)
	few := []string{"eval", "run", "--limit", "100", "--chains", "10", "--betas", "30"}
	out := must(t, dir, few...)
	for _, want := range []string{"100 test and 60 training images of digits", "drawn as 0 or 1 (seed 1)", "\nloglik\n", "by reverse AIS", "10 chains", "30 β", "\npseudo\n", "\nautocorrelation\n", "\naod\n", "\nprobe\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "\nerror\n") || strings.Contains(out, "\nbound\n") {
		t.Errorf("it measures what the model has not:\n%s", out)
	}
	var found struct {
		Seed   uint64
		LogLik struct {
			Exact float64
			AIS   struct{ Value float64 }
		}
		Gap any
	}
	again := must(t, dir, with(few, "--metrics", "loglik", "--json", "--seed", "7")...)
	if err := json.Unmarshal([]byte(again), &found); err != nil {
		t.Fatal(err)
	}
	if found.Seed != 7 || found.Gap != nil || !(found.LogLik.Exact < 0) || math.IsInf(found.LogLik.AIS.Value, 0) || found.LogLik.AIS.Value == 0 {
		t.Errorf("eval finds %+v", found)
	}
	if again != must(t, dir, with(few, "--metrics", "loglik", "--json", "--seed", "7", "--threads", "1")...) {
		t.Error("two evaluations of one seed differ")
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"eval", "run", "--metrics", "loglike"}, 2, "did you mean loglik?"},
		{[]string{"eval", "run", "--binary", "round"}, 2, "sample, threshold or grey"},
		{[]string{"eval", "run", "--metrics", "error"}, 1, "does not classify"},
		{[]string{"eval", "run", "--metrics", "bound"}, 1, "no stack"},
	} {
		if _, problems, code := zoo(t, dir, c.args...); code != c.code || !strings.Contains(problems, c.want) {
			t.Errorf("%v: exit code %d: %s", c.args, code, problems)
		}
	}
}

func TestSampleCompletes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, dir, with(tinyRBM, "--out", "run")...)
	writePNG(t, filepath.Join(dir, "photo.png"), 40, 30)
	complete := []string{"sample", "run", "-n", "7", "--steps", "5"}
	must(t, dir, with(complete, "--clamp", "photo.png", "--mask", "left", "-o", "left.png")...)
	must(t, dir, with(complete, "--clamp", "3", "--mask", "0,0,28,9", "-o", "top.png")...)
	must(t, dir, with(complete, "--clamp", "3", "--mask", "0,0,28,9", "-o", "again.png")...)
	must(t, dir, with(complete, "--clamp", "3", "--mask", "photo.png", "-o", "by-photo.png")...)
	sheets := map[string]string{}
	for _, name := range []string{"left", "top", "again", "by-photo"} {
		sheets[name] = read(t, filepath.Join(dir, name+".png"))
		if _, err := png.Decode(strings.NewReader(sheets[name])); err != nil {
			t.Error(err)
		}
	}
	if sheets["top"] != sheets["again"] || sheets["top"] == sheets["by-photo"] {
		t.Error("completions are not a function of the picture and the mask")
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--clamp", "photo.png"}, 2, "--mask"},
		{[]string{"--clamp", "photo.png", "--mask", "middle"}, 1, "want left, right"},
		{[]string{"--clamp", "123456", "--mask", "left"}, 1, "no such test image"},
		{[]string{"--clamp", "photo.png", "--mask", "0,0,28,28"}, 1, "some but not all"},
	} {
		if _, problems, code := zoo(t, dir, with(complete, c.args...)...); code != c.code || !strings.Contains(problems, c.want) {
			t.Errorf("%v: exit code %d: %s", c.args, code, problems)
		}
	}
}
