// Package train teaches models: objectives, optimisers, penalties, schedules,
// the loop over stages, epochs and batches, and checkpoints.
//
// The loop is an iterator; everything else is code around it:
//
//	trainer, err := train.New(model, stages, images, seed)
//	…
//	for step, err := range trainer.Run(ctx) {
//		if err != nil {
//			return err
//		}
//		if step.EndOfEpoch {
//			err = trainer.Save("checkpoint.safetensors")
//		}
//	}
//
// A Stage is plain data: which layers learn, by what objective, with what
// optimiser, for how long. A deep belief network whose layers join one after
// the other is a list of stages, each with one layer more; fine-tuning of the
// unrolled stack, or of a classifier on it, is a stage after them with another
// objective, which may hold out images and end when these get no better.
//
// Everything that is drawn or shuffled is a function of one seed. Two runs
// are equal to the last bit on any number of threads, and so are a run and
// one that was left, saved and resumed, at whatever batch.
package train
