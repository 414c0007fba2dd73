package zoo

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// layers.png has reconstruction errors. A machine that learns by persistent
// chains measures none; a stack that is tuned as a whole by the squared error
// has its own, by the cross-entropy a loss.
func TestDrawLossDrawsErrorsAlone(t *testing.T) {
	machine := models.Stack{Shape: []int{28, 28, 1}, Layers: []models.Spec{models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 5}}}
	for name, c := range map[string]struct {
		model     models.Spec
		objective train.Objective
		want      []string
	}{
		"chains":        {machine, train.PCD{Chains: 10}, []string{lossFile}},
		"squared error": {models.Unrolled{Body: machine}, train.Reconstruction{}, []string{layersFile}},
		"cross-entropy": {models.Unrolled{Body: machine}, train.Reconstruction{Loss: "cross-entropy"}, []string{lossFile}},
	} {
		folder := filepath.Join(t.TempDir(), "run")
		training, err := Start(Recipe{
			Name: "tiny", About: "tiny", Data: Source{Set: "digits", Size: 28, Images: 40}, Model: c.model, Seed: 1,
			Stages: []train.Stage{{Objective: c.objective, Optimizer: train.Adam{Rate: 0.01}, Epochs: 2, Batch: 10}},
		}, Options{}, folder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := training.Train(context.Background(), nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := training.Close(); err != nil {
			t.Fatal(err)
		}
		paths, err := DrawLoss(folder, folder)
		var drawn []string
		for _, p := range paths {
			drawn = append(drawn, filepath.Base(p))
		}
		if err != nil || !slices.Equal(drawn, c.want) {
			t.Errorf("%s: drew %v, %v, want %v", name, drawn, err, c.want)
		}
	}
}
