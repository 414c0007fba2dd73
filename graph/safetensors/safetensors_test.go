package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"boltzoo/graph"
)

// equal compares to the last bit.
func equal(a, b []*graph.Tensor) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d tensors, want %d", len(a), len(b))
	}
	for i := range a {
		if a[i].Name != b[i].Name || !slices.Equal(a[i].Shape, b[i].Shape) {
			return fmt.Errorf("tensor %d is %q %v, want %q %v", i, a[i].Name, a[i].Shape, b[i].Name, b[i].Shape)
		}
		if len(a[i].Data) != len(b[i].Data) {
			return fmt.Errorf("tensor %q has %d elements, want %d", a[i].Name, len(a[i].Data), len(b[i].Data))
		}
		for j := range a[i].Data {
			if x, y := math.Float32bits(a[i].Data[j]), math.Float32bits(b[i].Data[j]); x != y {
				return fmt.Errorf("tensor %q element %d is %#x, want %#x", a[i].Name, j, x, y)
			}
		}
	}
	return nil
}

// examples are tensors of every kind of shape, special values and odd names.
func examples() []*graph.Tensor {
	random := rand.New(rand.NewPCG(3, 5))
	fill := func(name string, shape ...int) *graph.Tensor {
		t := graph.NewTensor(name, shape...)
		for i := range t.Data {
			t.Data[i] = fromHalf(toHalf(float32(random.NormFloat64()))) // the same in F16
		}
		return t
	}
	special := fill("special", 8)
	copy(special.Data, []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
		float32(math.Copysign(0, -1)), 0, 65504, 0x1p-24, -0x1p-14})
	return []*graph.Tensor{
		fill("layer1/weight", 5, 5, 3, 7),
		fill("scalar"),
		fill("none", 0),
		fill("empty", 3, 0, 2),
		special,
		fill(`a "quoted" \ <name> & ümlaut 😀`, 1),
		fill("", 2),
		fill("long", 3*chunk+1),
	}
}

func TestRoundTrip(t *testing.T) {
	metadata := map[string]string{"format": "boltzoo", "spec": `{"type":"rbm"}`, "": "<&>\u2028"}
	for name, encode := range map[string]func(io.Writer, []*graph.Tensor, map[string]string) error{"F32": Encode, "F16": EncodeHalf} {
		t.Run(name, func(t *testing.T) {
			var file, again bytes.Buffer
			want := examples()
			if err := encode(&file, want, metadata); err != nil {
				t.Fatal(err)
			}
			if err := encode(&again, want, maps.Clone(metadata)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(file.Bytes(), again.Bytes()) {
				t.Error("equal tensors gave different bytes")
			}
			if n := binary.LittleEndian.Uint64(file.Bytes()); n%8 != 0 {
				t.Errorf("the header has %d bytes, no multiple of 8", n)
			}
			got, gotMetadata, err := Decode(iotest.HalfReader(bytes.NewReader(file.Bytes())))
			if err != nil {
				t.Fatal(err)
			}
			if err := equal(got, want); err != nil {
				t.Error(err)
			}
			if !maps.Equal(gotMetadata, metadata) {
				t.Errorf("metadata %q, want %q", gotMetadata, metadata)
			}
		})
	}
}

// The bytes of a small file, from the format's description.
func TestEncodeBytes(t *testing.T) {
	tensor := graph.NewTensor("w", 1, 2)
	tensor.Data[0], tensor.Data[1] = 1, -2
	for _, c := range []struct {
		encode   func(io.Writer, []*graph.Tensor, map[string]string) error
		metadata map[string]string
		want     string
	}{
		{Encode, nil, "\x38\x00\x00\x00\x00\x00\x00\x00" +
			`{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}` +
			"\x00\x00\x80\x3f\x00\x00\x00\xc0"},
		{EncodeHalf, map[string]string{"b": "2", "a": "1"}, "\x60\x00\x00\x00\x00\x00\x00\x00" +
			`{"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}       ` +
			"\x00\x3c\x00\xc0"},
	} {
		var file bytes.Buffer
		if err := c.encode(&file, []*graph.Tensor{tensor}, c.metadata); err != nil {
			t.Fatal(err)
		}
		if file.String() != c.want {
			t.Errorf("got  %q\nwant %q", file.String(), c.want)
		}
	}
}

func TestNoTensors(t *testing.T) {
	var file bytes.Buffer
	if err := Encode(&file, nil, nil); err != nil {
		t.Fatal(err)
	}
	tensors, metadata, err := Decode(&file)
	if err != nil || len(tensors) != 0 || metadata != nil {
		t.Errorf("got %v, %v, %v", tensors, metadata, err)
	}
}

func TestEncodeRejects(t *testing.T) {
	good := graph.NewTensor("good", 2)
	big := graph.NewTensor("big", 2)
	big.Data[1] = -65520
	for _, c := range []struct {
		name     string
		tensors  []*graph.Tensor
		metadata map[string]string
		half     bool
		want     string
	}{
		{"nil", []*graph.Tensor{good, nil}, nil, true, "tensor 2 of 2 is nil"},
		{"twice", []*graph.Tensor{good, good}, nil, false, `tensor "good" comes twice`},
		{"reserved", []*graph.Tensor{graph.NewTensor("__metadata__", 1)}, nil, false, "__metadata__ is reserved"},
		{"name", []*graph.Tensor{graph.NewTensor("a\xff", 1)}, nil, false, "not valid UTF-8"},
		{"metadata", nil, map[string]string{"k": "\xff"}, false, `metadata "k": not valid UTF-8`},
		{"short", []*graph.Tensor{{Name: "w", Shape: []int{2, 3}, Data: make([]float32, 5)}}, nil, false, `tensor "w": shape [2 3] wants 6 elements, got 5`},
		{"negative", []*graph.Tensor{{Name: "w", Shape: []int{-1}}}, nil, false, `tensor "w": shape [-1] has a negative length`},
		{"overflow", []*graph.Tensor{{Name: "w", Shape: []int{1 << 31, 1 << 31, 4}}}, nil, false, `tensor "w": shape [2147483648 2147483648 4] is too large`},
		{"half", []*graph.Tensor{good, big}, nil, true, `tensor "big": element 1: want at most 65504 for F16, got -65520`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var file bytes.Buffer
			encode := Encode
			if c.half {
				encode = EncodeHalf
			}
			err := encode(&file, c.tensors, c.metadata)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
			if file.Len() != 0 {
				t.Errorf("%d bytes were written", file.Len())
			}
		})
	}
}

// failing fails at the n-th Write.
type failing int

func (f *failing) Write(p []byte) (int, error) {
	*f--
	if *f <= 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestEncodeWriteErrors(t *testing.T) {
	for n, want := range map[failing]string{1: "write header: disk full", 3: `write tensor "b": disk full`} {
		err := Encode(&n, []*graph.Tensor{graph.NewTensor("a", 2), graph.NewTensor("b", 2)}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// file puts a file together from a header and data.
func file(header, data string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + data
}

// corrupt files, what Decode says of them, and whether the reference
// implementation takes them all the same.
var corrupt = []struct {
	name, file, want string
	lenient          bool
}{
	{"nothing", "", "header length: want 8 bytes, got 0", false},
	{"length cut", "\x10\x00\x00", "header length: want 8 bytes, got 3", false},
	{"length zero", "\x00\x00\x00\x00\x00\x00\x00\x00", "header length: want 2 to 100000000 bytes, got 0", false},
	{"length huge", "\xff\xff\xff\xff\xff\xff\xff\xff{}", "got 18446744073709551615", false},
	{"length over the bound", string(binary.LittleEndian.AppendUint64(nil, maxHeader+1)) + "{}", "got 100000001", false},
	{"another format", "PK\x03\x04 this is a zip file", "is this a safetensors file?", false},
	{"header cut", "\x20\x00\x00\x00\x00\x00\x00\x00{}", "header: want 32 bytes, got 2", false},
	{"no object", file(`[]`, ""), "want a JSON object", false},
	{"leading space", file(` {}`, ""), "want a JSON object", true},
	{"not UTF-8", file("{\"a\xff\":1}", ""), "not valid UTF-8", false},
	{"JSON cut", file(`{"w":{"dtype":"F32"`, ""), `tensor "w": unexpected EOF`, false},
	{"JSON wrong", file(`{"w":}`, ""), "invalid character", false},
	{"JSON open", file(`{`+strings.Repeat(" ", 7), ""), "header: unexpected EOF", false},
	{"after the object", file(`{} {}`, ""), "want spaces after the object", false},
	{"tensor no object", file(`{"w":3}`, ""), `tensor "w": want an object, got 3`, false},
	{"tensor null", file(`{"w":null}`, ""), `tensor "w": want an object, got null`, false},
	{"name twice", file(`{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `"w" comes twice`, true},
	{"field twice", file(`{"w":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `tensor "w": "dtype" comes twice`, false},
	{"field unknown", file(`{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"order":"C"}}`, ""), `tensor "w": want dtype, shape and data_offsets, got "order"`, true},
	{"field of another case", file(`{"w":{"DType":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `got "DType"`, false},
	{"no dtype", file(`{"w":{"shape":[0],"data_offsets":[0,0]}}`, ""), `tensor "w": dtype is missing`, false},
	{"no shape", file(`{"w":{"dtype":"F32","data_offsets":[0,0]}}`, ""), `tensor "w": shape is missing`, false},
	{"no offsets", file(`{"w":{"dtype":"F32","shape":[0]}}`, ""), `tensor "w": data_offsets are missing`, false},
	{"dtype a number", file(`{"w":{"dtype":32,"shape":[0],"data_offsets":[0,0]}}`, ""), `tensor "w": dtype: want a string, got 32`, false},
	{"dtype foreign", file(`{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}`, "ab"), `tensor "w": want dtype F32 or F16, got BF16`, true},
	{"dtype unknown", file(`{"w":{"dtype":"F33","shape":[1],"data_offsets":[0,2]}}`, "ab"), `tensor "w": want dtype F32 or F16, got F33`, false},
	{"shape a number", file(`{"w":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}`, "abcd"), `tensor "w": shape: want an array, got 1`, false},
	{"shape negative", file(`{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, "abcd"), `tensor "w": shape: want a whole number from 0 up, got -1`, false},
	{"shape fraction", file(`{"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`, "abcd"), `tensor "w": shape: want a whole number from 0 up, got 1.0`, false},
	{"shape text", file(`{"w":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}`, "abcd"), `tensor "w": shape: want a whole number, got "1"`, false},
	{"shape beyond int", file(`{"w":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}`, "abcd"), `tensor "w": shape: 9223372036854775808 is too large`, false},
	{"shape overflow", file(`{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, ""), `tensor "w": shape [4294967296 4294967296] is too large`, false},
	{"offsets three", file(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}`, "abcd"), `tensor "w": data_offsets: want 2 numbers, got 3`, false},
	{"offsets reversed", file(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, "abcd"), `tensor "w": data_offsets [4,0] begin after they end`, false},
	{"offsets and shape", file(`{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}}`, strings.Repeat("a", 20)), `tensor "w": shape [2 3] of F32 wants 24 bytes, data_offsets [0,20] hold 20`, false},
	{"offsets and dtype", file(`{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}`, "abcd"), `tensor "w": shape [1] of F16 wants 2 bytes, data_offsets [0,4] hold 4`, false},
	{"hole before", file(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "abcdefgh"), `tensor "w": data without holes or overlap wants it at byte 0, data_offsets [4,8] begin at 4`, false},
	{"hole between", file(`{"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[6,10]}}`, "abcdefghij"), `tensor "w": data without holes or overlap wants it at byte 4`, false},
	{"overlap", file(`{"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, "abcdef"), `tensor "w": data without holes or overlap wants it at byte 4`, false},
	{"same place", file(`{"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abcd"), `tensor "w": data without holes or overlap wants it at byte 4`, false},
	{"data cut", file(`{"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, "abcdefghi"), `tensor "w": data: want 8 bytes, got 5`, false},
	{"data cut late", file(`{"w":{"dtype":"F16","shape":[100000],"data_offsets":[0,200000]}}`, strings.Repeat("a", 150001)), `tensor "w": data: want 200000 bytes, got 150001`, false},
	{"trailing byte", file(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abcd\n"), `want the end of the file after 4 bytes of data, got more`, false},
	{"trailing without tensors", file(`{}`, " "), `after 0 bytes of data`, false},
	{"metadata no object", file(`{"__metadata__":[]}`, ""), `__metadata__: want an object, got [`, false},
	{"metadata number", file(`{"__metadata__":{"epoch":3}}`, ""), `__metadata__: "epoch": want a string, got 3`, false},
	{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`, ""), `"__metadata__" comes twice`, false},
	{"metadata key twice", file(`{"__metadata__":{"a":"1","a":"2"}}`, ""), `__metadata__: "a" comes twice`, true},
}

func TestDecodeRejects(t *testing.T) {
	for _, c := range corrupt {
		t.Run(c.name, func(t *testing.T) {
			tensors, metadata, err := Decode(strings.NewReader(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v\nwant %q", err, c.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "safetensors: ") {
				t.Errorf("error %q does not name the package", err)
			}
			if tensors != nil || metadata != nil {
				t.Errorf("an error came with %v, %v", tensors, metadata)
			}
		})
	}
}

// Every file that is cut somewhere is refused, and says that it is cut.
func TestDecodeCutEverywhere(t *testing.T) {
	var whole bytes.Buffer
	if err := Encode(&whole, []*graph.Tensor{graph.NewTensor("a", 2), graph.NewTensor("b", 3)}, map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		if _, _, err := Decode(bytes.NewReader(whole.Bytes()[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: got %v", n, whole.Len(), err)
		}
	}
}

func TestDecodeOrder(t *testing.T) {
	tensors, _, err := Decode(strings.NewReader(file(
		`{"b":{"data_offsets":[4,8],"shape":[1],"dtype":"F32"},"c":{"dtype":"F16","shape":[2,0],"data_offsets":[8,8]},"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`+"  ",
		"\x00\x3c\x00\xc0\x00\x00\x80\x3f")))
	if err != nil {
		t.Fatal(err)
	}
	want := []*graph.Tensor{
		{Name: "a", Shape: []int{2}, Data: []float32{1, -2}},
		{Name: "b", Shape: []int{1}, Data: []float32{1}},
		{Name: "c", Shape: []int{2, 0}},
	}
	if err := equal(tensors, want); err != nil {
		t.Error(err)
	}
}

func TestDecodeReadError(t *testing.T) {
	boom := errors.New("boom")
	var whole bytes.Buffer
	if err := Encode(&whole, []*graph.Tensor{graph.NewTensor("a", 2)}, nil); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 5, 20, whole.Len() - 3, whole.Len()} {
		_, _, err := Decode(io.MultiReader(bytes.NewReader(whole.Bytes()[:n]), iotest.ErrReader(boom)))
		if !errors.Is(err, boom) {
			t.Errorf("error after %d of %d bytes: got %v", n, whole.Len(), err)
		}
	}
}

// A file of a hundred bytes that claims a terabyte must not cost memory.
func TestDecodeClaims(t *testing.T) {
	claims := []string{
		file(`{"w":{"dtype":"F32","shape":[274877906944],"data_offsets":[0,1099511627776]}}`, "abcd"),
		string(binary.LittleEndian.AppendUint64(nil, maxHeader)) + "{}",
	}
	for _, claim := range claims {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := Decode(strings.NewReader(claim))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%d bytes were allocated for a file of %d", n, len(claim))
		}
	}
}

// FuzzDecode: no file makes Decode panic, and what it takes can be written and
// read again to the same bits.
func FuzzDecode(f *testing.F) {
	for _, encode := range []func(io.Writer, []*graph.Tensor, map[string]string) error{Encode, EncodeHalf} {
		var b bytes.Buffer
		if err := encode(&b, examples()[:7], map[string]string{"format": "pt"}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	for _, c := range corrupt {
		if len(c.file) < 1000 { // the engine spends its time on shortening long ones
			f.Add([]byte(c.file))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		tensors, metadata, err := Decode(bytes.NewReader(input))
		if err != nil {
			return
		}
		for _, x := range tensors {
			if x.Size() != len(x.Data) {
				t.Fatalf("tensor %q: shape %v with %d elements", x.Name, x.Shape, len(x.Data))
			}
		}
		var b bytes.Buffer
		if err := Encode(&b, tensors, metadata); err != nil {
			t.Fatal(err)
		}
		again, metadataAgain, err := Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := equal(again, tensors); err != nil {
			t.Error(err)
		}
		if !maps.Equal(metadata, metadataAgain) {
			t.Errorf("metadata %q, want %q", metadataAgain, metadata)
		}
	})
}
