package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"boltzoo/graph"
	"boltzoo/models"
)

// PCA is a set of principal components: the linear autoencoder that loses the
// least, and so the baseline of every other one.
type PCA struct {
	mean       *graph.Tensor // D
	components *graph.Tensor // D×K, orthonormal, the largest variance first
	shares     []float64     // of the examples' variance, of each component
}

// pcaIterations, and half as many directions again as components, give errors
// that are right to three digits for pictures, whose spectra fall slowly.
const pcaIterations = 6

const pcaBatch = 256

var errEigen = errors.New("metric: pca: the eigenvalues do not converge; are all values finite?")

// FitPCA finds the first k principal components of the examples, by subspace
// iteration from a random start (Halko, Martinsson and Tropp 2011, algorithms
// 4.4 and 5.3): with X the centred examples as rows, Q ← orth(XᵀX Q), a few
// times, then the eigenvectors of the small matrix QᵀXᵀXQ. Neither X nor XᵀX
// is ever held. The seed of the random start is fixed: equal examples give
// equal components.
func FitPCA(source Source, k int) (*PCA, error) {
	d, n := source.Size(), source.Len()
	if k < 1 || k > min(d, n-1) {
		return nil, fmt.Errorf("metric: pca: %d components of %d examples of %d values, want at least 1 and at most %d", k, n, d, min(d, n-1))
	}
	p := &PCA{mean: graph.NewTensor("mean", d)}
	moments := NewMoments(d)
	err := Sweep(source, pcaBatch, []int{d}, func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{v}
	}, func(_ int, values [][]float32) error {
		moments.Add(values[0])
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range p.mean.Data {
		p.mean.Data[i] = float32(moments.Mean(i))
	}

	l := min(k+max(k/2, 20), d, n)
	q := graph.NewTensor("q", d, l)
	graph.NewRandom(1).Stream("pca").Normal(q.Data)
	var product *mat.Dense
	for range pcaIterations {
		if product, err = p.covary(source, q); err != nil {
			return nil, err
		}
		if err := orthonormal(q, product); err != nil {
			return nil, err
		}
	}
	if product, err = p.covary(source, q); err != nil {
		return nil, err
	}
	basis := dense(q)
	var small mat.Dense
	small.Mul(basis.T(), product)
	symmetric := mat.NewSymDense(l, nil)
	for i := range l {
		for j := range i + 1 {
			symmetric.SetSym(i, j, (small.At(i, j)+small.At(j, i))/2)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(symmetric, true) {
		return nil, errEigen
	}
	var vectors, rotated mat.Dense
	eigen.VectorsTo(&vectors) // by ascending eigenvalues
	rotated.Mul(basis, &vectors)
	p.components = graph.NewTensor("components", d, k)
	p.shares = make([]float64, k)
	total := 0.0
	for i := range d {
		total += float64(n) * moments.Deviation(i) * moments.Deviation(i)
	}
	if values := eigen.Values(nil); total > 0 {
		for j := range k {
			p.shares[j] = values[l-1-j] / total
		}
	}
	for i := range d {
		for j := range k {
			p.components.Data[i*k+j] = float32(rotated.At(i, l-1-j))
		}
	}
	return p, nil
}

// covary is XᵀXQ (D×L): the gradient of ½‖XQ‖² with respect to Q.
func (p *PCA) covary(source Source, q *graph.Tensor) (*mat.Dense, error) {
	d, l := q.Shape[0], q.Shape[1]
	sum := make([]float64, d*l)
	err := Sweep(source, pcaBatch, []int{d}, func(g *graph.Graph, v *graph.Node) []*graph.Node {
		scores := g.MatMul(g.SubRow(v, g.Param(p.mean)), g.Param(q))
		return g.Grad(g.Sum(g.SumMap(graph.HalfSquare, scores)), g.Param(q))
	}, func(_ int, values [][]float32) error {
		for i, v := range values[0] {
			sum[i] += float64(v)
		}
		return nil
	})
	return mat.NewDense(d, l, sum), err
}

// orthonormal makes q a basis of the columns of m.
func orthonormal(q *graph.Tensor, m *mat.Dense) error {
	// The eigenvectors of MᵀM turn the columns of M orthogonal. Where some of
	// them are nearly nothing, squaring has lost their directions: what is left
	// of them needs another turn.
	_, l := m.Dims()
	for range 3 {
		var gram mat.SymDense
		gram.SymOuterK(1, m.T())
		var eigen mat.EigenSym
		if !eigen.Factorize(&gram, true) {
			return errEigen
		}
		var vectors, turned mat.Dense
		eigen.VectorsTo(&vectors)
		turned.Mul(m, &vectors)
		for j := range l {
			column := turned.ColView(j).(*mat.VecDense)
			if norm := mat.Norm(column, 2); norm > 0 {
				column.ScaleVec(1/norm, column)
			}
		}
		m = &turned
		if values := eigen.Values(nil); values[0] > 1e-10*values[l-1] { // they ascend
			break
		}
	}
	for i := range q.Data {
		q.Data[i] = float32(m.At(i/q.Shape[1], i%q.Shape[1]))
	}
	return nil
}

func dense(t *graph.Tensor) *mat.Dense {
	m := mat.NewDense(t.Shape[0], t.Shape[1], nil)
	for i, v := range t.Data {
		m.Set(i/t.Shape[1], i%t.Shape[1], float64(v))
	}
	return m
}

// Shares are how much of the variance of the examples each component has, from
// 0 to 1, the first the most; all 0 where the examples are all alike.
func (p *PCA) Shares() []float64 { return slices.Clone(p.shares) }

// Scores are the coordinates of examples along the components, from the mean
// example: (N×K), one example after the other. The sign of a component is
// arbitrary.
func (p *PCA) Scores(source Source) ([]float32, error) {
	var scores []float32
	err := Sweep(source, pcaBatch, p.mean.Shape, func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{g.MatMul(g.SubRow(v, g.Param(p.mean)), g.Param(p.components))}
	}, func(_ int, values [][]float32) error {
		scores = append(scores, values[0]...)
		return nil
	})
	return scores, err
}

// Reconstruction is the mean over all values of (v−v')², where v' is the
// projection of v on the first k components, for each of counts; 0 is the
// error of the mean example.
func (p *PCA) Reconstruction(source Source, counts ...int) ([]float64, error) {
	d, most := p.components.Shape[0], p.components.Shape[1]
	for _, k := range counts {
		if k < 0 || k > most {
			return nil, fmt.Errorf("metric: pca: %d components, want 0 to %d", k, most)
		}
	}
	total, explained := 0.0, make([]float64, most+1) // by the first k
	err := Sweep(source, pcaBatch, []int{d}, func(g *graph.Graph, v *graph.Node) []*graph.Node {
		centred := g.SubRow(v, g.Param(p.mean))
		return []*graph.Node{g.SumMap(graph.HalfSquare, centred), g.MatMul(centred, g.Param(p.components))}
	}, func(_ int, values [][]float32) error {
		for _, half := range values[0] {
			total += 2 * float64(half)
		}
		for i, score := range values[1] {
			explained[i%most+1] += float64(score) * float64(score)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for k := range most {
		explained[k+1] += explained[k]
	}
	errs := make([]float64, len(counts))
	for i, k := range counts {
		errs[i] = (total - explained[k]) / float64(d*source.Len())
	}
	return errs, nil
}

// codeAxes are the origin of a space of codes and then its unit vectors.
type codeAxes int

func (a codeAxes) Len() int  { return int(a) + 1 }
func (a codeAxes) Size() int { return int(a) }
func (a codeAxes) Floats(dst []float32, index ...int) {
	clear(dst)
	for row, i := range index {
		if i > 0 {
			dst[row*int(a)+i-1] = 1
		}
	}
}

// Angle is the largest principal angle, in degrees, between the space of what a
// model with an affine decoder decodes codes to, and that of as many
// components: 0 where they are one, 90 where a direction of the one is
// orthogonal to all of the other.
func (p *PCA) Angle(model models.Coder) (float64, error) {
	d, most := p.components.Shape[0], p.components.Shape[1]
	k := graph.Size(model.CodeShape())
	if k > most || graph.Size(model.InputShape()) != d {
		return 0, fmt.Errorf("metric: pca: %d components of %d values, want %d of %d", most, d, k, graph.Size(model.InputShape()))
	}
	var decoded []float32
	err := Sweep(codeAxes(k), pcaBatch, model.CodeShape(), func(g *graph.Graph, h *graph.Node) []*graph.Node {
		return []*graph.Node{model.Decode(g, h)}
	}, func(_ int, values [][]float32) error {
		decoded = append(decoded, values[0]...)
		return nil
	})
	if err != nil {
		return 0, err
	}
	images := mat.NewDense(d, k, nil)
	components := mat.NewDense(d, k, nil)
	for i := range d {
		for j := range k {
			images.Set(i, j, float64(decoded[(j+1)*d+i])-float64(decoded[i]))
			components.Set(i, j, float64(p.components.Data[i*most+j]))
		}
	}
	var qr mat.QR
	qr.Factorize(images)
	if c := qr.Cond(); !(c < 1e6) {
		return 90, nil // a unit decodes to nothing of its own
	}
	var q, inside, missed mat.Dense
	qr.QTo(&q)
	basis := q.Slice(0, d, 0, k)
	inside.Mul(basis.T(), components)
	missed.Mul(basis, &inside)
	missed.Sub(components, &missed)
	// The largest singular value of what is missed is the sine, the least of
	// what is inside the cosine.
	var sine, cosine mat.SVD
	if !sine.Factorize(&missed, mat.SVDNone) || !cosine.Factorize(&inside, mat.SVDNone) {
		return 0, errEigen
	}
	return math.Atan2(sine.Values(nil)[0], cosine.Values(nil)[k-1]) * 180 / math.Pi, nil
}
