// Package bench measures how fast the zoo is on the machine at hand, and what
// that machine could do at most.
package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"boltzoo/graph"
	kernels "boltzoo/graph/bench"
	"boltzoo/models"
	"boltzoo/zoo"
)

// Sections are the parts of a report.
var Sections = []string{"gemm", "conv", "elementwise", "steps", "input", "growth"}

// Steps are the names of the steps.
var Steps = []string{"rbm-784-500", "celeba-dbn", "autoencoder-784-512-256-128-64-32", encodeOne}

// Options are what is asked for.
type Options struct {
	Only  []string // sections; empty: all
	Steps []string // of the steps only these; empty: all
	Root  string   // folder of data sets, empty if there is none
	// Products is what matrix products and convolutions multiply; empty: graph.Float32.
	// Fractions are of the machine's limit in float32 nevertheless.
	Products graph.Products

	Quick bool                             // one round of the smallest sizes: shows that everything runs, says nothing of speed
	Say   func(format string, args ...any) // is told what is being measured; may be nil
}

// Report is what was measured. A part that was not asked for is empty.
type Report struct {
	Machine     kernels.Machine       `json:"machine"`
	Products    graph.Products        `json:"products"`
	Gemm        []kernels.Gemm        `json:"gemm"`
	Conv        []kernels.Conv        `json:"conv"`
	Elementwise []kernels.Elementwise `json:"elementwise"`
	Steps       []Step                `json:"steps"`
	Input       []Input               `json:"input"`
	Growth      []Growth              `json:"growth"`
	Memory      []Memory              `json:"memory"`
}

type benchmark struct {
	Options
	effort kernels.Effort
}

// Check finds a section or a step that does not exist.
func (o Options) Check() error {
	for _, c := range []struct {
		what           string
		asked, offered []string
	}{{"section", o.Only, Sections}, {"step", o.Steps, Steps}} {
		for _, name := range c.asked {
			if slices.Contains(c.offered, name) {
				continue
			}
			return fmt.Errorf("bench: no %s %q%s: want some of %s", c.what, name, zoo.DidYouMean(name, c.offered), strings.Join(c.offered, ", "))
		}
	}
	if err := o.products().Check(); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

func (o Options) products() graph.Products { return cmp.Or(o.Products, graph.Float32) }

// Run measures until ctx is done. What it multiplies holds for the whole program
// meanwhile.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := graph.SetProducts(o.products()); err != nil {
		return nil, err
	}
	defer graph.SetProducts(graph.Float32) // which has no error
	b := &benchmark{o, kernels.Effort{Rounds: 9, Round: 50 * time.Millisecond, Slow: 5}}
	if o.Quick {
		b.effort = kernels.Effort{Rounds: 1}
	}
	b.say("the machine")
	machine, err := b.effort.About()
	if err != nil {
		return nil, err
	}
	r := &Report{
		Machine: machine, Products: o.products(),
		Gemm: []kernels.Gemm{}, Conv: []kernels.Conv{}, Elementwise: []kernels.Elementwise{},
		Steps: []Step{}, Input: []Input{}, Growth: []Growth{}, Memory: []Memory{},
	}
	for _, part := range []struct {
		section string
		run     func() error
	}{
		{"gemm", func() (err error) { r.Gemm, err = b.effort.Gemms(ctx, b.say); return err }},
		{"conv", func() (err error) { r.Conv, err = b.conv(ctx); return err }},
		{"elementwise", func() (err error) { r.Elementwise, err = b.effort.Elementwises(ctx, b.say); return err }},
		{"steps", func() (err error) { r.Steps, err = b.steps(ctx); return err }},
		{"input", func() (err error) { r.Input, err = b.input(ctx); return err }},
		{"growth", func() (err error) { r.Memory, err = b.memory(ctx); return err }},
		{"growth", func() (err error) { r.Growth, err = b.growth(ctx); return err }},
	} {
		if !wanted(part.section, b.Only) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := part.run(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// conv measures the convolutions of celeba-dbn.
func (b *benchmark) conv(ctx context.Context) ([]kernels.Conv, error) {
	w, err := ofRecipe("celeba-dbn", faceSide, b.size(128, 2))
	if err != nil {
		return nil, err
	}
	var layers []kernels.Layer
	stack, _ := w.model.(models.Stack)
	shape := stack.Shape
	for _, spec := range stack.Layers {
		c, ok := spec.(models.ConvRBM)
		if !ok {
			break
		}
		layers = append(layers, kernels.Layer{
			Name:  fmt.Sprintf("%dx%dx%d to %d", shape[0], shape[1], shape[2], c.Filters),
			Batch: w.stage.Batch, Height: shape[0], Width: shape[1], Channels: shape[2],
			Filters: c.Filters, Side: c.Kernel, Stride: c.Stride, Pad: c.Pad,
		})
		shape = []int{(shape[0]+2*c.Pad-c.Kernel)/c.Stride + 1, (shape[1]+2*c.Pad-c.Kernel)/c.Stride + 1, c.Filters}
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("bench: %s has no convolutions", w.name)
	}
	return b.effort.Convs(ctx, layers, b.say)
}

// wanted tells whether a name is among those asked for, or nothing was.
func wanted(name string, only []string) bool { return len(only) == 0 || slices.Contains(only, name) }

// size is n, or the smaller one that is enough to see that it runs.
func (o Options) size(n, small int) int {
	if o.Quick {
		return small
	}
	return n
}

func (b *benchmark) say(format string, args ...any) {
	if b.Say != nil {
		b.Say(format, args...)
	}
}
