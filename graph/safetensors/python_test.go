package safetensors

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"boltzoo/graph"
)

// python runs a script under an interpreter that has the packages safetensors
// and numpy: $BOLTZOO_PYTHON, or python3. Without one the test is skipped.
func python(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	interpreter := os.Getenv("BOLTZOO_PYTHON")
	if interpreter == "" {
		interpreter = "python3"
	}
	if out, err := exec.Command(interpreter, "-c", "import numpy, safetensors.numpy").CombinedOutput(); err != nil {
		t.Skipf("%s has no packages safetensors and numpy (name an interpreter that has them in BOLTZOO_PYTHON): %v\n%s", interpreter, err, out)
	}
	command := exec.Command(interpreter, append([]string{"-c", script}, args...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", interpreter, err, stderr.Bytes())
	}
	return out
}

// What is written here is read there: names, shapes, dtypes, bits, metadata.
func TestPythonReads(t *testing.T) {
	const script = `
import base64, json, sys
from safetensors import safe_open
answer = []
for path in sys.argv[1:]:
    with safe_open(path, "numpy") as f:
        tensors = {}
        for name in f.keys():
            a = f.get_tensor(name)
            tensors[name] = {"Dtype": str(a.dtype), "Shape": a.shape, "Data": base64.b64encode(a.astype("<f4").tobytes()).decode()}
        answer.append({"Tensors": tensors, "Metadata": f.metadata()})
json.dump(answer, sys.stdout)
`
	metadata := map[string]string{"format": "np", "card": "ümlaut <&> \u2028 \"q\""}
	dir := t.TempDir()
	single, half := filepath.Join(dir, "single"), filepath.Join(dir, "half")
	var b bytes.Buffer
	if err := Encode(&b, examples(), metadata); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(single, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := EncodeHalf(&b, examples(), metadata); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(half, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var answer []struct {
		Tensors map[string]struct {
			Dtype string
			Shape []int
			Data  string
		}
		Metadata map[string]string
	}
	if err := json.Unmarshal(python(t, script, single, half), &answer); err != nil {
		t.Fatal(err)
	}
	for i, dtype := range []string{"float32", "float16"} {
		got := answer[i]
		if len(got.Tensors) != len(examples()) {
			t.Errorf("%s: %d tensors, want %d", dtype, len(got.Tensors), len(examples()))
		}
		for _, want := range examples() {
			a, ok := got.Tensors[want.Name]
			if !ok || a.Dtype != dtype || !slices.Equal(a.Shape, want.Shape) {
				t.Errorf("%s: tensor %q: got %q %v, want %v", dtype, want.Name, a.Dtype, a.Shape, want.Shape)
				continue
			}
			var data []byte
			for _, x := range want.Data {
				bits := math.Float32bits(x)
				data = append(data, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
			}
			if a.Data != base64.StdEncoding.EncodeToString(data) {
				t.Errorf("%s: tensor %q: other bits", dtype, want.Name)
			}
		}
		for key, want := range metadata {
			if got.Metadata[key] != want {
				t.Errorf("%s: metadata %q: got %q, want %q", dtype, key, got.Metadata[key], want)
			}
		}
	}
}

// What is written there is read here, and numpy rounds to F16 as toHalf does.
func TestPythonWrites(t *testing.T) {
	const script = `
import sys, numpy as np
from safetensors.numpy import save_file
np.seterr(over="ignore")
x = np.fromfile(sys.argv[1], "<f4")
save_file({"z": x, "half": x.astype(np.float16), "all": np.arange(65536).astype(np.uint16).view(np.float16).reshape(256, 256),
           "scalar": np.array(2.5, np.float32), "empty": np.zeros((0, 3), np.float32)}, sys.argv[2], {"format": "np", "a": "b"})
`
	random := rand.New(rand.NewPCG(7, 9))
	x := make([]float32, 1<<16)
	raw := make([]byte, 0, 4*len(x))
	for i := range x {
		bits := random.Uint32()
		if i%2 == 1 { // within the range of F16
			bits = bits&0x8fffffff | 0x30000000 + random.Uint32()%0x18000000
		}
		x[i] = math.Float32frombits(bits)
		raw = append(raw, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	dir := t.TempDir()
	source, path := filepath.Join(dir, "x"), filepath.Join(dir, "y")
	if err := os.WriteFile(source, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	python(t, script, source, path)
	written, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer written.Close()
	tensors, metadata, err := Decode(written)
	if err != nil {
		t.Fatal(err)
	}
	if metadata["format"] != "np" || metadata["a"] != "b" || len(metadata) != 2 {
		t.Errorf("metadata %q", metadata)
	}
	got := map[string]*graph.Tensor{}
	for _, tensor := range tensors {
		got[tensor.Name] = tensor
	}
	shapes := map[string][]int{"z": {1 << 16}, "half": {1 << 16}, "all": {256, 256}, "scalar": {}, "empty": {0, 3}}
	for name, want := range shapes {
		if got[name] == nil || !slices.Equal(got[name].Shape, want) {
			t.Fatalf("tensor %q: got %v, want shape %v", name, got[name], want)
		}
	}
	if len(got) != len(shapes) || got["scalar"].Data[0] != 2.5 {
		t.Errorf("got %v", got)
	}
	for i := range x {
		if a, b := math.Float32bits(got["z"].Data[i]), math.Float32bits(x[i]); a != b {
			t.Fatalf("element %d: got %#x, want %#x", i, a, b)
		}
		if a, b := toHalf(got["half"].Data[i]), toHalf(x[i]); a != b && x[i] == x[i] {
			t.Fatalf("%g: numpy rounds to %#04x, toHalf to %#04x", x[i], a, b)
		}
		if h := toHalf(got["all"].Data[i]); h != uint16(i) {
			t.Fatalf("half %#04x is read as %g", i, got["all"].Data[i])
		}
	}
}

// What is refused here is refused there, but for the few files of the table.
func TestPythonRejects(t *testing.T) {
	const script = `
import json, sys
from safetensors import safe_open
answer = []
for path in sys.argv[1:]:
    try:
        with safe_open(path, "numpy") as f:
            f.keys()
        answer.append("")
    except Exception as e:
        answer.append(str(e) or "error")
json.dump(answer, sys.stdout)
`
	dir := t.TempDir()
	var paths []string
	for i, c := range corrupt {
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	var answer []string
	if err := json.Unmarshal(python(t, script, paths...), &answer); err != nil {
		t.Fatal(err)
	}
	for i, c := range corrupt {
		if taken := answer[i] == ""; taken != c.lenient {
			t.Errorf("%s: the reference implementation says %q", c.name, answer[i])
		}
	}
}
