package zoo

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/safetensors"
)

func TestOpenReadsWhatSaveWrote(t *testing.T) {
	trained := trainedRBM(t)
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := trained.Save(path, false); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, trained) {
		t.Errorf("got %+v, want %+v", again.Run, trained.Run)
	}
	if err := trained.Save(path, true); err != nil {
		t.Fatal(err)
	}
	if again, err = Open(path); err != nil {
		t.Fatal(err)
	}
	for i, tensor := range again.Model.Tensors() {
		for j, v := range tensor.Data {
			want := float64(trained.Model.Tensors()[i].Data[j])
			// Half numbers have 11 binary digits, and steps of 2⁻²⁴ near zero.
			if math.Abs(float64(v)-want) > math.Abs(want)/2048+1e-7 {
				t.Fatalf("%s[%d] is %g in half the digits, want %g", tensor.Name, j, v, want)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	trained := trainedRBM(t)
	var file bytes.Buffer
	if err := trained.Encode(&file, false); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(tensors []*graph.Tensor, metadata map[string]string) []*graph.Tensor{
		"layer1.weight: number 5 of": func(x []*graph.Tensor, _ map[string]string) []*graph.Tensor {
			x[0].Data[5] = float32(math.NaN())
			return x
		},
		"layer1.hidden.bias: number 0 of": func(x []*graph.Tensor, _ map[string]string) []*graph.Tensor {
			x[2].Data[0] = float32(math.Inf(1))
			return x
		},
		"no array layer1.weight": func(x []*graph.Tensor, _ map[string]string) []*graph.Tensor { return x[1:] },
		"an array more, which": func(x []*graph.Tensor, _ map[string]string) []*graph.Tensor {
			return append(x, graph.NewTensor("more", 1))
		},
		"want shape [784 6], got [6 784]": func(x []*graph.Tensor, _ map[string]string) []*graph.Tensor {
			x[0].Shape = []int{6, 784}
			return x
		},
		"not weights of this zoo": func(x []*graph.Tensor, m map[string]string) []*graph.Tensor {
			delete(m, runKey)
			return x
		},
		`unknown field "colour"`: func(x []*graph.Tensor, m map[string]string) []*graph.Tensor {
			m[runKey] = strings.Replace(m[runKey], `"recipe"`, `"colour":1,"recipe"`, 1)
			return x
		},
		`unknown type "rnn"`: func(x []*graph.Tensor, m map[string]string) []*graph.Tensor {
			m[runKey] = strings.Replace(m[runKey], `"type":"rbm"`, `"type":"rnn"`, 1)
			return x
		},
	} {
		tensors, metadata, err := safetensors.Decode(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "bad.safetensors")
		var bad bytes.Buffer
		if err := safetensors.Encode(&bad, change(tensors, metadata), metadata); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bad.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = Open(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want the path and %q", err, want)
		}
	}
}

func trainedRBM(t *testing.T) *Trained {
	t.Helper()
	training := begin(t, filepath.Join(t.TempDir(), "run"))
	finish(t, training)
	return &Trained{Run: training.Run, Model: training.model}
}
