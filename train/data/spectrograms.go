package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"boltzoo/train/data/audio"
)

const (
	// The hundredths of each recording where Validation and Test begin, after Train.
	spectrogramValidation = 70
	spectrogramTest       = 80

	spectrogramSteps = 16 // pictures that a frame is in
	spectrogramRange = 60 // decibels
)

// Spectrograms reads recordings as pictures of their sound: the WAV files in a folder, or in a zip archive at any
// depth. An image is so many frames of the logarithms of the band energies of a front end, bands x frames x 1: time goes
// to the right, the highest band is on top. Successive images of a recording are a 16th of their width apart. Classes and
// files are as [Sounds] has them.
//
// Train is the first 70 hundredths of the frames of each recording, Validation the next 10, Test the last 20, and images of
// two splits have no frame in common. A value is 1 for the largest energy of a band in what Train has of the recording, so
// that one from afar looks like one from near by, and 0 from 60 decibels below that; it is rounded to a byte. What is
// above it in the other splits is 1.
func Spectrograms(path string, m audio.MFCC, frames int, split Split) (*Images, error) {
	s, err := readSpectrograms(path, m, frames, split)
	if err != nil {
		return nil, fmt.Errorf("data: spectrograms: %w", err)
	}
	return s, nil
}

// BirdSpectrograms reads the recordings of [BirdSong] by [Spectrograms], with 64 bands up to 16,000 Hz of windows of 1024
// samples of 44,100 a second, a quarter of that apart: a frame is 5.8 ms after the one before.
func BirdSpectrograms(dir string, frames int, split Split) (*Images, error) {
	path, err := findBirdSong(dir)
	if err != nil {
		return nil, fmt.Errorf("data: bird-song: %w", err)
	}
	m := audio.Bird()
	m.Window, m.Shift, m.Bands = 1024./44100, 256./44100, 64
	s, err := readSpectrograms(path, m, frames, split)
	if err != nil {
		return nil, fmt.Errorf("data: bird-song: %w", err)
	}
	s.Name = "bird-song"
	return s, nil
}

func readSpectrograms(path string, m audio.MFCC, frames int, split Split) (*Images, error) {
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	if frames < 1 {
		return nil, fmt.Errorf("expected images of 1 frame or more, found %d", frames)
	}
	recordings, closeAll, err := openSounds(path)
	if err != nil {
		return nil, err
	}
	energies, err := framesOf(recordings, m.LogEnergies)
	if err = errors.Join(err, closeAll()); err != nil {
		return nil, err
	}
	s := &Images{Name: soundsName(path), Height: m.Bands, Width: frames, Channels: 1}
	if s.Classes, err = soundClasses(path, recordings); err != nil {
		return nil, err
	}
	loudest := make([]float64, len(energies)) // of each recording
	var order []soundFrame
	for i, e := range energies {
		_, to := spectrogramPart(len(e)/m.Bands, Train)
		loudest[i] = slices.Max(e[:max(1, to*m.Bands)])
		splits := []Split{split}
		if split == All {
			splits = []Split{Train, Validation, Test}
		}
		for _, part := range splits {
			from, to := spectrogramPart(len(e)/m.Bands, part)
			for t := from; t+frames <= to; t += max(1, frames/spectrogramSteps) {
				order = append(order, soundFrame{i, t, float64(t-from) / float64(to-from)})
			}
		}
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("%s: none of the recordings has the %d frames of an image in the split %v", path, frames, split)
	}
	slices.SortStableFunc(order, func(a, b soundFrame) int { return cmp.Compare(a.at, b.at) })
	const span = spectrogramRange / 10 * math.Ln10
	s.Pix = make([]byte, len(order)*s.Size())
	for k, f := range order {
		pix, e := s.Pix[k*s.Size():], energies[f.recording][f.frame*m.Bands:]
		dark := loudest[f.recording] - span
		for t := range frames {
			for b := range m.Bands {
				v := math.Round(255 * (e[t*m.Bands+b] - dark) / span)
				pix[(m.Bands-1-b)*frames+t] = byte(min(max(v, 0), 255))
			}
		}
		name := recordings[f.recording].name
		class, _ := slices.BinarySearch(s.Classes, soundClass(name))
		s.Labels = append(s.Labels, byte(class))
		s.Files = append(s.Files, name)
	}
	s.Sum = sum(s.Pix)
	return s, nil
}

// spectrogramPart returns the frames, of n, that are in a split.
func spectrogramPart(n int, split Split) (from, to int) {
	validation, test := n*spectrogramValidation/100, n*spectrogramTest/100
	switch split {
	case Train:
		return 0, validation
	case Validation:
		return validation, test
	}
	return test, n
}
