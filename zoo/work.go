package zoo

import (
	"boltzoo/models"
	"boltzoo/train"
)

// The parts of a step that its time goes into, in floating-point operations.
// They need be no better than what is left of a training is worth knowing.
const (
	productsOfStep = 5 * 2 // five products a layer, a multiplication and an addition for each weight and place
	updateOfWeight = 300   // an optimiser's update waits for memory: so many operations could be done meanwhile
)

// work is about how long an image takes in a stage, relative to other stages.
func work(model models.Model, stage train.Stage) float64 {
	layered, ok := model.(models.Layered)
	if !ok {
		return workOfPairs(model, stage)
	}
	layers := layered.Layers()
	first, last := stage.Span(len(layers))
	switch stage.Objective.(type) {
	case train.Reconstruction, train.Classification: // go through all of them
		first, last = 1, len(layers)
	}
	sum := 0.0
	for _, l := range layers[first-1 : last] {
		places := 1
		if out := l.OutputShape(); len(out) == 3 {
			places = out[0] * out[1]
		}
		weights := float64(l.Weight.Size())
		sum += weights * (productsOfStep*float64(places) + updateOfWeight/float64(stage.BatchSize()))
	}
	return sum
}

// workOfPairs is the work of a model whose layers are in pairs, whichever of
// them learns by whatever objective: about that of reconstruction. It is 1 for
// a model that has none.
func workOfPairs(model models.Model, stage train.Stage) float64 {
	deep, ok := model.(models.Deep)
	if !ok {
		return 1
	}
	weights := 0.0
	for _, w := range deep.Part(stage.Span(len(deep.Levels()))).Weights() {
		weights += float64(w.Size())
	}
	return weights * (productsOfStep + updateOfWeight/float64(stage.BatchSize()))
}
