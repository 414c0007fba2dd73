package train

import (
	"reflect"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/tagged"
)

// Objective is what a stage minimises. It is plain data.
type Objective interface {
	// Build adds to g the loss of a batch. A model that cannot have this loss
	// is an error that names what it lacks; failures of builders are left in g.
	Build(g *graph.Graph, model models.Model, task Task) (*Loss, error)
}

// Task is what an objective is asked for.
type Task struct {
	V           *graph.Node // the batch: (B×input), or what the layers below have made of it
	Below       int         // how many layers V has passed already, where the model has them
	First, Last int         // the layers that learn, from 1
	Drawn       bool        // what lies below them gives drawn states, not means
	Measure     bool        // the loss is to tell how good the model is, and nothing learns from it
	Labels      *graph.Node // 1 for the class of each example, else 0: (B×classes); nil for a model without classes

	// Chains are what a persistent objective keeps from step to step, by name,
	// such as layer1.chains.
	Chains map[string]*graph.Tensor
}

// bottomUp objectives need of what lies below the layers that learn nothing
// but the mean hidden states, which then need computing only once.
type bottomUp interface{ bottomUp() }

// An objective for parts, given a model of layers in pairs, is given only the
// pairs that learn, and the codes of those below as examples.
type forParts interface{ forParts() }

// stepped objectives have a number of Gibbs steps. Two that differ in that
// alone have gradients of one kind: moments and chains of one suit the other,
// and a schedule of K is a list of stages.
type stepped interface {
	Objective
	steps(k int) Objective
}

// sameButSteps tells whether two objectives are alike but for their Gibbs
// steps.
func sameButSteps(a, b Objective) bool {
	x, okA := a.(stepped)
	y, okB := b.(stepped)
	if okA && okB {
		a, b = x.steps(0), y.steps(0)
	}
	return reflect.DeepEqual(a, b)
}

// Objectives are the objectives by the names that recipes use.
var Objectives = tagged.Types[Objective]{
	"cd":             CD{},
	"classification": Classification{},
	"evidence":       Evidence{},
	"fpcd":           FPCD{},
	"pcd":            PCD{},
	"reconstruction": Reconstruction{},
	"tempering":      Tempering{},
}

// Loss is what an objective adds to a graph.
type Loss struct {
	Total      *graph.Node     // what is minimised: (1)
	Penalty    *graph.Node     // what is minimised with it, but tells nothing of how good a model is: (1), or nil
	Parameters []*graph.Tensor // what learns
	Weights    []*graph.Tensor // those of them that penalties are for; the hidden unit is the last axis
	Parts      []Part          // a part for each layer that learns, from the bottom up; none for a model without layers
	Code       *graph.Node     // of a model without layers (B×code), or nil
	Chains     []Chain         // that persist, none for most objectives
	Gradients  []*graph.Node   // of Total by Parameters, where they are built; nil: by differentiation
	Logits     *graph.Node     // of classes (B×classes), nil for most objectives
}

// Part is a layer's share of a loss.
type Part struct {
	Layer           *models.Layer
	Visible, Hidden *graph.Node // its data (B×input) and their mean hidden states (B×output)
	Loss            *graph.Node // its term of the total, (1), or nil where the total has no terms
	Reconstruction  *graph.Node // its states v' (B×input), or nil
	Centre          bool        // the running means of a centred layer follow Visible and Hidden
}

// layerwise is the sum of the losses of the layers that learn, each by its own
// data: the means of the layer below, which gets a share of the gradient, flow.
// term is the Loss, and the Reconstruction, of one of them for its data v.
func layerwise(g *graph.Graph, layers []*models.Layer, task Task, flow float64, term func(l *models.Layer, v *graph.Node) Part) *Loss {
	loss, v := &Loss{}, task.V
	for i, l := range layers[:task.Last] {
		if i < task.Below {
			continue
		}
		if l.Classes > 0 && i+1 >= task.First {
			v = l.WithLabels(g, v, task.Labels)
		}
		var h *graph.Node
		if i+1 < task.First && task.Drawn {
			h = l.Draw(g, v, l.Name+".data")
		} else {
			h = l.Encode(g, v)
		}
		if i+1 >= task.First {
			part := term(l, v)
			part.Layer, part.Visible, part.Hidden, part.Centre = l, v, h, true
			loss.Parts = append(loss.Parts, part)
			loss.Parameters = append(loss.Parameters, l.Parameters()...)
			loss.Weights = append(loss.Weights, l.Weight)
			if loss.Total == nil {
				loss.Total = part.Loss
			} else {
				loss.Total = g.Add(loss.Total, part.Loss)
			}
		}
		v = g.Flow(h, flow)
	}
	return loss
}

// layersOf are the machines of a model, none for a model that is no stack and
// was none.
func layersOf(model models.Model) []*models.Layer {
	switch m := model.(type) {
	case models.Layered:
		return m.Layers()
	case unrolled:
		return m.Machines().Layers()
	}
	return nil
}

// unrolled models are autoencoders whose encoder is machines.
type unrolled interface {
	Machines() *models.BeliefNet
	Mirror(first, last int)
}
