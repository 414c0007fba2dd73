package train

import (
	"errors"
	"fmt"

	"boltzoo/graph"
)

// ErrDiverged is wrapped by the error that ends a training whose numbers are
// no longer finite. The error names the stage, the layer, the quantity, the
// step and what to change.
var ErrDiverged = errors.New("training diverged")

// diverged adds to what is wrong where it happened and what to do about it.
func (t *Trainer) diverged(what error) error {
	number := min(t.at.Stage, len(t.stages)-1) // after the last stage, in that
	s, prefix := t.stages[number], fmt.Sprintf("stages.%d", number)
	name := prefix
	if s.Name != "" {
		name += fmt.Sprintf(" (%s)", s.Name)
	}
	hint := fmt.Sprintf("lower %s.optimizer.rate (%g)", prefix, s.optimizer().LearningRate())
	if cd, ok := s.objective().(CD); ok && cd.Flow > 0 {
		hint += fmt.Sprintf(", or lower %s.objective.flow (%g)", prefix, cd.Flow)
	}
	if s.DataStart == 0 {
		hint += fmt.Sprintf(", or start layers from their data (%s.data_start=0.5)", prefix)
	}
	return fmt.Errorf("train: %w: %s: %w at step %d (epoch %d, batch %d): %s",
		ErrDiverged, name, what, t.at.Step, t.at.Epoch, t.at.Batch, hint)
}

// finiteTensors tells of the first of the tensors that has something else than
// numbers.
func finiteTensors(tensors []*graph.Tensor) error {
	for _, t := range tensors {
		for i, x := range t.Data {
			if x-x != 0 {
				return fmt.Errorf("%s[%d] is %g", t.Name, i, x)
			}
		}
	}
	return nil
}
