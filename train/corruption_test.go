package train

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
	"boltzoo/models/tagged"
)

// corrupted is v after c, by the streams of a seed.
func corrupted(t *testing.T, c Corruption, seed uint64, v *graph.Tensor) []float32 {
	t.Helper()
	g := graph.New(graph.NewRandom(seed))
	return graphtest.Value(t, g, c.Apply(g, g.Param(v), "c"))
}

// mid is images of one value, but for what index says.
func mid(value float32, shape ...int) *graph.Tensor {
	v := graph.NewTensor("v", shape...)
	for i := range v.Data {
		v.Data[i] = value
	}
	return v
}

// Values are corrupted as often, and as far, as the level says: within four
// standard errors.
func TestCorruptionRates(t *testing.T) {
	v := mid(0.25, 100, 20, 20, 1)
	n := float64(v.Size())
	share := func(values []float32, is float32) float64 {
		k := 0
		for _, x := range values {
			if x == is {
				k++
			}
		}
		return float64(k) / n
	}
	near := func(what string, got, want, variance float64) {
		t.Helper()
		if math.Abs(got-want) > 4*math.Sqrt(variance/n) {
			t.Errorf("%s: %g, want %g", what, got, want)
		}
	}
	for _, level := range []float64{0.1, 0.5, 0.9, 1} {
		masked := corrupted(t, Corruption{Form: "masking", Level: level}, 1, v)
		near("masked", share(masked, 0), level, level*(1-level))
		if kept := share(masked, 0.25); math.Abs(kept+share(masked, 0)-1) > 1e-9 {
			t.Errorf("masking %g: %g of the values are as they were", level, kept)
		}
		salted := corrupted(t, Corruption{Form: "salt-and-pepper", Level: level}, 1, v)
		half := level / 2
		near("pepper", share(salted, 0), half, half*(1-half))
		near("salt", share(salted, 1), half, half*(1-half))
		near("left by salt and pepper", share(salted, 0.25), 1-level, level*(1-level))
		sum, square := 0.0, 0.0
		for _, x := range corrupted(t, Corruption{Form: "gaussian", Level: level}, 1, v) {
			d := float64(x) - 0.25
			sum, square = sum+d, square+d*d
		}
		near("mean noise", sum/n, 0, level*level)
		near("variance of noise", square/n, level*level, 2*math.Pow(level, 4))
	}
}

// A hole is one square of the asked side, in all channels, and is as often at
// each place.
func TestCorruptionHole(t *testing.T) {
	const n, height, width, channels, side = 6000, 5, 4, 2, 3
	v := mid(0.25, n, height, width, channels)
	out := corrupted(t, Corruption{Form: "hole", Level: 0.75, Fill: 0.5}, 3, v)
	places := map[int]int{}
	for i := range n {
		image := out[i*height*width*channels:][:height*width*channels]
		first := slices.Index(image, 0.5)
		if first < 0 {
			t.Fatalf("image %d has no hole", i)
		}
		top, left := first/channels/width, first/channels%width
		for j, x := range image {
			y, x0 := j/channels/width, j/channels%width
			want := float32(0.25)
			if y >= top && y < top+side && x0 >= left && x0 < left+side {
				want = 0.5
			}
			if x != want {
				t.Fatalf("image %d, hole at %d,%d: value %d is %g, want %g", i, top, left, j, x, want)
			}
		}
		places[top*width+left]++
	}
	const kinds = (height - side + 1) * (width - side + 1)
	chi := 0.0
	for _, k := range places {
		chi += math.Pow(float64(k)-n/kinds, 2) / (n / kinds)
	}
	if len(places) != kinds || chi > 20.5 { // 0.1 % of 5 degrees of freedom
		t.Errorf("holes at %v, chi-square %g", places, chi)
	}
	whole := corrupted(t, Corruption{Form: "hole", Level: 1}, 3, mid(1, 2, 4, 4, 3))
	if slices.Max(whole) != 0 {
		t.Errorf("a hole as large as the image leaves %g", slices.Max(whole))
	}
}

func TestCorruptionGrey(t *testing.T) {
	v := graph.NewTensor("v", 1, 1, 2, 3)
	copy(v.Data, []float32{1, 0.5, 0, 0.2, 0.2, 0.2})
	want := []float64{0.5925, 0.5925, 0.5925, 0.2, 0.2, 0.2}
	for i, x := range corrupted(t, Corruption{Form: "grey"}, 1, v) {
		if math.Abs(float64(x)-want[i]) > 1e-6 {
			t.Errorf("value %d is %g, want %g", i, x, want[i])
		}
	}
}

// Equal seeds corrupt alike, others do not; nothing at level 0.
func TestCorruptionDeterminism(t *testing.T) {
	v := mid(0.25, 4, 8, 8, 3)
	for _, form := range []string{"masking", "gaussian", "salt-and-pepper", "hole"} {
		c := Corruption{Form: form, Level: 0.4}
		a, b, other := corrupted(t, c, 1, v), corrupted(t, c, 1, v), corrupted(t, c, 2, v)
		if !slices.Equal(a, b) || slices.Equal(a, other) {
			t.Errorf("%s: twice the same %v, another seed the same %v", form, slices.Equal(a, b), slices.Equal(a, other))
		}
		c.Level = 0
		if !slices.Equal(corrupted(t, c, 1, v), v.Data) {
			t.Errorf("%s of level 0 changes the data", form)
		}
	}
}

func TestCorruptionChecked(t *testing.T) {
	for want, c := range map[string]Corruption{
		"level 1.5, want 0 to 1":      {Form: "masking", Level: 1.5},
		"level -0.1, want 0 to 1":     {Form: "gaussian", Level: -0.1},
		"level NaN, want 0 to 1":      {Form: "hole", Level: math.NaN()},
		`form "mask", want one of`:    {Form: "mask", Level: 0.1},
		"without a form":              {Level: 0.1},
		"grey of level 0.5":           {Form: "grey", Level: 0.5},
		"fill 0.5, want it of a hole": {Form: "masking", Level: 0.5, Fill: 0.5},
		"fill 2, want 0 to 1":         {Form: "hole", Level: 0.5, Fill: 2},
	} {
		g := graph.New(graph.NewRandom(1))
		c.Apply(g, g.Input("v", 2, 4, 4, 3), "c")
		if g.Err() == nil || !strings.Contains(g.Err().Error(), want) {
			t.Errorf("%+v: %v, want %q", c, g.Err(), want)
		}
	}
	for want, v := range map[string][]int{
		"1 channels, want 3": {2, 4, 4, 1},
		"shape [48], want":   {2, 48},
	} {
		g := graph.New(graph.NewRandom(1))
		Corruption{Form: "grey"}.Apply(g, g.Input("v", v...), "c")
		if g.Err() == nil || !strings.Contains(g.Err().Error(), want) {
			t.Errorf("grey of %v: %v, want %q", v, g.Err(), want)
		}
	}
}

func TestParseCorruption(t *testing.T) {
	for text, want := range map[string]Corruption{
		"masking:0.3":         {Form: "masking", Level: 0.3},
		"salt-and-pepper:0.1": {Form: "salt-and-pepper", Level: 0.1},
		"gaussian:0":          {Form: "gaussian"},
		"hole:0.5":            {Form: "hole", Level: 0.5},
		"hole:0.5:0.25":       {Form: "hole", Level: 0.5, Fill: 0.25},
		"grey":                {Form: "grey"},
	} {
		got, err := ParseCorruption(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: %+v (%v) %v, want %+v", text, got, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                "want a form and its level",
		"masking":         "want a form and its level",
		"masking:":        `level "" is not a number`,
		"masking:x":       `level "x" is not a number`,
		"masking:0.3:0.1": "only a hole",
		"hole:0.3:":       `fill "" is not a number`,
		"masking:2":       "want 0 to 1",
		"grey:0.5":        "want none",
		"blur:1":          "want one of masking",
	} {
		if c, err := ParseCorruption(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", text, c, err, want)
		}
	}
}

// Several corruptions follow one another, with noise of their own.
func TestCorruptionsInOrder(t *testing.T) {
	all, err := ParseCorruptions("hole:1:0.5,masking:0.5,masking:0.5")
	if err != nil || all.String() != "hole:1:0.5,masking:0.5,masking:0.5" {
		t.Fatalf("%v, %v", all, err)
	}
	g := graph.New(graph.NewRandom(1))
	zeros := 0.0
	for _, x := range graphtest.Value(t, g, all.Apply(g, g.Full(1, 10, 20, 20, 1), "c")) {
		switch x {
		case 0:
			zeros++
		case 0.5:
		default:
			t.Fatalf("a value is %g, want 0 or 0.5", x)
		}
	}
	if share := zeros / 4000; math.Abs(share-0.75) > 0.03 { // four standard errors
		t.Errorf("two times half masked leave %g of the values, want a quarter", 1-share)
	}
	if _, err := ParseCorruptions("hole:0.5,"); err == nil {
		t.Error("a corruption without a form is taken")
	}
}

// A denoising loss compares the decoded code of what is corrupted with what is
// not: here, with all of it masked, the code of zeros with the data. Its
// gradient is that of the same computation by hand.
func TestDenoising(t *testing.T) {
	model, err := models.Autoencoder{Shape: []int{2, 3, 1}, Layers: []int{4}, Activation: "tanh"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	v := graphtest.Positive("v", 1, 5, 2, 3, 1)
	r := Reconstruction{Corruption: Corruptions{{Form: "masking", Level: 1}}}
	g := graph.New(graph.NewRandom(1))
	loss, err := r.Build(g, model, Task{V: g.Param(v)})
	if err != nil {
		t.Fatal(err)
	}
	coder := model.(models.Coder)
	of := g.Param(graph.NewTensor("nothing", v.Shape...))
	decoded := coder.Decode(g, coder.Encode(g, of))
	want := g.SquaredError(g.Param(v), g.Reshape(decoded, v.Shape...))
	weight := g.Param(model.Parameters()[3]) // the decoder's bias: the encoder's weights see zeros alone
	gradients := append(g.Grad(loss.Total, weight), g.Grad(want, weight)...)
	m, err := g.Compile(append(gradients, loss.Total, want)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	if a, b := m.Value(loss.Total)[0], m.Value(want)[0]; a != b {
		t.Errorf("loss %g, want %g", a, b)
	}
	if a, b := m.Value(gradients[0]), m.Value(gradients[1]); !slices.Equal(a, b) {
		t.Errorf("gradient %v, want %v", a, b)
	}
}

// Corrupted data teach what is not corrupted: reconstructions from spoilt
// images come nearer to the images than those are.
func TestDenoisingLearns(t *testing.T) {
	model, err := models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{48}, Activation: "tanh"}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	spoil := Corruption{Form: "masking", Level: 0.4}
	trainer, err := New(model, []Stage{{Objective: Reconstruction{Corruption: Corruptions{spoil}}, Optimizer: Adam{Rate: 0.01}, Epochs: 100, Batch: 16, Validation: 8}}, bars(520), 1)
	if err != nil {
		t.Fatal(err)
	}
	steps := run(t, trainer, -1)
	last := steps[len(steps)-1]
	index := make([]int, 8)
	for i := range index {
		index[i] = 512 + i
	}
	v := graph.NewTensor("v", 8, 8, 8, 3)
	bars(520).Floats(v.Data, index...)
	off := 0.0
	for i, x := range corrupted(t, spoil, 5, v) {
		off += math.Pow(float64(x-v.Data[i]), 2) / float64(v.Size())
	}
	if last.Validation == nil || last.Validation.Loss > off/3 {
		t.Errorf("validation %+v, corruption alone is %g off", last.Validation, off)
	}
}

func TestReconstructionJSON(t *testing.T) {
	r := Reconstruction{Loss: "cross-entropy", Corruption: Corruptions{{Form: "masking", Level: 0.25}}}
	text, err := json.Marshal(r)
	if want := `{"loss":"cross-entropy","corruption":[{"form":"masking","level":0.25}]}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
	var back Reconstruction
	if err := tagged.Strict(text, &back); err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("%+v, %v", back, err)
	}
	if err := tagged.Strict([]byte(`{"corruption":[{"levels":1}]}`), &back); err == nil {
		t.Error("an unknown field of a corruption is taken")
	}
}
