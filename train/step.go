package train

// Position is a place in a training; all counts are from 0.
type Position struct {
	Stage int `json:"stage"`
	Epoch int `json:"epoch"` // of the stage
	Batch int `json:"batch"` // of the epoch
	Step  int `json:"step"`  // batches taken since the training began
}

// Step is what Run tells of one batch. As JSON it is a line of a log.
type Step struct {
	Position           // of this batch
	Name       string  `json:"name,omitempty"` // of the stage
	Batches    int     `json:"batches"`        // in an epoch
	N          int     `json:"n"`              // images in this batch
	Images     int     `json:"images"`         // images seen since the training began, these included
	Rate       float64 `json:"rate"`
	Loss       float64 `json:"loss"`
	Penalty    float64 `json:"penalty,omitempty"` // minimised with the loss
	EndOfEpoch bool    `json:"end_of_epoch,omitempty"`
	EndOfStage bool    `json:"end_of_stage,omitempty"`

	// Validation is told at the end of an epoch by stages that hold out images.
	Validation *Validation `json:"validation,omitempty"`

	// Layers are those that learn, from the bottom up. The next step
	// overwrites them: clone the slice to keep it.
	Layers []LayerStep `json:"layers,omitempty"`
}

// LayerStep is what a step tells of one layer. All of it was computed before
// the parameters moved.
type LayerStep struct {
	Name           string  `json:"name"`
	Loss           float64 `json:"loss,omitempty"`           // its term ⟨F(v) − F(v')⟩
	Reconstruction float64 `json:"reconstruction,omitempty"` // mean of (v−v')² in the layer's own units
	Activity       float64 `json:"activity"`                 // mean hidden activity
	Deviation      float64 `json:"deviation"`                // of a hidden unit over the batch, root mean square over units: 0 is a dead layer
}
