package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	// maxHeader bounds the header's length, as the reference implementation does.
	maxHeader = 100_000_000

	// metadataName is the one name that no tensor may have.
	metadataName = "__metadata__"

	dtypeSingle = "F32"
	dtypeHalf   = "F16"
)

// entry is what the header says of one tensor.
type entry struct {
	name       string
	dtype      string
	shape      []int
	begin, end uint64 // bytes of the data
}

// width is the number of bytes of an element, 0 for a dtype that is not read here.
func (e *entry) width() uint64 {
	switch e.dtype {
	case dtypeSingle:
		return 4
	case dtypeHalf:
		return 2
	}
	return 0
}

// bytes is the number of bytes that the shape and dtype ask for; ok is false
// where it does not fit an int.
func (e *entry) bytes() (n uint64, ok bool) {
	n = e.width()
	for _, d := range e.shape {
		var high uint64
		high, n = bits.Mul64(n, uint64(d))
		if high != 0 || n > math.MaxInt {
			return 0, false
		}
	}
	return n, true
}

// check compares what the header says of each tensor with itself and with the
// tensors before it. It puts the entries into the order of their data.
func check(entries []entry) error {
	for i := range entries {
		e := &entries[i]
		if e.width() == 0 {
			return fmt.Errorf("safetensors: tensor %q: want dtype F32 or F16, got %s", e.name, e.dtype)
		}
		if e.begin > e.end {
			return fmt.Errorf("safetensors: tensor %q: data_offsets [%d,%d] begin after they end", e.name, e.begin, e.end)
		}
		n, ok := e.bytes()
		if !ok {
			return fmt.Errorf("safetensors: tensor %q: shape %v is too large", e.name, e.shape)
		}
		if e.end-e.begin != n {
			return fmt.Errorf("safetensors: tensor %q: shape %v of %s wants %d bytes, data_offsets [%d,%d] hold %d",
				e.name, e.shape, e.dtype, n, e.begin, e.end, e.end-e.begin)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var next uint64
	for i := range entries {
		e := &entries[i]
		if e.begin != next {
			return fmt.Errorf("safetensors: tensor %q: data without holes or overlap wants it at byte %d, data_offsets [%d,%d] begin at %d",
				e.name, next, e.begin, e.end, e.begin)
		}
		next = e.end
	}
	return nil
}

// appendHeader appends the header's JSON, the metadata first and by key, the
// entries in their order.
func appendHeader(dst []byte, entries []entry, metadata map[string]string) []byte {
	dst = append(dst, '{')
	if len(metadata) > 0 {
		keys := make([]string, 0, len(metadata))
		for key := range metadata {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		dst = append(appendString(dst, metadataName), ":{"...)
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, key), ':')
			dst = appendString(dst, metadata[key])
		}
		dst = append(dst, '}')
	}
	for i, e := range entries {
		if i > 0 || len(metadata) > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, e.name)
		dst = append(appendString(append(dst, `:{"dtype":`...), e.dtype), `,"shape":[`...)
		for j, d := range e.shape {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(dst, int64(d), 10)
		}
		dst = strconv.AppendUint(append(dst, `],"data_offsets":[`...), e.begin, 10)
		dst = strconv.AppendUint(append(dst, ','), e.end, 10)
		dst = append(dst, "]}"...)
	}
	return append(dst, '}')
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has no value that cannot be marshalled
	}
	return append(dst, quoted...)
}

// parseHeader reads the header's JSON token by token: package json alone would
// let a second entry of one name replace the first, and match the names of the
// fields without regard to case.
func parseHeader(header []byte) ([]entry, map[string]string, error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, fmt.Errorf("safetensors: header: want a JSON object, got %.16q", header)
	}
	if !utf8.Valid(header) {
		return nil, nil, errors.New("safetensors: header: not valid UTF-8")
	}
	p := parser{json.NewDecoder(bytes.NewReader(header))}
	p.UseNumber()

	var entries []entry
	var metadata map[string]string
	err := p.object(func(name string) error {
		if name == metadataName {
			metadata = map[string]string{}
			err := p.object(func(key string) error {
				value, err := p.string()
				if err != nil {
					return fmt.Errorf("%q: %w", key, err)
				}
				metadata[key] = value
				return nil
			})
			if err != nil {
				return fmt.Errorf("%s: %w", metadataName, err)
			}
			return nil
		}
		e, err := p.entry(name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("safetensors: header: %w", err)
	}
	if t, err := p.Token(); err != io.EOF {
		if err != nil {
			return nil, nil, fmt.Errorf("safetensors: header: after the object: %w", err)
		}
		return nil, nil, fmt.Errorf("safetensors: header: want spaces after the object, got %s", describe(t))
	}
	return entries, metadata, nil
}

// parser is a JSON decoder that asks for one kind of value at a time.
type parser struct{ *json.Decoder }

// entry reads the value of a tensor's name.
func (p parser) entry(name string) (entry, error) {
	e := entry{name: name}
	var hasType, hasShape, hasOffsets bool
	err := p.object(func(field string) error {
		switch field {
		case "dtype":
			hasType = true
			dtype, err := p.string()
			if err != nil {
				return fmt.Errorf("dtype: %w", err)
			}
			e.dtype = dtype
		case "shape":
			hasShape = true
			shape, err := p.numbers()
			if err != nil {
				return fmt.Errorf("shape: %w", err)
			}
			e.shape = make([]int, len(shape))
			for i, d := range shape {
				if d > math.MaxInt {
					return fmt.Errorf("shape: %d is too large", d)
				}
				e.shape[i] = int(d)
			}
		case "data_offsets":
			hasOffsets = true
			offsets, err := p.numbers()
			if err != nil {
				return fmt.Errorf("data_offsets: %w", err)
			}
			if len(offsets) != 2 {
				return fmt.Errorf("data_offsets: want 2 numbers, got %d", len(offsets))
			}
			e.begin, e.end = offsets[0], offsets[1]
		default:
			return fmt.Errorf("want dtype, shape and data_offsets, got %q", field)
		}
		return nil
	})
	switch {
	case err != nil:
		return e, err
	case !hasType:
		return e, errors.New("dtype is missing")
	case !hasShape:
		return e, errors.New("shape is missing")
	case !hasOffsets:
		return e, errors.New("data_offsets are missing")
	}
	return e, nil
}

// object reads an object; value reads what stands behind each key. A key that
// comes twice is an error.
func (p parser) object(value func(key string) error) error {
	if err := p.open('{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.More() {
		key, err := p.string()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%q comes twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	_, err := p.next() // the decoder lets nothing but the closing brace follow
	return err
}

// numbers reads an array of whole numbers, none of them negative.
func (p parser) numbers() ([]uint64, error) {
	if err := p.open('[', "an array"); err != nil {
		return nil, err
	}
	var list []uint64
	for p.More() {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		number, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("want a whole number, got %s", describe(t))
		}
		n, err := strconv.ParseUint(number.String(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("want a whole number from 0 up, got %s", number)
		}
		list = append(list, n)
	}
	_, err := p.next()
	return list, err
}

func (p parser) string() (string, error) {
	t, err := p.next()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("want a string, got %s", describe(t))
	}
	return s, nil
}

func (p parser) open(bracket json.Delim, what string) error {
	t, err := p.next()
	if err != nil {
		return err
	}
	if t != bracket {
		return fmt.Errorf("want %s, got %s", what, describe(t))
	}
	return nil
}

// next is the next token, where the end of the header is an error.
func (p parser) next() (json.Token, error) {
	t, err := p.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return t, err
}

// describe prints a token as JSON has it.
func describe(t json.Token) string {
	switch t := t.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(t)
	}
	return fmt.Sprint(t)
}
