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
const checkpointFormat = "boltzoo checkpoint 1"

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
	Adam    map[string]int    `json:"adam"`    // steps, by parameter
	Random  map[string]uint64 `json:"random"`  // how far each stream is drawn
	Chains  map[string][]int  `json:"chains"`  // shape of persistent chains, by layer
}

// Save writes everything that Run needs to go on to the same bits: a
// safetensors file with the model's tensors, the optimiser's moments
// (NAME.adam.m and NAME.adam.v), and in its metadata the position, the random
// streams and what decides the result. The file is written beside path, synced
// and renamed, so that path is always a whole checkpoint, the old or the new.
// A training whose numbers are no longer finite is not saved, which would take
// the place of one that can go on: the error is that of Run, ErrDiverged.
func (t *Trainer) Save(path string) error {
	now := state{
		Position: t.at, Images: t.seen,
		Started: slices.Sorted(maps.Keys(t.started)),
		Adam:    map[string]int{},
		Random:  t.random.State(),
		Chains:  map[string][]int{},
	}
	tensors := t.model.Tensors()
	for _, p := range t.model.Tensors() {
		if m := t.adam[p]; m != nil {
			now.Adam[p.Name] = m.steps
			tensors = append(tensors, m.mean, m.square)
		}
	}
	for _, layer := range slices.Sorted(maps.Keys(t.chains)) {
		now.Chains[layer] = t.chains[layer].Shape
		tensors = append(tensors, t.chains[layer])
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
	fill, adam, chains, err := t.match(tensors, saved.Adam, saved.Chains)
	if err != nil {
		return err
	}

	for to, from := range fill {
		copy(to.Data, from.Data)
	}
	t.at, t.seen, t.adam, t.chains = saved.Position, saved.Images, adam, chains
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

// match finds the file's tensor for each of the model's, makes the moments of
// the parameters that have counts of steps, and finds the chains.
func (t *Trainer) match(tensors map[string]*graph.Tensor, steps map[string]int, shapes map[string][]int) (
	fill map[*graph.Tensor]*graph.Tensor, adam map[*graph.Tensor]*moments, chains map[string]*graph.Tensor, err error) {
	find := func(name string, shape []int) (*graph.Tensor, error) {
		x := tensors[name]
		switch {
		case x == nil:
			return nil, fmt.Errorf("tensor %s is missing", name)
		case !slices.Equal(x.Shape, shape):
			return nil, fmt.Errorf("tensor %s has shape %v, want %v", name, x.Shape, shape)
		}
		return x, nil
	}
	fill, adam = map[*graph.Tensor]*graph.Tensor{}, map[*graph.Tensor]*moments{}
	for _, p := range t.model.Tensors() {
		if fill[p], err = find(p.Name, p.Shape); err != nil {
			return nil, nil, nil, err
		}
		n, ok := steps[p.Name]
		if !ok {
			continue
		}
		m := newMoments(p)
		m.steps = n
		if m.mean, err = find(m.mean.Name, p.Shape); err != nil {
			return nil, nil, nil, err
		}
		if m.square, err = find(m.square.Name, p.Shape); err != nil {
			return nil, nil, nil, err
		}
		adam[p] = m
	}
	chains = map[string]*graph.Tensor{}
	for layer, shape := range shapes {
		if chains[layer], err = find(layer+".chains", shape); err != nil {
			return nil, nil, nil, err
		}
	}
	if want := len(fill) + 2*len(adam) + len(chains); want != len(tensors) {
		return nil, nil, nil, fmt.Errorf("%d tensors, want %d", len(tensors), want)
	}
	return fill, adam, chains, nil
}
