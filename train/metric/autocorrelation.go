package metric

import (
	"context"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// Autocorrelation tells how many Gibbs steps apart states of a machine's chain
// are as good as independent: the integrated autocorrelation time
// τ = 1 + 2 Σ_t ρ(t) of two numbers of each state, in steps.
type Autocorrelation struct {
	Energy   float64 `json:"energy"`   // τ of the free energy of the visible state
	Activity float64 `json:"activity"` // τ of the mean activity of hidden units
	// Open tells that a sum was cut by the end of the chain: τ is at least what
	// is said.
	Open   bool `json:"open,omitempty"`
	Chains int  `json:"chains"`
	Steps  int  `json:"steps"`
	Burn   int  `json:"burn"` // steps before, from the examples
}

// AutocorrelationOf runs a chain from each of some examples, which start it, all
// states drawn: so many steps, after a tenth of them that do not count.
func AutocorrelationOf(ctx context.Context, l *models.Layer, source Source, chains, steps int, random *graph.Random, tell func(done, total int)) (Autocorrelation, error) {
	if size := graph.Size(l.InputShape()); source.Size() != size || chains < 1 || steps < 20 || source.Len() == 0 {
		return Autocorrelation{}, fmt.Errorf("metric: autocorrelation: %d chains of %d steps from %d examples of %d values, want at least 1, 20, 1 and %d",
			chains, steps, source.Len(), source.Size(), size)
	}
	a := Autocorrelation{Chains: chains, Steps: steps, Burn: steps / 10}
	g := graph.New(random)
	v := g.Input("v", append([]int{chains}, l.InputShape()...)...)
	next := l.Gibbs(g, v, models.AllNoise)
	energy, activity := l.FreeEnergy(g, v), g.RowSum(l.Encode(g, v))
	m, err := g.Compile(next, energy, activity)
	if err != nil {
		return a, err
	}
	x, index := make([]float32, chains*source.Size()), make([]int, chains)
	for i := range index {
		index[i] = i % source.Len()
	}
	source.Floats(x, index...)
	energies, activities := make([][]float64, chains), make([][]float64, chains)
	for step := range a.Burn + steps {
		if err := ctx.Err(); err != nil {
			return a, err
		}
		if err := m.Set(v, x); err != nil {
			return a, err
		}
		if err := m.Run(); err != nil {
			return a, err
		}
		copy(x, m.Value(next))
		for c := range chains {
			if step >= a.Burn {
				energies[c] = append(energies[c], float64(m.Value(energy)[c]))
				activities[c] = append(activities[c], float64(m.Value(activity)[c]))
			}
		}
		if tell != nil {
			tell(step+1, a.Burn+steps)
		}
	}
	var openEnergy, openActivity bool
	a.Energy, openEnergy = integratedTime(energies)
	a.Activity, openActivity = integratedTime(activities)
	a.Open = openEnergy || openActivity
	return a, nil
}

// integratedTime is τ of series of one length, by their common mean and variance:
// chains that stay apart have a long one. The sum ends at five times itself
// (Sokal 1997) or, open, at half the series. A number that never changes has
// 1.
func integratedTime(series [][]float64) (tau float64, open bool) {
	n, mean, variance := len(series[0]), 0.0, 0.0
	total := float64(n * len(series))
	for _, s := range series {
		for _, x := range s {
			mean += x / total
		}
	}
	for _, s := range series {
		for _, x := range s {
			variance += (x - mean) * (x - mean) / total
		}
	}
	tau = 1
	if variance <= 1e-12*mean*mean { // rounding
		return tau, false
	}
	for lag := 1; lag <= n/2; lag++ {
		sum := 0.0
		for _, s := range series {
			for i := lag; i < n; i++ {
				sum += (s[i] - mean) * (s[i-lag] - mean)
			}
		}
		tau += 2 * sum / (float64((n-lag)*len(series)) * variance)
		if float64(lag) >= 5*tau {
			return max(tau, 1), false
		}
	}
	return tau, true
}
