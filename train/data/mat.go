package data

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
)

// A matArray is an array of a MAT-file of level 5, in column-major order ("MAT-File Format", The MathWorks).
type matArray struct {
	offset     int // of the element in the file, or in what was compressed in it
	rows, cols int
	values     []float64  // of a numeric array; those that are not zero of a sparse one
	row, start []int      // of a sparse array: the row of each value, and where each column begins
	text       string     // of an array of characters
	cells      []matArray // of a cell array
}

// The types of data elements and the classes of arrays that are read.
const (
	miINT8, miUINT8, miINT16, miUINT16, miINT32, miUINT32 = 1, 2, 3, 4, 5, 6
	miSINGLE, miDOUBLE, miINT64, miUINT64                 = 7, 9, 12, 13
	miMATRIX, miCOMPRESSED, miUTF8, miUTF16               = 14, 15, 16, 17

	mxCELL, mxCHAR, mxSPARSE, mxDOUBLE, mxUINT64 = 1, 4, 5, 6, 15
)

const (
	matHeader  = 128
	matDepth   = 4       // of cells in cells
	matMost    = 1 << 30 // bytes of an element, decompressed
	matVersion = 0x0100
)

// readMAT reads the arrays of a MAT-file, which may be compressed by gzip as a whole, by their names.
func readMAT(path string) (map[string]matArray, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var content []byte
	r, err := plain(f)
	if err == nil {
		content, err = io.ReadAll(r)
	}
	var arrays map[string]matArray
	if err == nil {
		arrays, err = parseMAT(content)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return arrays, nil
}

func parseMAT(content []byte) (map[string]matArray, error) {
	if len(content) < matHeader {
		return nil, fmt.Errorf("offset 0: expected the %d bytes of the header of a MAT-file, found %d", matHeader, len(content))
	}
	var p matParser
	switch mark := string(content[126:128]); mark {
	case "IM":
		p.order = binary.LittleEndian
	case "MI":
		p.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("offset 126: expected \"IM\" or \"MI\", as in a MAT-file of level 5, found %q", mark)
	}
	if v := p.order.Uint16(content[124:]); v != matVersion {
		return nil, fmt.Errorf("offset 124: expected version %#04x of the format, found %#04x", matVersion, v)
	}
	arrays := map[string]matArray{}
	for at := matHeader; at < len(content); {
		e, next, err := p.element(content, at)
		if err != nil {
			return nil, err
		}
		if e.kind == miCOMPRESSED {
			inner, err := inflate(e.data)
			if err != nil {
				return nil, fmt.Errorf("offset %d: compressed element: %w", at, err)
			}
			if e, _, err = p.element(inner, 0); err != nil {
				return nil, fmt.Errorf("offset %d: compressed element: %w", at, err)
			}
		}
		if e.kind != miMATRIX {
			return nil, fmt.Errorf("offset %d: expected an array (type %d), found type %d", at, miMATRIX, e.kind)
		}
		name, array, err := p.array(e.data, e.from, 0)
		if err != nil {
			return nil, err
		}
		arrays[name], at = array, next
	}
	return arrays, nil
}

// inflate decompresses an element.
func inflate(data []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, matMost+1))
	if err == nil && len(content) > matMost {
		err = fmt.Errorf("more than %d bytes", matMost)
	}
	return content, err
}

// matElement is a data element: a tag and data of one type.
type matElement struct {
	kind int
	from int // where its data begin
	data []byte
}

type matParser struct{ order binary.ByteOrder }

// element reads the element at an offset of content, and returns where the next one begins.
func (p matParser) element(content []byte, at int) (e matElement, next int, err error) {
	rest := content[at:]
	if len(rest) < 8 {
		return e, 0, short(at, 8, len(rest), io.ErrUnexpectedEOF)
	}
	kind := p.order.Uint32(rest)
	size, head := int64(p.order.Uint32(rest[4:])), 8
	if kind>>16 != 0 { // the size and 4 bytes of data or less are in the tag
		size, kind, head = int64(kind>>16), kind&0xffff, 4
		if size > 4 {
			return e, 0, fmt.Errorf("offset %d: expected a small element of at most 4 bytes, found %d", at, size)
		}
	}
	if size > int64(len(rest)-head) {
		return e, 0, fmt.Errorf("offset %d: expected %d bytes, found %d: the file is truncated", at+head, size, len(rest)-head)
	}
	n := int(size)
	e = matElement{int(kind), at + head, rest[head : head+n]}
	next = at + 8
	if head == 8 {
		next += n
		if kind != miCOMPRESSED { // all others fill words of 8 bytes
			next = min(at+8+(n+7)/8*8, len(content))
		}
	}
	return e, next, nil
}

// array reads what an element of type miMATRIX holds; base is the offset of content, for errors.
func (p matParser) array(content []byte, base, depth int) (name string, a matArray, err error) {
	a.offset = base
	at := 0
	fail := func(err error) error {
		return fmt.Errorf("array %q at offset %d: %w", name, base, err)
	}
	next := func(what string, kinds ...int) (matElement, error) {
		e, after, err := p.element(content, at)
		if err != nil {
			return e, fail(fmt.Errorf("%s: %w", what, err))
		}
		for _, k := range kinds {
			if e.kind == k {
				at = after
				return e, nil
			}
		}
		return e, fail(fmt.Errorf("%s at offset %d of it: expected type %v, found %d", what, at, kinds, e.kind))
	}
	flags, err := next("flags", miUINT32)
	if err != nil {
		return name, a, err
	}
	if len(flags.data) != 8 {
		return name, a, fail(fmt.Errorf("flags: expected 8 bytes, found %d", len(flags.data)))
	}
	class := int(p.order.Uint32(flags.data) & 0xff)
	shape, err := next("dimensions", miINT32)
	if err != nil {
		return name, a, err
	}
	if len(shape.data) != 8 {
		return name, a, fail(fmt.Errorf("expected 2 dimensions, found %d bytes of them", len(shape.data)))
	}
	rows, cols := int32(p.order.Uint32(shape.data)), int32(p.order.Uint32(shape.data[4:]))
	if rows < 0 || cols < 0 || int64(rows)*int64(cols) > matMost {
		return name, a, fail(fmt.Errorf("%dx%d values", rows, cols))
	}
	a.rows, a.cols = int(rows), int(cols)
	title, err := next("name", miINT8, miUINT8, miUTF8)
	if err != nil {
		return name, a, err
	}
	name = string(title.data)

	numbers := func(what string) ([]float64, error) {
		e, err := next(what, miINT8, miUINT8, miINT16, miUINT16, miINT32, miUINT32, miSINGLE, miDOUBLE, miINT64, miUINT64, miUTF8, miUTF16)
		if err != nil {
			return nil, err
		}
		values, err := p.numbers(e)
		if err != nil {
			return nil, fail(fmt.Errorf("%s: %w", what, err))
		}
		return values, nil
	}
	switch {
	case class == mxCELL:
		if depth == matDepth {
			return name, a, fail(errors.New("cells in cells in cells"))
		}
		for at < len(content) {
			e, err := next("cell", miMATRIX)
			if err != nil {
				return name, a, err
			}
			_, cell, err := p.array(e.data, base+e.from, depth+1)
			if err != nil {
				return name, a, err
			}
			a.cells = append(a.cells, cell)
		}
		if len(a.cells) != a.rows*a.cols {
			return name, a, fail(fmt.Errorf("expected %dx%d cells, found %d", rows, cols, len(a.cells)))
		}
	case class == mxSPARSE:
		for _, part := range []struct {
			what string
			to   *[]int
		}{{"rows of values", &a.row}, {"starts of columns", &a.start}} {
			values, err := numbers(part.what)
			if err != nil {
				return name, a, err
			}
			for _, v := range values {
				*part.to = append(*part.to, int(v))
			}
		}
		if a.values, err = numbers("values"); err != nil {
			return name, a, err
		}
		if err := a.checkSparse(); err != nil {
			return name, a, fail(err)
		}
	case class == mxCHAR || class >= mxDOUBLE && class <= mxUINT64:
		if a.values, err = numbers("values"); err != nil {
			return name, a, err
		}
		if len(a.values) != a.rows*a.cols {
			return name, a, fail(fmt.Errorf("expected %dx%d values, found %d", rows, cols, len(a.values)))
		}
		if class == mxCHAR {
			text := make([]rune, len(a.values))
			for i, v := range a.values {
				text[i] = rune(v)
			}
			a.text, a.values = string(text), nil
		}
	}
	return name, a, nil // of other classes, such as structures, nobody asks for more
}

// numbers reads the data of an element as numbers.
func (p matParser) numbers(e matElement) ([]float64, error) {
	size := 8
	switch e.kind {
	case miINT8, miUINT8, miUTF8:
		size = 1
	case miINT16, miUINT16, miUTF16:
		size = 2
	case miINT32, miUINT32, miSINGLE:
		size = 4
	}
	if len(e.data)%size != 0 {
		return nil, fmt.Errorf("expected whole numbers of %d bytes, found %d bytes", size, len(e.data))
	}
	values := make([]float64, len(e.data)/size)
	for i := range values {
		b := e.data[i*size:]
		switch e.kind {
		case miINT8:
			values[i] = float64(int8(b[0]))
		case miUINT8, miUTF8:
			values[i] = float64(b[0])
		case miINT16:
			values[i] = float64(int16(p.order.Uint16(b)))
		case miUINT16, miUTF16:
			values[i] = float64(p.order.Uint16(b))
		case miINT32:
			values[i] = float64(int32(p.order.Uint32(b)))
		case miUINT32:
			values[i] = float64(p.order.Uint32(b))
		case miSINGLE:
			values[i] = float64(math.Float32frombits(p.order.Uint32(b)))
		case miDOUBLE:
			values[i] = math.Float64frombits(p.order.Uint64(b))
		case miINT64:
			values[i] = float64(int64(p.order.Uint64(b)))
		case miUINT64:
			values[i] = float64(p.order.Uint64(b))
		}
	}
	return values, nil
}

// checkSparse finds out whether the columns of a sparse array are where they can be. There may be room for more
// values than are used.
func (a matArray) checkSparse() error {
	if len(a.start) != a.cols+1 {
		return fmt.Errorf("expected the starts of %d columns and the end, found %d numbers", a.cols, len(a.start))
	}
	for i, at := range a.start {
		if at < 0 || i == 0 && at != 0 || i > 0 && at < a.start[i-1] || at > len(a.row) || at > len(a.values) {
			return fmt.Errorf("column %d begins at value %d of %d", i, at, min(len(a.row), len(a.values)))
		}
	}
	for i, row := range a.row[:a.start[a.cols]] {
		if row < 0 || row >= a.rows {
			return fmt.Errorf("value %d is in row %d of %d", i, row, a.rows)
		}
	}
	return nil
}

// bytes returns the numbers of an array of rows x cols, whole ones from 0 to most, in the order of the columns.
// Where rows or cols is 0 any number will do.
func (a matArray) bytes(name string, rows, cols int, most byte) ([]byte, error) {
	if a.rows == 0 || a.cols == 0 || rows > 0 && a.rows != rows || cols > 0 && a.cols != cols {
		return nil, fmt.Errorf("array %q at offset %d: expected %sx%s numbers, found %dx%d", name, a.offset, anyOr(rows), anyOr(cols), a.rows, a.cols)
	}
	out := make([]byte, a.rows*a.cols)
	put := func(i int, v float64) error {
		if v != math.Trunc(v) || !(v >= 0 && v <= float64(most)) {
			return fmt.Errorf("array %q at offset %d, row %d, column %d: expected a whole number from 0 to %d, found %v",
				name, a.offset, i%a.rows+1, i/a.rows+1, most, v)
		}
		out[i] = byte(v)
		return nil
	}
	if a.start != nil {
		for c := range a.cols {
			for k := a.start[c]; k < a.start[c+1]; k++ {
				if err := put(c*a.rows+a.row[k], a.values[k]); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	}
	if len(a.values) != len(out) {
		return nil, fmt.Errorf("array %q at offset %d: expected numbers, found none", name, a.offset)
	}
	for i, v := range a.values {
		if err := put(i, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// anyOr returns n as text, or "any" for 0.
func anyOr(n int) string {
	if n == 0 {
		return "any"
	}
	return fmt.Sprint(n)
}

// texts returns the texts of a cell array.
func (a matArray) texts(name string, count int) ([]string, error) {
	if len(a.cells) != count {
		return nil, fmt.Errorf("array %q at offset %d: expected %d texts, found %d cells", name, a.offset, count, len(a.cells))
	}
	all := make([]string, count)
	for i, c := range a.cells {
		if all[i] = c.text; c.text == "" {
			return nil, fmt.Errorf("array %q at offset %d: expected a text in cell %d, found none", name, c.offset, i+1)
		}
	}
	return all, nil
}

// findMAT reads the MAT-file of a set, and checks that it has these arrays.
func findMAT(dir, file string, names ...string) (path string, arrays map[string]matArray, err error) {
	path, err = firstOf(dir, false, file, file+".gz")
	if err != nil {
		return "", nil, err
	}
	if path == "" {
		return "", nil, fmt.Errorf("%w: %s: no %s", ErrNotFound, dir, file)
	}
	if arrays, err = readMAT(path); err != nil {
		return "", nil, err
	}
	for _, name := range names {
		if _, ok := arrays[name]; !ok {
			return "", nil, fmt.Errorf("%s: expected an array %q, found %q", path, name, slices.Sorted(maps.Keys(arrays)))
		}
	}
	return path, arrays, nil
}
