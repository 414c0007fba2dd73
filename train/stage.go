package train

import (
	"encoding/json"
	"errors"
	"fmt"

	"boltzoo/models"
	"boltzoo/models/tagged"
)

// Stage is a part of a training. Fields at zero have the value named, or what
// the name suggests: all layers, contrastive divergence, a constant rate.
type Stage struct {
	Name      string    `json:"name,omitempty"`
	First     int       `json:"first,omitempty"` // the lowest layer that learns, from 1; 0 means 1
	Last      int       `json:"last,omitempty"`  // the highest; 0 means the top one
	Objective Objective `json:"-"`               // nil means CD{}
	Optimizer Optimizer `json:"-"`
	Schedule  Schedule  `json:"schedule,omitempty"` // of the rate
	Penalties Penalties `json:"penalties,omitzero"`
	Epochs    int       `json:"epochs"`
	Updates   int       `json:"updates,omitempty"` // where it is not 0, the stage ends after so many steps, in an epoch's midst too
	Batch     int       `json:"batch,omitempty"`   // 0 means 128

	// DataStart, where it is not 0, makes each layer start from its data the
	// first time that it learns: the visible bias and the running means
	// explain the means of the data and of the hidden states, and the initial
	// weights are scaled so that this is the standard deviation of each hidden
	// unit's pre-activation. 0.5 is a good value; 0 keeps the initial weights.
	DataStart float64 `json:"data_start,omitempty"`

	// Transpose makes layer First begin, the first time that it learns, as the
	// machine below it turned over: its first hidden units are that machine's
	// visible ones, with their biases and weights; the rest start as they would.
	// A stack of two machines of which the upper one begins so has the
	// likelihood of the lower one, and what the upper one then learns raises a
	// bound of it (Hinton, Osindero and Teh 2006, section 4).
	Transpose bool `json:"transpose,omitempty"`

	// DrawData draws the values of an image as 0 or 1, with the values as
	// probabilities, anew each time that it is seen. Binary machines learn from
	// grey pixels so, without learning one drawing by heart. The states of layers
	// below those that learn are drawn, too, and not means: that is the
	// distribution whose likelihood the bound of a stack is about.
	DrawData bool `json:"draw_data,omitempty"`

	// MeanRate is how far the running means μ and λ of centred layers move
	// towards each batch's; 0 means 0.01, and below 0 they stay.
	MeanRate float64 `json:"mean_rate,omitempty"`

	// Validation is the number of images at the end of the set that the stage
	// does not learn from. After each epoch the loss of these, and the share
	// of them that are taken for another class, is told, and at its end the
	// stage has the parameters of the best epoch: fewest errors, then lowest
	// loss. It is for objectives whose loss tells how good a model is:
	// classification and reconstruction.
	Validation int `json:"validation,omitempty"`

	// Patience, where it is not 0, ends the stage after so many epochs without
	// a better one.
	Patience int `json:"patience,omitempty"`
}

func (s Stage) objective() Objective {
	if s.Objective == nil {
		return CD{}
	}
	return s.Objective
}

// optimizer is the optimiser. None is one without a rate, which check refuses.
func (s Stage) optimizer() Optimizer {
	if s.Optimizer == nil {
		return Adam{}
	}
	return s.Optimizer
}

// rate is the learning rate when this part of the stage is done.
func (s Stage) rate(done float64) float64 {
	return s.optimizer().LearningRate() * s.Schedule.At(done)
}

// BatchSize is the number of images in a batch.
func (s Stage) BatchSize() int {
	if s.Batch == 0 {
		return 128
	}
	return s.Batch
}

// Seen is the number of images that the stage sees of a set of n, over all its
// epochs.
func (s Stage) Seen(n int) int {
	batch := s.BatchSize()
	batches := (n + batch - 1) / batch
	steps := s.steps(batches)
	return steps/batches*n + min(steps%batches*batch, n)
}

// steps is the number of steps of the stage, with so many in an epoch.
func (s Stage) steps(batches int) int {
	if s.Updates > 0 {
		return min(s.Updates, s.Epochs*batches)
	}
	return s.Epochs * batches
}

func (s Stage) meanRate() float64 { return max(0, or(s.MeanRate, 0.01)) }

// Span is the lowest and the highest layer that learn, from 1, of a model of so
// many.
func (s Stage) Span(layers int) (first, last int) {
	first, last = s.First, s.Last
	if first == 0 {
		first = 1
	}
	if last == 0 {
		last = layers
	}
	return first, last
}

// apart tells whether the stage is about some pairs of the model's layers, and
// not about the whole.
func (s Stage) apart(model models.Model) (models.Deep, bool) {
	deep, ok := model.(models.Deep)
	_, parts := s.objective().(forParts)
	return deep, ok && parts
}

// subject is what of the model the stage's objective is about: its machines,
// where it learns bottom up, or the pairs of layers that learn.
func (s Stage) subject(model models.Model) models.Model {
	if deep, ok := s.apart(model); ok {
		return deep.Part(s.Span(len(deep.Levels())))
	}
	if _, ok := s.objective().(bottomUp); ok {
		if u, ok := model.(unrolled); ok {
			return u.Machines()
		}
	}
	return model
}

// climbs tells whether the stage needs nothing of the layers below those that
// learn but what they make of the examples.
func (s Stage) climbs(model models.Model) bool {
	_, up := s.objective().(bottomUp)
	_, parts := s.apart(model)
	return up || parts
}

// check looks for what New would otherwise trip over later.
func (s Stage) check(model models.Model) error {
	if err := errors.Join(s.optimizer().Check(), s.Schedule.check(), s.Penalties.check()); err != nil {
		return err
	}
	switch {
	case s.Epochs < 1:
		return fmt.Errorf("epochs %d, want at least 1", s.Epochs)
	case s.Updates < 0:
		return fmt.Errorf("updates %d, want at least 0", s.Updates)
	case s.Batch < 0:
		return fmt.Errorf("batch %d, want at least 1", s.Batch)
	case s.DataStart < 0:
		return fmt.Errorf("data_start %g, want at least 0", s.DataStart)
	case s.MeanRate > 1:
		return fmt.Errorf("mean_rate %g, want at most 1", s.MeanRate)
	case s.Validation < 0:
		return fmt.Errorf("validation %d, want at least 0", s.Validation)
	case s.Patience < 0 || s.Patience > 0 && s.Validation == 0:
		return fmt.Errorf("patience %d with validation on %d images, want some", s.Patience, s.Validation)
	}
	if _, ok := s.objective().(measure); s.Validation > 0 && !ok {
		return fmt.Errorf("validation: the loss of the objective %s does not tell how good a model is", Objectives.Name(s.objective()))
	}
	if _, ok := s.objective().(bottomUp); s.DrawData && s.First > 1 && !ok {
		return fmt.Errorf("draw_data: the objective %s goes through the layers below those that learn by means", Objectives.Name(s.objective()))
	}
	layers := layersOf(model)
	if len(layers) == 0 && (s.DataStart > 0 || s.Transpose) {
		return fmt.Errorf("data_start %g, transpose %v: a model of type %s has no machines to start", s.DataStart, s.Transpose, models.Types.Name(model.Spec()))
	}
	if n := len(models.LevelsOf(model)); n > 0 {
		if first, last := s.Span(n); first < 1 || last > n || first > last {
			return fmt.Errorf("layers %d to %d, want some of 1 to %d", first, last, n)
		}
	}
	if s.Transpose {
		if s.First < 2 {
			return fmt.Errorf("transpose: layers learn from %d on, but the lowest has none below it", max(s.First, 1))
		}
		return transposable(layers[s.First-1], layers[s.First-2])
	}
	return nil
}

type stageFields Stage

// MarshalJSON writes the stage, with the types of the objective and of the
// optimiser.
func (s Stage) MarshalJSON() ([]byte, error) {
	objective, err := Objectives.Encode(s.objective())
	if err != nil {
		return nil, err
	}
	optimizer, err := Optimizers.Encode(s.optimizer())
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		stageFields
		Objective json.RawMessage `json:"objective"`
		Optimizer json.RawMessage `json:"optimizer"`
	}{stageFields(s), objective, optimizer})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields. An
// optimiser without a type is Adam, as in files from before there were others.
func (s *Stage) UnmarshalJSON(data []byte) (err error) {
	var fields struct {
		stageFields
		Objective json.RawMessage `json:"objective"`
		Optimizer json.RawMessage `json:"optimizer"`
	}
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	*s = Stage(fields.stageFields)
	if fields.Objective != nil {
		if s.Objective, err = Objectives.Decode(fields.Objective); err != nil {
			return fmt.Errorf("objective: %w", err)
		}
	}
	if fields.Optimizer != nil {
		if s.Optimizer, err = decodeOptimizer(fields.Optimizer); err != nil {
			return fmt.Errorf("optimizer: %w", err)
		}
	}
	return nil
}

func decodeOptimizer(data []byte) (Optimizer, error) {
	var named struct{ Type *string }
	if err := json.Unmarshal(data, &named); err != nil {
		return nil, err
	}
	if named.Type != nil {
		return Optimizers.Decode(data)
	}
	var a Adam
	err := tagged.Strict(data, &a)
	return a, err
}
