package metric

import (
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
)

func TestHoyer(t *testing.T) {
	for _, c := range []struct {
		h    []float32
		want float64
	}{
		{[]float32{0, 0, 3, 0}, 1}, {[]float32{2, 2, 2, 2}, 0}, {[]float32{1, -1, 1, -1}, 0},
		{[]float32{1, 1, 0, 0}, 2 - math.Sqrt2}, // (2 − 2/√2)/(2−1)
		{[]float32{3, 4, 0, 0, 0, 0, 0, 0, 0}, (3 - 7./5) / 2},
	} {
		if got, ok := hoyer(c.h); !ok || math.Abs(got-c.want) > 1e-7 {
			t.Errorf("sparseness of %v is %g, want %g", c.h, got, c.want)
		}
	}
	if _, ok := hoyer(make([]float32, 3)); ok {
		t.Error("nothing has a sparseness")
	}
}

func TestSparseness(t *testing.T) {
	model, s := net(t), rows(5, 23, 6)
	s = append(s, make([]float64, 6)) // an empty example counts for the layers alone
	got := must[[]float64](t)(Sparseness(model.Layers(), s, 10))
	want, of := make([]float64, 3), []float64{23, 24, 24}
	for _, v := range s {
		h1 := through(model.Layers()[0], v, true)
		for i, h := range [][]float64{v, h1, through(model.Layers()[1], h1, true)} {
			x := make([]float32, len(h))
			for j := range h {
				x[j] = float32(h[j])
			}
			if one, ok := hoyer(x); ok {
				want[i] += one / of[i]
			}
		}
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6 {
			t.Errorf("layer %d: %g, want %g", i, got[i], want[i])
		}
	}
	if data := SparsenessOf(s); math.Abs(data-want[0]) > 1e-6 {
		t.Errorf("the data alone: %g, want %g", data, want[0])
	}
}

// The degrees are the means over all choices of classes, taken one by one, and
// the threshold is where the definition has it.
func TestOverlapByDefinition(t *testing.T) {
	model, s := net(t), rows(5, 60, 6)
	const classes = 5
	labels := make([]byte, len(s))
	for i := range labels {
		labels[i] = byte(i % classes)
		for j := range s[i] {
			s[i][j] += 0.8 * math.Sin(float64(7*j+3*int(labels[i])))
		}
	}
	layers := model.Layers()
	layers[0].Weight.Data[0] = 3
	got, err := OverlapOf(layers, s, labels, 16)
	if err != nil {
		t.Fatal(err)
	}
	up := func(v []float64, k int) []float64 {
		for i := range k + 1 {
			v = through(layers[i], v, true)
		}
		return v
	}
	for k, l := range layers {
		o, units := got[k], graph.Size(l.OutputShape())
		change := func(tau float64) (sum float64) {
			for _, v := range s {
				h := up(v, k)
				active := make([]float64, units)
				for j := range h {
					if h[j] >= tau {
						active[j] = h[j]
					}
				}
				a, b := through(l, h, false), through(l, active, false)
				for j := range a {
					sum += (a[j] - b[j]) * (a[j] - b[j]) / float64(len(s))
				}
			}
			return sum
		}
		if o.Layer != l.Name || !(change(o.Threshold) < overlapChange) || change(o.Threshold+0.002) < overlapChange {
			t.Errorf("%s: τ is %g, change %.4f there and %.4f above", o.Layer, o.Threshold, change(o.Threshold), change(o.Threshold+0.002))
		}
		var active, ofMean [classes][]bool
		for c := range classes {
			mean, example := make([]float64, units), make([]float64, 6)
			for i, v := range s {
				if int(labels[i]) == c {
					for j, h := range up(v, k) {
						mean[j] += h / 12
					}
					for j := range v {
						example[j] += v[j] / 12
					}
				}
			}
			for j, h := range up(example, k) {
				active[c] = append(active[c], mean[j] >= o.Threshold)
				ofMean[c] = append(ofMean[c], h >= o.Threshold)
			}
		}
		for n := 2; n <= classes; n++ {
			sum, sumOfMean, choices := 0.0, 0.0, 0.0
			for set := range 1 << classes {
				size := 0.0
				for _, in := range bits(set, classes) {
					size += in
				}
				if size != float64(n) {
					continue
				}
				choices++
				for j := range units {
					both, bothOfMean := 1., 1.
					for c := range classes {
						if set>>c&1 == 1 && !active[c][j] {
							both = 0
						}
						if set>>c&1 == 1 && !ofMean[c][j] {
							bothOfMean = 0
						}
					}
					sum += both / float64(units)
					sumOfMean += bothOfMean / float64(units)
				}
			}
			if math.Abs(o.Degrees[n-2]-sum/choices) > 1e-9 || math.Abs(o.OfMean[n-2]-sumOfMean/choices) > 1e-9 {
				t.Errorf("%s, %d classes: %g and %g, want %g and %g", o.Layer, n, o.Degrees[n-2], o.OfMean[n-2], sum/choices, sumOfMean/choices)
			}
		}
	}
	if _, err := OverlapOf(layers, s, labels[:5], 16); err == nil {
		t.Error("five labels for sixty examples")
	}
	if _, err := OverlapOf(layers, s, make([]byte, len(s)), 16); err == nil {
		t.Error("one class overlaps")
	}
}

// Two classes of two values and a third that is nowhere much: what may be left
// out is less than a tenth, so all values of 0.5 stay.
func TestOverlapOfData(t *testing.T) {
	s := rowsOfFloats{
		{1, 0.5, 0.1}, {1, 0.5, 0},
		{0, 0.5, 0.1}, {0, 0.5, 0},
	}
	got, err := OverlapOfData(s, []byte{0, 0, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if got.Threshold != 0.5 || len(got.Degrees) != 1 || math.Abs(got.Degrees[0]-1./3) > 1e-12 {
		t.Errorf("got %+v, want one of three values active in both classes from 0.5 on", got)
	}
	if _, err := OverlapOfData(s, []byte{0, 0, 2, 2}); err == nil || !strings.Contains(err.Error(), "class 1") {
		t.Errorf("a class without examples: %v", err)
	}
	if _, err := OverlapOfData(s, []byte{0, 0}); err == nil || !strings.Contains(err.Error(), "2 labels for 4 examples") {
		t.Errorf("too few labels: %v", err)
	}
}
