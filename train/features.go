package train

import (
	"context"

	"boltzoo/graph"
	"boltzoo/train/data"
	"boltzoo/train/metric"
)

// featureBytes is the most memory that the features of all images may take. A
// layer whose data are larger has them computed again for every step.
const featureBytes = 2 << 30

// featureBatch is the number of examples computed at a time.
const featureBatch = 128

// features are what the lowest layers have made of all images: the images
// themselves, where passed is 0, what layer passed makes of them else.
type features struct {
	metric.Source
	passed int
}

// prepare lets the images climb, once, through the layers below those that
// learn in this stage, as far as that changes nothing and memory lasts. Stages
// that train one layer after the other go on from the features of the one
// before.
func (t *Trainer) prepare(ctx context.Context, s Stage) error {
	first, _ := s.Span(len(t.levels))
	ok := s.climbs(t.model) && !s.DrawData // which draws everything anew
	if !ok || t.data.passed >= first {
		t.data = features{t.images, 0}
	}
	if !ok || len(t.levels) == 0 || t.data.passed == first-1 || 4*t.images.Len()*graph.Size(t.levels[first-1].InputShape()) > t.memory {
		return nil
	}
	above, err := metric.Climb(ctx, t.levels[t.data.passed:first-1], t.data, featureBatch)
	if err == nil {
		t.data = features{above, first - 1}
	}
	return err
}

// served is the set that a loader is to shuffle: where features are seen the
// pixels are not, and a set without them serves for the order; so it does where
// a part of the images is held out.
func (t *Trainer) served(s Stage) *data.Images {
	if t.data.passed == 0 && s.Validation == 0 {
		return t.images
	}
	return &data.Images{Height: 1, Width: 1, Channels: 1, Pix: make([]byte, t.learnt(s))}
}

// joint is examples with their labels behind them.
type joint struct {
	metric.Source
	labels  []byte
	classes int
}

func (j joint) Size() int { return j.Source.Size() + j.classes }
func (j joint) Floats(dst []float32, index ...int) {
	size := j.Source.Size()
	for k, i := range index {
		row := dst[k*j.Size() : (k+1)*j.Size()]
		j.Source.Floats(row[:size], i)
		clear(row[size:])
		row[size+int(j.labels[i])] = 1
	}
}

// head is the first n examples.
type head struct {
	metric.Source
	n int
}

func (h head) Len() int { return min(h.n, h.Source.Len()) }
