package metric

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

func TestActivity(t *testing.T) {
	model, s := net(t), rows(5, 23, 6)
	layers := model.Layers()
	top := layers[1]
	for i := range 5 { // the first unit is dead, the second always on
		top.Weight.Data[i*4], top.Weight.Data[i*4+1] = 0, 0
	}
	top.HiddenBias.Data[0], top.HiddenBias.Data[1] = -6, 6
	got, err := ActivityOf(layers, s, 10)
	if err != nil {
		t.Fatal(err)
	}
	for k, l := range layers {
		moments, n := NewMoments(l.HiddenBias.Size()), l.HiddenBias.Size()
		for _, v := range s {
			h := through(layers[0], v, true)
			if k == 1 {
				h = through(top, h, true)
			}
			x := make([]float32, n)
			for j := range h {
				x[j] = float32(h[j])
			}
			moments.Add(x)
		}
		mean, deviation := 0.0, 0.0
		for j := range n {
			mean += moments.Mean(j) / float64(n)
			deviation += moments.Deviation(j) / float64(n)
		}
		if a := got[k]; a.Units != n || a.Layer != l.Name || math.Abs(a.Mean-mean) > 1e-6 || math.Abs(a.Deviation-deviation) > 1e-5 || a.Dead != k || a.Saturated != k {
			t.Errorf("%+v, want mean %g, deviation %g, %d dead and as many saturated", a, mean, deviation, k)
		}
	}
}

// The time of an autoregressive series x' = φx + noise is (1+φ)/(1−φ).
func TestIntegratedTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, phi := range []float64{0, 0.5, 0.9} {
		series := make([][]float64, 50)
		for c := range series {
			x := random.NormFloat64() / math.Sqrt(1-phi*phi)
			for range 4000 {
				series[c] = append(series[c], 100+x)
				x = phi*x + random.NormFloat64()
			}
		}
		want := (1 + phi) / (1 - phi)
		if got, open := integratedTime(series); math.Abs(got-want) > 0.06*want || open {
			t.Errorf("φ=%g: τ is %.3f, want %.3f (open: %v)", phi, got, want, open)
		}
	}
	if got, open := integratedTime([][]float64{{3, 3, 3, 3}}); got != 1 || open {
		t.Errorf("a constant has τ %g", got)
	}
	apart := [][]float64{make([]float64, 400), make([]float64, 400)}
	for i := range 400 {
		apart[0][i], apart[1][i] = random.NormFloat64(), 100+random.NormFloat64()
	}
	if got, open := integratedTime(apart); got < 100 || !open {
		t.Errorf("chains apart have τ %g, open %v", got, open)
	}
}

// A machine without weights forgets all in one step; strong weights hold on.
func TestAutocorrelation(t *testing.T) {
	ctx := context.Background()
	l := layerOf(t, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{10}, Units: 5}, 1)
	clear(l.Weight.Data)
	free, err := AutocorrelationOf(ctx, l, rows(1, 3, 10), 20, 400, graph.NewRandom(1), nil)
	if err != nil || math.Abs(free.Energy-1) > 0.2 || free.Activity != 1 || free.Open || free.Burn != 40 {
		t.Errorf("without weights: %+v, %v", free, err)
	}
	for i := range l.Weight.Data { // two states, all on and all off
		l.Weight.Data[i] = 1.2
	}
	for i := range l.VisibleBias.Data {
		l.VisibleBias.Data[i] = -3
	}
	for j := range l.HiddenBias.Data {
		l.HiddenBias.Data[j] = -6
	}
	stuck, err := AutocorrelationOf(ctx, l, rows(1, 3, 10), 20, 400, graph.NewRandom(1), nil)
	if err != nil || stuck.Activity < 20 || !stuck.Open { // the two have one energy
		t.Errorf("with two modes: %+v, %v", stuck, err)
	}
	if _, err := AutocorrelationOf(ctx, l, rows(1, 3, 9), 20, 400, graph.NewRandom(1), nil); err == nil {
		t.Error("chains from examples of another size")
	}
}
