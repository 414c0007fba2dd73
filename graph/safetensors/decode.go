package safetensors

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"boltzoo/graph"
)

// Decode reads a whole file: its tensors in the order of their data, and its
// metadata, nil where it has none. F16 is widened to float32. Everything that
// the file says of itself is checked, and it must end where its data does.
// Memory grows with the bytes that arrive, never with a length that is only
// claimed.
func Decode(r io.Reader) ([]*graph.Tensor, map[string]string, error) {
	in := bufio.NewReaderSize(r, 4*chunk)
	header, err := readHeader(in)
	if err != nil {
		return nil, nil, err
	}
	entries, metadata, err := parseHeader(header)
	if err != nil {
		return nil, nil, err
	}
	if err := check(entries); err != nil {
		return nil, nil, err
	}
	tensors := make([]*graph.Tensor, len(entries))
	buf := make([]byte, 4*chunk)
	for i := range entries {
		e := &entries[i]
		data, err := e.read(in, buf)
		if err != nil {
			return nil, nil, err
		}
		tensors[i] = &graph.Tensor{Name: e.name, Shape: e.shape, Data: data}
	}
	switch extra, err := io.CopyN(io.Discard, in, 1); {
	case extra > 0:
		var end uint64
		if len(entries) > 0 {
			end = entries[len(entries)-1].end
		}
		return nil, nil, fmt.Errorf("safetensors: want the end of the file after %d bytes of data, got more", end)
	case err != io.EOF:
		return nil, nil, fmt.Errorf("safetensors: read: %w", err)
	}
	return tensors, metadata, nil
}

// readHeader reads the header's length and the header.
func readHeader(r io.Reader) ([]byte, error) {
	var prefix [8]byte
	if n, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, short(err, "header length", 8, uint64(n))
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length < 2 || length > maxHeader {
		return nil, fmt.Errorf("safetensors: header length: want 2 to %d bytes, got %d (is this a safetensors file?)", maxHeader, length)
	}
	var header bytes.Buffer
	if n, err := io.CopyN(&header, r, int64(length)); err != nil {
		return nil, short(err, "header", length, uint64(n))
	}
	return header.Bytes(), nil
}

// read reads the tensor's data. The slice doubles as the data arrives and has
// the exact length in the end.
func (e *entry) read(r io.Reader, buf []byte) ([]float32, error) {
	width := int(e.width())
	total := int((e.end - e.begin)) / width // fits: see check
	data := make([]float32, 0, min(total, chunk))
	for len(data) < total {
		n := min(total-len(data), chunk)
		b := buf[:n*width]
		if got, err := io.ReadFull(r, b); err != nil {
			what := fmt.Sprintf("tensor %q: data", e.name)
			return nil, short(err, what, e.end-e.begin, uint64(len(data)*width+got))
		}
		if len(data)+n > cap(data) {
			data = slices.Grow(data, min(total, 2*cap(data))-len(data))
		}
		for i := range n {
			if e.dtype == dtypeHalf {
				data = append(data, fromHalf(binary.LittleEndian.Uint16(b[2*i:])))
			} else {
				data = append(data, math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
			}
		}
	}
	return slices.Clip(data), nil
}

// short reports that a read of want bytes failed, or that the file ended, after got bytes.
func short(err error, what string, want, got uint64) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("safetensors: %s: want %d bytes, got %d: %w", what, want, got, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("safetensors: read %s: %w", what, err)
}
