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
	w          [][]float64 // V×H
	a, b       []float64
	mu         []float64
	la         []float64
	precision  []float64 // 1/σ² of learned variances, else 1
	replicated bool      // b counts as often as the example has words
	fv         means
	fh         means
	g          float64 // copies
}

// means are the mean states of a layer's units. Units that depend on each other
// do so within the last axis.
type means func(x []float64, lastAxis int) []float64

// each is the means of units that do not depend on each other.
func each(f func(float64) float64) means {
	return func(x []float64, _ int) []float64 {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = f(x[i])
		}
		return y
	}
}

func (r *reference) draws(v []float64) float64 {
	if !r.replicated {
		return 1
	}
	sum := 0.0
	for _, n := range v {
		sum += n
	}
	return sum
}

func (r *reference) up(v []float64) []float64 {
	x := make([]float64, len(r.b))
	for j := range x {
		x[j] = r.draws(v) * r.b[j]
	}
	for i := range v {
		for j := range x {
			x[j] += (v[i] - r.mu[i]) * r.precision[i] * r.w[i][j]
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

// statistics are the gradients of CD-k in mean field: minus the positive,
// plus the negative phase, a mean over the batch. dz is that of log σ², of
// units whose variances are learned. last are the sizes of the last axes of
// visible and hidden units.
func (r *reference) statistics(batch [][]float64, k int, last [2]int) (dw [][]float64, da, db, dz []float64) {
	dw = make([][]float64, len(r.w))
	for i := range dw {
		dw[i] = make([]float64, len(r.b))
	}
	da, db, dz = make([]float64, len(r.a)), make([]float64, len(r.b)), make([]float64, len(r.a))
	accumulate := func(v []float64, sign float64) {
		sign /= float64(len(batch))
		h := r.fh(r.up(v), last[1])
		y := r.down(h)
		for i := range v {
			s := (v[i] - r.mu[i]) * r.precision[i]
			da[i] += sign * s
			dz[i] += sign * (v[i]*v[i]*r.precision[i]/2 - s*y[i])
			for j := range h {
				dw[i][j] += sign * r.g * s * (h[j] - r.la[j])
			}
		}
		for j := range h {
			db[j] += sign * r.g * r.draws(v) * (h[j] - r.la[j])
		}
	}
	for _, v := range batch {
		accumulate(v, -1)
		draws := r.draws(v)
		for range k {
			v = r.fv(r.down(r.fh(r.up(v), last[1])), last[0])
			for i := range v {
				v[i] *= draws
			}
		}
		accumulate(v, 1)
	}
	return dw, da, db, dz
}

func sigma(x float64) float64       { return 1 / (1 + math.Exp(-x)) }
func clippedRelu(x float64) float64 { return min(1, max(0, x)) }
func relu(x float64) float64        { return max(0, x) }
func softplus(x float64) float64    { return math.Log1p(math.Exp(x)) }
func identity(x float64) float64    { return x }

// truncatedMean is that of a normal distribution N(x,1) above 0, in the tail by
// the continued fraction of 1/Mills' ratio, z + 1/(z + 2/(z + 3/(z + …))).
func truncatedMean(x float64) float64 {
	if x > -5 {
		return x + math.Exp(-x*x/2)/(math.Sqrt(math.Pi/2)*math.Erfc(-x/math.Sqrt2))
	}
	rest := -x
	for n := 60.0; n > 1; n-- {
		rest = -x + n/rest
	}
	return 1 / rest
}

// softmax is over each last axis.
func softmax(x []float64, last int) []float64 {
	y := make([]float64, len(x))
	for from := 0; from < len(x); from += last {
		sum := 0.0
		for i := from; i < from+last; i++ {
			sum += math.Exp(x[i])
		}
		for i := from; i < from+last; i++ {
			y[i] = math.Exp(x[i]) / sum
		}
	}
	return y
}

// firstBinary is a binary unit and then a softmax over the rest of each last
// axis.
func firstBinary(x []float64, last int) []float64 {
	y := make([]float64, len(x))
	for from := 0; from < len(x); from += last {
		y[from] = sigma(x[from])
		copy(y[from+1:], softmax(x[from+1:from+last], last-1))
	}
	return y
}

// unroll gives the reference of a layer whose parameters are filled: each
// element of the dense matrix of a convolution says which filter entry it is.
func unroll(l *Layer, fv, fh func(float64) float64) (r *reference, filter [][]int) {
	in, out := graph.Size(l.in), graph.Size(l.out)
	r = &reference{fv: each(fv), fh: each(fh), g: l.copies()}
	_, r.replicated = l.Visible.(unit.Replicated)
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
	r.precision = repeat(l.VisibleLogVariance, in)
	for i, z := range r.precision {
		r.precision[i] = math.Exp(-z)
	}
	return r, filter
}

// The gradient of the loss, by automatic differentiation of a graph in which
// v' is held constant, is the hand-written statistics of contrastive
// divergence, whatever the units and the connections; and so are the
// statistics as nodes of a graph.
func TestGradientIsContrastiveDivergence(t *testing.T) {
	type kind struct {
		name string
		unit unit.Unit
		f    means
	}
	hidden := []kind{
		{"binary", unit.Binary{}, each(sigma)},
		{"multinary", unit.Multinary{Levels: 255}, each(sigma)},
		{"multinary tanh", unit.Multinary{Activation: "tanh"}, each(math.Tanh)},
		{"multinary relu", unit.Multinary{Activation: "relu"}, each(relu)},
		{"multinary softplus, by quadrature", unit.Multinary{Activation: "softplus"}, each(softplus)},
		{"clipped relu", unit.ClippedReLU{}, each(clippedRelu)},
		{"gaussian", unit.Gaussian{}, each(identity)},
		{"relu", unit.ReLU{}, each(truncatedMean)},
		{"nrelu", unit.NReLU{}, each(softplus)},
		{"softmax", unit.Softmax{}, softmax},
		{"mixed", unit.Mixed{Units: 1, First: unit.Binary{}, Rest: unit.Softmax{}}, firstBinary},
	}
	visible := []kind{
		{"binary", unit.Binary{}, each(sigma)},
		{"gaussian", unit.Gaussian{}, each(identity)},
		{"learned gaussian", unit.LearnedGaussian{}, each(identity)},
		{"relu", unit.ReLU{}, each(truncatedMean)},
		{"nrelu", unit.NReLU{}, each(softplus)},
		{"softmax", unit.Softmax{}, softmax},
		{"mixed", unit.Mixed{Units: 1, First: unit.Binary{}, Rest: unit.Softmax{}}, firstBinary},
		{"replicated softmax", unit.ReplicatedSoftmax{}, softmax},
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
					if v.name == "mixed" {
						delete(specs, "conv, a a pixel") // of one channel
					}
					if v.name == "replicated softmax" { // counts words, not pixels
						specs = map[string]Spec{"dense": specs["dense"], "dense, copies": specs["dense, copies"]}
						if centred {
							continue
						}
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

func checkStatistics(t *testing.T, spec Spec, fv, fh means, k int) {
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
	parameters := make([]*graph.Node, len(l.Parameters()))
	for i, p := range l.Parameters() {
		parameters[i] = g.Param(p)
	}
	gradients := g.Grad(loss, parameters...)
	written := l.Statistics(g, g.Param(data), l.Chain(g, g.Param(data), k, MeanField))
	statistics := []*graph.Node{g.Scale(-1, written.Weight), g.Scale(-1, written.Visible), g.Scale(-1, written.Hidden)}
	m, err := g.Compile(append(gradients, statistics...)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}

	r, filter := unroll(l, nil, nil)
	r.fv, r.fh = fv, fh
	dw, da, db, dz := r.statistics(rows, k, [2]int{l.in[len(l.in)-1], l.out[len(l.out)-1]})
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
	if l.VisibleLogVariance != nil {
		graphtest.Near(t, "dz", 1e-5, m.Value(gradients[3]), fold(dz, l.VisibleLogVariance.Size()))
	}
	for i, name := range []string{"dW", "da", "db"} {
		graphtest.Near(t, name+" as statistics", 1e-5, m.Value(statistics[i]), m.Value(gradients[i]))
	}
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
