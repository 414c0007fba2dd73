package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"boltzoo/train"
)

// Folder is the place of a run. Its files:
//
//	recipe.json           what decided the result: a Run
//	metrics.jsonl         a line every few steps and every epoch: Records
//	checkpoint/           where to go on
//	model.safetensors     the weights, when it is finished
//	*.png                 pictures: samples, reconstructions, filters, curves
//	card.md               what there is to know, for reading
type Folder struct {
	Path string
	lock *os.File
	made []string // the folders that were not there before, the innermost first
}

// The files of a run.
const (
	recipeFile     = "recipe.json"
	metricsFile    = "metrics.jsonl"
	checkpointFile = "checkpoint/state.safetensors"
	modelFile      = "model.safetensors"
	cardFile       = "card.md"
	lockFile       = "lock"

	samplesFile         = "samples.png"
	reconstructionsFile = "reconstructions.png"
	fieldFile           = "field.png"
	lossFile            = "loss.png"
	layersFile          = "layers.png"
	classesFile         = "classes.png"
	filtersFiles        = "filters-*.png" // a number each
)

// files are all that a run writes.
var files = []File{
	{cardFile, "what this run is, its numbers, and commands to go on with"},
	{samplesFile, "pictures that the model dreamt"},
	{reconstructionsFile, "test pictures above their reconstructions through the whole model"},
	{fieldFile, "where the model moves points of the plane"},
	{filtersFiles, "what the units of each layer look for"},
	{lossFile, "the loss of each layer, or of the model, step by step"},
	{layersFile, "each layer's reconstruction error, in its own units"},
	{classesFile, "how well classes are told, step by step"},
	{modelFile, "the weights, with the recipe"},
	{recipeFile, "everything that decided the result"},
	{metricsFile, "loss and layer statistics as JSON lines"},
	{checkpointFile, "where --resume goes on"},
}

// ErrInUse is in the chain of the error about a folder in which another
// process trains.
var ErrInUse = errors.New("in use")

// ErrExists is in the chain of the error about a folder that has a run
// already.
var ErrExists = errors.New("there is a run already")

// Create makes the folder of a new run and locks it. A folder that has a run
// is left as it is.
func Create(path string) (*Folder, error) {
	f, err := lockFolder(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(f.file(recipeFile)); err == nil {
		return nil, errors.Join(fmt.Errorf("zoo: %s: %w: --resume goes on with it, --out FOLDER starts another beside it", path, ErrExists), f.Close())
	}
	// What is not a run is not overwritten either.
	if others := f.Files(); len(others) > 0 {
		return nil, errors.Join(fmt.Errorf("zoo: %s: %s is there, but no %s that it belongs to: choose another folder with --out", path, others[0].Name, recipeFile), f.Close())
	}
	return f, nil
}

// Reopen locks the folder of a run that was begun, and reads what it is.
func Reopen(path string) (*Folder, Run, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, Run{}, fmt.Errorf("zoo: %s: there is no run to resume: %w", path, err)
	}
	f, err := lockFolder(path)
	if err != nil {
		return nil, Run{}, err
	}
	run, err := readRun(f.file(recipeFile))
	if err != nil {
		return nil, Run{}, errors.Join(err, f.Close())
	}
	return f, run, nil
}

// lockFolder makes the folder if there is none, and locks it.
func lockFolder(path string) (*Folder, error) {
	f := &Folder{Path: path}
	if err := f.makeFolder(path); err != nil {
		return nil, err
	}
	lock, err := openLock(filepath.Join(path, lockFile))
	if err != nil {
		f.removeEmpty()
		return nil, fmt.Errorf("zoo: %s: %w", path, err)
	}
	f.lock = lock
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	owner := fmt.Sprintf("process %d on %s\n", os.Getpid(), host)
	err = lock.Truncate(0)
	if err == nil {
		_, err = lock.WriteAt([]byte(owner), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("zoo: lock %s: %w", path, err), f.Close())
	}
	return f, nil
}

// makeFolder makes a folder, and those that it lies in, where they are not
// there, and remembers which these were.
func (f *Folder) makeFolder(path string) error {
	var made []string
	for p := filepath.Clean(path); ; p = filepath.Dir(p) {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, p)
	}
	f.made = append(made, f.made...)
	if err := os.MkdirAll(path, 0o755); err != nil {
		f.removeEmpty()
		return fmt.Errorf("zoo: make folder %s: %w", path, err)
	}
	return nil
}

// removeEmpty removes the folders that were made and have nothing in them.
func (f *Folder) removeEmpty() {
	for _, path := range f.made {
		_ = os.Remove(path) // fails, and shall, where there is something in it
	}
}

// openLock opens the lock file and takes its lock.
func openLock(name string) (*os.File, error) {
	for {
		lock, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		taken, err := tryLock(lock)
		if err == nil && !taken {
			owner, _ := io.ReadAll(io.LimitReader(lock, 200)) // only to say who it is
			err = fmt.Errorf("%w by %s", ErrInUse, strings.TrimSpace(string(owner)))
		}
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		// Between the two calls its owner may have removed the file: a lock on
		// what has no name keeps nobody out.
		ours, err := lock.Stat()
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		if there, err := os.Stat(name); err == nil && os.SameFile(ours, there) {
			return lock, nil
		}
		if err := lock.Close(); err != nil {
			return nil, err
		}
	}
}

// clear removes the files that a training which did not begin has made. Create
// has seen to it that they are nobody else's.
func (f *Folder) clear() {
	// Best effort: what stays is in nobody's way but that of another run here.
	_ = os.Remove(f.file(checkpointFile))
	_ = os.Remove(f.file(metricsFile))
}

// Close unlocks the folder, and removes it if it was made for this and nothing
// is in it.
func (f *Folder) Close() error {
	// The file goes while the lock is held: see openLock.
	err := errors.Join(os.Remove(f.lock.Name()), f.lock.Close())
	f.removeEmpty()
	return err
}

func (f *Folder) file(name string) string { return filepath.Join(f.Path, filepath.FromSlash(name)) }

// File is one of a run's files.
type File struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Files are what there is in the folder, for people.
func (f *Folder) Files() []File {
	var found []File
	for _, file := range files {
		matches, err := fs.Glob(os.DirFS(f.Path), file.Name)
		if err == nil && len(matches) > 0 {
			found = append(found, file)
		}
	}
	return found
}

// writeJSON writes v, indented.
func writeJSON(path string, v any) error {
	return writeFile(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(w io.Writer) error) error {
	if err := train.WriteFile(path, write); err != nil {
		return fmt.Errorf("zoo: write %s: %w", path, err)
	}
	return nil
}
