package zoo

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/data"
)

// coder is an autoencoder of digits with so many code units.
func coder(t *testing.T, units int) *Trained {
	t.Helper()
	spec := models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{20, units}, Activation: "tanh"}
	m, err := spec.New(graph.NewRandom(5))
	if err != nil {
		t.Fatal(err)
	}
	digits := data.Digits(1, 10)
	return &Trained{Run: Run{Recipe: Recipe{Name: "test", Model: spec}, Data: describe(digits, true)}, Model: m}
}

// Codes of two units are their own map; that of wider ones is a projection, or
// is found by t-SNE.
func TestLatent(t *testing.T) {
	digits := data.Digits(2, 150)
	for _, c := range []struct {
		units      int
		method, as string
	}{{2, "", MapCode}, {2, MapPCA, MapPCA}, {7, "", MapPCA}, {7, MapTSNE, MapTSNE}} {
		m := coder(t, c.units)
		l, err := NewLatent(context.Background(), m.Model, digits, c.method, nil)
		if err != nil {
			t.Fatal(err)
		}
		if l.Method != c.as || l.Examples != 150 || len(l.X) != 150 || len(l.Y) != 150 || len(l.Labels) != 150 || len(l.Classes) != 10 || l.Mistaken == nil {
			t.Errorf("%+v: method %s of %d places, %d labels and %d classes", c, l.Method, len(l.X), len(l.Labels), len(l.Classes))
		}
		codes, err := Encode(m.Model, digits)
		if err != nil {
			t.Fatal(err)
		}
		switch c.as {
		case MapCode:
			for i := range l.X {
				if float32(l.X[i]) != codes[2*i] || float32(l.Y[i]) != codes[2*i+1] {
					t.Fatalf("example %d is not at its code", i)
				}
			}
			if _, err := l.DrawDecoded(m); err != nil {
				t.Error(err)
			}
		case MapPCA:
			total := 0.0
			for _, s := range l.Shares {
				total += s
			}
			if c.units == 2 && math.Abs(total-1) > 1e-4 {
				t.Errorf("two axes have %g of the variance of two units", total)
			}
			if _, err := l.DrawDecoded(m); err == nil {
				t.Error("principal components are decoded as if they were codes")
			}
		}
		if _, err := l.Draw(); err != nil {
			t.Error(err)
		}
	}
	digits.Labels = nil
	l, err := NewLatent(context.Background(), coder(t, 2).Model, digits, "", nil)
	if err != nil || l.Labels != nil || l.Mistaken != nil {
		t.Errorf("without labels: %v of %d, or %v", l.Mistaken, len(l.Labels), err)
	}
	if _, err := l.Draw(); err != nil {
		t.Error(err)
	}
}

// The picture of decoded codes has the code of its lower left corner there.
func TestDecodedCodesLieAsInTheMap(t *testing.T) {
	m := coder(t, 2)
	l := &Latent{Method: MapCode, Units: 2, X: []float64{-3, 2}, Y: []float64{-1, 4}}
	picture, err := l.DrawDecoded(m)
	if err != nil {
		t.Fatal(err)
	}
	side := picture.Bounds().Dx() / decodedSide
	for _, c := range []struct {
		code         []float32
		column, line int
	}{{[]float32{-3, -1}, 0, decodedSide - 1}, {[]float32{2, -1}, decodedSide - 1, decodedSide - 1}, {[]float32{-3, 4}, 0, 0}} {
		want, err := Decode(m.Model, c.code)
		if err != nil {
			t.Fatal(err)
		}
		scale := side / 28
		for i, v := range want {
			r, _, _, _ := picture.At(c.column*side+i%28*scale, c.line*side+i/28*scale).RGBA()
			if math.Abs(float64(r)/0xffff-float64(v)) > 0.003 {
				t.Fatalf("code %v is not in column %d of line %d", c.code, c.column, c.line)
			}
		}
	}
}

func TestLatentRefuses(t *testing.T) {
	digits := data.Digits(2, 20)
	for _, c := range []struct {
		units  int
		method string
		want   string
	}{
		{1, "", "1 unit"},
		{7, MapCode, "2 units"},
		{7, "tsen", "did you mean tsne?"},
	} {
		if _, err := NewLatent(context.Background(), coder(t, c.units).Model, digits, c.method, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := Decode(coder(t, 3).Model, make([]float32, 4)); err == nil {
		t.Error("codes of another width are decoded")
	}
}

func TestSpread(t *testing.T) {
	images := data.Digits(1, 10)
	for i := range images.Labels {
		images.Labels[i] = byte(i)
	}
	if got := Spread(images, 4).Labels; !slices.Equal(got, []byte{0, 2, 5, 7}) {
		t.Errorf("images %v", got)
	}
	if Spread(images, 10) != images || Spread(images, 11) != images {
		t.Error("a copy of all")
	}
}
