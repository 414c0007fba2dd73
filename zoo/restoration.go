package zoo

import (
	"context"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/metric"
)

// Restoration is how like the originals corrupted pictures are made by a model,
// and by what needs no model.
type Restoration struct {
	Corruption string     `json:"corruption"`
	Ways       []Restored `json:"ways"` // as they are first, the model's last
}

// Restored is one way, and how like the originals its pictures are.
type Restored struct {
	Way   string   `json:"way"`
	Error float64  `json:"mse"`
	PSNR  *float64 `json:"psnr,omitempty"` // decibels, of the mean error; none where there is no error
	SSIM  float64  `json:"ssim"`           // mean structural similarity
}

// The ways to restore.
const (
	asCorrupted = "as corrupted"
	byMean      = "mean training picture in the hole"
	byMedian    = "median of 3×3 pixels"
	byBoth      = "the median, then the mean picture in the hole"
	byColour    = "mean colour of training pictures"
	byModel     = "restored"
)

// Corruption is what the last stage has its examples corrupted by: what the model
// is to undo. It is empty for one that learns something else.
func (r Recipe) Corruption() train.Corruptions {
	if len(r.Stages) == 0 {
		return nil
	}
	last, ok := r.Stages[len(r.Stages)-1].Objective.(train.Reconstruction)
	if !ok {
		return nil
	}
	return last.Corruption
}

// Corrupt is images after a corruption, which seed decides.
func Corrupt(ctx context.Context, images metric.Source, shape []int, c train.Corruptions, seed uint64) (metric.Source, error) {
	return metric.Changed(ctx, graph.NewRandom(seed), shape, images, evalBatch, func(g *graph.Graph, v *graph.Node) *graph.Node {
		return c.Apply(g, v, "corruption")
	})
}

// Corrupted is the error of examples after a corruption, and of what is
// reconstructed from these.
type Corrupted struct {
	Corruption string  `json:"corruption"`
	Error      float64 `json:"mse"`
	Restored   float64 `json:"restored_mse"`
}

// MeasureCorrupted is what a model makes of images after a corruption, which
// seed decides. They need not be pictures.
func MeasureCorrupted(ctx context.Context, model models.Model, images metric.Source, c train.Corruptions, seed uint64) (*Corrupted, error) {
	spoilt, err := Corrupt(ctx, images, model.InputShape(), c, seed)
	if err != nil {
		return nil, err
	}
	restored, err := Reconstruct(model, spoilt)
	if err != nil {
		return nil, err
	}
	originals := Floats(images)
	return &Corrupted{c.String(), MeanSquare(originals, Floats(spoilt)), MeanSquare(originals, restored)}, nil
}

// MeanSquare is that of x − y, of as many elements.
func MeanSquare(x, y []float32) float64 {
	sum := 0.0
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		sum += d * d
	}
	return sum / float64(len(x))
}

// restorable finds what cannot be measured as pictures.
func restorable(shape []int, c train.Corruptions) error {
	switch {
	case len(c) == 0:
		return fmt.Errorf("the last stage corrupts nothing: there is nothing to restore")
	case len(shape) != 3 || min(shape[0], shape[1]) < 11:
		return fmt.Errorf("examples of shape %v are no pictures of at least 11×11 pixels", shape)
	}
	return nil
}

// Restore measures a model, and what needs none, by images that are corrupted.
// Mean colours and mean pictures are those of training.
func Restore(ctx context.Context, model models.Coder, c train.Corruptions, images, training metric.Source, seed uint64) (*Restoration, error) {
	shape := model.InputShape()
	if err := restorable(shape, c); err != nil {
		return nil, err
	}
	corrupted, err := Corrupt(ctx, images, shape, c, seed)
	if err != nil {
		return nil, err
	}
	originals, spoilt := Floats(images), Floats(corrupted)
	r := &Restoration{Corruption: c.String()}
	add := func(way string, pictures []float32) error {
		l, err := metric.LikenessOf(originals, pictures, shape[0], shape[1], shape[2])
		if err != nil {
			return err
		}
		r.Ways = append(r.Ways, Restored{way, l.Error, finite(l.PSNR()), l.SSIM})
		return ctx.Err()
	}
	if err := add(asCorrupted, spoilt); err != nil {
		return nil, err
	}
	noise, holes, grey := parts(c)
	plain := spoilt
	if noise {
		plain = metric.Median(spoilt, shape[0], shape[1], shape[2])
		if err := add(byMedian, plain); err != nil {
			return nil, err
		}
	}
	if holes != nil || grey {
		mean, err := meanPicture(training, shape)
		if err != nil {
			return nil, err
		}
		if grey {
			plain = tinted(plain, mean)
			if err := add(byColour, plain); err != nil {
				return nil, err
			}
		}
		if holes != nil {
			if plain, err = filled(ctx, plain, mean, images, shape, holes, seed); err != nil {
				return nil, err
			}
			way := byMean
			if noise {
				way = byBoth
			}
			if err := add(way, plain); err != nil {
				return nil, err
			}
		}
	}
	restored, err := Reconstruct(model, corrupted)
	if err != nil {
		return nil, err
	}
	return r, add(byModel, restored)
}

// parts tells what a corruption has in it: noise in single values, and grey. Of
// its holes it makes those that are 1 where they are; nil is without.
func parts(c train.Corruptions) (noise bool, holes train.Corruptions, grey bool) {
	mask, some := make(train.Corruptions, len(c)), false // in their places, as these decide where they are
	for i, part := range c {
		switch part.Form {
		case "hole":
			mask[i], some = train.Corruption{Form: "hole", Level: part.Level, Fill: 1}, true
		case "grey":
			grey = true
		default:
			noise = true
		}
	}
	if !some {
		mask = nil
	}
	return noise, mask, grey
}

// meanPicture is the mean of all examples.
func meanPicture(source metric.Source, shape []int) ([]float32, error) {
	m := metric.NewMoments(source.Size())
	err := metric.Sweep(source, evalBatch, shape, func(_ *graph.Graph, v *graph.Node) []*graph.Node { return []*graph.Node{v} },
		func(_ int, values [][]float32) error {
			m.Add(values[0])
			return nil
		})
	mean := make([]float32, source.Size())
	for i := range mean {
		mean[i] = float32(m.Mean(i))
	}
	return mean, err
}

// filled is pictures with the mean picture in their holes.
func filled(ctx context.Context, pictures, mean []float32, images metric.Source, shape []int, holes train.Corruptions, seed uint64) ([]float32, error) {
	where, err := Corrupt(ctx, black{images.Len(), images.Size()}, shape, holes, seed)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(pictures))
	for i, mask := range Floats(where) {
		out[i] = pictures[i] + mask*(mean[i%len(mean)]-pictures[i])
	}
	return out, nil
}

// black is examples of zeros.
type black struct{ n, size int }

func (b black) Len() int                           { return b.n }
func (b black) Size() int                          { return b.size }
func (b black) Floats(dst []float32, index ...int) { clear(dst[:len(index)*b.size]) }

// tinted is grey pictures with what the mean picture differs by from its
// luminance.
func tinted(pictures, mean []float32) []float32 {
	out := make([]float32, len(pictures))
	for i := range out {
		pixel := mean[i%len(mean)/3*3:]
		luminance := 0.299*pixel[0] + 0.587*pixel[1] + 0.114*pixel[2]
		out[i] = pictures[i] + mean[i%len(mean)] - luminance
	}
	return out
}

// decibels is the signal-to-noise ratio, infinite where there is no error.
func (r Restored) decibels() string {
	if r.PSNR == nil {
		return "∞ dB"
	}
	return fmt.Sprintf("%.2f dB", *r.PSNR)
}

// String is the way and its measures, as a line of several that are put below one
// another.
func (r Restored) String() string {
	return fmt.Sprintf("%-46s %s, SSIM %.3f", r.Way, r.decibels(), r.SSIM)
}

// rows are the restoration as a table.
func (r *Restoration) rows() []Row {
	var rows []Row
	for _, w := range r.Ways {
		rows = append(rows, Row{"restoration", w.Way, w.decibels(), fmt.Sprintf("SSIM %.3f, mse %.5f; pictures corrupted by %s", w.SSIM, w.Error, r.Corruption)})
	}
	return rows
}
