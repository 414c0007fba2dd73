package audio

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// MFCC says how frames of mel-frequency cepstral coefficients are made of a sound (Davis and Mermelstein, 1980, in the
// form of D. Ellis' melfcc and of Slaney's Auditory Toolbox):
//
//	w_k = (1 - cos 2π(k+1)/(n+1)) / 2              window over the n samples of a frame, k from 0
//	P_f = |Σ_k w_k s_k exp(-2πi kf/N)|²            N the power of two from n on
//	E_b = Σ_f T_b(f) P_f                           triangles of area 1 in Hz, their corners evenly spaced in mel
//	c_q = √(2/B) Σ_b ln max(E_b, Floor) cos(π q (b+½)/B)
//
// with s in units of the last of 16 bits.
type MFCC struct {
	Window       float64 `json:"window"`       // length of a frame in seconds
	Shift        float64 `json:"shift"`        // from one frame to the next, in seconds
	Bands        int     `json:"bands"`        // B, the triangles
	Low          float64 `json:"low"`          // the lower end of the lowest triangle, in Hz
	High         float64 `json:"high"`         // the upper end of the highest one, in Hz
	Coefficients int     `json:"coefficients"` // c_0, which is the loudness, and those that follow
	Floor        float64 `json:"floor"`        // energy of a band in silence, which has no logarithm
}

// Bird returns the front end of the bird challenge of ICML 2013, whose 16 coefficients the sparseness study takes: windows
// of 512 samples of 44,100 a second, a third of that from one to the next, 32 bands, no pre-emphasis and no liftering
// (Dufour, Artières, Glotin and Giraudet, "Clusterized Mel Filter Cepstral Coefficients and Support Vector Machines
// for Bird Song Identification", 2013, and the script Kaggle_BIRD_challenge_NIPS_MFCCcomputation.m of these authors).
// It gives 7,734 frames of 30 seconds, and 35 recordings of that length have the 270,690 frames of the study.
//
// The challenge's bands end at half its one rate, 22,050 Hz; these end at 16,000 Hz, so that recordings of 32,000
// samples a second and of more are heard alike. The floor is below the noise of rounding to 16 bits.
func Bird() MFCC {
	return MFCC{Window: 512. / 44100, Shift: 512. / 3 / 44100, Bands: 32, High: 16000, Coefficients: 16, Floor: 0.01}
}

// check finds settings that mean nothing.
func (m MFCC) check(s Sound) error {
	switch {
	case s.Rate < 1:
		return fmt.Errorf("audio: mfcc: expected a rate, found %d samples a second", s.Rate)
	case m.Bands < 1 || m.Coefficients < 1 || m.Coefficients > m.Bands:
		return fmt.Errorf("audio: mfcc: expected 1 or more bands and as many coefficients at most, found %d and %d", m.Bands, m.Coefficients)
	case !(m.Low >= 0 && m.High > m.Low && m.High <= float64(s.Rate)/2):
		return fmt.Errorf("audio: mfcc: expected bands between 0 and %v Hz, half the rate, found %v to %v", float64(s.Rate)/2, m.Low, m.High)
	case !(m.Floor > 0):
		return fmt.Errorf("audio: mfcc: expected a floor above 0, found %v", m.Floor)
	case !(m.Window*float64(s.Rate) >= 1.5 && m.Window < 10 && m.Shift*float64(s.Rate) >= 0.5 && m.Shift < 10):
		return fmt.Errorf("audio: mfcc: expected a window and a shift of some samples and less than 10 s, found %v s and %v s at %d samples a second", m.Window, m.Shift, s.Rate)
	}
	return nil
}

// Frames returns the coefficients of all frames that lie within the sound: frame, coefficient.
func (m MFCC) Frames(s Sound) ([]float64, error) {
	energies, err := m.LogEnergies(s)
	if err != nil {
		return nil, err
	}
	cosines := m.cosines()
	frames := make([]float64, 0, len(energies)/m.Bands*m.Coefficients)
	for ; len(energies) > 0; energies = energies[m.Bands:] {
		for _, row := range cosines {
			sum := 0.0
			for b, e := range energies[:m.Bands] {
				sum += row[b] * e
			}
			frames = append(frames, sum)
		}
	}
	return frames, nil
}

// LogEnergies returns the logarithms ln max(E_b, Floor) of all frames that lie within the sound: frame, band from the
// lowest up. They are the log-mel spectrogram that the coefficients are made of.
func (m MFCC) LogEnergies(s Sound) ([]float64, error) {
	if err := m.check(s); err != nil {
		return nil, err
	}
	n := int(math.Round(m.Window * float64(s.Rate)))
	shift := int(math.Round(m.Shift * float64(s.Rate)))
	if len(s.Samples) < n {
		return nil, fmt.Errorf("audio: mfcc: expected a window of %d samples or more, found %d", n, len(s.Samples))
	}
	size := 1
	for size < n {
		size *= 2
	}
	window := make([]float64, n)
	for k := range window {
		window[k] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(k+1)/float64(n+1))
	}
	triangles := m.triangles(s.Rate, size)

	transform := fourier.NewFFT(size)
	frame := make([]float64, size) // zeros after the window
	spectrum := make([]complex128, size/2+1)
	count := 1 + (len(s.Samples)-n)/shift
	energies := make([]float64, 0, count*m.Bands)
	for t := range count {
		for k, w := range window {
			frame[k] = w * s.Samples[t*shift+k]
		}
		transform.Coefficients(spectrum, frame)
		for _, triangle := range triangles {
			energy := 0.0
			for i, weight := range triangle.weight {
				c := spectrum[triangle.from+i]
				energy += weight * (real(c)*real(c) + imag(c)*imag(c))
			}
			energies = append(energies, math.Log(max(energy, m.Floor)))
		}
	}
	return energies, nil
}

// triangle is the part of a filter that is not zero.
type triangle struct {
	from   int // of the places of the spectrum
	weight []float64
}

// triangles returns the filters for a spectrum of size/2+1 places.
func (m MFCC) triangles(rate, size int) []triangle {
	corners := make([]float64, m.Bands+2)
	low, high := mel(m.Low), mel(m.High)
	for i := range corners {
		corners[i] = hertz(low + (high-low)*float64(i)/float64(m.Bands+1))
	}
	all := make([]triangle, m.Bands)
	for b := range all {
		left, middle, right := corners[b], corners[b+1], corners[b+2]
		for f := range size/2 + 1 {
			at := float64(f) * float64(rate) / float64(size)
			weight := min((at-left)/(middle-left), (right-at)/(right-middle))
			if weight <= 0 {
				continue
			}
			if all[b].weight == nil {
				all[b].from = f
			}
			all[b].weight = append(all[b].weight, weight*2/(right-left))
		}
	}
	return all
}

// cosines returns the cosine transform: coefficient, band.
func (m MFCC) cosines() [][]float64 {
	rows := make([][]float64, m.Coefficients)
	for q := range rows {
		rows[q] = make([]float64, m.Bands)
		for b := range rows[q] {
			rows[q][b] = math.Sqrt(2/float64(m.Bands)) * math.Cos(math.Pi*float64(q)*(float64(b)+0.5)/float64(m.Bands))
		}
	}
	return rows
}

// The mel scale of Slaney's Auditory Toolbox: linear up to 1,000 Hz, which are 15, and 27 steps to 6,400 Hz from there.
const (
	melLinear = 200. / 3 // Hz of a step
	melBreak  = 1000.
	melStep   = 0.068751777420949117 // ln 6.4 / 27
)

// mel returns a frequency in Hz on the mel scale.
func mel(f float64) float64 {
	if f < melBreak {
		return f / melLinear
	}
	return melBreak/melLinear + math.Log(f/melBreak)/melStep
}

// hertz is the inverse of mel.
func hertz(m float64) float64 {
	if m < melBreak/melLinear {
		return m * melLinear
	}
	return melBreak * math.Exp((m-melBreak/melLinear)*melStep)
}
