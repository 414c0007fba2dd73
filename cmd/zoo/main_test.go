package main_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"boltzoo/graph"
	"boltzoo/graph/safetensors"
)

// binary is the built command.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "zoo")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "zoo")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
		return m.Run()
	}())
}

// command is zoo in a folder, on a machine without data.
func command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "PATH=" + os.Getenv("PATH")}
	return cmd
}

// zoo runs a command to its end.
func zoo(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, problems bytes.Buffer
	cmd := command(dir, args...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if strings.Contains(problems.String(), "goroutine ") {
		t.Errorf("zoo %v panics:\n%s", args, problems.String())
	}
	return out.String(), problems.String(), cmd.ProcessState.ExitCode()
}

// must runs a command that succeeds.
func must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, problems, code := zoo(t, dir, args...)
	if code != 0 {
		t.Fatalf("zoo %v: exit code %d\n%s", args, code, problems)
	}
	return out
}

// tiny makes a recipe's training one of a second.
var (
	tinyRBM   = []string{"train", "mnist-rbm", "--limit", "60", "--epochs", "1", "--batch", "20", "--set", "model.units=6"}
	tinyFaces = []string{"train", "celeba-dbn", "--limit", "6", "--epochs", "1", "--batch", "3", "--set", "data.size=16", "--set", "model.shape=[16,16,3]",
		"--set", "model.layers.0.filters=3", "--set", "model.layers.1.filters=3", "--set", "model.layers.2.filters=3", "--set", "model.layers.3.filters=3",
		"--set", "model.layers.4.units=4", "--set", "model.layers.5.units=4", "--set", "model.layers.6.units=4", "--set", "model.layers.7.units=4"}
)

func with(args []string, more ...string) []string { return append(args[:len(args):len(args)], more...) }

func TestListAndShow(t *testing.T) {
	dir := t.TempDir()
	var listed []struct{ Name, About string }
	if err := json.Unmarshal([]byte(must(t, dir, "list", "--json")), &listed); err != nil {
		t.Fatal(err)
	}
	text := must(t, dir, "list")
	last := -1
	for _, r := range listed {
		at := strings.Index(text, "\n"+r.Name+" ")
		if at <= last || !strings.Contains(text, r.About) {
			t.Errorf("%s is not listed in its place", r.Name)
		}
		last = at
		var shown struct{ Name string }
		if err := json.Unmarshal([]byte(must(t, dir, "show", r.Name, "--json")), &shown); err != nil || shown.Name != r.Name {
			t.Errorf("show %s: %q, %v", r.Name, shown.Name, err)
		}
		if shown := must(t, dir, "show", r.Name); !strings.Contains(shown, "PARAMETERS") {
			t.Errorf("show %s tells no parameters:\n%s", r.Name, shown)
		}
	}
	// 4·4·3·64 + 3 + 64 of the first layer, and all that P2's stack has.
	shown := must(t, dir, "show", "celeba-dbn")
	for _, want := range []string{"[4 4 3 64]", "3139", "[4096 1000]", `"rate"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("show celeba-dbn does not tell %s:\n%s", want, shown)
		}
	}
}

func TestTrainAndUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, problems, code := zoo(t, dir, tinyFaces...)
	if code != 0 {
		t.Fatal(problems)
	}
	if n := strings.Count(problems, "built-in faces"); n != 1 {
		t.Errorf("it says %d times that it trains on built-in faces:\n%s", n, problems)
	}
	run := filepath.Join("runs", "celeba-dbn")
	if !strings.Contains(out, run) {
		t.Errorf("it does not end with the run folder:\n%s", out)
	}
	for _, f := range regexp.MustCompile(`(?m)^  (\S+)`).FindAllStringSubmatch(out, -1) {
		if found, err := filepath.Glob(filepath.Join(dir, run, f[1])); err != nil || len(found) == 0 {
			t.Errorf("it names %s, which is not there", f[1])
		}
	}

	if _, problems, code := zoo(t, dir, "sample", run, "--from", "dta"); code != 2 || !strings.Contains(problems, "want prior, data or noise") {
		t.Errorf("exit code %d: %s", code, problems)
	}
	must(t, dir, "sample", run, "-n", "5", "--steps", "2", "--noise", "all", "-o", "s.png")
	must(t, dir, "sample", run, "-n", "5", "--steps", "2", "--noise", "all", "-o", "same.png")
	must(t, dir, "sample", run, "-n", "5", "--from", "noise", "--steps", "2", "-o", "noise.png")
	must(t, dir, "sample", run, "-n", "5", "--from", "data", "-o", "data.png")
	must(t, dir, "sample", run, "-n", "5", "--seed", "7", "-o", "seven.png")
	samples := map[string]string{}
	for _, name := range []string{"s", "same", "noise", "data", "seven"} {
		samples[name] = read(t, filepath.Join(dir, name+".png"))
		if _, err := png.Decode(strings.NewReader(samples[name])); err != nil {
			t.Error(err)
		}
	}
	if samples["s"] != samples["same"] || samples["s"] == samples["seven"] || samples["s"] == samples["noise"] || samples["s"] == samples["data"] {
		t.Error("samples are not a function of their seed and their start")
	}

	photo := filepath.Join(dir, "photo.png")
	writePNG(t, photo, 40, 30)
	measured := must(t, dir, "reconstruct", run, "photo.png", "--depths")
	if !strings.Contains(measured, "1 images") || strings.Count(measured, "of 8 layers") != 7 {
		t.Errorf("reconstruct prints\n%s", measured)
	}
	var found struct {
		Images int
		MSE    float64
		PCA    []struct{ Components int }
	}
	if err := json.Unmarshal([]byte(must(t, dir, "reconstruct", run, "--pca", "4", "--json")), &found); err != nil {
		t.Fatal(err)
	}
	if found.Images < 100 || !(found.MSE > 0) || len(found.PCA) != 4 { // of 0, 4, 2 and 1 components
		t.Errorf("reconstruct finds %+v", found)
	}
	if out := must(t, dir, "encode", run, "photo.png", "photo.png", "-o", "c.npy"); !strings.Contains(out, "2 codes of 4") {
		t.Errorf("encode prints %s", out)
	}
	if m, err := png.Decode(strings.NewReader(interpolated(t, dir, run))); err != nil || m.Bounds().Dx() != 6*(7*16+2)+2 || m.Bounds().Dy() != 4*(7*16+2)+2 {
		t.Errorf("interpolate draws %v, %v: want 4 rows of 6 pictures", m.Bounds(), err)
	}
	must(t, dir, "export", run, "-o", "w.safetensors")
	must(t, dir, "sample", "w.safetensors", "-n", "5", "--steps", "2", "--noise", "all", "-o", "w.png")
	if read(t, filepath.Join(dir, "w.png")) != samples["s"] {
		t.Error("exported weights dream other pictures than the run")
	}
	must(t, dir, "export", run, "--half", "-o", "half.safetensors")
	must(t, dir, "sample", "half.safetensors", "-n", "5", "-o", "half.png")
	plots := must(t, dir, "plot", run)
	for _, name := range []string{"loss.png", "layers.png", "filters-1.png", "filters-4.png", "filters-8.png", "graph.dot"} {
		if !strings.Contains(plots, filepath.Join(run, name)) {
			t.Errorf("plot does not draw %s:\n%s", name, plots)
		}
	}
}

// interpolated is the strip from a photograph to two test images.
func interpolated(t *testing.T, dir, run string) string {
	t.Helper()
	must(t, dir, "interpolate", run, "photo.png", "7", "0", "--steps", "4", "--pixels", "-o", "between.png")
	if _, problems, code := zoo(t, dir, "interpolate", run, "photo.png", "7000"); code != 1 || !strings.Contains(problems, "7000: there is no such test image, want 0 to") {
		t.Errorf("exit code %d: %s", code, problems)
	}
	return read(t, filepath.Join(dir, "between.png"))
}

// A machine over flat examples, which has its pictures' shape from its data.
func TestFlatModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, dir, with(tinyRBM, "--set", "model.shape=[784]", "--out", "flat")...)
	writePNG(t, filepath.Join(dir, "photo.png"), 40, 30)
	must(t, dir, "sample", "flat", "-n", "4", "-o", "s.png")
	if m, err := png.Decode(strings.NewReader(read(t, filepath.Join(dir, "s.png")))); err != nil || m.Bounds().Dx() < 2*28 {
		t.Errorf("samples: %v", err)
	}
	must(t, dir, "reconstruct", "flat", "photo.png")
	if out := must(t, dir, "encode", "flat", "photo.png"); !strings.Contains(out, "1 codes of 6") {
		t.Errorf("encode prints %s", out)
	}
	if plots := must(t, dir, "plot", "flat"); !strings.Contains(plots, "filters-1.png") {
		t.Errorf("plot draws no filters:\n%s", plots)
	}
}

// A network that colours is measured beside what colours without learning, and
// shows what it was given between the originals and what it makes of that. Any
// other model can be given spoilt images, too.
func TestCorrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	printed := must(t, dir, "train", "celeba-ae-color", "--set", "data.size=16", "--set", "model.shape=[16,16,3]", "--set", "model.filters=[4,4]",
		"--set", "model.units=6", "--limit", "40", "--epochs", "1", "--out", "colour")
	if !strings.Contains(printed, "corrupted by grey:") || strings.Count(printed, " dB, SSIM 0.") != 3 {
		t.Errorf("train prints\n%s", printed)
	}
	card := read(t, filepath.Join(dir, "colour", "card.md"))
	for _, want := range []string{"| mean colour of training pictures |", "| restored |", "what grey makes of it", "--corrupt grey"} {
		if !strings.Contains(card, want) {
			t.Errorf("no %q in the card\n%s", want, card)
		}
	}
	if out := must(t, dir, "eval", "colour", "--limit", "20"); strings.Count(out, "pictures corrupted by grey") != 3 {
		t.Errorf("eval prints\n%s", out)
	}
	height := func(args ...string) int {
		t.Helper()
		must(t, dir, append([]string{"reconstruct", "colour", "-n", "3", "-o", "r.png"}, args...)...)
		m, err := png.Decode(strings.NewReader(read(t, filepath.Join(dir, "r.png"))))
		if err != nil {
			t.Fatal(err)
		}
		return m.Bounds().Dy()
	}
	if two, three := height(), height("--gray"); 2*three != 3*two-2 { // two pixels of a line are around all
		t.Errorf("sheets of heights %d and %d, want rows of two and three pictures", two, three)
	}
	holed := read(t, filepath.Join(dir, "r.png"))
	if height("--corrupt", "hole:0.5,gaussian:0.1"); read(t, filepath.Join(dir, "r.png")) == holed {
		t.Error("one picture of two corruptions")
	}
	var found struct {
		Corrupted struct {
			Corruption string
			MSE        float64
			Restored   float64 `json:"restored_mse"`
		}
	}
	writePNG(t, filepath.Join(dir, "photo.png"), 40, 30)
	if err := json.Unmarshal([]byte(must(t, dir, "reconstruct", "colour", "photo.png", "--corrupt", "hole:1", "--json")), &found); err != nil {
		t.Fatal(err)
	}
	if c := found.Corrupted; c.Corruption != "hole:1" || !(c.MSE > 0 && c.Restored > 0) {
		t.Errorf("reconstruct finds %+v", found)
	}

	must(t, dir, with(tinyRBM, "--out", "digits")...)
	if out := must(t, dir, "reconstruct", "digits", "--corrupt", "masking:0.3"); !strings.Contains(out, "after masking:0.3") || !strings.Contains(out, "reconstructed from these") {
		t.Errorf("reconstruct prints\n%s", out)
	}
	if _, problems, code := zoo(t, dir, "reconstruct", "digits", "--gray"); code != 1 || !strings.Contains(problems, "1 channels, want 3") {
		t.Errorf("digits in grey: exit code %d: %s", code, problems)
	}
	if _, problems, code := zoo(t, dir, "eval", "digits", "--metrics", "restoration"); code != 1 || !strings.Contains(problems, "nothing to restore") {
		t.Errorf("a machine that restores nothing: exit code %d: %s", code, problems)
	}
}

// A map of codes is drawn where it is asked for, and tells a program its places.
func TestLatentMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, dir, with(tinyRBM, "--out", "six")...)
	must(t, dir, with(tinyRBM, "--set", "model.units=2", "--out", "two")...)
	if out := must(t, dir, "plot", "six", "--latent", "--limit", "200"); !strings.Contains(out, " of 200 examples of digits") || !strings.Contains(out, filepath.Join("six", "latent.png")) {
		t.Errorf("plot prints\n%s", out)
	}
	for _, c := range []struct {
		run, method, chosen string
		pictures            []string
	}{
		{"six", "pca", "pca", []string{"map.png"}},
		{"six", "tsne", "tsne", []string{"map.png"}},
		{"two", "", "code", []string{"map.png", "map-decoded.png"}},
	} {
		var found struct {
			Files  []string
			Latent struct {
				Method, Set     string
				Examples, Units int
				X, Y            []float64
				Labels          []int
				Mistaken        float64 `json:"nearest_mistaken"`
			}
		}
		if err := json.Unmarshal([]byte(must(t, dir, "plot", c.run, "--latent", "--method", c.method, "--limit", "120", "-o", "map.png", "--json")), &found); err != nil {
			t.Fatal(err)
		}
		l := found.Latent
		if l.Method != c.chosen || l.Examples != 120 || len(l.X) != 120 || len(l.Y) != 120 || len(l.Labels) != 120 || !slices.Equal(found.Files, c.pictures) {
			t.Errorf("%s of %s: %s of %d examples, %v", c.method, c.run, l.Method, l.Examples, found.Files)
		}
		for _, name := range found.Files {
			if m, err := png.Decode(strings.NewReader(read(t, filepath.Join(dir, name)))); err != nil || m.Bounds().Dx() < 500 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, problems, code := zoo(t, dir, "plot", "six", "--latent", "--method", "code"); code != 1 || !strings.Contains(problems, "2 units, these have 6") {
		t.Errorf("exit code %d: %s", code, problems)
	}
}

// Points in the plane are no pictures: a run draws its field, and every command
// on its card does what it can.
func TestPointsOfThePlane(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, dir, "train", "spiral-ae-denoising", "--epochs", "1", "--limit", "200", "--out", "run")
	card := read(t, filepath.Join(dir, "run", "card.md"))
	commands := regexp.MustCompile(`(?m)^    zoo (.*)$`).FindAllStringSubmatch(card, -1)
	if len(commands) < 4 || !strings.Contains(card, "![field](field.png)") {
		t.Errorf("the card has %d commands:\n%s", len(commands), card)
	}
	for _, c := range commands {
		must(t, dir, strings.Fields(c[1])...)
	}
	if out := must(t, dir, "plot", "run", "--field", "-o", "arrows.png"); !strings.Contains(out, "moved by the field") {
		t.Errorf("plot prints %s", out)
	}
	out, problems, code := zoo(t, dir, "reconstruct", "run", "--json")
	if code != 0 || !strings.Contains(problems, "no pictures") || strings.Contains(out, "picture") {
		t.Errorf("exit code %d: %s%s", code, out, problems)
	}
	if _, problems, code := zoo(t, dir, "plot", "run", "--latent", "--field", "-o", "arrows.png"); code != 2 || !strings.Contains(problems, "arrows.png") {
		t.Errorf("exit code %d: %s", code, problems)
	}
}

// A training that diverges says so, with a field that --set takes, and keeps
// the checkpoint that it has.
func TestDivergence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, problems, code := zoo(t, dir, with(tinyRBM, "--set", "stages.0.optimizer.rate=1e39", "--out", "run")...)
	if code != 1 || !strings.Contains(problems, "training diverged") {
		t.Fatalf("exit code %d: %s", code, problems)
	}
	field := regexp.MustCompile(`lower (\S+) `).FindStringSubmatch(problems)
	if field == nil {
		t.Fatalf("no field to change in %s", problems)
	}
	must(t, dir, "show", "mnist-rbm", "--set", field[1]+"=0.001")
	state := read(t, filepath.Join(dir, "run", "checkpoint", "state.safetensors"))
	tensors, _, err := safetensors.Decode(strings.NewReader(state))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tensors {
		for i, v := range x.Data {
			if v-v != 0 {
				t.Fatalf("%s[%d] of the checkpoint is %g", x.Name, i, v)
			}
		}
	}
	if _, problems, code := zoo(t, dir, "sample", "run"); code != 1 || !strings.Contains(problems, "not finished") {
		t.Errorf("sample: exit code %d: %s", code, problems)
	}
}

// That there is nothing to test on is said before the training.
func TestNothingToTestOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "pictures"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.png", "b.png", "c.png"} { // whose names put them all in the training part
		writePNG(t, filepath.Join(dir, "pictures", name), 28, 28)
	}
	_, problems, code := zoo(t, dir, "train", "celeba-dbn", "--data", "pictures", "--out", "run")
	if code != 1 || !strings.Contains(problems, "to test on") || !strings.Contains(problems, "none of its 3 images is in the split test") {
		t.Errorf("exit code %d: %s", code, problems)
	}
	if _, err := os.Stat(filepath.Join(dir, "run")); err == nil {
		t.Error("a run folder is left")
	}
}

// A training that is stopped and cannot be saved has failed.
func TestStoppedButNotSaved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var problems bytes.Buffer
	cmd := command(dir, "train", "mnist-rbm", "--limit", "4000", "--epochs", "1", "--batch", "2", "--set", "model.units=200", "--out", "run")
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for { // until it has taken some steps
		if info, err := os.Stat(filepath.Join(dir, "run", "metrics.jsonl")); err == nil && info.Size() > 0 {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended before it could be stopped: %v\n%s", err, problems.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	state := filepath.Join("run", "checkpoint", "state.safetensors")
	if err := os.Mkdir(filepath.Join(dir, state+".tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-ended
	said := problems.String()
	if code := cmd.ProcessState.ExitCode(); code != 1 || strings.Contains(said, "and saved") || !strings.Contains(said, "not saved") || !strings.Contains(said, state) {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestTrainPrintsJSON(t *testing.T) {
	t.Parallel()
	out := must(t, t.TempDir(), with(tinyRBM, "--json", "--out", "run")...)
	var result struct {
		Run, Recipe string
		Data        struct {
			BuiltIn bool `json:"built_in"`
			Images  int
		}
		Test struct{ MSE float64 }
	}
	if err := json.Unmarshal([]byte(out), &result); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("%v in %q", err, out)
	}
	if result.Run != "run" || result.Recipe != "mnist-rbm" || !result.Data.BuiltIn || result.Data.Images != 60 || !(result.Test.MSE > 0) {
		t.Errorf("got %+v", result)
	}
}

func TestWrongUsage(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args string
		want []string
	}{
		{"trian mnist-rbm", []string{"trian", "train"}},
		{"train", []string{"zoo train RECIPE"}},
		{"train mnist-rmb", []string{"did you mean mnist-rbm?"}},
		{"show mnist-rmb", []string{"did you mean mnist-rbm?"}},
		{"train mnist-rbm --eopchs 3", []string{"did you mean --epochs?"}},
		{"train mnist-rbm --epochs three", []string{`zoo train: --epochs "three": want a whole number` + "\n"}},
		{"train mnist-rbm --epochs 99999999999999999999", []string{"--epochs", "out of range"}},
		{"train mnist-rbm --epochs 0", []string{"--epochs 0: want at least 1"}},
		{"sample run -n 0", []string{"--number 0"}},
		{"data verify mnits", []string{"did you mean mnist?", "fashion-mnist"}},
		{"sample run --seed -1", []string{`zoo sample: --seed "-1": want a whole number, not below 0`}},
		{"sample run --spread wide", []string{`--spread "wide": want a number`}},
		{"train mnist-rbm --checkpoint often", []string{`--checkpoint "often": want a duration`}},
		{"list --json=perhaps", []string{`--json "perhaps": want true or false`}},
		{"train mnist-rbm --epochs -1", []string{"--epochs -1"}},
		{"train mnist-rbm --set sed=3", []string{"did you mean seed?", "its fields are name, about"}},
		{"train mnist-rbm --set stages.0.optimizer.rate=fast", []string{"want a number"}},
		{"train mnist-rbm --data mnits", []string{"did you mean mnist?", "folder of images"}},
		{"train mnist-rbm --data-dir nowhere", []string{"nowhere"}},
		{"export run --format onnnx", []string{"onnnx", "want safetensors"}},
		{"data", []string{"list or verify"}},
		{"reconstruct run --corrupt masking:1.5", []string{"--corrupt", "level 1.5, want 0 to 1"}},
		{"reconstruct run --corrupt blur:1", []string{"blur", "want one of masking"}},
		{"interpolate run 3", []string{"usage: zoo interpolate RUN A B"}},
		{"interpolate run 3 4 --steps 1", []string{"--steps 1"}},
		{"plot run --method pca", []string{"--method", "--latent"}},
		{"plot run --latent --limit 0", []string{"--limit 0"}},
		{"plot run --loss -o one.png", []string{"one.png", "folder"}},
	} {
		out, problems, code := zoo(t, dir, strings.Fields(c.args)...)
		if code != 2 || out != "" {
			t.Errorf("zoo %s: exit code %d and %q, want 2 and nothing", c.args, code, out)
		}
		for _, want := range c.want {
			if !strings.Contains(problems, want) {
				t.Errorf("zoo %s: got %q, want %q in it", c.args, problems, want)
			}
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("wrong usage leaves %v, %v", entries, err)
	}
}

// TestBadInput has files that are not what they should be: a message that
// names the file, exit code 1, no run folder.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	must(t, dir, with(tinyRBM, "--out", run)...)
	weights := read(t, filepath.Join(run, "model.safetensors"))
	write(t, filepath.Join(dir, "short.safetensors"), weights[:len(weights)-100])
	write(t, filepath.Join(dir, "text.safetensors"), "these are no weights, just words")
	write(t, filepath.Join(dir, "empty.safetensors"), "")
	var foreign, other bytes.Buffer
	tensor := graph.NewTensor("conv.weight", 2, 2)
	if err := safetensors.Encode(&foreign, []*graph.Tensor{tensor}, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "foreign.safetensors"), foreign.String())
	// The recipe of one model with the arrays of another.
	_, metadata, err := safetensors.Decode(strings.NewReader(weights))
	if err != nil {
		t.Fatal(err)
	}
	if err := safetensors.Encode(&other, []*graph.Tensor{tensor}, metadata); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "other.safetensors"), other.String())

	celeba := func(name string, change func(images map[string]string, partition *string)) string {
		images, partition := map[string]string{}, ""
		for i := range 6 {
			file := fmt.Sprintf("%06d.jpg", i+1)
			images[file] = portrait(t, i)
			partition += fmt.Sprintf("%s %d\n", file, i%3)
		}
		change(images, &partition)
		set := filepath.Join(dir, name, "celeba")
		if err := os.MkdirAll(set, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(set, "list_eval_partition.txt"), partition)
		writeZip(t, filepath.Join(set, "img_align_celeba.zip"), images)
		return filepath.Join(dir, name)
	}
	whole := celeba("whole", func(map[string]string, *string) {})
	text := celeba("text", func(map[string]string, *string) {})
	write(t, filepath.Join(text, "celeba", "img_align_celeba.zip"), "not a zip, but a text")
	truncated := celeba("truncated", func(images map[string]string, _ *string) {
		images["000001.jpg"] = images["000001.jpg"][:len(images["000001.jpg"])/2]
	})
	unnamed := celeba("unnamed", func(_ map[string]string, partition *string) { *partition = "000001.jpg 0\n000003.jpg 2\n" })
	missing := celeba("missing", func(_ map[string]string, partition *string) { *partition += "000007.jpg 0\n000008.jpg 0\n" })

	pictures := func(name string, add func(dir string)) string {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			writePNG(t, filepath.Join(folder, fmt.Sprintf("%d.png", i)), 20, 20)
		}
		add(folder)
		return folder
	}
	mixed := pictures("mixed", func(folder string) { writePNG(t, filepath.Join(folder, "other.png"), 30, 20) })
	zero := pictures("zero", func(folder string) { write(t, filepath.Join(folder, "empty.png"), "") })
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}

	faces := func(more ...string) []string { return with(tinyFaces, append([]string{"--out", "bad"}, more...)...) }
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"text as zip":           {faces("--data-dir", text), []string{"img_align_celeba.zip"}},
		"truncated jpeg":        {faces("--data-dir", truncated), []string{"000001.jpg", "JPEG"}},
		"image of no part":      {faces("--data-dir", unnamed), []string{"list_eval_partition.txt", "4 of its 6 images"}},
		"mixed sizes as found":  {faces("--data", mixed, "--set", "data.size=0"), []string{"20x20", "30x20"}},
		"empty image":           {faces("--data", zero), []string{"empty.png", "0 bytes"}},
		"empty folder":          {faces("--data", empty), []string{empty}},
		"set that is missing":   {faces("--data", "celeba", "--data-dir", empty), []string{"celeba", "--data-dir"}},
		"set of other shape":    {faces("--data", "digits"), []string{"28×28×1", "16 16 3"}},
		"truncated weights":     {[]string{"sample", "short.safetensors"}, []string{"short.safetensors", "bytes"}},
		"text as weights":       {[]string{"sample", "text.safetensors"}, []string{"text.safetensors", "safetensors file?"}},
		"empty weights":         {[]string{"export", "empty.safetensors"}, []string{"empty.safetensors", "0"}},
		"foreign weights":       {[]string{"encode", "foreign.safetensors", "x.png"}, []string{"foreign.safetensors", "not weights of this zoo"}},
		"weights of another":    {[]string{"plot", "other.safetensors"}, []string{"other.safetensors", "layer1.weight"}},
		"no weights":            {[]string{"sample", "nowhere"}, []string{"nowhere"}},
		"no run":                {[]string{"sample", empty}, []string{empty, "no run folder"}},
		"image that is text":    {[]string{"reconstruct", run, "text.safetensors"}, []string{"text.safetensors", "PNG, JPEG"}},
		"out is a file":         {faces("--out", "short.safetensors"), []string{"short.safetensors"}},
		"out under a file":      {faces("--out", "short.safetensors/run"), []string{"short.safetensors/run"}},
		"out is taken":          {with(tinyRBM, "--out", run), []string{run, "--resume", "--out"}},
		"resume of nothing":     {with(tinyRBM, "--out", empty, "--resume"), []string{empty, "recipe.json"}},
		"output that cannot be": {[]string{"export", run, "-o", "short.safetensors/x"}, []string{"short.safetensors/x"}},
		"data verify":           {[]string{"data", "verify", "celeba", "--data-dir", truncated}, []string{"not as published"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems, code := zoo(t, dir, c.args...)
			if code != 1 {
				t.Errorf("exit code %d, want 1: %s", code, problems)
			}
			for _, want := range c.want {
				if !strings.Contains(problems, want) {
					t.Errorf("got %q, want %q in it", problems, want)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "bad")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a run folder was left: %v", err)
			}
		})
	}

	for name, args := range map[string][]string{
		"whole":   faces("--data-dir", whole, "--out", "good-whole"),
		"missing": faces("--data-dir", missing, "--out", "good-missing"),
		"mixed":   faces("--data", mixed, "--out", "good-mixed"),
	} {
		_, problems, code := zoo(t, dir, args...)
		if code != 0 || strings.Contains(problems, "built-in") {
			t.Errorf("%s: exit code %d: %s", name, code, problems)
		}
		if name == "missing" && !strings.Contains(problems, "2 ") {
			t.Errorf("it does not say that 2 images are missing: %s", problems)
		}
	}
	if os.Getuid() != 0 { // who may write everywhere
		locked := filepath.Join(dir, "locked")
		if err := os.Mkdir(locked, 0o555); err != nil {
			t.Fatal(err)
		}
		if _, problems, code := zoo(t, dir, faces("--out", filepath.Join(locked, "run"))...); code != 1 || !strings.Contains(problems, locked) {
			t.Errorf("exit code %d: %s", code, problems)
		}
	}
}

func TestCheckpointOfAnotherRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, dir, with(tinyRBM, "--out", "a")...)
	must(t, dir, with(tinyRBM, "--out", "b", "--seed", "2")...)
	state := filepath.Join("checkpoint", "state.safetensors")
	write(t, filepath.Join(dir, "a", state), read(t, filepath.Join(dir, "b", state)))
	_, problems, code := zoo(t, dir, "train", "mnist-rbm", "--out", "a", "--resume")
	if code != 1 || !strings.Contains(problems, "checkpoint of another training") || !strings.Contains(problems, "seed") {
		t.Errorf("exit code %d: %s", code, problems)
	}
	write(t, filepath.Join(dir, "a", state), read(t, filepath.Join(dir, "b", state))[:5000])
	if _, problems, code := zoo(t, dir, "train", "mnist-rbm", "--out", "a", "--resume"); code != 1 || !strings.Contains(problems, state) {
		t.Errorf("half a checkpoint: exit code %d: %s", code, problems)
	}
}

// long is a training that lasts long enough to be stopped in its only epoch.
var long = []string{"train", "mnist-rbm", "--limit", "4000", "--epochs", "1", "--batch", "2", "--set", "model.units=200", "--checkpoint", "100ms"}

// stopped starts the long training, sends it a signal in the middle of its
// epoch, and returns what it says and its exit code.
func stopped(t *testing.T, dir string, signal os.Signal) (string, int) {
	t.Helper()
	var problems bytes.Buffer
	cmd := command(dir, with(long, "--out", "stopped")...)
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	state := filepath.Join(dir, "stopped", "checkpoint", "state.safetensors")
	middle := regexp.MustCompile(`step\\":[1-9]`)
	for {
		if file, err := os.ReadFile(state); err == nil && middle.Match(file[:min(len(file), 1<<16)]) {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended before it could be stopped: %v\n%s", err, problems.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	if signal == syscall.SIGKILL {
		if out, err := command(dir, with(long, "--out", "stopped", "--resume")...).CombinedOutput(); err == nil || !strings.Contains(string(out), fmt.Sprintf("in use by process %d ", cmd.Process.Pid)) {
			t.Errorf("a second training in the folder: %v\n%s", err, out)
		}
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Fatalf("%v leaves exit code 0", signal)
	}
	if _, err := os.Stat(filepath.Join(dir, "stopped", "model.safetensors")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("it was over before it was stopped: %v", err)
	}
	return problems.String(), cmd.ProcessState.ExitCode()
}

func TestStoppedAndResumedGivesTheSameBits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, dir, with(long, "--out", "whole")...)
	want := read(t, filepath.Join(dir, "whole", "model.safetensors"))
	wantLog := read(t, filepath.Join(dir, "whole", "metrics.jsonl"))
	for name, signal := range map[string]os.Signal{"ctrl-C": os.Interrupt, "kill": syscall.SIGKILL} {
		said, code := stopped(t, dir, signal)
		if signal == os.Interrupt {
			if code != 130 || !strings.Contains(said, "zoo train mnist-rbm --out stopped --resume") {
				t.Errorf("%s: exit code %d: %s", name, code, said)
			}
		}
		if _, problems, code := zoo(t, dir, "sample", "stopped"); code != 1 || !strings.Contains(problems, "not finished") {
			t.Errorf("%s: sample: exit code %d: %s", name, code, problems)
		}
		must(t, dir, "plot", "stopped")
		must(t, dir, with(long, "--out", "stopped", "--resume", "--threads", "1")...)
		if got := read(t, filepath.Join(dir, "stopped", "model.safetensors")); got != want {
			t.Errorf("%s: the weights differ from those of a run in one piece", name)
		}
		if got := read(t, filepath.Join(dir, "stopped", "metrics.jsonl")); got != wantLog {
			t.Errorf("%s: the logs differ", name)
		}
		if err := os.RemoveAll(filepath.Join(dir, "stopped")); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func writePNG(t *testing.T, path string, width, height int) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{uint8(9 * x), uint8(7 * y), uint8(x * y), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
}

// portrait is a JPEG of the size of CelebA's.
func portrait(t *testing.T, i int) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 178, 218))
	for y := range 218 {
		for x := range 178 {
			m.Set(x, y, color.RGBA{uint8(x + 40*i), uint8(y), uint8(x * y / 100), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func writeZip(t *testing.T, path string, files map[string]string) {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create("img_align_celeba/" + name)
		if err == nil {
			_, err = f.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
}
