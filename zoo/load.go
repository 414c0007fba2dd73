package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"boltzoo/graph"
	"boltzoo/graph/safetensors"
	"boltzoo/models"
	"boltzoo/models/tagged"
)

// Trained is a model with its weights, and the run that they are from.
type Trained struct {
	Run   Run
	Model models.Model
}

// runKey is where a weights file has its Run.
const runKey = "boltzoo.run"

// Open reads a trained model: path is the folder of a run, or a weights file.
// Names and shapes of all arrays are checked, and that their numbers are
// finite.
func Open(path string) (*Trained, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("zoo: want a run folder or a weights file: %w", err)
	}
	file := weightsPath(path)
	if file != path {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Stat(filepath.Join(path, recipeFile)); err == nil {
				return nil, fmt.Errorf("zoo: %s: this run is not finished and has no weights yet: go on with it by --resume", path)
			}
			if _, err := os.Stat(filepath.Join(path, lockFile)); err == nil {
				return nil, fmt.Errorf("zoo: %s: this run has no weights yet: it begins just now, or ended before it could begin", path)
			}
			return nil, fmt.Errorf("zoo: %s: this is no run folder: it has no %s", path, modelFile)
		}
	}
	tensors, metadata, err := readWeights(file)
	if err != nil {
		return nil, err
	}
	text, ok := metadata[runKey]
	if !ok {
		return nil, fmt.Errorf("zoo: %s: these are not weights of this zoo: the metadata has no %q", file, runKey)
	}
	t := &Trained{}
	if err := tagged.Strict([]byte(text), &t.Run); err != nil {
		return nil, fmt.Errorf("zoo: %s: %s: %w", file, runKey, err)
	}
	// The random weights that the model begins with are replaced.
	if t.Model, err = t.Run.Recipe.Model.New(graph.NewRandom(0)); err != nil {
		return nil, fmt.Errorf("zoo: %s: %w", file, err)
	}
	if err := fill(t.Model, tensors); err != nil {
		return nil, fmt.Errorf("zoo: %s: %w", file, err)
	}
	return t, nil
}

// Finished tells whether there are weights at path, the folder of a run or a
// weights file.
func Finished(path string) bool {
	_, err := os.Stat(weightsPath(path))
	return err == nil
}

// weightsPath is the weights file that path means: its own, or that of the run
// folder that it is.
func weightsPath(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, modelFile)
	}
	return path
}

// Encode writes the model as a weights file, from which Open has it back; half
// halves its size, and with it the digits.
func (t *Trained) Encode(w io.Writer, half bool) error {
	text, err := json.Marshal(t.Run)
	if err != nil {
		return err
	}
	encode := safetensors.Encode
	if half {
		encode = safetensors.EncodeHalf
	}
	return encode(w, t.Model.Tensors(), map[string]string{runKey: string(text)})
}

// Save writes the weights file, whole or not at all.
func (t *Trained) Save(path string, half bool) error {
	return writeFile(path, func(w io.Writer) error { return t.Encode(w, half) })
}

func readWeights(file string) ([]*graph.Tensor, map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("zoo: read weights: %w", err)
	}
	defer f.Close()
	tensors, metadata, err := safetensors.Decode(f)
	if err != nil {
		return nil, nil, fmt.Errorf("zoo: %s: %w", file, err)
	}
	return tensors, metadata, nil
}

// fill copies tensors into the model's of the same names, all of them.
func fill(model models.Model, tensors []*graph.Tensor) error {
	given := map[string]*graph.Tensor{}
	for _, t := range tensors {
		given[t.Name] = t
	}
	for _, want := range model.Tensors() {
		got, ok := given[want.Name]
		switch {
		case !ok:
			return fmt.Errorf("there is no array %s of shape %v, which the model has", want.Name, want.Shape)
		case !slices.Equal(got.Shape, want.Shape):
			return fmt.Errorf("%s: want shape %v, got %v", want.Name, want.Shape, got.Shape)
		}
		for i, v := range got.Data {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("%s: number %d of %d is %v", want.Name, i, len(got.Data), v)
			}
		}
		delete(given, want.Name)
	}
	if len(given) > 0 {
		return fmt.Errorf("there is an array %s, which the model has not", slices.Min(slices.Collect(maps.Keys(given))))
	}
	for _, want := range model.Tensors() {
		for _, t := range tensors {
			if t.Name == want.Name {
				copy(want.Data, t.Data)
			}
		}
	}
	return nil
}
