package audio

import (
	"encoding/binary"
	"slices"
	"testing"
)

// chunk returns a chunk of a WAV file.
func chunk(name string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	out = append(out, data...)
	return append(out, make([]byte, len(data)%2)...)
}

// format returns the data of a chunk "fmt ".
func format(code, channels, rate, bits int) []byte {
	out := binary.LittleEndian.AppendUint16(nil, uint16(code))
	out = binary.LittleEndian.AppendUint16(out, uint16(channels))
	out = binary.LittleEndian.AppendUint32(out, uint32(rate))
	out = binary.LittleEndian.AppendUint32(out, uint32(rate*channels*bits/8))
	out = binary.LittleEndian.AppendUint16(out, uint16(channels*bits/8))
	return binary.LittleEndian.AppendUint16(out, uint16(bits))
}

func wav(chunks ...[]byte) []byte {
	body := append([]byte("WAVE"), slices.Concat(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func TestDecodeWAV(t *testing.T) {
	extended := append(format(formatExtensible, 1, 8000, 16), 22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113)
	for name, c := range map[string]struct {
		file []byte
		want []float64
	}{
		"8 bits":         {wav(chunk("fmt ", format(1, 1, 8000, 8)), chunk("data", []byte{0, 128, 255})), []float64{-32768, 0, 127 * 256}},
		"16 bits":        {wav(chunk("fmt ", format(1, 1, 8000, 16)), chunk("data", []byte{0, 128, 255, 255, 1, 0, 255, 127})), []float64{-32768, -1, 1, 32767}},
		"24 bits":        {wav(chunk("fmt ", format(1, 1, 8000, 24)), chunk("data", []byte{0, 0, 128, 128, 1, 0, 255, 255, 255})), []float64{-32768, 1.5, -1. / 256}},
		"32 bits":        {wav(chunk("fmt ", format(1, 1, 8000, 32)), chunk("data", []byte{0, 0, 0, 128, 0, 128, 2, 0})), []float64{-32768, 2.5}},
		"stereo":         {wav(chunk("fmt ", format(1, 2, 8000, 16)), chunk("data", []byte{1, 0, 4, 0, 255, 255, 1, 0})), []float64{2.5, 0}},
		"other chunks":   {wav(chunk("odd ", []byte{1, 2, 3}), chunk("fmt ", format(1, 1, 8000, 16)), chunk("LIST", nil), chunk("data", []byte{7, 0}), []byte{1, 2}), []float64{7}},
		"extended":       {wav(chunk("fmt ", extended), chunk("data", []byte{7, 0})), []float64{7}},
		"no filler byte": {wav(chunk("fmt ", format(1, 1, 8000, 8)), chunk("data", []byte{129})[:9]), []float64{256}},
	} {
		s, err := DecodeWAV(c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Rate != 8000 || !slices.Equal(s.Samples, c.want) {
			t.Errorf("%s: %v at %d, expected %v", name, s.Samples, s.Rate, c.want)
		}
	}
}

func TestDecodeWAVErrors(t *testing.T) {
	fine := chunk("fmt ", format(1, 1, 8000, 16))
	data := chunk("data", []byte{1, 2, 3, 4})
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"empty":            {nil, []string{"offset 0", "RIFF", "0 bytes"}},
		"text":             {[]byte("This is no recording"), []string{"offset 0", `"This is no r"`}},
		"another RIFF":     {append([]byte("RIFF\x04\x00\x00\x00AVI "), 0), []string{"offset 0", "AVI"}},
		"truncated":        {wav(fine, data)[:46], []string{"offset 44", `4 bytes of the chunk "data", found 2`, "truncated"}},
		"cut in a name":    {wav(fine, data)[:40], []string{"offset 36", "found 4", "truncated"}},
		"no data":          {wav(fine), []string{"offset 36", `chunk "data"`}},
		"no format":        {wav(data), []string{"offset 12", `"fmt " before`}},
		"short format":     {wav(chunk("fmt ", make([]byte, 14)), data), []string{"offset 20", "16 bytes or more", "found 14"}},
		"floating point":   {wav(chunk("fmt ", format(3, 1, 8000, 32)), data), []string{"offset 20", "found format 3"}},
		"12 bits":          {wav(chunk("fmt ", format(1, 1, 8000, 12)), data), []string{"found 12"}},
		"no channels":      {wav(chunk("fmt ", format(1, 0, 8000, 16)), data), []string{"0 channels"}},
		"no rate":          {wav(chunk("fmt ", format(1, 1, 0, 16)), data), []string{"0 samples a second"}},
		"half a sample":    {wav(fine, chunk("data", []byte{1, 2, 3})), []string{"offset 44", "found 3 bytes"}},
		"nothing recorded": {wav(fine, chunk("data", nil)), []string{"offset 44", "found 0 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeWAV(c.file)
			expectError(t, err, c.want...)
		})
	}
}

func FuzzDecodeWAV(f *testing.F) {
	f.Add(wav(chunk("fmt ", format(1, 2, 8000, 24)), chunk("data", make([]byte, 12))))
	f.Add(wav(chunk("odd ", []byte{1}), chunk("fmt ", format(1, 1, 8000, 8)), chunk("data", []byte{1})))
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := DecodeWAV(content)
		if err == nil && (s.Rate < 1 || len(s.Samples) == 0 || len(s.Samples) > len(content)) {
			t.Errorf("%d samples at %d of %d bytes", len(s.Samples), s.Rate, len(content))
		}
		for _, v := range s.Samples {
			if v < -32768 || v >= 32768 {
				t.Fatalf("sample %v", v)
			}
		}
	})
}
