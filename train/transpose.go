package train

import (
	"fmt"
	"reflect"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// transposable finds out whether a layer can begin as the machine below it
// turned over.
func transposable(l, below *models.Layer) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("transpose: %s as %s turned over: %w", l.Name, below.Name, fmt.Errorf(format, args...))
	}
	visible, hidden := graph.Size(below.InputShape()), graph.Size(below.OutputShape())
	dense := func(l *models.Layer) bool { return len(l.Weight.Shape) == 2 && max(l.Copies, 1) == 1 }
	seen := l.Visible
	if mixed, ok := l.Visible.(unit.Mixed); ok && l.Classes > 0 {
		seen = mixed.First
	}
	switch {
	case !dense(l) || !dense(below):
		return fail("one of them is a convolution or has copies of hidden units")
	case !reflect.DeepEqual(seen, below.Hidden) || !reflect.DeepEqual(l.Hidden, below.Visible):
		return fail("units %+v and %+v over %+v and %+v", l.Visible, l.Hidden, below.Visible, below.Hidden)
	case (l.VisibleMean == nil) != (below.VisibleMean == nil):
		return fail("one of them is centred, the other is not")
	case graph.Size(l.InputShape()) != hidden || graph.Size(l.OutputShape()) < visible:
		return fail("%d visible and %d hidden units, want %d and at least %d", graph.Size(l.InputShape()), graph.Size(l.OutputShape()), hidden, visible)
	}
	return nil
}

// startTransposed gives l, which is transposable, the parameters of the machine
// below: with v and h changed round it has the same energy, but for the hidden
// units and labels that only l has.
func startTransposed(l, below *models.Layer) {
	visible, hidden, units := graph.Size(below.InputShape()), graph.Size(below.OutputShape()), graph.Size(l.OutputShape())
	for i := range hidden {
		for j := range visible {
			l.Weight.Data[i*units+j] = below.Weight.Data[j*hidden+i]
		}
	}
	copy(l.VisibleBias.Data, below.HiddenBias.Data)
	copy(l.HiddenBias.Data, below.VisibleBias.Data)
	if l.VisibleMean != nil {
		copy(l.VisibleMean.Data, below.HiddenMean.Data)
		copy(l.HiddenMean.Data, below.VisibleMean.Data)
	}
}
