package train

import (
	"math"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
)

func variationalOf(t *testing.T, spec models.Variational) models.Stochastic {
	t.Helper()
	model, err := spec.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range model.Parameters() {
		copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
	}
	return model.(models.Stochastic)
}

// The closed divergence is the mean of log q(z) − log p(z) over z drawn from
// q, within four standard errors.
func TestDivergenceBySampling(t *testing.T) {
	const n = 200_000
	means, logVariances := []float32{0.3, -1.2, 0}, []float32{-0.7, 0.9, 0}
	g := graph.New(graph.NewRandom(1))
	mean, logVariance := graph.NewTensor("mean", 1, 3), graph.NewTensor("logvariance", 1, 3)
	copy(mean.Data, means)
	copy(logVariance.Data, logVariances)
	closed := float64(graphtest.Value(t, g, divergence(g, g.Param(mean), g.Param(logVariance)))[0])
	row := func(x *graph.Tensor) *graph.Node { return g.AddRow(g.Full(0, n, 3), g.Reshape(g.Param(x), 3)) }
	z := graphtest.Value(t, g, reparameterised(g, row(mean), row(logVariance), g.Gaussian(g.Full(0, n, 3), g.Full(1, n, 3), "z")))
	sum, square := 0.0, 0.0
	for i := 0; i < len(z); i += 3 {
		ratio := 0.0
		for j := range 3 {
			x, l := float64(z[i+j]), float64(logVariances[j])
			off := x - float64(means[j])
			ratio += -off*off/(2*math.Exp(l)) - l/2 + x*x/2
		}
		sum, square = sum+ratio, square+ratio*ratio
	}
	sampled := sum / n
	if sd := math.Sqrt((square/n - sampled*sampled) / n); math.Abs(sampled-closed) > 4*sd {
		t.Errorf("divergence %g, by sampling %g ± %g", closed, sampled, sd)
	}
}

// With a code of one element everything is an integral over a line: the bound
// is that integral, and below the log-likelihood.
func TestEvidenceByQuadrature(t *testing.T) {
	const n, reach, step = 3, 12.0, 0.01
	for _, output := range []string{"bernoulli", "gaussian"} {
		model := variationalOf(t, models.Variational{Shape: []int{2, 2, 1}, Layers: []int{4}, Code: 1, Activation: "tanh", Output: output})
		v := graphtest.Positive("v", 1, n, 2, 2, 1)
		for i := range v.Data {
			v.Data[i] = min(1, v.Data[i]/2)
		}
		g := graph.New(nil)
		posterior, spread := model.Posterior(g, g.Param(v))
		means, logVariances := graphtest.Value(t, g, posterior), graphtest.Value(t, g, spread)
		in := g.Input("z", n, 1)
		likelihood := model.LogLikelihood(g, g.Param(v), in)
		m, err := g.Compile(likelihood)
		if err != nil {
			t.Fatal(err)
		}
		bound, evidence := 0.0, make([]float64, n)
		normal := func(x, mean, logVariance float64) float64 {
			return -(x-mean)*(x-mean)/(2*math.Exp(logVariance)) - logVariance/2 - math.Log(2*math.Pi)/2
		}
		for z := -reach; z <= reach; z += step {
			if err := m.Set(in, []float32{float32(z), float32(z), float32(z)}); err != nil {
				t.Fatal(err)
			}
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			for i, l := range m.Value(likelihood) {
				prior, q := normal(z, 0, 0), normal(z, float64(means[i]), float64(logVariances[i]))
				bound += step * math.Exp(q) * (float64(l) + prior - q) / n
				evidence[i] += step * math.Exp(float64(l)+prior)
			}
		}
		loglik := 0.0
		for _, p := range evidence {
			loglik += math.Log(p) / n
		}
		g = graph.New(graph.NewRandom(5))
		loss, err := Evidence{Draws: 2}.Build(g, model, Task{V: g.Param(repeated("examples", v, 4000))})
		if err != nil {
			t.Fatal(err)
		}
		got := -float64(graphtest.Value(t, g, loss.Total)[0])
		if math.Abs(got-bound) > 0.02*math.Abs(bound) || bound > loglik {
			t.Errorf("%s: bound %g, by quadrature %g, log-likelihood %g", output, got, bound, loglik)
		}
	}
}

// The gradient of the bound for codes drawn with this noise is that of finite
// differences.
func TestGradientOfEvidence(t *testing.T) {
	for _, output := range []string{"bernoulli", "gaussian"} {
		model := variationalOf(t, models.Variational{Shape: []int{2, 2, 1}, Layers: []int{3}, Code: 2, Activation: "tanh", Output: output})
		for _, x := range model.Parameters() {
			for i := range x.Data {
				x.Data[i] /= 2
			}
		}
		v, noise := graphtest.Random("v", 1, 3, 2, 2, 1), graphtest.Random("noise", 2, 3, 2)
		graphtest.Gradient(t, 1e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node {
			mean, logVariance := model.Posterior(g, g.Param(v))
			z := reparameterised(g, mean, logVariance, g.Param(noise))
			return g.Sub(g.Mean(divergence(g, mean, logVariance)), g.Mean(model.LogLikelihood(g, g.Param(v), z)))
		}, model.Parameters()...)
	}
}

// A variational autoencoder learns bars; its bound on others is measured
// without β, by the same draws every time.
func TestEvidenceLearns(t *testing.T) {
	for _, output := range []string{"bernoulli", "gaussian"} {
		model, err := models.Variational{Shape: []int{8, 8, 3}, Layers: []int{40}, Code: 4, Activation: "tanh", Output: output}.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		trainer, err := New(model, []Stage{{Objective: Evidence{Beta: 0.5}, Optimizer: Adam{Rate: 0.01}, Epochs: 40, Batch: 16, Validation: 16}}, bars(272), 1)
		if err != nil {
			t.Fatal(err)
		}
		steps := run(t, trainer, -1)
		var first, last *Validation
		for _, s := range steps {
			if s.Validation != nil {
				if first == nil {
					first = s.Validation
				}
				last = s.Validation
			}
		}
		if last.Loss > first.Loss-3 {
			t.Errorf("%s: the bound of validation goes from %g to %g nats", output, -first.Loss, -last.Loss)
		}
	}
}

// β scales the divergence in learning, and nothing where the bound is measured.
func TestEvidenceBeta(t *testing.T) {
	model := variationalOf(t, models.Variational{Shape: []int{2, 2, 1}, Layers: []int{3}, Code: 2, Activation: "tanh"})
	v := graphtest.Random("v", 1, 5, 2, 2, 1)
	loss := func(beta float64, measure bool) float64 {
		t.Helper()
		g := graph.New(graph.NewRandom(3))
		l, err := Evidence{Beta: beta}.Build(g, model, Task{V: g.Param(v), Measure: measure})
		if err != nil {
			t.Fatal(err)
		}
		return float64(graphtest.Value(t, g, l.Total)[0])
	}
	g := graph.New(nil)
	mean, logVariance := model.Posterior(g, g.Param(v))
	divergence := float64(graphtest.Value(t, g, g.Mean(divergence(g, mean, logVariance)))[0])
	if got := loss(1, false) - loss(0.5, false); math.Abs(got-divergence/2) > 1e-5*(1+divergence) || divergence < 0.01 {
		t.Errorf("half of the divergence, %g, is %g in the loss", divergence, got)
	}
	if a, b := loss(0.5, true), loss(1, false); a != b {
		t.Errorf("measured with β it is %g, without %g", a, b)
	}
}

func TestEvidenceRefuses(t *testing.T) {
	model, err := models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{3}}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	vae := variationalOf(t, models.Variational{Shape: []int{8, 8, 3}, Layers: []int{4}, Code: 2})
	for want, c := range map[string]struct {
		model models.Model
		e     Evidence
	}{
		"no distribution of codes": {model, Evidence{}},
		"-1 draws":                 {vae, Evidence{Draws: -1}},
		"beta NaN":                 {vae, Evidence{Beta: math.NaN()}},
	} {
		_, err := New(c.model, []Stage{{Objective: c.e, Optimizer: Adam{Rate: 1}, Epochs: 1}}, bars(4), 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c.e, err, want)
		}
	}
}
