package models

import (
	"encoding/json"
	"fmt"
	"slices"

	"boltzoo/graph"
	"boltzoo/models/tagged"
	"boltzoo/models/unit"
)

// ConvRBM is a convolutional restricted Boltzmann machine: h = f(b + conv(v, W))
// and v' = f(a + convᵀ(h, W)), with one hidden bias a channel and a stride in
// place of pooling (Hwang, Hwang and Jo 2020, section 3; without the
// probabilistic max-pooling of Lee et al. 2009).
type ConvRBM struct {
	Visible   unit.Unit `json:"-"`
	Hidden    unit.Unit `json:"-"`
	Shape     []int     `json:"shape,omitempty"` // height, width, channels; empty in a Stack: the layer below has it
	Filters   int       `json:"filters"`         // hidden channels
	Kernel    int       `json:"kernel"`          // side of a filter
	Stride    int       `json:"stride"`
	Pad       int       `json:"pad"`
	Copies    float64   `json:"copies,omitempty"`     // as an RBM's
	PixelBias bool      `json:"pixel_bias,omitempty"` // a visible bias (and mean) for each pixel, not each channel
	Centred   bool      `json:"centred,omitempty"`    // energy measured from running means
	Deviation float64   `json:"deviation,omitempty"`  // of the initial weights; 0 means 0.01
}

// New makes the machine as a model of one layer.
func (c ConvRBM) New(random *graph.Random) (Model, error) {
	return newBeliefNet(c, c.Shape, random, c)
}

func (c ConvRBM) layer(name string, in []int, random *graph.Random) (*Layer, error) {
	if len(in) != 3 || len(c.Shape) > 0 && !slices.Equal(c.Shape, in) {
		return nil, fmt.Errorf("models: %s: convolution over examples of shape %v, want height, width and channels %v", name, in, c.Shape)
	}
	if c.Filters < 1 || c.Kernel < 1 || c.Stride < 1 || c.Pad < 0 || in[0]+2*c.Pad < c.Kernel || in[1]+2*c.Pad < c.Kernel {
		return nil, fmt.Errorf("models: %s: convolution of %d filters %d×%d, stride %d, pad %d cannot be laid over %v",
			name, c.Filters, c.Kernel, c.Kernel, c.Stride, c.Pad, in)
	}
	visible := in[2:]
	if c.PixelBias {
		visible = in
	}
	rows, cols := (in[0]+2*c.Pad-c.Kernel)/c.Stride+1, (in[1]+2*c.Pad-c.Kernel)/c.Stride+1
	l := &Layer{
		Name: name, Visible: c.Visible, Hidden: c.Hidden, Copies: c.Copies, in: in, out: []int{rows, cols, c.Filters},
		Weight:      graph.NewTensor(name+".weight", c.Kernel, c.Kernel, in[2], c.Filters),
		VisibleBias: graph.NewTensor(name+".visible.bias", visible...),
		HiddenBias:  graph.NewTensor(name+".hidden.bias", c.Filters),
		link:        convolution{in[0], in[1], c.Stride, c.Pad},
	}
	return l, l.start(c.Centred, c.Deviation, random)
}

// convolution connects a hidden unit with the patch of the picture under it,
// by weights that all places share.
type convolution struct{ height, width, stride, pad int }

func (c convolution) up(g *graph.Graph, v, w, b *graph.Node) *graph.Node {
	return g.Conv(v, w, b, c.stride, c.pad)
}

func (c convolution) down(g *graph.Graph, h, w, a *graph.Node) *graph.Node {
	return g.ConvT(h, w, a, c.height, c.width, c.stride, c.pad)
}

type convFields ConvRBM

// MarshalJSON writes the spec, with the units by name.
func (c ConvRBM) MarshalJSON() ([]byte, error) {
	u, err := encodeUnits(c.Visible, c.Hidden)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		units
		convFields
	}{u, convFields(c)})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (c *ConvRBM) UnmarshalJSON(data []byte) (err error) {
	var fields struct {
		units
		convFields
	}
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	*c = ConvRBM(fields.convFields)
	c.Visible, c.Hidden, err = fields.decode()
	return err
}
