package audio

import (
	"encoding/binary"
	"fmt"
)

// Sound is a recording of one channel.
type Sound struct {
	// Rate is the number of samples a second.
	Rate int
	// Samples are in units of the last bit of a sample of 16 bits, from -32768 to below 32768, however many bits the
	// file has.
	Samples []float64
}

// The formats of WAV files that are read: integers, plain and in the extended form that says so once more.
const (
	formatPCM        = 1
	formatExtensible = 0xfffe
)

// wavFormat is what the chunk "fmt " says.
type wavFormat struct{ channels, rate, bits int }

// DecodeWAV reads the content of a WAV file of integers of 8, 16, 24 or 32 bits ("Multimedia Programming Interface and
// Data Specifications 1.0", IBM and Microsoft, 1991). Of several channels it takes the mean. Errors name offsets in
// the content.
func DecodeWAV(content []byte) (Sound, error) {
	if len(content) < 12 || string(content[:4]) != "RIFF" || string(content[8:12]) != "WAVE" {
		return Sound{}, fmt.Errorf("offset 0: expected \"RIFF\", a size and \"WAVE\", found %q in a file of %d bytes", content[:min(len(content), 12)], len(content))
	}
	var format wavFormat
	for at := 12; ; {
		if at == len(content) {
			return Sound{}, fmt.Errorf("offset %d: expected a chunk \"data\", found the end of the file", at)
		}
		if len(content)-at < 8 {
			return Sound{}, fmt.Errorf("offset %d: expected the 8 bytes of a chunk's name and size, found %d: the file is truncated", at, len(content)-at)
		}
		name, size := string(content[at:at+4]), int64(binary.LittleEndian.Uint32(content[at+4:]))
		at += 8
		if size > int64(len(content)-at) {
			return Sound{}, fmt.Errorf("offset %d: expected %d bytes of the chunk %q, found %d: the file is truncated", at, size, name, len(content)-at)
		}
		chunk := content[at : at+int(size)]
		switch name {
		case "fmt ":
			var err error
			if format, err = decodeFormat(chunk); err != nil {
				return Sound{}, fmt.Errorf("offset %d: %w", at, err)
			}
		case "data":
			if format == (wavFormat{}) {
				return Sound{}, fmt.Errorf("offset %d: expected a chunk \"fmt \" before the chunk \"data\", found none", at-8)
			}
			s, err := format.decode(chunk)
			if err != nil {
				return Sound{}, fmt.Errorf("offset %d: %w", at, err)
			}
			return s, nil
		}
		at = min(at+int(size)+int(size&1), len(content)) // chunks begin at even places
	}
}

func decodeFormat(chunk []byte) (f wavFormat, err error) {
	if len(chunk) < 16 {
		return f, fmt.Errorf("expected 16 bytes or more of the chunk \"fmt \", found %d", len(chunk))
	}
	number := func(at int) int { return int(binary.LittleEndian.Uint16(chunk[at:])) }
	code := number(0)
	if code == formatExtensible && len(chunk) >= 26 {
		code = number(24)
	}
	if code != formatPCM {
		return f, fmt.Errorf("expected integers (format %d), found format %d", formatPCM, code)
	}
	rate := binary.LittleEndian.Uint32(chunk[4:])
	f = wavFormat{channels: number(2), rate: int(rate), bits: number(14)}
	switch f.bits {
	case 8, 16, 24, 32:
	default:
		return f, fmt.Errorf("expected samples of 8, 16, 24 or 32 bits, found %d", f.bits)
	}
	if f.channels < 1 || rate < 1 || rate > 1<<24 {
		return f, fmt.Errorf("expected channels and a rate, found %d channels and %d samples a second", f.channels, rate)
	}
	return f, nil
}

// decode reads the samples of the chunk "data".
func (f wavFormat) decode(chunk []byte) (Sound, error) {
	width := f.bits / 8
	frame := width * f.channels
	if len(chunk) == 0 || len(chunk)%frame != 0 {
		return Sound{}, fmt.Errorf("expected samples of %d bytes, %d of each channel, found %d bytes", frame, width, len(chunk))
	}
	s := Sound{Rate: f.rate, Samples: make([]float64, len(chunk)/frame)}
	scale := 1 / (float64(int64(1)<<16) * float64(f.channels))
	for i := range s.Samples {
		sum := int64(0)
		for range f.channels {
			sum += int64(sample(chunk[:width]))
			chunk = chunk[width:]
		}
		s.Samples[i] = float64(sum) * scale
	}
	return s, nil
}

// sample reads a number of 8 to 32 bits, and moves it up to 32. Those of 8 bits have no sign.
func sample(b []byte) int32 {
	if len(b) == 1 {
		return int32(b[0]^0x80) << 24
	}
	v := uint32(0)
	for i, d := range b {
		v |= uint32(d) << (32 - 8*(len(b)-i))
	}
	return int32(v)
}
