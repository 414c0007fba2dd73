package data

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"boltzoo/train/data/audio"
)

// The shares of the frames of each recording, in a hundred, that are in Train and in Validation; the rest is Test.
// The sparseness study trains on 70,000 of 270,690 frames, 2,000 of each recording, and tests on the rest.
const (
	soundTrain      = 26
	soundValidation = 5
)

// Sounds reads recordings as frames of mel-frequency cepstral coefficients: the WAV files in a folder, or in a zip
// archive at any depth. An image is a frame, 1 x coefficients x 1. Its class is the name of its file without the
// number at its end, so that "Rook 3.wav" is of class "Rook"; [Images.Files] has the file of each frame. The frames of a
// file come in their order in time, those of all files side by side, so that a part of the set has some of each.
//
// Frames are drawn from every recording, by a fixed seed, into Train (26 of a hundred), Validation (5) and Test (69),
// after the study of sparseness in pre-training (arXiv:1312.5813, section 5), so that a test frame has neighbours in
// Train with which it overlaps. Each coefficient is moved and scaled so that its values in Train, over all
// recordings, reach from 0 to 1, and is rounded to a byte; what is beyond in the other splits is 0 or 1.
func Sounds(path string, m audio.MFCC, split Split) (*Images, error) {
	s, err := readSounds(path, m, split)
	if err != nil {
		return nil, fmt.Errorf("data: sounds: %w", err)
	}
	return s, nil
}

// BirdSong reads recordings of twelve species of birds, one of each: bird-recordings.zip or the folder
// bird-recordings in dir, or the WAV files in dir itself, by [Sounds] with the front end [audio.Bird]. An image is a
// frame of 11.6 ms, 1 x 16 x 1.
func BirdSong(dir string, split Split) (*Images, error) {
	path, err := findBirdSong(dir)
	if err != nil {
		return nil, fmt.Errorf("data: bird-song: %w", err)
	}
	s, err := readSounds(path, audio.Bird(), split)
	if err != nil {
		return nil, fmt.Errorf("data: bird-song: %w", err)
	}
	s.Name = "bird-song"
	return s, nil
}

func findBirdSong(dir string) (string, error) {
	path, err := firstOf(dir, false, "bird-recordings.zip")
	if err != nil || path != "" {
		return path, err
	}
	path, err = firstOf(dir, true, "bird-recordings")
	if err != nil || path != "" {
		return path, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.wav"))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("%w: %s: no bird-recordings.zip and no WAV files", ErrNotFound, dir)
	}
	return dir, err
}

// recording is a WAV file, in an archive or not.
type recording struct {
	name  string // of the file, without folders
	where string // for errors
	read  func() ([]byte, error)
}

func readSounds(path string, m audio.MFCC, split Split) (*Images, error) {
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	recordings, closeAll, err := openSounds(path)
	if err != nil {
		return nil, err
	}
	frames, err := framesOf(recordings, m.Frames)
	if err = errors.Join(err, closeAll()); err != nil {
		return nil, err
	}
	s := &Images{Name: soundsName(path), Height: 1, Width: m.Coefficients, Channels: 1}
	if s.Classes, err = soundClasses(path, recordings); err != nil {
		return nil, err
	}
	scale := newScale(m.Coefficients)
	for i, f := range frames {
		for _, t := range soundFrames(i, len(f)/m.Coefficients, Train) {
			scale.include(f[t*m.Coefficients:][:m.Coefficients])
		}
	}
	var order []soundFrame
	for i, f := range frames {
		chosen := soundFrames(i, len(f)/m.Coefficients, split)
		for k, t := range chosen {
			order = append(order, soundFrame{i, t, float64(k) / float64(len(chosen))})
		}
	}
	slices.SortStableFunc(order, func(a, b soundFrame) int { return cmp.Compare(a.at, b.at) })
	for _, f := range order {
		name := recordings[f.recording].name
		class, _ := slices.BinarySearch(s.Classes, soundClass(name))
		s.Pix = scale.appendBytes(s.Pix, frames[f.recording][f.frame*m.Coefficients:][:m.Coefficients])
		s.Labels = append(s.Labels, byte(class))
		s.Files = append(s.Files, name)
	}
	if s.Len() == 0 {
		return nil, fmt.Errorf("%s: none of the frames is in the split %v", path, split)
	}
	s.Sum = sum(s.Pix)
	return s, nil
}

// soundsName is the name of the set in a folder or an archive.
func soundsName(path string) string {
	return strings.TrimSuffix(filepath.Base(filepath.Clean(path)), ".zip")
}

// soundClasses returns the classes that recordings have, in order.
func soundClasses(path string, recordings []recording) ([]string, error) {
	var classes []string
	for _, r := range recordings {
		classes = append(classes, soundClass(r.name))
	}
	slices.Sort(classes)
	if classes = slices.Compact(classes); len(classes) > 256 {
		return nil, fmt.Errorf("%s: expected at most 256 classes, found %d", path, len(classes))
	}
	return classes, nil
}

// soundFrame is a frame of a recording, and where it lies among those of its split, from 0 to 1.
type soundFrame struct {
	recording, frame int
	at               float64
}

// openSounds lists the WAV files of a folder or an archive in the order of their names.
func openSounds(path string) (all []recording, closeAll func() error, err error) {
	closeAll = func() error { return nil }
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			if file := filepath.Join(path, e.Name()); isWAV(e.Name()) {
				all = append(all, recording{e.Name(), file, func() ([]byte, error) { return os.ReadFile(file) }})
			}
		}
	} else {
		archive, err := openZip(path)
		if err != nil {
			return nil, nil, err
		}
		closeAll = archive.Close
		for _, f := range archive.File {
			base := f.Name[strings.LastIndex(f.Name, "/")+1:]
			if isWAV(base) {
				entry := celebaFile{name: f.Name, entry: f}
				all = append(all, recording{base, path + ": " + f.Name, func() ([]byte, error) { return entry.read(nil) }})
			}
		}
	}
	if len(all) == 0 {
		return nil, nil, errors.Join(fmt.Errorf("%s: expected WAV files, found none", path), closeAll())
	}
	slices.SortStableFunc(all, func(a, b recording) int { return strings.Compare(a.name, b.name) })
	for i, r := range all[1:] {
		if r.name == all[i].name {
			return nil, nil, errors.Join(fmt.Errorf("%s and %s have the same name", all[i].where, r.where), closeAll())
		}
	}
	return all, closeAll, nil
}

// isWAV reports whether a name is that of a recording, and not of what some systems add beside one.
func isWAV(name string) bool {
	return strings.EqualFold(filepath.Ext(name), ".wav") && !strings.HasPrefix(name, ".")
}

// soundClass returns the name of a file without what numbers it.
func soundClass(name string) string {
	name = strings.TrimSuffix(name, filepath.Ext(name))
	if class := strings.TrimRight(strings.TrimRight(name, "0123456789"), " _-"); class != "" {
		return class
	}
	return name
}

// decode reads the sound of a recording.
func (r recording) decode() (audio.Sound, error) {
	content, err := r.read()
	if err != nil {
		return audio.Sound{}, fmt.Errorf("%s: %w", r.where, err)
	}
	s, err := audio.DecodeWAV(content)
	if err != nil {
		return s, fmt.Errorf("%s: %w", r.where, err)
	}
	return s, nil
}

// framesOf returns what front makes of each recording.
func framesOf(recordings []recording, front func(audio.Sound) ([]float64, error)) ([][]float64, error) {
	frames := make([][]float64, len(recordings))
	err := parallel(len(recordings), func() func(int) error {
		return func(i int) error {
			sound, err := recordings[i].decode()
			if err != nil {
				return err
			}
			if frames[i], err = front(sound); err != nil {
				return fmt.Errorf("%s: %w", recordings[i].where, err)
			}
			return nil
		}
	})
	return frames, err
}

// soundFrames returns which of the n frames of a recording are in a split, in their order in time.
func soundFrames(recording, n int, split Split) []int {
	order := permutation(n, rand.NewPCG(uint64(recording), streamFrames))
	train, validation := n*soundTrain/100, n*soundValidation/100
	switch split {
	case Train:
		order = order[:train]
	case Validation:
		order = order[train:][:validation]
	case Test:
		order = order[train+validation:]
	}
	slices.Sort(order)
	return order
}

// scale moves each value of a vector so that its range is 0 to 255.
type scale struct{ low, high []float64 }

func newScale(n int) scale {
	s := scale{make([]float64, n), make([]float64, n)}
	for i := range n {
		s.low[i], s.high[i] = math.Inf(1), math.Inf(-1)
	}
	return s
}

// include widens the ranges to have these values.
func (s scale) include(values []float64) {
	for i, v := range values {
		s.low[i], s.high[i] = min(s.low[i], v), max(s.high[i], v)
	}
}

// appendBytes appends the values, scaled and rounded. A value that is the same everywhere becomes 0.
func (s scale) appendBytes(dst []byte, values []float64) []byte {
	for i, v := range values {
		b := 0.0
		if s.high[i] > s.low[i] {
			b = math.Round(255 * (v - s.low[i]) / (s.high[i] - s.low[i]))
		}
		dst = append(dst, byte(min(max(b, 0), 255)))
	}
	return dst
}
