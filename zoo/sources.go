package zoo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"boltzoo/train/data"
)

// Source says which images a recipe is trained on.
type Source struct {
	// Set is one of data.Sets, files under the data root; "faces", "digits" or
	// "spiral", which are built in; or "folder".
	Set string `json:"set"`
	// Dir is the folder of images of the set "folder".
	Dir string `json:"dir,omitempty"`
	// Size is the side to which photographs are resampled, in pixels; 0
	// leaves them as they are. Digits and clothing have 28.
	Size int `json:"size,omitempty"`
	// Images is how many are trained on, from the first; 0 means all. The
	// built-in sets have as many as they are asked for, and 10,000 unasked.
	Images int `json:"images,omitempty"`
	// Whole adds the validation part to what is trained on, as experiments on all
	// 60,000 digits of MNIST do.
	Whole bool `json:"whole,omitempty"`
	// Classes are the numbers of those that are kept, to train and to test; nil
	// means all.
	Classes []int `json:"classes,omitempty"`
	// PerClass is how many of each class are trained on, the first, or such as
	// Seed draws where that is not 0; 0 means all.
	PerClass int `json:"per_class,omitempty"`
	// Invert makes a value v 1−v, before Binary: white on black becomes black on
	// white, of which a centred machine learns as much.
	Invert bool `json:"invert,omitempty"`
	// Frames makes of the recordings of bird-song spectrograms of so many frames;
	// 0 leaves each frame by itself, as cepstral coefficients.
	Frames int `json:"frames,omitempty"`
	// Binary says how values become 0 or 1.
	Binary Binary `json:"binary,omitempty"`
	// Seed is that of what is drawn of the set.
	Seed uint64 `json:"seed,omitempty"`
}

// Binary is a way to make values 0 or 1.
type Binary string

// The ways there are. Drawn is what the literature's binary MNIST is, drawn
// once for all epochs.
const (
	Grey      Binary = ""          // they stay as they are
	Threshold Binary = "threshold" // 1 from one half on
	Drawn     Binary = "drawn"     // 1 with the value as the probability
)

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
	return append(names, "folder", "faces", "digits", "spiral")
}

// SourceOf is the source that a word on the command line means, the name of
// a set or the path of a folder, with the size of s.
func (s Source) SourceOf(word string) (Source, error) {
	s.Set, s.Dir = word, ""
	if word != "bird-song" {
		s.Frames = 0
	}
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
		word, DidYouMean(word, names), strings.Join(names, ", "))
}

// Open reads a part of the source; root is the folder of data sets, or empty.
// Where none of its files is there, the error has data.ErrNotFound in its
// chain.
func (s Source) Open(root string, split data.Split) (*data.Images, error) {
	images, err := s.open(root, split)
	if err != nil {
		return nil, err
	}
	if s.Whole && split == data.Train {
		if images, err = s.whole(root, images); err != nil {
			return nil, err
		}
	}
	chosen, err := s.choose(images, split)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("zoo: %w", err), images.Close())
	}
	return chosen, nil
}

// whole is the training part with the validation part behind it. It frees the
// former.
func (s Source) whole(root string, images *data.Images) (*data.Images, error) {
	more, err := s.open(root, data.Validation)
	if errors.Is(err, data.ErrEmptySplit) {
		return images, nil
	}
	if err != nil {
		return nil, errors.Join(err, images.Close())
	}
	joined, err := images.Join(more)
	if err = errors.Join(err, images.Close(), more.Close()); err != nil {
		return nil, fmt.Errorf("zoo: %w", err)
	}
	return joined, nil
}

// choose takes of the images what the source asks for, and frees them where
// that is a copy.
func (s Source) choose(all *data.Images, split data.Split) (images *data.Images, err error) {
	images = all
	if len(s.Classes) > 0 {
		classes := make([]byte, len(s.Classes))
		for i, c := range s.Classes {
			if c < 0 || c > 255 {
				return nil, fmt.Errorf("data %s: want classes from 0 to 255, got %d", s.Set, c)
			}
			classes[i] = byte(c)
		}
		if images, err = images.OfClasses(classes...); err != nil {
			return nil, err
		}
	}
	if split == data.Train && s.PerClass != 0 {
		if s.Seed != 0 {
			shuffled, err := images.Divide(s.Seed, images.Len())
			if err != nil {
				return nil, err
			}
			images = shuffled[0]
		}
		if images, err = images.PerClass(s.PerClass); err != nil {
			return nil, err
		}
	}
	copied := images != all
	if split == data.Train && s.Images > 0 {
		images = images.Head(s.Images)
	}
	if s.Invert {
		if images, err = images.Invert(); err != nil {
			return nil, err
		}
		copied = true
	}
	switch s.Binary {
	case Grey:
	case Threshold:
		images, copied = images.Threshold(), true
	case Drawn:
		// Values at one place of two splits are not to be drawn alike.
		if images, err = images.Bernoulli(4*s.Seed + uint64(split)); err != nil {
			return nil, err
		}
		copied = true
	default:
		ways := []string{string(Threshold), string(Drawn)}
		return nil, fmt.Errorf("data %s: no way %q to make values binary%s: want one of %s", s.Set, s.Binary, DidYouMean(string(s.Binary), ways), strings.Join(ways, ", "))
	}
	if copied {
		if err := all.Close(); err != nil {
			return nil, err
		}
	}
	return images, nil
}

func (s Source) open(root string, split data.Split) (*data.Images, error) {
	if s.Frames != 0 && s.Set != "bird-song" {
		return nil, fmt.Errorf("zoo: data %s: frames %d, want them of bird-song alone", s.Set, s.Frames)
	}
	switch s.Set {
	case "faces":
		if s.Size < 1 {
			return nil, fmt.Errorf("zoo: data faces: want a size in pixels, got %d", s.Size)
		}
		return data.Faces(builtInSeeds[split], s.count(split), s.Size), nil
	case "digits":
		return data.Digits(builtInSeeds[split], s.count(split)), nil
	case "spiral":
		return data.Spiral(builtInSeeds[split], s.count(split)), nil
	case "folder":
		return data.Folder(s.Dir, s.Size, split, "")
	}
	if !slices.Contains(Sets(), s.Set) {
		return nil, fmt.Errorf("zoo: no data %q%s: want one of %s", s.Set, DidYouMean(s.Set, Sets()), strings.Join(Sets(), ", "))
	}
	dir, err := data.Locate(root, s.Set)
	if err != nil {
		return nil, err
	}
	switch s.Set {
	case "celeba":
		return data.CelebA(dir, s.Size, split, "")
	case "cifar-10":
		return data.CIFAR10(dir, split)
	case "frey-faces":
		return data.Frey(dir, split)
	case "20news-w100":
		return data.News(dir, split)
	case "bird-song":
		if s.Frames != 0 {
			return data.BirdSpectrograms(dir, s.Frames, split)
		}
		return data.BirdSong(dir, split)
	}
	return data.IDX(dir, split)
}

// Files reads image files as pictures like those that the source has: of the
// shape of like, and framed as they are.
func (s Source) Files(paths []string, like Images) (*data.Images, error) {
	if s.Set == "celeba" {
		return data.CelebAFiles(paths, like.Height)
	}
	return data.Files(paths, like.Height, like.Width, like.Channels)
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
func (s Source) Generated() bool { return s.Set == "faces" || s.Set == "digits" || s.Set == "spiral" }
