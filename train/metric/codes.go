package metric

import (
	"boltzoo/graph"
	"boltzoo/models"
)

// Codes are statistics of a model's codes over a set of examples.
type Codes struct {
	Units     int     `json:"units"`
	Activity  float64 `json:"activity"`  // mean
	Deviation float64 `json:"deviation"` // of a unit over examples, mean over units: 0 means that all examples look alike
	Dead      float64 `json:"dead"`      // share of units whose deviation is below 0.01
	Saturated float64 `json:"saturated"` // share of values below 0.01 or above 0.99, for units from 0 to 1
}

// CodesOf looks at the codes of all examples.
func CodesOf(model models.Coder, source Source, batch int) (Codes, error) {
	units := graph.Size(model.CodeShape())
	moments, saturated := NewMoments(units), 0
	err := Sweep(source, batch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return []*graph.Node{model.Encode(g, v)}
	}, func(_ int, values [][]float32) error {
		moments.Add(values[0])
		for _, h := range values[0] {
			if h < 0.01 || h > 0.99 {
				saturated++
			}
		}
		return nil
	})
	if err != nil {
		return Codes{}, err
	}
	c := Codes{Units: units, Saturated: float64(saturated) / float64(units*source.Len())}
	dead := 0
	for j := range units {
		sd := moments.Deviation(j)
		c.Activity += moments.Mean(j) / float64(units)
		c.Deviation += sd / float64(units)
		if sd < 0.01 {
			dead++
		}
	}
	c.Dead = float64(dead) / float64(units)
	return c, nil
}
