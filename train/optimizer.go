package train

import (
	"fmt"
	"slices"

	"boltzoo/graph"
	"boltzoo/models/tagged"
)

// Optimizer moves parameters by their gradients. It is plain data; what it
// remembers of a parameter is in Moments.
type Optimizer interface {
	// Check tells what is wrong with the settings, by the field's path in a
	// stage.
	Check() error
	// LearningRate is the rate before the factor of a schedule.
	LearningRate() float64
	// Slots are the names of the tensors that it keeps of each parameter, all
	// of the parameter's shape and zero in the beginning.
	Slots() []string
	// Update takes one step in place, at this rate, when the part done of the
	// stage, from 0 to 1, is over: of those elements of a parameter that are
	// given with their gradient, which begin with number from. Other elements
	// may take theirs at the same time.
	Update(parameter, gradient []float32, m *Moments, from int, rate, done float64)
}

// Optimizers are the optimisers by the names that recipes use.
var Optimizers = tagged.Types[Optimizer]{
	"adam":   Adam{},
	"adamax": AdaMax{},
	"sgd":    SGD{},
}

// Moments are what an optimiser knows of one parameter. Each parameter counts
// its own steps, so that a layer that joins late gets the same bias correction
// as one that was there from the beginning.
type Moments struct {
	Steps   int // taken, the one at hand included
	Tensors []*graph.Tensor
}

// newMoments are those before the first step. A tensor is named
// PARAMETER.SLOT.
func newMoments(parameter *graph.Tensor, slots []string) *Moments {
	m := &Moments{}
	for _, slot := range slots {
		m.Tensors = append(m.Tensors, graph.NewTensor(parameter.Name+"."+slot, parameter.Shape...))
	}
	return m
}

// slot is what tensor i keeps of n elements from number from on.
func (m *Moments) slot(i, from, n int) []float32 { return m.Tensors[i].Data[from : from+n] }

// slots are the names that newMoments was given.
func (m *Moments) slots(parameter *graph.Tensor) []string {
	var names []string
	for _, t := range m.Tensors {
		names = append(names, t.Name[len(parameter.Name)+1:])
	}
	return names
}

// forgetOthers drops moments that another kind of optimiser has kept.
func forgetOthers(moments map[*graph.Tensor]*Moments, optimizer Optimizer) {
	want := optimizer.Slots()
	for p, m := range moments {
		if !slices.Equal(m.slots(p), want) {
			delete(moments, p)
		}
	}
}

// checkRate is the check that all optimisers share.
func checkRate(rate float64) error {
	if !(rate > 0) || !isFinite(rate) {
		return fmt.Errorf("optimizer.rate %g, want above 0", rate)
	}
	return nil
}

// checkBetas is that of Adam and AdaMax.
func checkBetas(beta1, beta2, epsilon float64) error {
	switch {
	case !(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1):
		return fmt.Errorf("optimizer.beta1 %g and beta2 %g, want from 0 to below 1", beta1, beta2)
	case !(epsilon >= 0):
		return fmt.Errorf("optimizer.epsilon %g, want at least 0", epsilon)
	}
	return nil
}

// or is value, or what zero stands for.
func or(value, zero float64) float64 {
	if value == 0 {
		return zero
	}
	return value
}
