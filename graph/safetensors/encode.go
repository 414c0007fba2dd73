package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"boltzoo/graph"
)

// chunk is the number of elements converted at a time.
const chunk = 1 << 14

// Encode writes the tensors as F32, with metadata unless it is empty. The
// tensors keep their order, in the header and in the data, and the metadata
// comes by key: equal arguments give equal bytes. Nothing is written where a
// tensor is at fault: its data not as long as its shape asks, its name taken,
// reserved or not UTF-8. Infinities and NaN are written as they are.
func Encode(w io.Writer, tensors []*graph.Tensor, metadata map[string]string) error {
	return encode(w, tensors, metadata, dtypeSingle)
}

// EncodeHalf writes the tensors as F16, each number rounded to the nearest,
// ties to even; it is Encode in everything else. A finite number that would
// round to infinity (65520 and above) is an error.
func EncodeHalf(w io.Writer, tensors []*graph.Tensor, metadata map[string]string) error {
	for _, t := range tensors {
		if t == nil {
			continue // encode says so
		}
		for i, x := range t.Data {
			if a := math.Abs(float64(x)); a >= halfOverflow && !math.IsInf(a, 0) {
				return fmt.Errorf("safetensors: tensor %q: element %d: want at most %d for F16, got %g", t.Name, i, largestHalf, x)
			}
		}
	}
	return encode(w, tensors, metadata, dtypeHalf)
}

func encode(w io.Writer, tensors []*graph.Tensor, metadata map[string]string, dtype string) error {
	entries, err := layout(tensors, dtype)
	if err != nil {
		return err
	}
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return fmt.Errorf("safetensors: metadata %q: not valid UTF-8", key)
		}
	}
	// The header is padded so that the data is aligned for whoever maps the file.
	header := appendHeader(make([]byte, 8), entries, metadata)
	if n := len(header) % 8; n != 0 {
		header = append(header, bytes.Repeat([]byte{' '}, 8-n)...)
	}
	length := len(header) - 8
	if length > maxHeader {
		return fmt.Errorf("safetensors: header: want at most %d bytes, got %d", maxHeader, length)
	}
	binary.LittleEndian.PutUint64(header, uint64(length))
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("safetensors: write header: %w", err)
	}

	buf := make([]byte, 0, 4*chunk)
	for _, t := range tensors {
		for data := t.Data; len(data) > 0; {
			n := min(len(data), chunk)
			buf = buf[:0]
			for _, x := range data[:n] {
				if dtype == dtypeHalf {
					buf = binary.LittleEndian.AppendUint16(buf, toHalf(x))
				} else {
					buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
				}
			}
			if _, err := w.Write(buf); err != nil {
				return fmt.Errorf("safetensors: write tensor %q: %w", t.Name, err)
			}
			data = data[n:]
		}
	}
	return nil
}

// layout gives every tensor its place in the data.
func layout(tensors []*graph.Tensor, dtype string) ([]entry, error) {
	entries := make([]entry, len(tensors))
	seen := make(map[string]bool, len(tensors))
	var next uint64
	for i, t := range tensors {
		if t == nil {
			return nil, fmt.Errorf("safetensors: tensor %d of %d is nil", i+1, len(tensors))
		}
		switch {
		case t.Name == metadataName:
			return nil, fmt.Errorf("safetensors: tensor %d of %d: the name %s is reserved", i+1, len(tensors), metadataName)
		case !utf8.ValidString(t.Name):
			return nil, fmt.Errorf("safetensors: tensor %q: the name is not valid UTF-8", t.Name)
		case seen[t.Name]:
			return nil, fmt.Errorf("safetensors: tensor %q comes twice", t.Name)
		}
		seen[t.Name] = true
		for _, d := range t.Shape {
			if d < 0 {
				return nil, fmt.Errorf("safetensors: tensor %q: shape %v has a negative length", t.Name, t.Shape)
			}
		}
		e := entry{name: t.Name, dtype: dtype, shape: t.Shape, begin: next}
		n, ok := e.bytes()
		if !ok {
			return nil, fmt.Errorf("safetensors: tensor %q: shape %v is too large", t.Name, t.Shape)
		}
		if want := n / e.width(); uint64(len(t.Data)) != want {
			return nil, fmt.Errorf("safetensors: tensor %q: shape %v wants %d elements, got %d", t.Name, t.Shape, want, len(t.Data))
		}
		e.end = next + n
		next = e.end
		entries[i] = e
	}
	return entries, nil
}
