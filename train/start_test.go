package train

import (
	"context"
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// pass computes what of gives for all images, as one batch.
func pass(t *testing.T, images *data.Images, of func(g *graph.Graph, v *graph.Node) *graph.Node) []float32 {
	t.Helper()
	g, n := graph.New(nil), images.Len()
	v := g.Input("v", n, images.Height, images.Width, images.Channels)
	out := of(g, v)
	m, err := g.Compile(out)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, n*images.Size())
	for i := range n {
		images.Floats(x[i*images.Size():], i)
	}
	if err := m.Set(v, x); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	return m.Value(out)
}

// columns are mean and deviation of every n-th value.
func columns(x []float32, n int) (mean, deviation []float64) {
	mean, deviation = make([]float64, n), make([]float64, n)
	rows := float64(len(x) / n)
	for i, v := range x {
		mean[i%n] += float64(v) / rows
	}
	for i, v := range x {
		d := float64(v) - mean[i%n]
		deviation[i%n] += d * d / rows
	}
	for i, v := range deviation {
		deviation[i] = math.Sqrt(v)
	}
	return mean, deviation
}

// startFromDataOf starts the last of the layers.
func startFromDataOf(layers []*models.Layer, images *data.Images, deviation float64) error {
	below, err := metric.Climb(context.Background(), layers[:len(layers)-1], images, featureBatch)
	if err != nil {
		return err
	}
	return startFromData(layers[len(layers)-1], below, deviation)
}

func TestStartFromData(t *testing.T) {
	images := bars(150)
	for _, centred := range []bool{true, false} {
		for _, pixel := range []bool{true, false} {
			spec := stackSpec(unit.Binary{})
			bottom := spec.Layers[0].(models.ConvRBM)
			bottom.Centred, bottom.PixelBias = centred, pixel
			spec.Layers[0] = bottom
			second := spec.Layers[1].(models.RBM)
			second.Centred = centred
			spec.Layers[1] = second
			layers := newModel(t, spec, 4).Layers()
			for depth := 1; depth <= 2; depth++ {
				if err := startFromDataOf(layers[:depth], images, 1.5); err != nil {
					t.Fatal(err)
				}
				l := layers[depth-1]
				below := func(g *graph.Graph, v *graph.Node) *graph.Node { return models.Up(g, layers[:depth-1], v) }
				v := pass(t, images, below)
				x := pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Up(g, below(g, v)) })
				h := pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Encode(g, below(g, v)) })
				y := pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Down(g, l.Encode(g, below(g, v))) })
				mean, deviation := columns(x, len(l.HiddenBias.Data))
				for j := range mean {
					if math.Abs(mean[j]) > 1e-4 || math.Abs(deviation[j]-1.5) > 1e-3 {
						t.Errorf("centred %v, %s: pre-activation %d has mean %g and deviation %g", centred, l.Name, j, mean[j], deviation[j])
					}
				}
				visible, _ := columns(v, len(l.VisibleBias.Data))
				hidden, _ := columns(h, len(l.HiddenBias.Data))
				down, _ := columns(y, len(l.VisibleBias.Data))
				for i := range visible {
					want := math.Log(visible[i] / (1 - visible[i]))
					if got := float64(l.VisibleBias.Data[i]); centred && math.Abs(got-want) > 1e-4 {
						t.Errorf("%s: visible bias %d is %g, want %g", l.Name, i, got, want)
					}
					// Borders of a convolution have fewer filters over them.
					if !(centred && depth == 1) && math.Abs(down[i]-want) > 1e-3 {
						t.Errorf("centred %v, %s: y %d has mean %g, want %g", centred, l.Name, i, down[i], want)
					}
					if centred && math.Abs(float64(l.VisibleMean.Data[i])-visible[i]) > 1e-5 {
						t.Errorf("%s: visible mean %d is %g, want %g", l.Name, i, l.VisibleMean.Data[i], visible[i])
					}
				}
				for j := range hidden {
					if centred && math.Abs(float64(l.HiddenMean.Data[j])-hidden[j]) > 1e-5 {
						t.Errorf("%s: hidden mean %d is %g, want %g", l.Name, j, l.HiddenMean.Data[j], hidden[j])
					}
				}
			}
		}
	}
}

// A unit whose input never changes keeps its weights: there is nothing to
// scale by.
func TestStartFromConstantData(t *testing.T) {
	images := bars(10)
	for i := range images.Pix {
		images.Pix[i] = 100
	}
	layers := newModel(t, stackSpec(unit.Binary{}), 4).Layers()
	if err := startFromData(layers[1], &data.Images{Height: 4, Width: 4, Channels: 6, Pix: images.Pix[:10*96]}, 1); err != nil {
		t.Fatal(err)
	}
	if err := finiteTensors(layers[1].Tensors()); err != nil {
		t.Error(err)
	}
}

// Learned variances start at the data's, and hidden biases that count for each
// word of a document take that into account.
func TestStartOfVisibleUnits(t *testing.T) {
	images := bars(150)
	shape := []int{images.Height, images.Width, images.Channels}
	for _, u := range []unit.Unit{unit.LearnedGaussian{}, unit.ReplicatedSoftmax{}} {
		l := newModel(t, models.RBM{Visible: u, Hidden: unit.Binary{}, Shape: shape, Units: 6}, 4).Layers()[0]
		if err := startFromData(l, images, 1.5); err != nil {
			t.Fatal(err)
		}
		v := pass(t, images, func(_ *graph.Graph, v *graph.Node) *graph.Node { return v })
		visible, deviations := columns(v, images.Size())
		if l.VisibleLogVariance != nil {
			for i, z := range l.VisibleLogVariance.Data {
				if sd := math.Exp(float64(z) / 2); math.Abs(sd-deviations[i]) > 1e-4 {
					t.Errorf("deviation %d starts at %g, want the data's, %g", i, sd, deviations[i])
				}
			}
		}
		mean, _ := columns(pass(t, images, l.Up), 6)
		for j, m := range mean {
			if math.Abs(m) > 1e-3 {
				t.Errorf("%T: pre-activation %d has mean %g, want 0", u, j, m)
			}
		}
		y, _ := columns(pass(t, images, func(g *graph.Graph, v *graph.Node) *graph.Node { return l.Down(g, l.Encode(g, v)) }), images.Size())
		want := u.Inverse(visible)
		for i := range y {
			if math.Abs(y[i]-want[i]) > 1e-3 {
				t.Errorf("%T: y %d has mean %g, want %g", u, i, y[i], want[i])
			}
		}
	}
}
