package zoo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"boltzoo/train/data"
)

// Source says which images a recipe is trained on.
type Source struct {
	// Set is "celeba", "mnist" or "fashion-mnist", files under the data root;
	// "faces" or "digits", which are built in; or "folder".
	Set string `json:"set"`
	// Dir is the folder of images of the set "folder".
	Dir string `json:"dir,omitempty"`
	// Size is the side to which photographs are resampled, in pixels; 0
	// leaves them as they are. Digits and clothing have 28.
	Size int `json:"size,omitempty"`
	// Images is how many are trained on, from the first; 0 means all. The
	// built-in sets have as many as they are asked for, and 10,000 unasked.
	Images int `json:"images,omitempty"`
}

// BuiltIn says how a recipe is trained where its data is not to be found: on
// generated pictures, and for a shorter time.
type BuiltIn struct {
	Set    string `json:"set"`              // faces or digits
	Images int    `json:"images"`           // how many are made to train on
	Epochs []int  `json:"epochs,omitempty"` // of each stage; empty: as with the real data
}

// builtInSeeds are those of the generators. They are no part of a recipe, so
// that runs of several seeds see the same pictures.
var builtInSeeds = map[data.Split]uint64{data.Train: 1, data.Validation: 2, data.Test: 3}

// The sizes of the built-in sets where nobody asks for more or less.
const (
	builtInTrain = 10000
	builtInTest  = 1000
)

// Sets are the names that a Source can have, the built-in ones last.
func Sets() []string {
	var names []string
	for _, s := range data.Sets() {
		names = append(names, s.Name)
	}
	return append(names, "folder", "faces", "digits")
}

// SourceOf is the source that a word on the command line means, the name of
// a set or the path of a folder, with the size of s.
func (s Source) SourceOf(word string) (Source, error) {
	s.Set, s.Dir = word, ""
	if slices.Contains(Sets(), word) && word != "folder" {
		return s, nil
	}
	info, err := os.Stat(word)
	switch {
	case err == nil && info.IsDir():
		s.Set = "folder"
		s.Dir, err = filepath.Abs(word)
		return s, err
	case err == nil:
		return s, fmt.Errorf("zoo: data %s: want the name of a set or a folder of images, got a file of %d bytes", word, info.Size())
	}
	names := slices.DeleteFunc(Sets(), func(name string) bool { return name == "folder" })
	return s, fmt.Errorf("zoo: no data %q%s: want one of %s, or the path of a folder of images",
		word, didYouMean(word, names), strings.Join(names, ", "))
}

// Open reads a part of the source; root is the folder of data sets, or empty.
// Where none of its files is there, the error has data.ErrNotFound in its
// chain.
func (s Source) Open(root string, split data.Split) (*data.Images, error) {
	images, err := s.open(root, split)
	if err != nil {
		return nil, err
	}
	if split == data.Train && s.Images > 0 && s.Images < images.Len() {
		return images.Head(s.Images), nil
	}
	return images, nil
}

func (s Source) open(root string, split data.Split) (*data.Images, error) {
	switch s.Set {
	case "faces":
		if s.Size < 1 {
			return nil, fmt.Errorf("zoo: data faces: want a size in pixels, got %d", s.Size)
		}
		return data.Faces(builtInSeeds[split], s.count(split), s.Size), nil
	case "digits":
		return data.Digits(builtInSeeds[split], s.count(split)), nil
	case "folder":
		return data.Folder(s.Dir, s.Size, split, "")
	}
	if !slices.Contains(Sets(), s.Set) {
		return nil, fmt.Errorf("zoo: no data %q%s: want one of %s", s.Set, didYouMean(s.Set, Sets()), strings.Join(Sets(), ", "))
	}
	dir, err := data.Locate(root, s.Set)
	if err != nil {
		return nil, err
	}
	if s.Set == "celeba" {
		return data.CelebA(dir, s.Size, split, "")
	}
	return data.IDX(dir, split)
}

// count is how many pictures of a built-in set are made.
func (s Source) count(split data.Split) int {
	switch {
	case split != data.Train:
		return builtInTest
	case s.Images > 0:
		return s.Images
	}
	return builtInTrain
}

// Generated tells whether the set is built in.
func (s Source) Generated() bool { return s.Set == "faces" || s.Set == "digits" }
