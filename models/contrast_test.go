package models

import (
	"fmt"
	"math"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models/unit"
)

// reference is a restricted Boltzmann machine written out in float64, by the
// definitions alone: the energy's linear map as a matrix (for a convolution
// made entry by entry), the statistics of contrastive divergence by hand.
type reference struct {
	w    [][]float64 // V×H
	a, b []float64
	mu   []float64
	la   []float64
	fv   func(float64) float64
	fh   func(float64) float64
	g    float64 // copies
}

func (r *reference) up(v []float64) []float64 {
	x := append([]float64(nil), r.b...)
	for i := range v {
		for j := range x {
			x[j] += (v[i] - r.mu[i]) * r.w[i][j]
		}
	}
	return x
}

func (r *reference) down(h []float64) []float64 {
	y := append([]float64(nil), r.a...)
	for i := range y {
		for j := range h {
			y[i] += r.g * (h[j] - r.la[j]) * r.w[i][j]
		}
	}
	return y
}

func apply(f func(float64) float64, x []float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = f(x[i])
	}
	return y
}

// statistics are the gradients of CD-k in mean field: minus the positive,
// plus the negative phase, a mean over the batch.
func (r *reference) statistics(batch [][]float64, k int) (dw [][]float64, da, db []float64) {
	dw = make([][]float64, len(r.w))
	for i := range dw {
		dw[i] = make([]float64, len(r.b))
	}
	da, db = make([]float64, len(r.a)), make([]float64, len(r.b))
	accumulate := func(v []float64, sign float64) {
		h := apply(r.fh, r.up(v))
		for i := range v {
			da[i] += sign * (v[i] - r.mu[i]) / float64(len(batch))
			for j := range h {
				dw[i][j] += sign * r.g * (v[i] - r.mu[i]) * (h[j] - r.la[j]) / float64(len(batch))
			}
		}
		for j := range h {
			db[j] += sign * r.g * (h[j] - r.la[j]) / float64(len(batch))
		}
	}
	for _, v := range batch {
		accumulate(v, -1)
		for range k {
			v = apply(r.fv, r.down(apply(r.fh, r.up(v))))
		}
		accumulate(v, 1)
	}
	return dw, da, db
}

func sigma(x float64) float64       { return 1 / (1 + math.Exp(-x)) }
func clippedRelu(x float64) float64 { return min(1, max(0, x)) }
func relu(x float64) float64        { return max(0, x) }

// unroll gives the reference of a layer whose parameters are filled: each
// element of the dense matrix of a convolution says which filter entry it is.
func unroll(l *Layer, fv, fh func(float64) float64) (r *reference, filter [][]int) {
	in, out := graph.Size(l.in), graph.Size(l.out)
	r = &reference{fv: fv, fh: fh, g: l.copies()}
	filter = make([][]int, in)
	r.w = make([][]float64, in)
	for i := range in {
		r.w[i] = make([]float64, out)
		filter[i] = make([]int, out)
		for j := range out {
			filter[i][j] = i*out + j
			if c, ok := l.link.(convolution); ok {
				filter[i][j] = -1
				k, channels, filters := l.Weight.Shape[0], l.Weight.Shape[2], l.Weight.Shape[3]
				y, x, ch := i/(c.width*channels), i/channels%c.width, i%channels
				oy, ox, f := j/(l.out[1]*filters), j/filters%l.out[1], j%filters
				ky, kx := y-(oy*c.stride-c.pad), x-(ox*c.stride-c.pad)
				if ky >= 0 && ky < k && kx >= 0 && kx < k {
					filter[i][j] = ((ky*k+kx)*channels+ch)*filters + f
				}
			}
			if filter[i][j] >= 0 {
				r.w[i][j] = float64(l.Weight.Data[filter[i][j]])
			}
		}
	}
	repeat := func(t *graph.Tensor, n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			if t != nil {
				v[i] = float64(t.Data[i%len(t.Data)])
			}
		}
		return v
	}
	r.a, r.mu = repeat(l.VisibleBias, in), repeat(l.VisibleMean, in)
	r.b, r.la = repeat(l.HiddenBias, out), repeat(l.HiddenMean, out)
	return r, filter
}

// The gradient of the loss, by automatic differentiation of a graph in which
// v' is held constant, is the hand-written statistics of contrastive
// divergence, whatever the units and the connections.
func TestGradientIsContrastiveDivergence(t *testing.T) {
	type kind struct {
		name string
		unit unit.Unit
		f    func(float64) float64
	}
	hidden := []kind{
		{"binary", unit.Binary{}, sigma},
		{"multinary", unit.Multinary{Levels: 255}, sigma},
		{"multinary tanh", unit.Multinary{Activation: "tanh"}, math.Tanh},
		{"multinary relu", unit.Multinary{Activation: "relu"}, relu},
		{"multinary softplus, by quadrature", unit.Multinary{Activation: "softplus"}, func(x float64) float64 { return math.Log1p(math.Exp(x)) }},
		{"clipped relu", unit.ClippedReLU{}, clippedRelu},
		{"gaussian", unit.Gaussian{}, func(x float64) float64 { return x }},
	}
	visible := []kind{
		{"binary", unit.Binary{}, sigma},
		{"gaussian", unit.Gaussian{}, func(x float64) float64 { return x }},
	}
	for _, v := range visible {
		for _, h := range hidden {
			for _, centred := range []bool{false, true} {
				for _, k := range []int{1, 3} {
					specs := map[string]Spec{
						"dense, copies":   RBM{Visible: v.unit, Hidden: h.unit, Shape: []int{7}, Units: 5, Centred: centred, Copies: 2.5},
						"conv, copies":    ConvRBM{Visible: v.unit, Hidden: h.unit, Shape: []int{6, 6, 2}, Filters: 3, Kernel: 4, Stride: 2, Pad: 1, Centred: centred, Copies: 0.7},
						"dense":           RBM{Visible: v.unit, Hidden: h.unit, Shape: []int{7}, Units: 5, Centred: centred},
						"conv":            ConvRBM{Visible: v.unit, Hidden: h.unit, Shape: []int{6, 6, 2}, Filters: 3, Kernel: 4, Stride: 2, Pad: 1, Centred: centred},
						"conv, a a pixel": ConvRBM{Visible: v.unit, Hidden: h.unit, Shape: []int{5, 4, 1}, Filters: 2, Kernel: 3, Stride: 1, Pad: 1, Centred: centred, PixelBias: true},
					}
					for name, spec := range specs {
						t.Run(fmt.Sprintf("%s/%s-%s/centred=%v/k=%d", name, v.name, h.name, centred, k), func(t *testing.T) {
							checkStatistics(t, spec, v.f, h.f, k)
						})
					}
				}
			}
		}
	}
}

func checkStatistics(t *testing.T, spec Spec, fv, fh func(float64) float64, k int) {
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	l := model.(Layered).Layers()[0]
	for i, p := range l.Tensors() {
		copy(p.Data, graphtest.Random(p.Name, uint64(i)+7, p.Shape...).Data)
		for j := range p.Data {
			p.Data[j] *= 0.3
		}
	}
	const batch = 4
	in := graph.Size(l.in)
	data := graphtest.Random("v", 3, append([]int{batch}, l.in...)...)
	rows := make([][]float64, batch)
	for i := range data.Data {
		data.Data[i] = float32(sigma(float64(data.Data[i])))
		rows[i/in] = append(rows[i/in], float64(data.Data[i]))
	}

	g := graph.New(nil)
	loss := l.Contrast(g, g.Param(data), l.Chain(g, g.Param(data), k, MeanField))
	gradients := g.Grad(loss, g.Param(l.Weight), g.Param(l.VisibleBias), g.Param(l.HiddenBias))
	m, err := g.Compile(gradients...)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}

	r, filter := unroll(l, fv, fh)
	dw, da, db := r.statistics(rows, k)
	wantW := make([]float64, l.Weight.Size())
	for i := range dw {
		for j := range dw[i] {
			if filter[i][j] >= 0 {
				wantW[filter[i][j]] += dw[i][j]
			}
		}
	}
	fold := func(v []float64, n int) []float32 {
		sum := make([]float64, n)
		for i := range v {
			sum[i%n] += v[i]
		}
		folded := make([]float32, n)
		for i := range sum {
			folded[i] = float32(sum[i])
		}
		return folded
	}
	graphtest.Near(t, "dW", 1e-5, m.Value(gradients[0]), fold(wantW, len(wantW)))
	graphtest.Near(t, "da", 1e-5, m.Value(gradients[1]), fold(da, l.VisibleBias.Size()))
	graphtest.Near(t, "db", 1e-5, m.Value(gradients[2]), fold(db, l.HiddenBias.Size()))
}

// The identity of multinary units: with f(x) = N σ(kx), ṽ = v/N, W̃ = kNW,
// ã = ka and b̃ = kb, the literal loss is N/k times the loss here, and every
// gradient maps. The literal one is built here from its definition, with n
// levels of visible units and m levels of hidden ones.
func TestMultinaryIdentity(t *testing.T) {
	const batch, visible, hidden = 6, 5, 4
	for _, c := range []struct{ n, m, k float64 }{{1, 1, 1}, {255, 255, 1.0 / 255}, {255, 255, 0.05}, {10, 10, 2}, {255, 1020, 0.02}} {
		t.Run(fmt.Sprintf("N=%g,%g,k=%.3g", c.n, c.m, c.k), func(t *testing.T) {
			model, err := RBM{Visible: unit.Multinary{Levels: int(c.n), Gain: c.k}, Hidden: unit.Multinary{Levels: int(c.m), Gain: c.k}, Copies: c.m / c.n,
				Shape: []int{visible}, Units: hidden, Deviation: 0.5}.New(graph.NewRandom(2))
			if err != nil {
				t.Fatal(err)
			}
			l := model.(Layered).Layers()[0]
			copy(l.VisibleBias.Data, graphtest.Random("", 5, visible).Data)
			copy(l.HiddenBias.Data, graphtest.Random("", 6, hidden).Data)
			shares := graphtest.Random("v", 3, batch, visible)
			for i := range shares.Data {
				shares.Data[i] = float32(sigma(float64(shares.Data[i])))
			}
			scaled := func(t *graph.Tensor, by float64) *graph.Tensor {
				s := graph.NewTensor("literal "+t.Name, t.Shape...)
				for i, v := range t.Data {
					s.Data[i] = float32(float64(v) * by)
				}
				return s
			}

			g := graph.New(nil)
			loss := l.Contrast(g, g.Param(shares), l.Chain(g, g.Param(shares), 1, MeanField))
			p := []*graph.Node{g.Param(l.Weight), g.Param(l.VisibleBias), g.Param(l.HiddenBias)}
			tilde := g.Grad(loss, p...)

			w := g.Param(scaled(l.Weight, 1/(c.k*c.n)))
			a := g.Param(scaled(l.VisibleBias, 1/c.k))
			b := g.Param(scaled(l.HiddenBias, 1/c.k))
			v := g.Param(scaled(shares, c.n))
			f := func(levels float64, x *graph.Node) *graph.Node {
				return g.Scale(levels, g.Map(graph.Sigmoid, g.Scale(c.k, x)))
			}
			hidden := func(x *graph.Node) *graph.Node { return f(c.m, x) }
			x := g.Affine(v, w, b)
			recon := g.Stop(f(c.n, g.AffineT(hidden(x), w, a)))
			area := g.Integral(hidden, x, g.Affine(recon, w, b), 24)
			literal := g.Mean(g.Add(g.RowDot(g.Sub(recon, v), a), g.RowSum(area)))
			gradients := g.Grad(literal, w, a, b)

			m, err := g.Compile(append(append([]*graph.Node{loss, literal}, tilde...), gradients...)...)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			want := func(n *graph.Node, by float64) []float32 {
				s := make([]float32, len(m.Value(n)))
				for i, x := range m.Value(n) {
					s[i] = float32(float64(x) * by)
				}
				return s
			}
			graphtest.Near(t, "loss", 1e-5, m.Value(literal), want(loss, c.n/c.k))
			// dL/dW = N/k dL̃/dW̃ · dW̃/dW, and dW̃/dW = kN; for biases k.
			graphtest.Near(t, "dW", 1e-5, m.Value(gradients[0]), want(tilde[0], c.n*c.n))
			graphtest.Near(t, "da", 1e-5, m.Value(gradients[1]), want(tilde[1], c.n))
			graphtest.Near(t, "db", 1e-5, m.Value(gradients[2]), want(tilde[2], c.n))
		})
	}
}
