package train

import (
	"fmt"
	"math"
	"slices"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train/metric"
)

// machine computes one step of a stage for batches of one size: the loss, its
// gradient, and what is told of each layer.
type machine struct {
	*graph.Machine
	input     *graph.Node
	labels    *graph.Node // nil where they are not learnt
	loss      *graph.Node // without penalties
	total     *graph.Node // what is minimised
	layers    []layerNodes
	learned   []*graph.Tensor
	weights   []*graph.Tensor // of these
	gradients []*graph.Node
	chains    []Chain
	update    update
}

// update is a step of an optimiser.
type update struct {
	optimizer  Optimizer
	rate, done float64
	moments    []*Moments // by parameter
	learned    []*graph.Tensor
}

// Learn moves those elements of parameter i whose gradient it is given.
func (u *update) Learn(i, from int, gradient []float32) {
	u.optimizer.Update(u.learned[i].Data[from:from+len(gradient)], gradient, u.moments[i], from, u.rate, u.done)
}

// layerNodes are the nodes about one layer, nil where there is nothing to tell.
type layerNodes struct {
	layer                *models.Layer
	loss, reconstruction *graph.Node
	activity, variance   *graph.Node
	centre               []moving
}

// moving is a tensor that is blended with a value of every batch.
type moving struct {
	tensor *graph.Tensor
	value  *graph.Node
}

// newMachine builds the graph of a step over n examples that have passed so
// many layers already.
func newMachine(model models.Model, stage Stage, n, passed int, chains map[string]*graph.Tensor, random *graph.Random) (*machine, error) {
	g := graph.New(random)
	m := &machine{}
	task := m.inputs(g, model, stage, n, passed)
	task.Chains = chains
	if stage.DrawData {
		task.V, task.Drawn = g.Bernoulli(task.V, "data"), true
	}
	loss, err := stage.build(g, model, task)
	if err != nil {
		return nil, err
	}
	m.loss = loss.Total
	if loss.Penalty != nil {
		loss.Total = g.Add(loss.Total, loss.Penalty)
	}
	if err := stage.Penalties.add(g, loss); err != nil {
		return nil, err
	}
	m.total, m.learned, m.weights, m.chains = loss.Total, loss.Parameters, loss.Weights, loss.Chains
	wanted := []*graph.Node{m.loss, m.total}
	for _, c := range m.chains {
		wanted = append(wanted, c.Next)
	}
	for _, part := range loss.Parts {
		nodes := part.nodes(g, stage.meanRate() > 0)
		m.layers = append(m.layers, nodes)
		wanted = append(wanted, nodes.all()...)
	}
	if m.gradients = loss.Gradients; m.gradients == nil {
		parameters := make([]*graph.Node, len(m.learned))
		for i, t := range m.learned {
			parameters[i] = g.Param(t)
		}
		m.gradients = g.Grad(m.total, parameters...)
	}
	m.update = update{moments: make([]*Moments, len(m.learned)), learned: m.learned}
	return m, m.compile(g, wanted)
}

// inputs adds the nodes for n examples that have passed so many layers, and
// for their labels where the model has classes.
func (m *machine) inputs(g *graph.Graph, model models.Model, stage Stage, n, passed int) Task {
	levels := models.LevelsOf(model)
	task, shape := Task{Below: passed}, model.InputShape()
	task.First, task.Last = stage.Span(len(levels))
	if passed > 0 {
		shape = levels[passed].InputShape()
	}
	task.V = g.Input("v", append([]int{n}, shape...)...)
	if classifier, ok := model.(models.Classifying); ok {
		task.Labels = g.Input("labels", n, classifier.Classes())
	}
	m.input, m.labels = task.V, task.Labels
	return task
}

// build adds the stage's loss of a batch. Pairs of layers that learn alone get
// what those below make of it, which has no share of the gradient.
func (s Stage) build(g *graph.Graph, model models.Model, task Task) (*Loss, error) {
	if deep, ok := s.apart(model); ok {
		if task.Below < task.First-1 {
			task.V = g.Stop(models.Up(g, deep.Levels()[task.Below:task.First-1], task.V))
		}
		task.Below, task.First, task.Last = 0, 1, task.Last-task.First+1
	}
	if err := g.Err(); err != nil {
		return nil, err
	}
	return s.objective().Build(g, s.subject(model), task)
}

// compile plans the computation of the nodes wanted, and of the gradients.
func (m *machine) compile(g *graph.Graph, wanted []*graph.Node) (err error) {
	if m.Machine, err = g.CompileStep(wanted, m.learned, m.gradients); err != nil {
		return err
	}
	if m.labels != nil && m.Value(m.labels) == nil { // nothing is computed from them
		m.labels = nil
	}
	return nil
}

// take provides a batch: the values of these examples, and their labels, of all
// images' labels.
func (m *machine) take(source metric.Source, labels []byte, index []int) {
	source.Floats(m.Value(m.input), index...)
	if m.labels == nil {
		return
	}
	oneHot := m.Value(m.labels)
	clear(oneHot)
	classes := len(oneHot) / len(index)
	for i, image := range index {
		oneHot[i*classes+int(labels[image])] = 1
	}
}

// nodes adds to g what is told of the part's layer.
func (p Part) nodes(g *graph.Graph, centre bool) layerNodes {
	nodes := layerNodes{layer: p.Layer, loss: p.Loss}
	if g.Err() != nil {
		return nodes
	}
	if p.Reconstruction != nil {
		// Of centred states, which are those that are kept anyway.
		nodes.reconstruction = g.SquaredError(p.Layer.CentredVisible(g, p.Visible), p.Layer.CentredVisible(g, p.Reconstruction))
	}
	nodes.activity = g.Mean(p.Hidden)
	nodes.variance = variance(g, p.Layer.CentredHidden(g, p.Hidden), p.Layer.OutputShape())
	if p.Centre && centre && p.Layer.VisibleMean != nil {
		nodes.centre = recentre(g, p.Layer, p.Visible, p.Hidden)
	}
	return nodes
}

// variance is ⟨h²⟩ − ⟨h⟩², each a mean over units too.
func variance(g *graph.Graph, h *graph.Node, units []int) *graph.Node {
	mean := batchMean(g, h, units)
	square := g.Inner(h, h)
	if g.Err() != nil {
		return nil
	}
	return g.Combine(1/float64(h.Shape().TotalSize()), square, -1/float64(graph.Size(units)), g.Inner(mean, mean))
}

// recentre tells what the running means μ and λ move to, and the biases with
// them. Where μ goes by δ, b goes by δW, and where λ goes by δ, a goes by δWᵀ,
// so that pre-activations stay as they are: the energy is measured from
// another point, the model is the same (Melchior, Fischer and Wiskott 2016,
// algorithm 1). A bias that places share takes the mean over them.
//
// With m the batch's mean, b + (m−μ)W is just the way up from m. So blending μ
// with m and b with Up(m), in the same proportion, does both. Up is linear:
// where m is a mean for each unit, Up(m) is the mean of what is Up anyway.
func recentre(g *graph.Graph, l *models.Layer, v, h *graph.Node) []moving {
	visible := batchMean(g, v, l.VisibleMean.Shape)
	hidden := batchMean(g, h, l.HiddenMean.Shape)
	up := l.Up(g, v)
	if !slices.Equal(l.VisibleMean.Shape, l.StateShape()) {
		up = l.Up(g, example(g, visible, l.StateShape()))
	}
	down := l.Down(g, example(g, hidden, l.OutputShape()))
	return []moving{
		{l.VisibleMean, visible},
		{l.HiddenMean, hidden},
		{l.HiddenBias, batchMean(g, up, l.HiddenBias.Shape)},
		{l.VisibleBias, batchMean(g, down, l.VisibleBias.Shape)},
	}
}

// batchMean is the mean of x (B×…) over the batch, and over places where the
// shape is that of one place.
func batchMean(g *graph.Graph, x *graph.Node, shape []int) *graph.Node {
	sum := g.ColSum(x, shape...)
	if g.Err() != nil {
		return nil
	}
	return g.Scale(float64(sum.Shape().TotalSize())/float64(x.Shape().TotalSize()), sum)
}

// example is a batch of one example that has this mean everywhere.
func example(g *graph.Graph, mean *graph.Node, shape []int) *graph.Node {
	return g.AddRow(g.Full(0, append([]int{1}, shape...)...), mean)
}

func (n *layerNodes) all() []*graph.Node {
	var nodes []*graph.Node
	for _, node := range []*graph.Node{n.loss, n.reconstruction, n.activity, n.variance} {
		if node != nil {
			nodes = append(nodes, node)
		}
	}
	for _, c := range n.centre {
		nodes = append(nodes, c.value)
	}
	return nodes
}

// scalar is the value of a node of one element, 0 for nil.
func (m *machine) scalar(n *graph.Node) float64 {
	if n == nil {
		return 0
	}
	return float64(m.Value(n)[0])
}

// tell fills in what the last run found out about each layer.
func (m *machine) tell(steps []LayerStep) []LayerStep {
	steps = steps[:0]
	for i := range m.layers {
		n := &m.layers[i]
		steps = append(steps, LayerStep{
			Name:           n.layer.Name,
			Loss:           m.scalar(n.loss),
			Reconstruction: m.scalar(n.reconstruction),
			Activity:       m.scalar(n.activity),
			Deviation:      math.Sqrt(max(0, m.scalar(n.variance))),
		})
	}
	return steps
}

// learn moves the chains, the running means and then the parameters, by the
// gradients of the last run, when this part of the stage is done.
func (m *machine) learn(s Stage, state map[*graph.Tensor]*Moments, done float64) error {
	for _, c := range m.chains {
		copy(c.States.Data, m.Value(c.Next))
	}
	for i := range m.layers {
		for _, c := range m.layers[i].centre {
			graph.Blend(c.tensor.Data, m.Value(c.value), s.meanRate())
		}
	}
	m.update.optimizer, m.update.rate, m.update.done = s.optimizer(), s.rate(done), done
	for i, t := range m.learned {
		m.update.moments[i] = state[t]
		state[t].Steps++
	}
	if err := m.Learn(&m.update); err != nil {
		return err
	}
	s.Penalties.limit(m.weights)
	return nil
}

// finite tells where the last run left the numbers, if it did.
func (m *machine) finite() error {
	for i := range m.layers {
		n := &m.layers[i]
		for _, told := range [...]struct {
			name string
			node *graph.Node
		}{{"loss", n.loss}, {"reconstruction error", n.reconstruction}, {"activity", n.activity}, {"variance", n.variance}} {
			if x := m.scalar(told.node); !isFinite(x) {
				return fmt.Errorf("%s: %s is %g", n.layer.Name, told.name, x)
			}
		}
	}
	if x := m.scalar(m.total); !isFinite(x) {
		return fmt.Errorf("loss is %g", x)
	}
	return nil
}

func isFinite(x float64) bool { return x-x == 0 }
