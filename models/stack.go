package models

import (
	"encoding/json"
	"fmt"
	"slices"

	"boltzoo/graph"
	"boltzoo/models/tagged"
)

// Stack is a deep belief network: restricted Boltzmann machines on top of one
// another, convolutional ones below dense ones. The visible units of each are
// the hidden units of the one below, seen through their means (P2, section 3:
// trained end to end by the sum of the layers' losses; Hinton, Osindero and
// Teh 2006: layer by layer).
type Stack struct {
	Shape  []int  `json:"shape"` // of one example: height, width, channels
	Layers []Spec `json:"-"`     // RBM and ConvRBM, from the bottom up

	// Classes, where it is not 0, gives the top machine, an RBM, as many label
	// units beside the states below it: a joint model of examples and their
	// classes (Hinton, Osindero and Teh 2006).
	Classes int `json:"classes,omitempty"`
}

// New makes the network: a *JointNet where it has label units.
func (s Stack) New(random *graph.Random) (Model, error) {
	if s.Classes == 0 {
		return newBeliefNet(s, s.Shape, random, s.Layers...)
	}
	if s.Classes < 2 {
		return nil, fmt.Errorf("models: stack with labels of %d classes, want at least 2", s.Classes)
	}
	layers := slices.Clone(s.Layers)
	if n := len(layers); n > 0 {
		top, ok := layers[n-1].(RBM)
		if !ok {
			return nil, fmt.Errorf("models: stack with labels: a model of type %s cannot be the top layer, want rbm", Types.Name(layers[n-1]))
		}
		layers[n-1] = labelled{top, s.Classes}
	}
	net, err := newBeliefNet(s, s.Shape, random, layers...)
	if err != nil {
		return nil, err
	}
	return &JointNet{net}, nil
}

// layerSpec is what a stack can be made of.
type layerSpec interface {
	layer(name string, in []int, random *graph.Random) (*Layer, error)
}

// BeliefNet is a stack of restricted Boltzmann machines with parameters; one
// machine alone is a stack of one.
type BeliefNet struct {
	spec   Spec
	layers []*Layer
	prior  *Prior
}

var (
	_ Layered   = (*BeliefNet)(nil)
	_ Coder     = (*BeliefNet)(nil)
	_ Energetic = (*BeliefNet)(nil)
)

func newBeliefNet(spec Spec, shape []int, random *graph.Random, layers ...Spec) (*BeliefNet, error) {
	if len(shape) == 0 || slices.Min(shape) < 1 {
		return nil, fmt.Errorf("models: shape of one example is %v, want positive sizes", shape)
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("models: a stack without layers")
	}
	net := &BeliefNet{spec: spec}
	in := shape
	for i, s := range layers {
		name := fmt.Sprintf("layer%d", i+1)
		maker, ok := s.(layerSpec)
		if !ok {
			return nil, fmt.Errorf("models: %s: a model of type %s cannot be a layer, want rbm or conv-rbm", name, Types.Name(s))
		}
		l, err := maker.layer(name, in, random)
		if err != nil {
			return nil, err
		}
		net.layers = append(net.layers, l)
		in = l.out
	}
	net.prior = newPrior(graph.Size(in))
	return net, nil
}

// Spec is what the network was made from.
func (n *BeliefNet) Spec() Spec { return n.spec }

// Layers are the machines from the bottom up.
func (n *BeliefNet) Layers() []*Layer { return n.layers }

// InputShape is the shape of one example.
func (n *BeliefNet) InputShape() []int { return n.layers[0].in }

// CodeShape is the shape of the top layer's hidden states.
func (n *BeliefNet) CodeShape() []int { return n.top().out }

// Prior is the distribution of codes that samples are drawn from, nil for
// codes too large to have one.
func (n *BeliefNet) Prior() *Prior { return n.prior }

func (n *BeliefNet) top() *Layer { return n.layers[len(n.layers)-1] }

// Tensors are those of all layers, and the prior's.
func (n *BeliefNet) Tensors() []*graph.Tensor {
	var tensors []*graph.Tensor
	for _, l := range n.layers {
		tensors = append(tensors, l.Tensors()...)
	}
	if n.prior != nil {
		tensors = append(tensors, n.prior.Mean, n.prior.Factor)
	}
	return tensors
}

// Parameters are the weights and biases of all layers.
func (n *BeliefNet) Parameters() []*graph.Tensor {
	var parameters []*graph.Tensor
	for _, l := range n.layers {
		parameters = append(parameters, l.Parameters()...)
	}
	return parameters
}

// Encode goes up by means: (B×input) to (B×code).
func (n *BeliefNet) Encode(g *graph.Graph, v *graph.Node) *graph.Node { return Up(g, n.layers, v) }

// Decode goes down by means: (B×code) to (B×input).
func (n *BeliefNet) Decode(g *graph.Graph, h *graph.Node) *graph.Node { return Down(g, n.layers, h) }

// Up is what layers, one on the other, make of the inputs v of the first: of
// machines the mean of the last one's hidden units given the first's visible
// ones.
func Up[L Level](g *graph.Graph, layers []L, v *graph.Node) *graph.Node {
	for _, l := range layers {
		v = l.Encode(g, v)
	}
	return v
}

// Down is the mean of the first layer's visible units given the last's hidden
// ones.
func Down(g *graph.Graph, layers []*Layer, h *graph.Node) *graph.Node {
	for _, l := range slices.Backward(layers) {
		h = l.WithoutLabels(g, l.Decode(g, h))
	}
	return h
}

// FreeEnergy is Σ_ℓ F_ℓ, each layer's of the means below it: (B). For a single
// machine it is the free energy; for a stack it is what P2's summed loss
// lowers for data and raises for reconstructions, not −log p(v).
func (n *BeliefNet) FreeEnergy(g *graph.Graph, v *graph.Node) *graph.Node {
	var sum *graph.Node
	for i, l := range n.layers {
		if f := l.FreeEnergy(g, v); i == 0 {
			sum = f
		} else {
			sum = g.Add(sum, f)
		}
		v = l.Encode(g, v)
	}
	return sum
}

// Gibbs goes up to the top machine by means, takes one of its steps, and goes
// down by means.
func (n *BeliefNet) Gibbs(g *graph.Graph, v *graph.Node, noise Noise) *graph.Node {
	below, top := n.layers[:len(n.layers)-1], n.top()
	return Down(g, below, top.WithoutLabels(g, top.Gibbs(g, Up(g, below, v), noise)))
}

type stackFields Stack

// MarshalJSON writes the spec, with each layer's type.
func (s Stack) MarshalJSON() ([]byte, error) {
	layers := make([]json.RawMessage, len(s.Layers))
	for i, l := range s.Layers {
		var err error
		if layers[i], err = Types.Encode(l); err != nil {
			return nil, fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	return json.Marshal(struct {
		stackFields
		Layers []json.RawMessage `json:"layers"`
	}{stackFields(s), layers})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (s *Stack) UnmarshalJSON(data []byte) error {
	var fields struct {
		stackFields
		Layers []json.RawMessage `json:"layers"`
	}
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	*s = Stack(fields.stackFields)
	for i, raw := range fields.Layers {
		l, err := Types.Decode(raw)
		if err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
		s.Layers = append(s.Layers, l)
	}
	return nil
}
