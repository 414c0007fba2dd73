package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
)

// Contraction is a penalty on how far a code h moves with the example v, so
// that it keeps to what differs between examples (Rifai et al. 2011a), and on
// how fast that changes (Rifai et al. 2011b):
//
//	λ ⟨‖J(v)‖²⟩ + γ ⟨‖J(v) − J(v+ε)‖²⟩,  J = ∂h/∂v,  ε ~ N(0, σ²),
//
// with squared Frobenius norms, each a sum over elements. It is of the size
// of a cross-entropy, which is a sum over an example's values; a squared error
// is their mean.
//
// One dense layer h = f(x), x = b + vW, has a closed form that costs no more
// than the layer: ‖J‖² = Σ_j f'(x_j)² Σ_i W_ij². With any other encoder the rows
// of J are gradients, which are differentiated once more to learn: one
// backward pass for each unit of the code, which is what an exact Jacobian
// takes, or for each of a few random directions u of signs, whose mean ‖uJ‖² is
// ‖J‖² (Hutchinson 1989): right on average, with a variance.
type Contraction struct {
	Cost       float64 `json:"cost,omitempty"`       // λ
	Curvature  float64 `json:"curvature,omitempty"`  // γ
	Deviation  float64 `json:"deviation,omitempty"`  // σ
	Directions int     `json:"directions,omitempty"` // random ones, drawn anew for each example and step; 0: all of J; one dense layer needs none
}

// mostRows is how many units a code can have for an exact Jacobian by
// differentiation.
const mostRows = 100

// Check finds fields that are wrong.
func (c Contraction) Check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"cost", c.Cost}, {"curvature", c.Curvature}, {"deviation", c.Deviation}} {
		if !(f.value >= 0) || !isFinite(f.value) {
			return fmt.Errorf("contraction.%s %g, want at least 0", f.name, f.value)
		}
	}
	switch {
	case (c.Curvature > 0) != (c.Deviation > 0):
		return fmt.Errorf("contraction.curvature %g with deviation %g: want both or neither above 0", c.Curvature, c.Deviation)
	case c.Directions < 0:
		return fmt.Errorf("contraction.directions %d, want at least 0", c.Directions)
	}
	return nil
}

// of is the penalty of the codes of v: (1), or nil where there is none.
func (c Contraction) of(g *graph.Graph, coder models.Coder, v *graph.Node) (*graph.Node, error) {
	if c.Cost == 0 && c.Curvature == 0 {
		return nil, nil
	}
	if g.Err() != nil {
		return nil, g.Err()
	}
	var j jacobian
	if dense, ok := onlyLevel(coder); ok {
		slope, ok := dense.Activation().Derivative()
		if !ok {
			return nil, fmt.Errorf("contraction: %v has no derivative here", dense.Activation())
		}
		j = slopes{dense, slope}
	} else {
		units := graph.Size(coder.CodeShape())
		if c.Directions == 0 && units > mostRows {
			return nil, fmt.Errorf("contraction: the Jacobian of a code of %d units by differentiation takes as many backward passes: set contraction.directions to 1 or more", units)
		}
		j = rows{coder, c.signs(g, v.Shape()[0], units)}
	}
	near := v
	if c.Curvature > 0 {
		shape := v.Shape()
		near = g.Add(v, g.Gaussian(g.Full(0, shape...), g.Full(c.Deviation, shape...), "curvature"))
	}
	return c.between(g, j, v, near), nil
}

// between is the penalty where v+ε is near.
func (c Contraction) between(g *graph.Graph, j jacobian, v, near *graph.Node) *graph.Node {
	here := j.at(g, v)
	penalty := g.Scale(c.Cost, j.square(g, here))
	if c.Curvature == 0 {
		return penalty
	}
	moved := j.at(g, near)
	for i := range moved {
		moved[i] = g.Sub(here[i], moved[i])
	}
	return g.Combine(1, penalty, c.Curvature, j.square(g, moved))
}

// signs are the random directions, (B×units) each.
func (c Contraction) signs(g *graph.Graph, batch, units int) []*graph.Node {
	var signs []*graph.Node
	for range c.Directions {
		signs = append(signs, g.Shift(2, g.Bernoulli(g.Full(0.5, batch, units), "directions"), -1))
	}
	return signs
}

// A jacobian tells of J at some v what its square, or that of a difference,
// needs.
type jacobian interface {
	at(g *graph.Graph, v *graph.Node) []*graph.Node
	// square is ⟨‖J‖²⟩: (1).
	square(g *graph.Graph, j []*graph.Node) *graph.Node
}

// slopes are the f'(x) (B×code) of a dense layer.
type slopes struct {
	models.Dense
	slope graph.Function
}

func (s slopes) at(g *graph.Graph, v *graph.Node) []*graph.Node {
	return []*graph.Node{g.Map(s.slope, s.Preactivation(g, v))}
}

func (s slopes) square(g *graph.Graph, j []*graph.Node) *graph.Node {
	w := g.Param(s.Matrix())
	norms := g.ColSum(g.Mul(w, w), s.OutputShape()...)
	return g.Mean(g.RowDot(g.Mul(j[0], j[0]), norms))
}

// rows are the uJ (B×input) of any encoder, by differentiation.
type rows struct {
	models.Coder
	signs []*graph.Node // u; none: each unit of the code
}

func (r rows) at(g *graph.Graph, v *graph.Node) []*graph.Node {
	h := g.Flatten(r.Encode(g, v))
	var all []*graph.Node
	for _, u := range r.signs {
		all = append(all, g.Grad(g.Inner(h, u), v)...)
	}
	if r.signs == nil {
		for k := range graph.Size(r.CodeShape()) {
			all = append(all, g.Grad(g.Sum(g.Slice(h, k, k+1)), v)...)
		}
	}
	return all
}

func (r rows) square(g *graph.Graph, j []*graph.Node) *graph.Node {
	var sum *graph.Node
	for _, row := range j {
		if square := g.Inner(row, row); sum == nil {
			sum = square
		} else {
			sum = g.Add(sum, square)
		}
	}
	if g.Err() != nil {
		return nil
	}
	return g.Scale(1/float64(j[0].Shape()[0]*max(1, len(r.signs))), sum)
}

// onlyLevel is the one dense layer that an encoder is, if it is one.
func onlyLevel(coder models.Coder) (models.Dense, bool) {
	deep, ok := coder.(models.Deep)
	if !ok || len(deep.Levels()) != 1 {
		return nil, false
	}
	dense, ok := deep.Levels()[0].(models.Dense)
	return dense, ok
}
