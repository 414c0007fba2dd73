package unit

import (
	"encoding/json"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models/tagged"
)

// Mixed units are of two kinds: the first Units of the last axis, and the rest.
// With softmax units as the rest they are an example and its label side by
// side, what the top machine of a joint model sees (Hinton, Osindero and Teh
// 2006). A part may be Mixed again.
type Mixed struct {
	Units int  `json:"units"` // of the first kind
	First Unit `json:"-"`
	Rest  Unit `json:"-"`
}

// parts are the slices of x (B×…×V) that the two kinds have.
func (u Mixed) parts(g *graph.Graph, x *graph.Node) (first, rest *graph.Node) {
	if g.Err() != nil || x == nil {
		return nil, nil
	}
	for _, part := range []Unit{u.First, u.Rest} {
		switch part.(type) {
		case nil:
			g.Fail(fmt.Errorf(`unit: mixed: want "first" and "rest"`))
		case Scaled, Replicated:
			g.Fail(fmt.Errorf("unit: mixed: %s units cannot be a part", Types.Name(part)))
		}
	}
	shape := x.Shape()
	last := shape[len(shape)-1]
	if u.Units < 1 || u.Units >= last {
		g.Fail(fmt.Errorf("unit: mixed: %d of %d units are of the first kind, want some of either", u.Units, last))
	}
	return g.Slice(x, 0, u.Units), g.Slice(x, u.Units, last)
}

// Mean is each part's.
func (u Mixed) Mean(g *graph.Graph, x *graph.Node) *graph.Node {
	first, rest := u.parts(g, x)
	if g.Err() != nil {
		return nil
	}
	return g.Concat(u.First.Mean(g, first), u.Rest.Mean(g, rest))
}

// Sample draws each part.
func (u Mixed) Sample(g *graph.Graph, x *graph.Node, stream string) *graph.Node {
	first, rest := u.parts(g, x)
	if g.Err() != nil {
		return nil
	}
	return g.Concat(u.First.Sample(g, first, stream), u.Rest.Sample(g, rest, stream+".rest"))
}

// LogNormaliser is the sum of the parts'.
func (u Mixed) LogNormaliser(g *graph.Graph, x *graph.Node) *graph.Node {
	first, rest := u.parts(g, x)
	if g.Err() != nil {
		return nil
	}
	return g.Add(u.First.LogNormaliser(g, first), u.Rest.LogNormaliser(g, rest))
}

// Potential is the sum of the parts'.
func (u Mixed) Potential(g *graph.Graph, s *graph.Node) *graph.Node {
	first, rest := u.parts(g, s)
	if g.Err() != nil {
		return nil
	}
	a, b := u.First.Potential(g, first), u.Rest.Potential(g, rest)
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return g.Add(a, b)
}

// Inverse is each part's.
func (u Mixed) Inverse(m []float64) []float64 {
	return append(u.First.Inverse(m[:u.Units]), u.Rest.Inverse(m[u.Units:])...)
}

type mixedFields struct {
	Units int             `json:"units"`
	First json.RawMessage `json:"first"`
	Rest  json.RawMessage `json:"rest"`
}

// MarshalJSON writes the parts by name.
func (u Mixed) MarshalJSON() ([]byte, error) {
	first, err := Types.Encode(u.First)
	if err != nil {
		return nil, fmt.Errorf("first: %w", err)
	}
	rest, err := Types.Encode(u.Rest)
	if err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	return json.Marshal(mixedFields{u.Units, first, rest})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (u *Mixed) UnmarshalJSON(data []byte) (err error) {
	var fields mixedFields
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	if fields.First == nil || fields.Rest == nil {
		return fmt.Errorf(`want "first" and "rest"`)
	}
	u.Units = fields.Units
	if u.First, err = Types.Decode(fields.First); err != nil {
		return fmt.Errorf("first: %w", err)
	}
	if u.Rest, err = Types.Decode(fields.Rest); err != nil {
		return fmt.Errorf("rest: %w", err)
	}
	return nil
}
