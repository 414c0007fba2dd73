package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/tagged"
)

// Objective is what a stage minimises. It is plain data.
type Objective interface {
	// Build adds to g the loss of a batch v (B×input). Layers first to last
	// learn, counted from 1. A model that cannot have this loss is an error
	// that names what it lacks; failures of builders are left in g.
	Build(g *graph.Graph, model models.Model, first, last int, v *graph.Node) (*Loss, error)
}

// Objectives are the objectives by the names that recipes use.
var Objectives = tagged.Types[Objective]{
	"cd":             CD{},
	"reconstruction": Reconstruction{},
}

// Loss is what an objective adds to a graph.
type Loss struct {
	Total *graph.Node // what is minimised: (1)
	Parts []Part      // a part for each layer that learns, from the bottom up
}

// Part is a layer's share of a loss.
type Part struct {
	Layer           *models.Layer
	Visible, Hidden *graph.Node // its data (B×input) and their mean hidden states (B×output)
	Loss            *graph.Node // its term of the total, (1), or nil where the total has no terms
	Reconstruction  *graph.Node // its states v' (B×input), or nil
	Centre          bool        // the running means of a centred layer follow Visible and Hidden
}

// layersOf are the model's layers.
func layersOf(objective string, model models.Model) ([]*models.Layer, error) {
	layered, ok := model.(models.Layered)
	if !ok {
		return nil, fmt.Errorf("%s: %T has no layers", objective, model.Spec())
	}
	return layered.Layers(), nil
}
