package models_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
	"boltzoo/models/unit"
)

func classifier() models.Classifier {
	return models.Classifier{Classes: 3, Deviation: 0.7, Body: models.Stack{Shape: []int{2, 2, 1}, Layers: []models.Spec{
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 5, Deviation: 0.7},
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 3, Deviation: 0.7},
	}}}
}

// The logits of a stack of binary machines are those of a sigmoid network,
// written out in float64.
func TestClassifierIsANetwork(t *testing.T) {
	model, err := classifier().New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	net := model.(*models.ClassifierNet)
	for i, x := range net.Tensors() {
		if strings.HasSuffix(x.Name, "bias") {
			copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
		}
	}
	const n = 4
	v := graphtest.Positive("v", 9, n, 2, 2, 1)
	g := graph.New(nil)
	got := graphtest.Value(t, g, net.ClassLogits(g, g.Param(v)))
	affine := func(x []float64, w, b *graph.Tensor) []float64 {
		y := make([]float64, b.Size())
		for j := range y {
			y[j] = float64(b.Data[j])
			for i := range x {
				y[j] += x[i] * float64(w.Data[i*len(y)+j])
			}
		}
		return y
	}
	var want []float32
	for i := range n {
		var x []float64
		for _, p := range v.Data[i*4 : (i+1)*4] {
			x = append(x, float64(p))
		}
		for _, l := range net.Layers() {
			x = affine(x, l.Weight, l.HiddenBias)
			for j := range x {
				x[j] = 1 / (1 + math.Exp(-x[j]))
			}
		}
		for _, y := range affine(x, net.OutputWeight, net.OutputBias) {
			want = append(want, float32(y))
		}
	}
	graphtest.Near(t, "logits", 1e-5, got, want)
}

// It has the weights of its body alone, under their names, and two tensors
// more.
func TestClassifierHasItsBody(t *testing.T) {
	model, err := classifier().New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	body, err := classifier().Body.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	of, have := body.Tensors(), model.Tensors()
	if !reflect.DeepEqual(of, have[:len(of)]) {
		t.Error("the body of a classifier is another than it is alone")
	}
	if len(have) != len(of)+2 || have[len(of)].Name != "output.weight" || have[len(of)+1].Name != "output.bias" {
		t.Errorf("%d tensors, want those of the body, output.weight and output.bias", len(have))
	}
	if !reflect.DeepEqual(model.Spec(), models.Spec(classifier())) {
		t.Errorf("its spec is %+v", model.Spec())
	}
	if _, ok := model.(models.Logistic); ok {
		t.Error("logits of classes are taken for those of pixels")
	}
}

// On an autoencoder it has the code's logits, and decodes as the autoencoder.
func TestClassifierOfCodes(t *testing.T) {
	body := models.Autoencoder{Shape: []int{2, 2, 1}, Layers: []int{5, 3}, Activation: "sigmoid"}
	model, err := models.Classifier{Body: body, Classes: 4, Deviation: 0.7}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	alone, err := body.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	net := model.(*models.CodeClassifier)
	of, have := alone.Tensors(), model.Tensors()
	if len(have) != len(of)+2 || !reflect.DeepEqual(of, have[:len(of)]) {
		t.Errorf("%d tensors, want the %d of the body as it is alone and two more", len(have), len(of))
	}
	const n = 3
	g := graph.New(nil)
	v := g.Param(graphtest.Positive("v", 9, n, 2, 2, 1))
	logits := graphtest.Value(t, g, net.ClassLogits(g, v))
	g = graph.New(nil)
	code := graphtest.Value(t, g, alone.(models.Coder).Encode(g, g.Param(graphtest.Positive("v", 9, n, 2, 2, 1))))
	var want []float32
	for i := range n {
		for k := range 4 {
			sum := float64(net.OutputBias.Data[k])
			for j := range 3 {
				sum += float64(code[i*3+j]) * float64(net.OutputWeight.Data[j*4+k])
			}
			want = append(want, float32(sum))
		}
	}
	graphtest.Near(t, "logits", 1e-5, logits, want)
	if parameters, weights := net.Encoders(2, 2); len(parameters) != 2 || len(weights) != 1 || parameters[0].Name != "encoder2.weight" {
		t.Errorf("layer 2 learns %d tensors", len(parameters))
	}
}

func TestClassifierRoundTrip(t *testing.T) {
	text, err := models.Types.Encode(classifier())
	if err != nil {
		t.Fatal(err)
	}
	back, err := models.Types.Decode(text)
	if err != nil || !reflect.DeepEqual(back, models.Spec(classifier())) {
		t.Errorf("%s comes back as %+v, %v", text, back, err)
	}
	for text, want := range map[string]string{
		`{"classes":3}`: `want a "body"`,
		`{"classes":3,"body":{"type":"stack"},"size":3}`: "size",
		`{"classes":3,"body":{"type":"bag"}}`:            "bag",
	} {
		var c models.Classifier
		if err := json.Unmarshal([]byte(text), &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestClassifierRefuses(t *testing.T) {
	for want, change := range map[string]func(c *models.Classifier){
		"of 1 classes":        func(c *models.Classifier) { c.Classes = 1 },
		"deviation -1":        func(c *models.Classifier) { c.Deviation = -1 },
		"without a body":      func(c *models.Classifier) { c.Body = nil },
		"cannot be the body":  func(c *models.Classifier) { c.Body = models.Unrolled{Body: c.Body} },
		"a stack without lay": func(c *models.Classifier) { c.Body = models.Stack{Shape: []int{4}} },
	} {
		c := classifier()
		change(&c)
		if _, err := c.New(graph.NewRandom(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
