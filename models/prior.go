package models

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"boltzoo/graph"
	"boltzoo/models/unit"
)

// Prior is a normal distribution of the top layer's pre-activations, fitted to
// those of data. P2 does not say how it draws samples; codes from a normal
// distribution, decoded by means, show what the stack has learnt to decode,
// where a short Gibbs chain in the top machine alone does not leave the
// average face. The pre-activations are used, not the codes, because they
// are near normal where the codes crowd at 0 and 1.
type Prior struct {
	Mean   *graph.Tensor // D
	Factor *graph.Tensor // D×D lower triangular: the covariance is Factor Factorᵀ
}

// priorMax is the largest code that has a prior: beyond it a covariance is
// large and badly determined.
const priorMax = 1024

func newPrior(d int) *Prior {
	if d > priorMax {
		return nil
	}
	return &Prior{graph.NewTensor("prior.mean", d), graph.NewTensor("prior.factor", d, d)}
}

// Fit estimates the distribution from pre-activations x, n rows of D.
func (p *Prior) Fit(x []float32, n int) error {
	d := p.Mean.Size()
	if len(x) != n*d || n < 2 {
		return fmt.Errorf("models: prior: %d numbers for %d pre-activations of size %d, want at least 2", len(x), n, d)
	}
	data := mat.NewDense(n, d, nil)
	for i, v := range x {
		data.Set(i/d, i%d, float64(v))
	}
	covariance := mat.NewSymDense(d, nil)
	stat.CovarianceMatrix(covariance, data, nil)
	// Fewer examples than dimensions, or a dead unit, leave it singular: a
	// thousandth of the mean variance on the diagonal does not show.
	ridge := 1e-3*mat.Trace(covariance)/float64(d) + 1e-12
	for i := range d {
		covariance.SetSym(i, i, covariance.At(i, i)+ridge)
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(covariance) {
		return fmt.Errorf("models: prior: the covariance of %d pre-activations is not positive definite; are they finite?", n)
	}
	var factor mat.TriDense
	cholesky.LTo(&factor)
	for i := range d {
		p.Mean.Data[i] = float32(stat.Mean(mat.Col(nil, i, data), nil))
		for j := range d {
			v := 0.0
			if j <= i {
				v = factor.At(i, j)
			}
			p.Factor.Data[i*d+j] = float32(v)
		}
	}
	return nil
}

// Fitted tells whether the prior has been fitted.
func (p *Prior) Fitted() bool {
	for _, v := range p.Factor.Data {
		if v != 0 && !math.IsNaN(float64(v)) {
			return true
		}
	}
	return false
}

// Sample draws n codes: means of units h whose pre-activations are from the
// prior, with its deviations times spread. Below 1 codes keep closer to the
// mean than data do, where decoding is surer: cleaner pictures, less varied.
func (p *Prior) Sample(g *graph.Graph, n int, spread float64, h unit.Unit) *graph.Node {
	d := p.Mean.Size()
	z := g.Gaussian(g.Full(0, n, d), g.Full(spread, n, d), "prior")
	return h.Mean(g, g.AffineT(z, g.Param(p.Factor), g.Param(p.Mean)))
}
