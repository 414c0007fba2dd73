package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/train/data/audio"
)

// wavFile is a tone of this frequency, 16 bits, and noise.
func wavFile(rate, channels, samples int, hertz float64) []byte {
	var data []byte
	state := uint32(hertz)
	for i := range samples {
		state = state*1664525 + 1013904223
		v := int16(8000*math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)) + float64(state>>23) - 256)
		for range channels {
			data = binary.LittleEndian.AppendUint16(data, uint16(v))
		}
	}
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+len(data)))
	out = append(out, "WAVEfmt \x10\x00\x00\x00\x01\x00"...)
	out = binary.LittleEndian.AppendUint16(out, uint16(channels))
	out = binary.LittleEndian.AppendUint32(out, uint32(rate))
	out = binary.LittleEndian.AppendUint32(out, uint32(2*rate*channels))
	out = binary.LittleEndian.AppendUint16(out, uint16(2*channels))
	out = append(out, 16, 0)
	return append(binary.LittleEndian.AppendUint32(append(out, "data"...), uint32(len(data))), data...)
}

var tinyFront = audio.MFCC{Window: 0.004, Shift: 0.001, Bands: 12, High: 8000, Coefficients: 5, Floor: 0.01}

func tinySounds() map[string][]byte {
	return map[string][]byte{
		"s/Rook 1.wav": wavFile(16000, 1, 4000, 900), "s/Rook 2.WAV": wavFile(16000, 2, 3000, 1000), "s/Barn owl.wav": wavFile(32000, 1, 9000, 3000),
		"s/._Rook 1.wav": {1}, "s/notes.txt": {2},
	}
}

func TestSounds(t *testing.T) {
	dir := t.TempDir()
	files := tinySounds()
	write(t, dir, files)
	names := []string{"s/notes.txt", "s/._Rook 1.wav", "s/Rook 2.WAV", "s/Barn owl.wav", "s/Rook 1.wav"}
	write(t, dir, map[string][]byte{"s.zip": archive(t, names, files)})
	open := func(name string, split Split) *Images {
		t.Helper()
		s, err := Sounds(dir+"/"+name, tinyFront, split)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	all := open("s", All)
	// 16,000 a second: windows of 64 samples, 16 apart; 32,000 a second: 128 and 32.
	counts := map[string]int{"Rook 1.wav": 1 + (4000-64)/16, "Rook 2.WAV": 1 + (3000-64)/16, "Barn owl.wav": 1 + (9000-128)/32}
	found := map[string]int{}
	for i, file := range all.Files {
		found[file]++
		if want := map[bool]string{true: "Rook", false: "Barn owl"}[file[0] == 'R']; all.Classes[all.Labels[i]] != want {
			t.Errorf("%s is of class %s", file, all.Classes[all.Labels[i]])
		}
	}
	if fmt.Sprint(counts) != fmt.Sprint(found) || all.Name != "s" || all.Size() != 5 || !slices.Equal(all.Classes, []string{"Barn owl", "Rook"}) {
		t.Errorf("%s: %d values, classes %v, frames %v, expected %v", all.Name, all.Size(), all.Classes, found, counts)
	}
	shares := expectPartition(t, all, func(split Split) (*Images, error) { return Sounds(dir+"/s", tinyFront, split) })
	if math.Abs(shares[Train]-0.26) > 0.01 || math.Abs(shares[Validation]-0.05) > 0.01 {
		t.Errorf("the splits have shares of %v", shares)
	}
	train := open("s", Train)
	for q := range 5 {
		low, high := byte(255), byte(0)
		for i := range train.Len() {
			v := imageAt(train, i)[q]
			low, high = min(low, v), max(high, v)
		}
		if low != 0 || high != 255 {
			t.Errorf("coefficient %d reaches from %d to %d", q, low, high)
		}
	}
	if zipped := open("s.zip", All); zipped.Sum != all.Sum || !slices.Equal(zipped.Files, all.Files) || zipped.Name != "s" {
		t.Error("the archive has other frames than the folder")
	}
	// The bytes are the coefficients, moved and scaled alike for all recordings.
	of := map[string][]float64{}
	for _, name := range []string{"s/Barn owl.wav", "s/Rook 1.wav", "s/Rook 2.WAV"} {
		sound, err := audio.DecodeWAV(files[name])
		if err != nil {
			t.Fatal(err)
		}
		f, err := tinyFront.Frames(sound)
		if err != nil {
			t.Fatal(err)
		}
		of[strings.TrimPrefix(name, "s/")] = f
	}
	var frames []float64 // in the order of the set
	for _, file := range all.Files {
		frames = append(frames, of[file][:5]...)
		of[file] = of[file][5:]
	}
	if files := all.Head(20).Files; !slices.Contains(files, "Barn owl.wav") || !slices.Contains(files, "Rook 2.WAV") {
		t.Errorf("the first frames are of %v: expected some of each file", files)
	}
	for q := range 5 {
		var low, high float64 // what bytes 0 and 255 stand for, from two frames that are far apart
		a, b := 0, 0
		for i := range all.Len() {
			if v := imageAt(all, i)[q]; v > 0 && v < 255 {
				if va := imageAt(all, a)[q]; va == 0 || v < va {
					a = i
				}
				if vb := imageAt(all, b)[q]; vb == 255 || v > vb {
					b = i
				}
			}
		}
		x, y := float64(imageAt(all, a)[q]), float64(imageAt(all, b)[q])
		slope := (frames[5*b+q] - frames[5*a+q]) / (y - x)
		low, high = frames[5*a+q]-slope*x, frames[5*a+q]+slope*(255-x)
		for i := range all.Len() {
			want := min(max(255*(frames[5*i+q]-low)/(high-low), 0), 255)
			if got := float64(imageAt(all, i)[q]); math.Abs(got-want) > 2 {
				t.Fatalf("coefficient %d of frame %d is %v, expected %.2f", q, i, got, want)
			}
		}
	}
}

func TestSoundClass(t *testing.T) {
	for name, want := range map[string]string{"Rook 3.wav": "Rook", "Pica pica.wav": "Pica pica", "a_12.WAV": "a", "17.wav": "17", "x-.wav": "x"} {
		if got := soundClass(name); got != want {
			t.Errorf("%s is of class %q, expected %q", name, got, want)
		}
	}
}

func TestSoundsErrors(t *testing.T) {
	files := tinySounds()
	for name, c := range map[string]struct {
		files map[string][]byte
		path  string
		want  []string
	}{
		"truncated":  {map[string][]byte{"s/a.wav": files["s/Rook 1.wav"][:3000]}, "s", []string{"a.wav", "offset 44", "expected 8000 bytes", "found 2956"}},
		"too short":  {map[string][]byte{"s/a.wav": wavFile(16000, 1, 63, 100)}, "s", []string{"a.wav", "64 samples", "found 63"}},
		"too low":    {map[string][]byte{"s/a.wav": wavFile(8000, 1, 900, 100)}, "s", []string{"a.wav", "4000 Hz"}},
		"none":       {map[string][]byte{"s/a.mp3": {1}}, "s", []string{"expected WAV files, found none"}},
		"no archive": {map[string][]byte{"s.zip": []byte("hello")}, "s.zip", []string{"s.zip", "offset 0", "zip archive"}},
		"same name": {map[string][]byte{"s.zip": archive(t, []string{"a/x.wav", "b/x.wav"}, map[string][]byte{"a/x.wav": files["s/Rook 1.wav"], "b/x.wav": files["s/Rook 1.wav"]})},
			"s.zip", []string{"a/x.wav", "b/x.wav", "same name"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.files)
			_, err := Sounds(dir+"/"+c.path, tinyFront, Train)
			expectError(t, err, c.want...)
		})
	}
	if _, err := Sounds(t.TempDir()+"/none", tinyFront, Train); !errors.Is(err, ErrNotFound) {
		t.Errorf("expected ErrNotFound, found %v", err)
	}
	_, err := Sounds(t.TempDir(), tinyFront, 7)
	expectError(t, err, "unknown split")
}

func TestBirdSong(t *testing.T) {
	wavs := map[string][]byte{"b/a.wav": wavFile(32000, 1, 9000, 3000), "b/b 1.wav": wavFile(44100, 2, 9000, 900)}
	var sums []string
	for name, files := range map[string]map[string][]byte{
		"archive": {"bird-recordings.zip": archive(t, []string{"b/a.wav", "b/b 1.wav"}, wavs)},
		"folder":  {"bird-recordings/a.wav": wavs["b/a.wav"], "bird-recordings/b 1.wav": wavs["b/b 1.wav"]},
		"files":   {"a.wav": wavs["b/a.wav"], "b 1.wav": wavs["b/b 1.wav"]},
	} {
		root := t.TempDir()
		inside := map[string][]byte{}
		for file, content := range files {
			inside["bird-song/"+file] = content
		}
		write(t, root, inside)
		s, err := BirdSong(root+"/bird-song", All)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != "bird-song" || s.Size() != 16 || s.Len() != 1+(9000-372)/124+1+(9000-512)/171 {
			t.Errorf("%s: %d frames of %d in %s", name, s.Len(), s.Size(), s.Name)
		}
		sums = append(sums, s.Sum)
		if name == "files" {
			continue
		}
		status, err := Verify(root, "bird-song")
		if err != nil || status[0].Problem != "" || status[0].Images != 2 || status[0].Bytes != 36000 {
			t.Errorf("%s: %+v %v", name, status, err)
		}
	}
	if slices.Sort(sums); sums[0] != sums[2] {
		t.Error("the same recordings have different frames in different places")
	}
	if _, err := BirdSong(t.TempDir(), All); !errors.Is(err, ErrNotFound) {
		t.Errorf("expected ErrNotFound, found %v", err)
	}
}

// The recordings have the samples that Python's module wave tells of, and frames for all of them.
func TestBirdSongOfficial(t *testing.T) {
	dir := official(t, "bird-song")
	path, err := findBirdSong(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, closeAll, err := openSounds(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	for name, want := range map[string][2]int{
		"Anas platyrhynchos.wav": {48000, 559872}, "Gracula religiosa.wav": {44100, 525312}, "Leiothrix argentauris.wav": {32000, 626688},
	} {
		i := slices.IndexFunc(all, func(r recording) bool { return r.name == name })
		if i < 0 {
			t.Errorf("no %s", name)
			continue
		}
		s, err := all[i].decode()
		if err != nil || s.Rate != want[0] || len(s.Samples) != want[1] {
			t.Errorf("%s: %d samples at %d: %v", name, len(s.Samples), s.Rate, err)
		}
	}
	s, err := BirdSong(dir, All)
	if err != nil {
		t.Fatal(err)
	}
	counts := bytes.Count(s.Labels, []byte{0})
	if len(s.Classes) != 12 || s.Len() < 30000 || counts < 1000 {
		t.Errorf("%d frames of %v", s.Len(), s.Classes)
	}
	expectPartition(t, s, func(split Split) (*Images, error) { return BirdSong(dir, split) })
}
