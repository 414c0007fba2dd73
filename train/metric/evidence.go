package metric

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/models"
)

// Evidence is what a model with distributions of codes makes of examples, the
// mean of one in nats; a log density where its outputs are real.
type Evidence struct {
	Bound      float64 `json:"bound"`      // the evidence lower bound
	Importance float64 `json:"importance"` // a closer lower bound of the log-likelihood, by importance sampling
	Draws      int     `json:"draws"`      // of codes of each example, that both are from
}

// EvidenceOf draws codes z of each example from q(z|v), with the streams of
// random. With w = p(v|z) p(z) / q(z|v), the bound is the mean of log w, and the
// closer one that of the log of the mean w over an example's draws (Burda,
// Grosse and Salakhutdinov 2016, equation 8). tell, unless nil, hears how far
// it is.
func EvidenceOf(ctx context.Context, model models.Stochastic, source Source, draws, batch int, random *graph.Random, tell func(done, total int)) (Evidence, error) {
	if draws < 1 || source.Len() == 0 {
		return Evidence{}, fmt.Errorf("metric: evidence: %d draws of codes of %d examples, want at least 1", draws, source.Len())
	}
	e := Evidence{Draws: draws}
	sums := make([]float64, source.Len()) // log Σ w
	for k := range draws {
		seen := 0
		err := sweep(random, source, batch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
			return []*graph.Node{logWeight(g, model, v)}
		}, func(_ int, values [][]float32) error {
			for _, x := range values[0] {
				w := float64(x)
				e.Bound += w / float64(draws*len(sums))
				if sum := &sums[seen]; k == 0 {
					*sum = w
				} else {
					*sum = max(*sum, w) + math.Log1p(math.Exp(-math.Abs(*sum-w)))
				}
				seen++
			}
			return ctx.Err()
		})
		if err != nil {
			return e, err
		}
		if tell != nil {
			tell(k+1, draws)
		}
	}
	for _, sum := range sums {
		e.Importance += (sum - math.Log(float64(draws))) / float64(len(sums))
	}
	return e, nil
}

// logWeight is log w for one draw of a code of each example: (B).
func logWeight(g *graph.Graph, model models.Stochastic, v *graph.Node) *graph.Node {
	mean, logVariance := model.Posterior(g, v)
	if g.Err() != nil {
		return nil
	}
	shape := mean.Shape()
	noise := g.Gaussian(g.Full(0, shape...), g.Full(1, shape...), "code")
	z := g.Add(mean, g.Mul(g.Map(graph.Exp, g.Scale(0.5, logVariance)), noise))
	// log p(z) − log q(z|v) = ½ Σ (ε² + ℓ − z²)
	ratio := g.Add(g.Sub(g.SumMap(graph.HalfSquare, noise), g.SumMap(graph.HalfSquare, z)), g.RowSum(g.Scale(0.5, logVariance)))
	return g.Add(model.LogLikelihood(g, v, z), ratio)
}
