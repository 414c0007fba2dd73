package train

import (
	"encoding/json"
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
	Optimizer Adam      `json:"optimizer"`
	Schedule  Schedule  `json:"schedule,omitempty"`
	Epochs    int       `json:"epochs"`
	Batch     int       `json:"batch,omitempty"` // 0 means 128

	// DataStart, where it is not 0, makes each layer start from its data the
	// first time that it learns: the visible bias and the running means
	// explain the means of the data and of the hidden states, and the initial
	// weights are scaled so that this is the standard deviation of each hidden
	// unit's pre-activation. 0.5 is a good value; 0 keeps the initial weights.
	DataStart float64 `json:"data_start,omitempty"`

	// MeanRate is how far the running means μ and λ of centred layers move
	// towards each batch's; 0 means 0.01, and below 0 they stay.
	MeanRate float64 `json:"mean_rate,omitempty"`
}

func (s Stage) objective() Objective {
	if s.Objective == nil {
		return CD{}
	}
	return s.Objective
}

// BatchSize is the number of images in a batch.
func (s Stage) BatchSize() int {
	if s.Batch == 0 {
		return 128
	}
	return s.Batch
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

// check looks for what New would otherwise trip over later.
func (s Stage) check(model models.Model) error {
	if err := s.Optimizer.check(); err != nil {
		return err
	}
	if err := s.Schedule.check(); err != nil {
		return err
	}
	switch {
	case s.Epochs < 1:
		return fmt.Errorf("epochs %d, want at least 1", s.Epochs)
	case s.Batch < 0:
		return fmt.Errorf("batch %d, want at least 1", s.Batch)
	case s.DataStart < 0:
		return fmt.Errorf("data_start %g, want at least 0", s.DataStart)
	case s.MeanRate > 1:
		return fmt.Errorf("mean_rate %g, want at most 1", s.MeanRate)
	}
	if n := len(layersOf(model)); n > 0 {
		if first, last := s.Span(n); first < 1 || last > n || first > last {
			return fmt.Errorf("layers %d to %d, want some of 1 to %d", first, last, n)
		}
	}
	return nil
}

type stageFields Stage

// MarshalJSON writes the stage, with the objective's type.
func (s Stage) MarshalJSON() ([]byte, error) {
	objective, err := Objectives.Encode(s.objective())
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		stageFields
		Objective json.RawMessage `json:"objective"`
	}{stageFields(s), objective})
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (s *Stage) UnmarshalJSON(data []byte) (err error) {
	var fields struct {
		stageFields
		Objective json.RawMessage `json:"objective"`
	}
	if err := tagged.Strict(data, &fields); err != nil {
		return err
	}
	*s = Stage(fields.stageFields)
	if fields.Objective == nil {
		return nil
	}
	if s.Objective, err = Objectives.Decode(fields.Objective); err != nil {
		return fmt.Errorf("objective: %w", err)
	}
	return nil
}
