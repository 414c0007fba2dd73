package models

import (
	"encoding/json"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models/tagged"
	"boltzoo/models/unit"
)

// Unrolled is a stack of dense machines unrolled into a deep autoencoder
// (Hinton and Salakhutdinov 2006). Its encoder is the machines, by their means.
// Its decoder has tensors of its own, which mirror them: Wᵀ and a of each
// machine. What trains the machines trains the decoder with them, in that it
// mirrors them again at the end of the stage; what trains the autoencoder, by
// reconstruction, trains both as the two halves of one network.
type Unrolled struct {
	Body Spec `json:"-"` // Stack of RBM, or RBM

	// Decoder is the activation of the decoder's layers: as of Autoencoder, or
	// empty for the means of each machine's visible units.
	Decoder string `json:"decoder,omitempty"`
}

// New makes the machines, and the decoder that mirrors them.
func (u Unrolled) New(random *graph.Random) (Model, error) {
	if u.Body == nil {
		return nil, fmt.Errorf("models: unrolled without a body, want rbm or stack")
	}
	body, err := u.Body.New(random)
	if err != nil {
		return nil, err
	}
	net, ok := body.(*BeliefNet)
	if !ok {
		return nil, fmt.Errorf("models: unrolled: a model of type %s cannot be the body, want rbm or stack", Types.Name(u.Body))
	}
	m := &UnrolledNet{paired: &paired{spec: u, in: net.InputShape()}, body: net}
	n := len(net.layers)
	for _, l := range net.layers {
		m.encoder = append(m.encoder, machine{l})
	}
	for i := range net.layers {
		l := net.layers[n-1-i]
		d := denseLayer{in: l.OutputShape()}
		if d.activation, err = u.activation(l); err != nil {
			return nil, err
		}
		d.allocate(fmt.Sprintf("decoder%d", i+1), graph.Size(l.InputShape()))
		m.decoder = append(m.decoder, d)
	}
	m.Mirror(1, n)
	return m, nil
}

// activation is that of the layer that mirrors l.
func (u Unrolled) activation(l *Layer) (graph.Function, error) {
	if _, ok := l.link.(dense); !ok {
		return 0, fmt.Errorf("models: unrolled: %s is a convolution, want dense machines", l.Name)
	}
	if u.Decoder != "" {
		return activationOf("unrolled", "decoder", u.Decoder, hiddenActivations...)
	}
	switch v := l.Visible.(type) {
	case unit.Binary:
		return graph.Sigmoid, nil
	case unit.Multinary:
		if v.Activation == "" || v.Activation == "sigmoid" {
			return graph.Sigmoid, nil
		}
	case unit.Gaussian:
		if v.Deviation == 0 || v.Deviation == 1 {
			return graph.Identity, nil
		}
	}
	return 0, fmt.Errorf("models: unrolled: %s has %s visible units %+v, want binary or gaussian ones of deviation 1, or an activation in decoder", l.Name, unit.Types.Name(l.Visible), l.Visible)
}

// machine is a layer of the encoder that is a machine: its visible bias has no
// part in it.
type machine struct{ *Layer }

func (m machine) learns() (weight, bias *graph.Tensor) { return m.Weight, m.HiddenBias }

// UnrolledNet is an Unrolled with parameters: a deep autoencoder, and the
// machines of its encoder.
type UnrolledNet struct {
	*paired
	body *BeliefNet
}

// Machines is the stack that was unrolled.
func (u *UnrolledNet) Machines() *BeliefNet { return u.body }

// Tensors are those of the machines and of the decoder.
func (u *UnrolledNet) Tensors() []*graph.Tensor {
	var tensors []*graph.Tensor
	for _, l := range u.body.layers {
		tensors = append(tensors, l.Tensors()...)
	}
	return append(tensors, u.decoders()...)
}

// Parameters are those of the machines and of the decoder.
func (u *UnrolledNet) Parameters() []*graph.Tensor {
	return append(u.body.Parameters(), u.decoders()...)
}

func (u *UnrolledNet) decoders() []*graph.Tensor {
	var tensors []*graph.Tensor
	for _, d := range u.decoder {
		tensors = append(tensors, d.weight, d.bias)
	}
	return tensors
}

// Mirror gives the decoder the parameters of the machines first to last, from
// 1: y = a + g(h−λ)Wᵀ.
func (u *UnrolledNet) Mirror(first, last int) {
	for i, l := range u.body.layers[first-1 : last] {
		d := u.decoder[len(u.decoder)-first-i]
		copy(d.bias.Data, l.VisibleBias.Data)
		v, h := d.bias.Size(), len(l.HiddenBias.Data)
		for i := range v {
			sum := 0.0
			for j := range h {
				w := float32(l.copies()) * l.Weight.Data[i*h+j]
				d.weight.Data[j*v+i] = w
				if l.HiddenMean != nil {
					sum += float64(w) * float64(l.HiddenMean.Data[j])
				}
			}
			d.bias.Data[i] -= float32(sum)
		}
	}
}

type unrolledFields Unrolled

// MarshalJSON writes the spec, with the body's type.
func (u Unrolled) MarshalJSON() ([]byte, error) {
	body, err := Types.Encode(u.Body)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return json.Marshal(struct {
		Body json.RawMessage `json:"body"`
		unrolledFields
	}{body, unrolledFields(u)})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (u *Unrolled) UnmarshalJSON(data []byte) (err error) {
	var fields struct {
		Body json.RawMessage `json:"body"`
		unrolledFields
	}
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	*u = Unrolled(fields.unrolledFields)
	if fields.Body == nil {
		return fmt.Errorf(`unrolled: want a "body"`)
	}
	if u.Body, err = Types.Decode(fields.Body); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}
