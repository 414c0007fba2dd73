package train

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"boltzoo/graph"
	"boltzoo/graph/safetensors"
	"boltzoo/models/tagged"
)

// ErrOtherRecipe is wrapped by the error about a checkpoint that was made by
// another training than the one that loads it. The error names the difference.
var ErrOtherRecipe = errors.New("checkpoint of another training")

// checkpointFormat is what a file says that it is.
const checkpointFormat = "boltzoo checkpoint 2"

// The keys of a checkpoint's metadata.
const (
	formatKey = "format"
	recipeKey = "recipe" // recipe
	stateKey  = "state"  // state
	sumKey    = "sha256" // of the file as it is without this key
)

// state is where a training stands, beside its tensors.
type state struct {
	Position
	Images  int               `json:"images"`
	Started []string          `json:"started"` // layers
	Moments map[string]moment `json:"moments"` // by parameter
	Random  map[string]uint64 `json:"random"`  // how far each stream is drawn
	Chains  map[string][]int  `json:"chains"`  // shapes of what a persistent objective keeps, by name
	Best    *Validation       `json:"best"`    // of the stage; null where none was
}

// moment is what a checkpoint says of a parameter's Moments, whose tensors are
// PARAMETER.SLOT.
type moment struct {
	Steps int      `json:"steps"`
	Slots []string `json:"slots"`
}

// Save writes everything that Run needs to go on to the same bits: a
// safetensors file with the model's tensors, the optimiser's moments
// (as NAME.adam.m), the model's tensors after the best epoch of a stage with a
// validation (NAME.best), and in its metadata the position, the random
// streams and what decides the result. The file is written beside path, synced
// and renamed, so that path is always a whole checkpoint, the old or the new.
// A training whose numbers are no longer finite is not saved, which would take
// the place of one that can go on: the error is that of Run, ErrDiverged.
func (t *Trainer) Save(path string) error {
	now := state{
		Position: t.at, Images: t.seen,
		Started: slices.Sorted(maps.Keys(t.started)),
		Moments: map[string]moment{},
		Random:  t.random.State(),
		Chains:  map[string][]int{},
	}
	tensors := t.model.Tensors()
	for _, p := range t.model.Tensors() {
		if m := t.moments[p]; m != nil {
			now.Moments[p.Name] = moment{m.Steps, m.slots(p)}
			tensors = append(tensors, m.Tensors...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.chains)) {
		now.Chains[name] = t.chains[name].Shape
		tensors = append(tensors, t.chains[name])
	}
	if t.best != nil {
		now.Best = &t.best.validation
		tensors = append(tensors, t.best.tensors...)
	}
	if err := finiteTensors(tensors); err != nil {
		return fmt.Errorf("train: checkpoint %s is left as it was: %w", path, t.diverged(err))
	}
	written, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("train: checkpoint %s: %w", path, err)
	}
	metadata := map[string]string{formatKey: checkpointFormat, recipeKey: string(t.recipe), stateKey: string(written)}
	if metadata[sumKey], err = sumOf(tensors, metadata); err != nil {
		return fmt.Errorf("train: checkpoint %s: %w", path, err)
	}
	err = WriteFile(path, func(w io.Writer) error { return safetensors.Encode(w, tensors, metadata) })
	if err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	return nil
}

// sumOf is the SHA-256 of the safetensors file of tensors and metadata.
func sumOf(tensors []*graph.Tensor, metadata map[string]string) (string, error) {
	h := sha256.New()
	if err := safetensors.Encode(h, tensors, metadata); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Load puts the training where it was when Save wrote path. The file must be
// whole and of the same training: model, stages, images, seed. Only stages
// that are not over may have another number of epochs, and the last may be
// made longer when it is. On an error nothing is changed.
func (t *Trainer) Load(path string) error {
	err := t.load(path)
	if err != nil {
		return fmt.Errorf("train: checkpoint %s: %w", path, err)
	}
	return nil
}

func (t *Trainer) load(path string) error {
	tensors, metadata, err := readCheckpoint(path)
	if err != nil {
		return err
	}
	var saved state
	if err := tagged.Strict([]byte(metadata[stateKey]), &saved); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if saved.Position, err = t.reconcile([]byte(metadata[recipeKey]), saved.Position); err != nil {
		return err
	}
	found, err := t.match(tensors, saved)
	if err != nil {
		return err
	}

	for to, from := range found.fill {
		copy(to.Data, from.Data)
	}
	t.at, t.seen = saved.Position, saved.Images
	t.moments, t.chains, t.best = found.moments, found.chains, found.best
	t.data = features{t.images, 0} // others are those of other parameters
	clear(t.started)
	for _, layer := range saved.Started {
		t.started[layer] = true
	}
	t.random.Restore(saved.Random)
	return nil
}

// readCheckpoint reads a file and checks that it is a whole checkpoint.
func readCheckpoint(path string) (tensors map[string]*graph.Tensor, metadata map[string]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	list, metadata, err := safetensors.Decode(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, nil, err
	}
	if got := metadata[formatKey]; got != checkpointFormat {
		return nil, nil, fmt.Errorf("format %q, want %q: this file is no checkpoint", got, checkpointFormat)
	}
	want := metadata[sumKey]
	delete(metadata, sumKey)
	got, err := sumOf(list, metadata)
	if err != nil {
		return nil, nil, err
	}
	if got != want {
		return nil, nil, fmt.Errorf("checksum %s, want %s: the file is damaged", got, want)
	}
	tensors = make(map[string]*graph.Tensor, len(list))
	for _, x := range list {
		tensors[x.Name] = x
	}
	return tensors, metadata, nil
}

// loaded is what a checkpoint holds for a training.
type loaded struct {
	fill    map[*graph.Tensor]*graph.Tensor // from the file, by the model's tensor
	moments map[*graph.Tensor]*Moments
	chains  map[string]*graph.Tensor
	best    *best
}

// match finds the file's tensors for each of the model's, for the moments and
// chains that the state names, and for the best epoch.
func (t *Trainer) match(tensors map[string]*graph.Tensor, saved state) (found loaded, err error) {
	used := 0
	find := func(name string, shape []int) *graph.Tensor {
		x := tensors[name]
		used++
		switch {
		case err != nil:
		case x == nil:
			err = fmt.Errorf("tensor %s is missing", name)
		case !slices.Equal(x.Shape, shape):
			err = fmt.Errorf("tensor %s has shape %v, want %v", name, x.Shape, shape)
		}
		return x
	}
	found = loaded{map[*graph.Tensor]*graph.Tensor{}, map[*graph.Tensor]*Moments{}, map[string]*graph.Tensor{}, nil}
	if saved.Best != nil {
		found.best = &best{validation: *saved.Best}
	}
	for _, p := range t.model.Tensors() {
		found.fill[p] = find(p.Name, p.Shape)
		if said, ok := saved.Moments[p.Name]; ok {
			m := newMoments(p, said.Slots)
			m.Steps = said.Steps
			for i, x := range m.Tensors {
				m.Tensors[i] = find(x.Name, p.Shape)
			}
			found.moments[p] = m
		}
		if found.best != nil {
			found.best.tensors = append(found.best.tensors, find(copyOf(p).Name, p.Shape))
		}
	}
	for name, shape := range saved.Chains {
		found.chains[name] = find(name, shape)
	}
	if err == nil && used != len(tensors) {
		err = fmt.Errorf("%d tensors, want %d", len(tensors), used)
	}
	return found, err
}
