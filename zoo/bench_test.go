package zoo_test

import (
	"context"
	"testing"
	"time"

	"boltzoo/graph"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

// BenchmarkStep is whole training steps: the loss, its gradient and the update
// of all layers that learn, at the batch size that P2 trains with.
func BenchmarkStep(b *testing.B) {
	const batch = 128
	for _, name := range []string{"celeba-dbn", "mnist-rbm"} {
		b.Run(name, func(b *testing.B) {
			r, err := zoo.Lookup(zoo.All(), name)
			if err != nil {
				b.Fatal(err)
			}
			images := data.Digits(1, batch)
			if name == "celeba-dbn" {
				images = data.Faces(1, batch, 64)
			}
			model, err := r.Model.New(graph.NewRandom(1))
			if err != nil {
				b.Fatal(err)
			}
			stage := r.Stages[0]
			stage.Batch, stage.Epochs, stage.Schedule, stage.Optimizer = batch, b.N+2, train.Constant, train.Adam{Rate: 1e-4}
			trainer, err := train.New(model, []train.Stage{stage}, images, 1)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			steps := 0
			for _, err := range trainer.Run(context.Background()) {
				if err != nil {
					b.Fatal(err)
				}
				if steps == 0 { // the first step compiles
					b.ResetTimer()
				}
				if steps++; steps > b.N {
					break
				}
			}
			b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "images/s")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/step")
		})
	}
}
