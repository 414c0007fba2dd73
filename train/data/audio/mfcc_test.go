package audio

import (
	"encoding/json"
	"math"
	"math/cmplx"
	"os"
	"strings"
	"testing"
)

// expectError fails unless err has every one of the parts in its text.
func expectError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("expected an error with %q, found none", parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("expected %q in the error, found: %v", p, err)
		}
	}
}

// reference is the sound of testdata/mfcc.py.
func reference(rate, count int) Sound {
	s := Sound{Rate: rate}
	state := uint32(1)
	for i := range count {
		state = state*1664525 + 1013904223
		triangle := math.Abs(float64((i*37)%2000-1000)) - 500
		swing := math.Abs(float64((i*i/50)%800-400)) - 200
		s.Samples = append(s.Samples, 8*triangle+10*swing+float64(state>>22)-512)
	}
	return s
}

// The coefficients are those of librosa's spectrum and triangles and scipy's transform.
func TestFramesAgreeWithLibrosa(t *testing.T) {
	text, err := os.ReadFile("testdata/mfcc.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Rate   int
		High   float64
		Frames [][]float64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		m := Bird()
		m.High = c.High
		frames, err := m.Frames(reference(c.Rate, 2000))
		if err != nil {
			t.Fatal(err)
		}
		if len(frames) != len(c.Frames)*16 || len(c.Frames) < 8 {
			t.Fatalf("%d Hz: %d values, expected %d frames of 16", c.Rate, len(frames), len(c.Frames))
		}
		worst := 0.0
		for i, v := range frames {
			worst = max(worst, math.Abs(v-c.Frames[i/16][i%16]))
		}
		if worst > 1e-8 {
			t.Errorf("%d Hz: coefficients differ by %.2g", c.Rate, worst)
		}
	}
}

// The coefficients are those of the definition, with the sum over samples in place of the fast transform and the
// integral of the mel scale in place of its closed form.
func TestFramesByDefinition(t *testing.T) {
	m := MFCC{Window: 0.004, Shift: 0.0015, Bands: 12, Low: 100, High: 7000, Coefficients: 9, Floor: 0.01}
	s := reference(16000, 400)
	frames, err := m.Frames(s)
	if err != nil {
		t.Fatal(err)
	}
	energies, err := m.LogEnergies(s)
	if err != nil {
		t.Fatal(err)
	}
	const n, size, shift = 64, 64, 24
	inMel := func(f float64) float64 { // 3 steps to 200 Hz; from 1,000 Hz on the same ratio each
		if f <= 1000 {
			return f * 3 / 200
		}
		return 15 + 27*math.Log(f/1000)/math.Log(6400./1000)
	}
	corner := func(i int) float64 { // by bisection
		want := inMel(100) + (inMel(7000)-inMel(100))*float64(i)/13
		low, high := 0.0, 8000.0
		for range 80 {
			if middle := (low + high) / 2; inMel(middle) < want {
				low = middle
			} else {
				high = middle
			}
		}
		return low
	}
	count := 0
	for at := 0; at+n <= len(s.Samples); at += shift {
		var logs [12]float64
		for b := range logs {
			left, middle, right := corner(b), corner(b+1), corner(b+2)
			energy := 0.0
			for f := range size/2 + 1 {
				var sum complex128
				for k := range n {
					w := math.Pow(math.Sin(math.Pi*float64(k+1)/(n+1)), 2)
					sum += complex(w*s.Samples[at+k], 0) * cmplx.Exp(complex(0, -2*math.Pi*float64(f*k)/size))
				}
				hz := float64(f) * 16000 / size
				height := 2 / (right - left)
				switch {
				case hz > left && hz <= middle:
					energy += height * (hz - left) / (middle - left) * math.Pow(cmplx.Abs(sum), 2)
				case hz > middle && hz < right:
					energy += height * (right - hz) / (right - middle) * math.Pow(cmplx.Abs(sum), 2)
				}
			}
			logs[b] = math.Log(max(energy, 0.01))
			if got := energies[count*12+b]; math.Abs(got-logs[b]) > 1e-9 {
				t.Fatalf("frame %d, logarithm of band %d is %v, expected %v", count, b, got, logs[b])
			}
		}
		for q := range 9 {
			want := 0.0
			for b, e := range logs {
				want += math.Sqrt(2./12) * e * math.Cos(math.Pi*float64(q)*(2*float64(b)+1)/24)
			}
			if got := frames[count*9+q]; math.Abs(got-want) > 1e-9 {
				t.Fatalf("frame %d, coefficient %d is %v, expected %v", count, q, got, want)
			}
		}
		count++
	}
	if count*9 != len(frames) || count*12 != len(energies) {
		t.Errorf("%d and %d values, expected %d frames", len(frames), len(energies), count)
	}
}

// Thirty seconds have as many frames as the study's recordings, and silence has coefficients too.
func TestBird(t *testing.T) {
	s := Sound{Rate: 44100, Samples: make([]float64, 30*44100)}
	frames, err := Bird().Frames(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) != 7734*16 || 35*7734 != 270690 {
		t.Errorf("%d frames of 30 s", len(frames)/16)
	}
	for i, v := range frames {
		want := 0.0
		if i%16 == 0 {
			want = math.Sqrt(2./32) * 32 * math.Log(0.01)
		}
		if math.Abs(v-want) > 1e-9 {
			t.Fatalf("coefficient %d of silence is %v, expected %v", i%16, v, want)
		}
	}
}

func TestFramesErrors(t *testing.T) {
	s := reference(16000, 400)
	good := MFCC{Window: 0.004, Shift: 0.002, Bands: 12, High: 8000, Coefficients: 9, Floor: 1}
	if _, err := good.Frames(s); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(m *MFCC, s *Sound)
		want   []string
	}{
		"no rate":               {func(m *MFCC, s *Sound) { s.Rate = 0 }, []string{"found 0 samples a second"}},
		"short":                 {func(m *MFCC, s *Sound) { s.Samples = s.Samples[:63] }, []string{"window of 64 samples", "found 63"}},
		"no bands":              {func(m *MFCC, s *Sound) { m.Bands = 0 }, []string{"1 or more bands"}},
		"too many coefficients": {func(m *MFCC, s *Sound) { m.Coefficients = 13 }, []string{"found 12 and 13"}},
		"beyond the rate":       {func(m *MFCC, s *Sound) { m.High = 8001 }, []string{"between 0 and 8000 Hz", "0 to 8001"}},
		"upside down":           {func(m *MFCC, s *Sound) { m.Low = 9000 }, []string{"found 9000 to 8000"}},
		"no floor":              {func(m *MFCC, s *Sound) { m.Floor = 0 }, []string{"floor above 0"}},
		"not a number":          {func(m *MFCC, s *Sound) { m.Shift = math.NaN() }, []string{"a window and a shift", "NaN"}},
		"no window":             {func(m *MFCC, s *Sound) { m.Window = 0 }, []string{"found 0 s"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, s := good, s
			c.change(&m, &s)
			_, err := m.Frames(s)
			expectError(t, err, c.want...)
		})
	}
}

func BenchmarkFrames(b *testing.B) {
	s := reference(44100, 44100)
	for b.Loop() {
		if _, err := Bird().Frames(s); err != nil {
			b.Fatal(err)
		}
	}
}
