package zoo

import (
	"math"
	"slices"
	"testing"

	"boltzoo/train/data"
)

// A way between two images begins and ends with their reconstructions, and its
// middle is what the mean of their codes stands for.
func TestInterpolate(t *testing.T) {
	model := coder(t, 5).Model
	two := data.Digits(3, 2)
	pixels := Floats(two)
	size := two.Size()
	way, err := Interpolate(model, pixels[:size], pixels[size:], 5)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Reconstruct(model, two)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := Encode(model, two)
	if err != nil {
		t.Fatal(err)
	}
	mean := make([]float32, 5)
	for i := range mean {
		mean[i] = (codes[i] + codes[5+i]) / 2
	}
	middle, err := Decode(model, mean)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int][]float32{0: again[:size], 2: middle, 4: again[size:]} {
		for i, v := range way[at*size : (at+1)*size] {
			if math.Abs(float64(v-want[i])) > 1e-5 {
				t.Fatalf("step %d, pixel %d: %g, want %g", at, i, v, want[i])
			}
		}
	}
	if got := Between([]float32{0, 4}, []float32{1, 0}, 3); !slices.Equal(got, []float32{0, 4, 0.5, 2, 1, 0}) {
		t.Errorf("between are %v", got)
	}
	if _, err := Interpolate(model, pixels[:size], pixels[size:], 1); err == nil {
		t.Error("one step")
	}
	if _, err := Interpolate(model, pixels[:size], pixels[:3], 5); err == nil {
		t.Error("to three pixels")
	}
}
