package reproduce

import (
	"context"
	"fmt"
	"strings"

	"boltzoo/zoo"
)

// Experiment is what of a paper is done again.
type Experiment struct {
	Name  string // what a user calls it
	About string // one line
	Paper string
	Run   func(ctx context.Context, l *Lab) (*Page, error)
}

// All lists the experiments.
func All() []Experiment {
	return []Experiment{
		{"p1", "Autoencoders of digits: pre-training by Boltzmann machines against rectified units",
			"P1", runP1},
		{"p3", "Sparseness of pre-trained networks: Hoyer's measure and the overlap of active units, on digits and bird song",
			"Li, Luo, Yang and Yuan 2013, Unsupervised Pretraining Encourages Moderate-Sparseness, arXiv 1312.5813", runP3},
		{"p4", "The autoencoder family on the same digits: reconstruction, what its codes are worth, and how they stand corruption",
			"a lecture on autoencoders (P4)", runP4},
		{"few-labels", "Classes from few labels: digits, a network pre-trained on all of them without labels against one from random weights",
			"Hinton, Osindero and Teh 2006; Bondarenko 2017, boltzmann-machines", runFewLabels},
	}
}

// Lookup finds an experiment by its name. Where there is none, the error names
// what there is.
func Lookup(name string) (Experiment, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Experiment{}, fmt.Errorf("reproduce: no experiment %q%s: want one of %s", name, zoo.DidYouMean(name, names), strings.Join(names, ", "))
}
