package models

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"boltzoo/graph"
	"boltzoo/models/tagged"
	"boltzoo/models/unit"
)

// RBM is a restricted Boltzmann machine: visible units, hidden units and a
// weight between each two of them (Smolensky 1986; Hinton 2002).
//
// With Copies g each hidden unit stands for g units of the same weights and
// bias, h being their mean:
//
//	E(v,h) = −a·v − g (b·h + vWh),   F(v) = −a·v − g Σ_j Φ(x_j),   y = a + g hWᵀ
//
// For multinary units g is N_h/N_v, the hidden units' levels over the visible
// units'. A layer with fewer hidden than visible units wants g = V/H: weights
// that are used in both directions keep the sum of variances nearly as it is,
// so V/H times the variance comes on each hidden unit, for which one unit,
// with states from 0 to 1, has no room: it saturates, and what is stacked on
// it with it.
type RBM struct {
	Visible   unit.Unit `json:"-"`
	Hidden    unit.Unit `json:"-"`
	Shape     []int     `json:"shape,omitempty"`     // of one example; empty in a Stack: the layer below has it
	Units     int       `json:"units"`               // hidden units, H
	Copies    float64   `json:"copies,omitempty"`    // hidden units that each stands for, see above; 0 means 1
	Centred   bool      `json:"centred,omitempty"`   // energy measured from running means
	Deviation float64   `json:"deviation,omitempty"` // of the initial weights; 0 means 0.01
}

// New makes the machine as a model of one layer.
func (r RBM) New(random *graph.Random) (Model, error) { return newBeliefNet(r, r.Shape, random, r) }

// layer makes the machine over examples of shape in.
func (r RBM) layer(name string, in []int, random *graph.Random) (*Layer, error) {
	return r.withLabels(0, name, in, random)
}

// withLabels makes the machine over examples of shape in and the labels of so
// many classes.
func (r RBM) withLabels(classes int, name string, in []int, random *graph.Random) (*Layer, error) {
	if r.Units < 1 {
		return nil, fmt.Errorf("models: %s: rbm of %d hidden units, want at least 1", name, r.Units)
	}
	if len(r.Shape) > 0 && !slices.Equal(r.Shape, in) {
		return nil, fmt.Errorf("models: %s: rbm over examples of shape %v, but the layer below gives %v", name, r.Shape, in)
	}
	l := &Layer{
		Name: name, Visible: r.Visible, Hidden: r.Hidden, Copies: r.Copies, Classes: classes, in: in, out: []int{r.Units},
		HiddenBias: graph.NewTensor(name+".hidden.bias", r.Units),
		link:       dense{},
	}
	if classes > 0 {
		l.Visible = unit.Mixed{Units: graph.Size(in), First: r.Visible, Rest: unit.Softmax{}}
	}
	l.Weight = graph.NewTensor(name+".weight", graph.Size(l.StateShape()), r.Units)
	l.VisibleBias = graph.NewTensor(name+".visible.bias", l.StateShape()...)
	return l, l.start(r.Centred, r.Deviation, random)
}

// Layer is a restricted Boltzmann machine with parameters, alone or in a
// stack.
type Layer struct {
	Name            string
	Visible, Hidden unit.Unit
	Copies          float64 // g; 0 means 1

	Weight      *graph.Tensor // W: V×H, or KH×KW×C×F of a convolution
	VisibleBias *graph.Tensor // a: one a unit, or one a channel
	HiddenBias  *graph.Tensor // b: one a unit, or one a channel
	VisibleMean *graph.Tensor // μ, shaped as a; nil unless centred
	HiddenMean  *graph.Tensor // λ, shaped as b; nil unless centred

	// VisibleLogVariance is log σ², shaped as a; nil unless the visible units
	// learn their variances (unit.Scaled).
	VisibleLogVariance *graph.Tensor

	// Classes is the number of label units, one for each class, of which one is
	// 1: the last visible units of the top machine of a joint model (Hinton,
	// Osindero and Teh 2006, figure 1), 0 for other machines. What takes visible
	// states of such a machine takes examples without labels, too: they get the
	// machine's own distribution of the label, and their free energy is that of
	// the example, with the labels summed out.
	Classes int

	in, out []int // in is the shape of an example without its label
	link    link
}

// link is the linear map between the layers, in both directions.
type link interface {
	up(g *graph.Graph, v, w, b *graph.Node) *graph.Node
	down(g *graph.Graph, h, w, a *graph.Node) *graph.Node
	outer(g *graph.Graph, v, h *graph.Node, shape []int) *graph.Node // Σ over the batch, shaped as the weights
}

// dense connects every visible with every hidden unit.
type dense struct{}

func (dense) up(g *graph.Graph, v, w, b *graph.Node) *graph.Node   { return g.Affine(v, w, b) }
func (dense) down(g *graph.Graph, h, w, a *graph.Node) *graph.Node { return g.AffineT(h, w, a) }

// InputShape is the shape of one example, without a label.
func (l *Layer) InputShape() []int { return l.in }

// StateShape is the shape of one visible state: that of an example, or, where
// there are label units, a row of the example's values and its label.
func (l *Layer) StateShape() []int {
	if l.Classes == 0 {
		return l.in
	}
	return []int{graph.Size(l.in) + l.Classes}
}

// OutputShape is the shape of one hidden state.
func (l *Layer) OutputShape() []int { return l.out }

// Up is x = b + (v−μ)W for v (B×input): (B×output). Learned variances make it
// b + (v−μ)/σ² W, replicated units D b + vW for D draws.
func (l *Layer) Up(g *graph.Graph, v *graph.Node) *graph.Node {
	v = l.Labelled(g, v)
	b := g.Param(l.HiddenBias)
	x := l.link.up(g, l.statistic(g, v), g.Param(l.Weight), b)
	if u, ok := l.Visible.(unit.Replicated); ok && g.Err() == nil {
		more := g.Shift(1, u.Draws(g, v), -1)
		x = g.Add(x, g.RowScale(g.AddRow(g.Full(0, x.Shape()...), b), more))
	}
	return x
}

// statistic is what stands for v in the products of the energy: v−μ, or
// (v−μ)/σ² where variances are learned.
func (l *Layer) statistic(g *graph.Graph, v *graph.Node) *graph.Node {
	return l.scaled(g, l.CentredVisible(g, v))
}

func (l *Layer) scaled(g *graph.Graph, s *graph.Node) *graph.Node {
	if u, ok := l.Visible.(unit.Scaled); ok {
		return u.Scale(g, s)
	}
	return s
}

// visible is the visible units of examples like v: replicated ones with as many
// draws.
func (l *Layer) visible(g *graph.Graph, v *graph.Node) unit.Unit {
	if u, ok := l.Visible.(unit.Replicated); ok {
		return u.Times(u.Draws(g, v))
	}
	return l.Visible
}

func (l *Layer) copies() float64 {
	if l.Copies == 0 {
		return 1
	}
	return l.Copies
}

// Down is y = a + g (h−λ)Wᵀ for h (B×output): (B×state).
func (l *Layer) Down(g *graph.Graph, h *graph.Node) *graph.Node {
	y := l.link.down(g, g.Scale(l.copies(), l.CentredHidden(g, h)), g.Param(l.Weight), g.Param(l.VisibleBias))
	if g.Err() != nil {
		return nil
	}
	return g.Reshape(y, append([]int{h.Shape()[0]}, l.StateShape()...)...)
}

// CentredVisible is v−μ, or v where the machine is not centred.
func (l *Layer) CentredVisible(g *graph.Graph, v *graph.Node) *graph.Node {
	return centred(g, v, l.VisibleMean)
}

// CentredHidden is h−λ, or h where the machine is not centred.
func (l *Layer) CentredHidden(g *graph.Graph, h *graph.Node) *graph.Node {
	return centred(g, h, l.HiddenMean)
}

func centred(g *graph.Graph, s *graph.Node, mean *graph.Tensor) *graph.Node {
	if mean == nil {
		return s
	}
	return g.SubRow(s, g.Param(mean))
}

// Encode is the mean of the hidden units given v.
func (l *Layer) Encode(g *graph.Graph, v *graph.Node) *graph.Node {
	return l.Hidden.Mean(g, l.Up(g, v))
}

// Decode is the mean of the visible units given h, labels among them: of one
// draw, where they are replicated.
func (l *Layer) Decode(g *graph.Graph, h *graph.Node) *graph.Node {
	return l.Visible.Mean(g, l.Down(g, h))
}

// FreeEnergy is F(v) = U(v) − a·(v−μ) − g Σ_j [Φ(x_j) − λ_j x_j] for each
// example, a·(v−μ)/σ² where variances are learned: (B).
func (l *Layer) FreeEnergy(g *graph.Graph, v *graph.Node) *graph.Node {
	if l.unlabelled(g, v) {
		return g.Scale(-1, g.LogSumExp(g.Scale(-1, l.ClassFreeEnergy(g, v, l.Classes))))
	}
	x := l.Up(g, v)
	f := g.Combine(-1, g.RowDot(l.statistic(g, v), g.Param(l.VisibleBias)), -l.copies(), l.Hidden.LogNormaliser(g, x))
	if l.HiddenMean != nil {
		f = g.Combine(1, f, l.copies(), g.RowDot(x, g.Param(l.HiddenMean)))
	}
	if u := l.Visible.Potential(g, v); u != nil {
		f = g.Add(f, u)
	}
	return f
}

// Noise says which states of a Gibbs step are drawn; the others are means.
type Noise string

// The usual choices: none (mean field), the hidden states (Hinton's
// "Practical Guide", section 3), or both, which alone samples the model.
const (
	MeanField   Noise = ""
	HiddenNoise Noise = "hidden"
	AllNoise    Noise = "all"
)

// Gibbs is one step v → h → v'. An example without a label gets one first, drawn
// where all states are.
func (l *Layer) Gibbs(g *graph.Graph, v *graph.Node, noise Noise) *graph.Node {
	if noise == AllNoise && l.unlabelled(g, v) {
		p := g.Softmax(g.Scale(-1, l.ClassFreeEnergy(g, v, l.Classes)))
		v = l.WithLabels(g, v, g.Categorical(p, l.Name+".label"))
	}
	var h *graph.Node
	switch noise {
	case MeanField:
		h = l.Encode(g, v)
	case HiddenNoise, AllNoise:
		h = l.Draw(g, v, l.Name+".hidden")
	default:
		g.Fail(fmt.Errorf("models: noise %q, want %q, %q or %q", noise, MeanField, HiddenNoise, AllNoise))
		return nil
	}
	y := l.Down(g, h)
	if noise == AllNoise {
		return l.visible(g, v).Sample(g, y, l.Name+".visible")
	}
	return l.visible(g, v).Mean(g, y)
}

// Draw draws hidden states given v (B×input) from a stream: (B×output).
func (l *Layer) Draw(g *graph.Graph, v *graph.Node, stream string) *graph.Node {
	if err := l.drawable(); err != nil {
		g.Fail(err)
		return nil
	}
	return l.Hidden.Sample(g, l.Up(g, v), stream)
}

// drawable finds out whether drawn hidden states have the noise of the copies
// that each unit stands for. With g copies the share of hidden levels that are
// on must be that of g times the visible units' levels, or the chain samples
// another model than the free energy's.
func (l *Layer) drawable() error {
	if l.copies() == 1 {
		return nil
	}
	visible, ok := l.Visible.(unit.Leveled)
	hidden, okH := l.Hidden.(unit.Leveled)
	if want := l.copies() * float64(levels(visible)); !ok || !okH || math.Abs(want-float64(levels(hidden))) >= 1 {
		return fmt.Errorf("models: %s: drawn states of hidden units with %g copies want %g times the visible units' levels, but these are %+v and %+v",
			l.Name, l.copies(), l.copies(), l.Visible, l.Hidden)
	}
	return nil
}

func levels(u unit.Leveled) int {
	if u == nil {
		return 0
	}
	return u.States()
}

// Chain is where k Gibbs steps from v lead, held constant under
// differentiation.
func (l *Layer) Chain(g *graph.Graph, v *graph.Node, k int, noise Noise) *graph.Node {
	for range k {
		v = l.Gibbs(g, v, noise)
	}
	return g.Stop(v)
}

// Contrast is the loss ⟨F(v)⟩ − ⟨F(v')⟩. With v' the Chain from v its gradient
// is that of CD-k.
func (l *Layer) Contrast(g *graph.Graph, v, negative *graph.Node) *graph.Node {
	return g.Sub(g.Mean(l.FreeEnergy(g, v)), g.Mean(l.FreeEnergy(g, negative)))
}

// Parameters are what an optimiser may change: not the running means.
func (l *Layer) Parameters() []*graph.Tensor {
	parameters := []*graph.Tensor{l.Weight, l.VisibleBias, l.HiddenBias}
	if l.VisibleLogVariance != nil {
		parameters = append(parameters, l.VisibleLogVariance)
	}
	return parameters
}

// Tensors are the parameters, and the running means of a centred machine.
func (l *Layer) Tensors() []*graph.Tensor {
	if l.VisibleMean == nil {
		return l.Parameters()
	}
	return append(l.Parameters(), l.VisibleMean, l.HiddenMean)
}

// start draws the initial weights and makes the running means.
func (l *Layer) start(centred bool, deviation float64, random *graph.Random) error {
	if l.Copies < 0 {
		return fmt.Errorf("models: %s: %g copies of hidden units, want above 0", l.Name, l.Copies)
	}
	if l.Visible == nil || l.Hidden == nil {
		return fmt.Errorf("models: %s: visible and hidden units must be named", l.Name)
	}
	switch l.Hidden.(type) {
	case unit.Scaled, unit.Replicated:
		return fmt.Errorf("models: %s: hidden units are %s, which are visible ones only", l.Name, unit.Types.Name(l.Hidden))
	}
	if u, ok := l.Visible.(unit.Scaled); ok {
		l.VisibleLogVariance = graph.NewTensor(l.Name+".visible.logvariance", l.VisibleBias.Shape...)
		l.Visible = u.With(l.VisibleLogVariance)
	}
	if _, ok := l.Visible.(unit.Replicated); ok && centred {
		return fmt.Errorf("models: %s: %s units cannot be centred: examples differ in the number of draws", l.Name, unit.Types.Name(l.Visible))
	}
	if centred {
		l.VisibleMean = graph.NewTensor(l.Name+".visible.mean", l.VisibleBias.Shape...)
		l.HiddenMean = graph.NewTensor(l.Name+".hidden.mean", l.HiddenBias.Shape...)
	}
	drawWeights(l.Weight, deviation, random)
	return nil
}

// drawWeights draws initial weights from N(0, deviation²); 0 means 0.01.
func drawWeights(weight *graph.Tensor, deviation float64, random *graph.Random) {
	if deviation == 0 {
		deviation = 0.01
	}
	random.Stream("init " + weight.Name).Normal(weight.Data)
	for i := range weight.Data {
		weight.Data[i] *= float32(deviation)
	}
}

// units are the two fields that specs cannot leave to encoding/json.
type units struct {
	Visible json.RawMessage `json:"visible"`
	Hidden  json.RawMessage `json:"hidden"`
}

func encodeUnits(visible, hidden unit.Unit) (u units, err error) {
	if u.Visible, err = unit.Types.Encode(visible); err == nil {
		u.Hidden, err = unit.Types.Encode(hidden)
	}
	return u, err
}

func (u units) decode() (visible, hidden unit.Unit, err error) {
	if u.Visible == nil || u.Hidden == nil {
		return nil, nil, fmt.Errorf(`want "visible" and "hidden" units`)
	}
	if visible, err = unit.Types.Decode(u.Visible); err != nil {
		return nil, nil, fmt.Errorf("visible: %w", err)
	}
	if hidden, err = unit.Types.Decode(u.Hidden); err != nil {
		return nil, nil, fmt.Errorf("hidden: %w", err)
	}
	return visible, hidden, nil
}

type rbmFields RBM

// MarshalJSON writes the spec, with the units by name.
func (r RBM) MarshalJSON() ([]byte, error) {
	u, err := encodeUnits(r.Visible, r.Hidden)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		units
		rbmFields
	}{u, rbmFields(r)})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (r *RBM) UnmarshalJSON(data []byte) (err error) {
	var fields struct {
		units
		rbmFields
	}
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	*r = RBM(fields.rbmFields)
	r.Visible, r.Hidden, err = fields.decode()
	return err
}
