package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"boltzoo/graph"
	"boltzoo/graph/safetensors"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

// Export writes a file for each training step that is measured, from which
// another implementation can take the same step: NAME.safetensors in folder,
// with the model's tensors under their names, the batch of images as
// "batch", the loss and its gradients as "loss" and "gradient.TENSOR", and
// what the tensors are after one step of the training, as "after.TENSOR". The
// metadata have the model ("model") and Adam's rate ("rate").
func (o Options) Export(ctx context.Context, folder string) error {
	all, err := o.works()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	for _, w := range all {
		tensors, metadata, err := w.example(ctx)
		if err == nil {
			path := filepath.Join(folder, w.name+".safetensors")
			err = train.WriteFile(path, func(out io.Writer) error { return safetensors.Encode(out, tensors, metadata) })
		}
		if err != nil {
			return fmt.Errorf("bench: export %s: %w", w.name, err)
		}
	}
	return nil
}

// example is one step of w: all that goes into it and what comes out.
func (w work) example(ctx context.Context) (tensors []*graph.Tensor, metadata map[string]string, err error) {
	model, err := w.model.New(graph.NewRandom(1))
	if err != nil {
		return nil, nil, err
	}
	spec, err := models.Types.Encode(w.model)
	if err != nil {
		return nil, nil, err
	}
	// A first step starts machines from their data, other images than the
	// batch, whose means the running means would have reached. The one that is
	// written down has an optimiser that has seen nothing yet.
	started := w
	if _, ok := model.(models.Layered); ok {
		started.stage.DataStart = 0.5
	}
	if err := takeStep(ctx, started, model, w.images(imagesSeed+1, w.stage.Batch)); err != nil {
		return nil, nil, err
	}
	for _, t := range model.Tensors() {
		tensors = append(tensors, named(t.Name, t))
	}
	batch := graph.NewTensor("batch", append([]int{w.stage.Batch}, model.InputShape()...)...)
	images := w.images(imagesSeed, w.stage.Batch)
	copy(batch.Data, zoo.Floats(images))
	loss, gradients, err := w.gradients(model)
	if err != nil {
		return nil, nil, err
	}
	tensors = append(append(tensors, batch, loss), gradients...)
	if err := takeStep(ctx, w, model, images); err != nil {
		return nil, nil, err
	}
	for _, t := range model.Tensors() {
		tensors = append(tensors, named("after."+t.Name, t))
	}
	return tensors, map[string]string{"model": string(spec), "rate": fmt.Sprint(rate)}, nil
}

// named is a copy of t under another name.
func named(name string, t *graph.Tensor) *graph.Tensor {
	c := graph.NewTensor(name, t.Shape...)
	copy(c.Data, t.Data)
	return c
}

// takeStep takes the first step of a training of its own on a single batch.
func takeStep(ctx context.Context, w work, model models.Model, images *data.Images) error {
	next, stop, err := steppedBy(ctx, w, model, images)
	if err != nil {
		return err
	}
	defer stop()
	return next()
}

// gradients are the loss of the batch and its gradients.
func (w work) gradients(model models.Model) (loss *graph.Tensor, gradients []*graph.Tensor, err error) {
	s, err := w.build(model)
	if err != nil {
		return nil, nil, err
	}
	loss = graph.NewTensor("loss", 1)
	copy(loss.Data, s.Value(s.loss.Total))
	for i, p := range s.loss.Parameters {
		d := graph.NewTensor("gradient."+p.Name, p.Shape...)
		copy(d.Data, s.Value(s.gradients[i]))
		gradients = append(gradients, d)
	}
	return loss, gradients, nil
}
