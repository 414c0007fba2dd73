package zoo

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"boltzoo/models"
	"boltzoo/train"
)

// small are assignments that make a recipe small enough for a test and keep
// its kinds of layers, units and stages.
func small(r Recipe) []string {
	var set []string
	if r.BuiltIn != nil {
		set = append(set, "built_in.images=40", "built_in.epochs=[]")
	} else if r.Data.Frames > 0 {
		set = append(set, "data.images=40", "data.frames=8", "model.shape=[64,8,1]")
	} else if r.Data.Set != "bird-song" {
		set = append(set, "data.images=40")
	}
	if r.Data.Set == "celeba" {
		side := "32" // five convolutions halve it to 1
		set = append(set, "data.size="+side, "model.shape=["+side+","+side+",3]")
	}
	at, body := "model", r.Model
	switch m := body.(type) {
	case models.Classifier:
		at, body = "model.body", m.Body
	case models.Unrolled:
		at, body = "model.body", m.Body
	}
	if a, ok := body.(models.Autoencoder); ok {
		units := []string{"8", "7", "6", "5", "4"}[:len(a.Layers)]
		set = append(set, at+".layers=["+strings.Join(units, ",")+"]")
	} else if v, ok := body.(models.Variational); ok {
		set = append(set, at+".layers=["+"8,7,6"[:2*len(v.Layers)-1]+"]", at+".code=3")
	} else if stack, ok := body.(models.Stack); ok {
		for i, layer := range stack.Layers {
			field := "units=6"
			if _, ok := layer.(models.ConvRBM); ok {
				field = "filters=4"
			}
			if slices.ContainsFunc(r.Stages, func(s train.Stage) bool { return s.Transpose && s.First == i+1 }) {
				field = "units=784" // no fewer than pixels
			}
			set = append(set, at+".layers."+string(rune('0'+i))+"."+field)
		}
	} else if conv, ok := body.(models.ConvAutoencoder); ok {
		set = append(set, at+".filters="+strings.ReplaceAll(fmt.Sprint(slices.Repeat([]int{4}, len(conv.Filters))), " ", ","))
		if conv.Units > 0 {
			set = append(set, at+".units=6")
		}
	} else {
		set = append(set, at+".units=6")
	}
	return set
}

// soundRoot is a folder of data sets with two recordings of noise, of 77 frames
// of coefficients each, 20 of which are to train on, and 49 frames of a spectrogram.
func soundRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "bird-song", "bird-recordings"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a", "b"} {
		const rate, samples = 32000, 372 + 76*124
		wav := []byte("RIFF....WAVEfmt ")
		binary.LittleEndian.PutUint32(wav[4:], 36+2*samples)
		wav = binary.LittleEndian.AppendUint32(wav, 16)
		for _, v := range []uint16{1, 1, rate, 0, 2 * rate, 0, 2, 16} { // PCM, one channel, rates in two halves
			wav = binary.LittleEndian.AppendUint16(wav, v)
		}
		wav = binary.LittleEndian.AppendUint32(append(wav, "data"...), 2*samples)
		for k := range samples {
			wav = binary.LittleEndian.AppendUint16(wav, uint16((k*k/(7+i))*31))
		}
		if err := os.WriteFile(filepath.Join(root, "bird-song", "bird-recordings", name+".wav"), wav, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestEveryRecipeTrains(t *testing.T) {
	for _, r := range All() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			options := Options{Set: small(r), Epochs: 1, Batch: 20} // two steps a stage
			if r.Data.Set == "bird-song" {
				options.Root = soundRoot(t)
			} else if r.BuiltIn == nil {
				options.Root = matRoot(t)
			}
			training, err := Start(r, options, filepath.Join(t.TempDir(), "run"))
			if err != nil {
				t.Fatal(err)
			}
			defer training.Close()
			if r.BuiltIn != nil && !strings.Contains(training.Note, "built-in "+r.BuiltIn.Set) || strings.Contains(training.Note, "\n") {
				t.Errorf("note %q: want one line that says it trains on %s", training.Note, r.BuiltIn.Set)
			}
			steps := 0
			err = training.Train(context.Background(), func(p Progress) {
				steps++
				if p.Done != p.Images || p.Total != 40*len(r.Stages) {
					t.Errorf("step %d: %d of %d images, want of %d", steps, p.Done, p.Total, 40*len(r.Stages))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := 2 * len(r.Stages); steps != want {
				t.Errorf("%d steps, want %d", steps, want)
			}
			result, err := training.Finish(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if result.Data.BuiltIn != (r.BuiltIn != nil || r.Data.Generated()) || result.Data.Images != 40 || result.Data.Sum == "" {
				t.Errorf("data of the run: %+v", result.Data)
			}
			if len(result.Test.Depths) == 0 || !(result.Test.Error > 0 && result.Test.Error < 1) {
				t.Errorf("test: %+v", result.Test)
			}
			if _, ok := training.model.(models.Classifying); ok != (result.Test.Mistaken != nil) {
				t.Errorf("a share of mistaken images: %v", result.Test.Mistaken)
			}
			names := []string{"recipe.json", "metrics.jsonl", "checkpoint/state.safetensors", "model.safetensors", "card.md"}
			pictures := []string{"reconstructions.png"}
			_, conv := r.Model.(models.ConvAutoencoder) // of which there are no filters to draw
			if !conv {
				pictures = append(pictures, "filters-1.png")
			}
			if result.Data.Pictures() {
				names = append(names, pictures...)
			} else {
				for _, name := range pictures {
					if _, err := os.Stat(filepath.Join(result.Run, name)); err == nil {
						t.Errorf("%s was drawn of examples that are no pictures", name)
					}
				}
			}
			if _, ok := r.Stages[0].Objective.(train.Classification); ok {
				names = append(names, "classes.png")
			} else {
				names = append(names, "loss.png")
			}
			if result.Data.Plane() {
				names = append(names, "field.png")
			}
			if r.Sampling != (Sampling{}) {
				names = append(names, "samples.png")
			}
			for _, name := range names {
				if info, err := os.Stat(filepath.Join(result.Run, name)); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
			trained, err := Open(result.Run)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range training.model.Tensors() {
				if got := trained.Model.Tensors()[i]; !reflect.DeepEqual(got, want) {
					t.Errorf("%s differs in the weights file", want.Name)
				}
			}
			if r.BuiltIn != nil && trained.Run.Recipe.Data.Set != r.BuiltIn.Set {
				t.Errorf("the weights say that they were trained on %q", trained.Run.Recipe.Data.Set)
			}
		})
	}
}

func TestRecipesAreInOrder(t *testing.T) {
	if err := Check(All()); err != nil {
		t.Error(err)
	}
	for _, r := range All() {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Recipe
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("%s does not read back: %v", r.Name, err)
		}
		if !reflect.DeepEqual(again, r) {
			t.Errorf("%s reads back as\n%+v, want\n%+v", r.Name, again, r)
		}
		if err := json.Unmarshal([]byte(strings.Replace(string(text), `"seed"`, `"sede"`, 1)), &again); err == nil {
			t.Errorf("%s: an unknown field was read", r.Name)
		}
	}
}

// TestAllIsComplete looks for functions that make a recipe and that All does
// not list.
func TestAllIsComplete(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	makers := 0
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || f.Type.Params.NumFields() != 0 || f.Type.Results.NumFields() != 1 {
				continue
			}
			if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Recipe" {
				makers++
			}
		}
	}
	if makers != len(All()) {
		t.Errorf("%d functions make a recipe, All lists %d", makers, len(All()))
	}
}

func TestCheckFindsFaults(t *testing.T) {
	good := mnistRBM()
	for want, change := range map[string]func(r *Recipe){
		"small letters":    func(r *Recipe) { r.Name = "Mnist RBM" },
		"without a source": func(r *Recipe) { r.Expect = []Expect{{Metric: "test mse", Value: 1}} },
		"want a model":     func(r *Recipe) { r.Model = nil },
		"sampling.from":    func(r *Recipe) { r.Sampling.From = "nowhere" },
		"sampling.noise":   func(r *Recipe) { r.Sampling.Noise = "loud" },
		"epochs for 2":     func(r *Recipe) { r.BuiltIn = &BuiltIn{Set: "digits", Epochs: []int{1, 2}} },
	} {
		bad := good
		change(&bad)
		if err := Check([]Recipe{bad}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if err := Check([]Recipe{good, good}); err == nil || !strings.Contains(err.Error(), "two of this name") {
		t.Errorf("got %v for one name twice", err)
	}
}

func TestLookup(t *testing.T) {
	r, err := Lookup(All(), "mnist-rbm")
	if err != nil || r.Name != "mnist-rbm" {
		t.Errorf("got %q, %v", r.Name, err)
	}
	for name, want := range map[string]string{
		"mnist-rmb":   "did you mean mnist-rbm?",
		"celba-dbn":   "did you mean celeba-dbn?",
		"celeba_dbn":  "did you mean celeba-dbn?",
		"transformer": "want one of celeba-dbn",
	} {
		_, err := Lookup(All(), name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
		if name == "transformer" && strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"rbm", "rbm", 0}, {"rmb", "rbm", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
