// Package bench measures how fast the zoo is on the machine at hand, and what
// that machine could do at most.
package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	kernels "boltzoo/graph/bench"
	"boltzoo/zoo"
)

// Sections are the parts of a report.
var Sections = []string{"gemm", "conv", "elementwise", "steps", "input", "growth"}

// Steps are the names of the steps.
var Steps = []string{"rbm-784-500", "celeba-dbn", "autoencoder-784-512-256-128-64-32", encodeOne}

// Options are what is asked for.
type Options struct {
	Only  []string                         // sections; empty: all
	Steps []string                         // of the steps only these; empty: all
	Root  string                           // folder of data sets, empty if there is none
	Quick bool                             // one round of the smallest sizes: shows that everything runs, says nothing of speed
	Say   func(format string, args ...any) // is told what is being measured; may be nil
}

// Report is what was measured.
type Report struct {
	Steps []Step `json:"steps"`
}

type benchmark struct {
	Options
	effort kernels.Effort
}

// Check finds a section or a step that does not exist.
func (o Options) Check() error {
	for what, names := range map[string][2][]string{"section": {o.Only, Sections}, "step": {o.Steps, Steps}} {
		for _, name := range names[0] {
			if slices.Contains(names[1], name) {
				continue
			}
			hint := ""
			if near := zoo.Nearest(name, names[1]); near != "" {
				hint = fmt.Sprintf(" (did you mean %s?)", near)
			}
			return fmt.Errorf("bench: no %s %q%s: want some of %s", what, name, hint, strings.Join(names[1], ", "))
		}
	}
	return nil
}

// Run measures.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	b := &benchmark{o, kernels.Effort{Rounds: 9, Round: 60 * time.Millisecond}}
	if o.Quick {
		b.effort = kernels.Effort{Rounds: 1}
	}
	r := &Report{}
	var err error
	if wanted("steps", b.Only) {
		if r.Steps, err = b.steps(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
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
