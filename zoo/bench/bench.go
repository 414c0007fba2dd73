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

// Options are what is asked for.
type Options struct {
	Only  []string                         // sections; empty: all
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

// Check finds a section that does not exist.
func (o Options) Check() error {
	for _, name := range o.Only {
		if slices.Contains(Sections, name) {
			continue
		}
		hint := ""
		if near := zoo.Nearest(name, Sections); near != "" {
			hint = fmt.Sprintf(" (did you mean %s?)", near)
		}
		return fmt.Errorf("bench: no section %q%s: want some of %s", name, hint, strings.Join(Sections, ", "))
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
	if b.wants("steps") {
		if r.Steps, err = b.steps(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (b *benchmark) wants(section string) bool {
	return len(b.Only) == 0 || slices.Contains(b.Only, section)
}

// size is n, or the smaller one that is enough to see that it runs.
func (b *benchmark) size(n, small int) int {
	if b.Quick {
		return small
	}
	return n
}

func (b *benchmark) say(format string, args ...any) {
	if b.Say != nil {
		b.Say(format, args...)
	}
}
