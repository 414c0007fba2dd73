package data

import (
	"errors"
	"math"
	"slices"
	"testing"

	"boltzoo/train/data/audio"
)

// tones are two recordings of a tone each, the second louder in its last part,
// which is Test.
func tones() map[string][]byte {
	loud := wavFile(16000, 1, 3000, 3000)
	for i := 44 + 2*2700; i < len(loud); i += 2 {
		v := 2 * (int(loud[i]) | int(int8(loud[i+1]))<<8)
		loud[i], loud[i+1] = byte(v), byte(v>>8)
	}
	return map[string][]byte{"s/Rook 1.wav": wavFile(16000, 1, 4000, 900), "s/Owl.wav": loud}
}

func TestSpectrograms(t *testing.T) {
	const frames = 32
	dir := t.TempDir()
	files := tones()
	write(t, dir, files)
	open := func(split Split) *Images {
		t.Helper()
		s, err := Spectrograms(dir+"/s", tinyFront, frames, split)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	energies := map[string][]float64{}
	loudest := map[string]float64{}
	counts := map[string]int{"Rook 1.wav": 1 + (4000-64)/16, "Owl.wav": 1 + (3000-64)/16}
	for name, n := range counts {
		sound, err := audio.DecodeWAV(files["s/"+name])
		if err != nil {
			t.Fatal(err)
		}
		if energies[name], err = tinyFront.LogEnergies(sound); err != nil {
			t.Fatal(err)
		}
		loudest[name] = slices.Max(energies[name][:n*70/100*12])
	}
	// The first image of a recording in a split begins with the split's first
	// frame; the next one is two frames later.
	for split, ends := range map[Split][2]int{Train: {0, 70}, Validation: {70, 80}, Test: {80, 100}} {
		wide := map[string]int{}
		for name, n := range counts {
			wide[name] = max(0, (n*ends[1]/100-n*ends[0]/100-frames)/2+1)
			if n*ends[1]/100-n*ends[0]/100 < frames {
				wide[name] = 0
			}
		}
		if wide["Rook 1.wav"]+wide["Owl.wav"] == 0 {
			_, err := Spectrograms(dir+"/s", tinyFront, frames, split)
			expectError(t, err, "none of the recordings has the 32 frames", split.String())
			continue
		}
		s := open(split)
		found := map[string]int{}
		for i := range s.Len() {
			name := s.Files[i]
			at := counts[name]*ends[0]/100 + 2*found[name]
			found[name]++
			for row := range 12 {
				for column := range frames {
					db := 10 / math.Ln10 * (energies[name][(at+column)*12+11-row] - loudest[name])
					want := min(max(math.Round(255*(db+60)/60), 0), 255)
					if got := float64(imageAt(s, i)[row*frames+column]); math.Abs(got-want) > 1 {
						t.Fatalf("%v, image %d, row %d, column %d is %v, want %v", split, i, row, column, got, want)
					}
				}
			}
			if class := s.Classes[s.Labels[i]]; class != soundClass(name) {
				t.Errorf("%s is of class %s", name, class)
			}
		}
		for name, n := range wide {
			if found[name] != n {
				t.Errorf("%v: %d images of %s, want %d", split, found[name], name, n)
			}
		}
		if s.Height != 12 || s.Width != frames || s.Channels != 1 || s.Sum != sum(s.Pix) {
			t.Errorf("%v: images of %d×%d×%d", split, s.Height, s.Width, s.Channels)
		}
	}
	if n := open(All).Len(); n != open(Train).Len()+open(Test).Len() {
		t.Errorf("%d images in all", n)
	}
	if files := open(Train).Head(4).Files; !slices.Contains(files, "Owl.wav") || !slices.Contains(files, "Rook 1.wav") {
		t.Errorf("the first images are of %v: want some of each file", files)
	}
}

func TestSpectrogramErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, tones())
	_, err := Spectrograms(dir+"/s", tinyFront, 0, Train)
	expectError(t, err, "images of 1 frame or more, found 0")
	_, err = Spectrograms(dir+"/s", tinyFront, 300, Train)
	expectError(t, err, "the 300 frames of an image", "train")
	_, err = Spectrograms(dir+"/s", tinyFront, 8, 7)
	expectError(t, err, "unknown split")
	if _, err := BirdSpectrograms(t.TempDir(), 64, All); !errors.Is(err, ErrNotFound) {
		t.Errorf("expected ErrNotFound, found %v", err)
	}
}

// A tone is a line at its height, and all recordings are there.
func TestBirdSpectrograms(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string][]byte{"a.wav": wavFile(44100, 1, 30000, 1000), "b.wav": wavFile(32000, 1, 30000, 4000)})
	s, err := BirdSpectrograms(root, 32, Train)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "bird-song" || s.Height != 64 || s.Width != 32 {
		t.Errorf("%d×%d of %s", s.Height, s.Width, s.Name)
	}
	// 64 bands to 16,000 Hz are 55.33/65 mel apart; 1,000 Hz are 15 mel, 4,000 Hz 35.16.
	for i, file := range s.Files {
		band := map[string]int{"a.wav": 17, "b.wav": 40}[file]
		brightest := 0
		for row := range 64 {
			if imageAt(s, i)[row*32+7] > imageAt(s, i)[brightest*32+7] {
				brightest = row
			}
		}
		if d := 63 - brightest - band; d < -1 || d > 1 {
			t.Fatalf("image %d of %s is brightest in band %d, want %d", i, file, 63-brightest, band)
		}
	}
}
