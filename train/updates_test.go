package train

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A stage of so many updates ends in the midst of an epoch, and its schedule
// with it.
func TestUpdatesEndAStage(t *testing.T) {
	const images = 45 // five batches
	stages := func(updates int) []Stage {
		s := Stage{Optimizer: Adam{Rate: 0.01}, Schedule: Linear, Epochs: 3, Batch: 10, Updates: updates, Objective: Reconstruction{}}
		after := s
		after.Updates, after.Epochs = 0, 1
		return []Stage{s, after}
	}
	for updates, want := range map[int]struct{ steps, seen int }{
		0: {15, 135}, 1: {1, 10}, 5: {5, 45}, 7: {7, 65}, 14: {14, 130}, 15: {15, 135}, 99: {15, 135},
	} {
		trainer := newTrainer(t, deepSpec(), stages(updates), bars(images), 1)
		steps := run(t, trainer, -1)
		if len(steps) != want.steps+5 {
			t.Errorf("%d updates: %d steps, want %d and 5", updates, len(steps), want.steps)
			continue
		}
		last := steps[want.steps-1]
		if !last.EndOfEpoch || !last.EndOfStage || last.Stage != 0 || last.Images != want.seen || stages(updates)[0].Seen(images) != want.seen {
			t.Errorf("%d updates end with %+v, want %d images", updates, last, want.seen)
		}
		if next := steps[want.steps]; next.Stage != 1 || next.Epoch != 0 || next.Batch != 0 {
			t.Errorf("%d updates: then comes %+v", updates, next.Position)
		}
		if rate := 0.01 / float64(want.steps); last.Rate < 0.999*rate || last.Rate > 1.001*rate {
			t.Errorf("%d updates: the last rate is %g, want %g", updates, last.Rate, rate)
		}
	}

	// Stopped and resumed, it ends alike; a stage that has ended does not go on.
	want := newTrainer(t, deepSpec(), stages(7), bars(images), 1)
	run(t, want, -1)
	path := filepath.Join(t.TempDir(), "c")
	for _, at := range []int{5, 6, 7} {
		left := newTrainer(t, deepSpec(), stages(7), bars(images), 1)
		run(t, left, at)
		if err := left.Save(path); err != nil {
			t.Fatal(err)
		}
		resumed := newTrainer(t, deepSpec(), stages(7), bars(images), 1)
		if err := resumed.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, resumed, -1)
		sameBits(t, fmt.Sprintf("resumed after %d steps", at), bits(want), bits(resumed))
	}
	one := stages(7)[:1]
	ended := newTrainer(t, deepSpec(), one, bars(images), 1)
	run(t, ended, -1)
	if err := ended.Save(path); err != nil {
		t.Fatal(err)
	}
	one[0].Epochs = 9
	if err := newTrainer(t, deepSpec(), one, bars(images), 1).Load(path); !errors.Is(err, ErrOtherRecipe) || !strings.Contains(err.Error(), "after its 7 updates") {
		t.Errorf("made longer: %v", err)
	}
}
