package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"boltzoo/graph"
	kernels "boltzoo/graph/bench"
)

// Growth is how the time of a training step grows.
type Growth struct {
	Name  string  `json:"name"`
	Batch int     `json:"batch"`
	Ms    float64 `json:"ms_per_image"`
	Ratio float64 `json:"ratio"` // to what it is compared with: the first batch, or the smaller pictures
}

// Memory is what a training takes of it.
type Memory struct {
	Name  string  `json:"name"`
	Steps int     `json:"steps"`    // between the two
	Begin float64 `json:"begin_mb"` // 10⁶ bytes, when an epoch has begun
	End   float64 `json:"end_mb"`   // when it ends
}

// growth measures steps over larger batches and larger pictures.
func (b *benchmark) growth(ctx context.Context) ([]Growth, error) {
	var all []Growth
	batches := []int{64, 128, 256, 512, 1024}
	if b.Quick {
		batches = []int{2, 3}
	}
	for _, of := range []func(batch int) (work, error){
		func(batch int) (work, error) { return denseRBM(batch), nil },
		func(batch int) (work, error) { return ofRecipe("celeba-dbn", 64, batch) },
	} {
		for i, batch := range batches {
			w, err := of(batch)
			if err != nil {
				return nil, err
			}
			b.say("step of %s, batch %d", w.name, batch)
			ms, err := b.perImage(ctx, w)
			if err != nil {
				return nil, fmt.Errorf("bench: %s, batch %d: %w", w.name, batch, err)
			}
			g := Growth{Name: w.name, Batch: batch, Ms: ms[0], Ratio: 1}
			if i > 0 {
				g.Ratio = g.Ms / all[len(all)-i].Ms
			}
			all = append(all, g)
		}
	}
	small, err := ofRecipe("celeba-dbn", 64, batches[0])
	if err != nil {
		return nil, err
	}
	large, err := ofRecipe("celeba128-dbn", 128, batches[0])
	if err != nil {
		return nil, err
	}
	b.say("steps of %s and %s, batch %d", small.name, large.name, batches[0])
	ms, err := b.perImage(ctx, small, large)
	if err != nil {
		return nil, fmt.Errorf("bench: %s: %w", large.name, err)
	}
	return append(all, Growth{Name: large.name, Batch: batches[0], Ms: ms[1], Ratio: ms[1] / ms[0]}), nil
}

// perImage measures steps in turn, in milliseconds an image.
func (b *benchmark) perImage(ctx context.Context, works ...work) ([]float64, error) {
	var steps []func() error
	for _, w := range works {
		model, err := w.model.New(graph.NewRandom(1))
		if err != nil {
			return nil, err
		}
		next, stop, err := steppedBy(ctx, w, model, w.images(imagesSeed, 2*w.stage.Batch))
		if err != nil {
			return nil, err
		}
		defer stop()
		steps = append(steps, next)
	}
	effort := b.effort
	effort.Slow = 2 // the longest take seconds
	seconds, err := effort.Pace(steps...)
	if err != nil {
		return nil, err
	}
	var ms []float64
	for i, w := range works {
		ms = append(ms, 1e3*kernels.Median(seconds[i])/float64(w.stage.Batch))
	}
	return ms, nil
}

// memory measures what a training of celeba-dbn takes of it when an epoch
// begins and when it ends.
func (b *benchmark) memory(ctx context.Context) ([]Memory, error) {
	w, err := ofRecipe("celeba-dbn", 64, b.size(64, 2))
	if err != nil {
		return nil, err
	}
	b.say("memory of %s over an epoch", w.name)
	model, err := w.model.New(graph.NewRandom(1))
	if err != nil {
		return nil, err
	}
	m := Memory{Name: w.name, Steps: b.size(8, 3)}
	// The first epoch finds what it needs; the second is looked at.
	next, stop, err := steppedBy(ctx, w, model, w.images(imagesSeed, m.Steps*w.stage.Batch))
	if err != nil {
		return nil, err
	}
	defer stop()
	for range m.Steps {
		if err := next(); err != nil {
			return nil, err
		}
	}
	debug.FreeOSMemory() // of what was measured before
	m.Begin = resident()
	for range m.Steps {
		if err := next(); err != nil {
			return nil, err
		}
	}
	m.End = resident()
	return []Memory{m}, nil
}

// resident is the memory that the process has, in 10⁶ bytes: of the system
// where that tells, else of the Go runtime.
func resident() float64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(text); len(fields) > 1 {
			if pages, err := strconv.Atoi(string(fields[1])); err == nil {
				return float64(pages) * float64(os.Getpagesize()) / 1e6
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys-m.HeapReleased) / 1e6
}
