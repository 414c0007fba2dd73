package zoo

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/zoo/report"
)

// DrawFilters draws what the units of each layer look for into filters-N.png of
// a folder, and returns their paths: the weights of layers that look at pictures
// or at maps of features, and what units of higher layers do to the picture.
func (t *Trained) DrawFilters(folder string) ([]string, error) {
	if !hasFilters(t.Model) {
		return nil, fmt.Errorf("zoo: plot: a model of type %s has no layers", models.Types.Name(t.Model.Spec()))
	}
	if d := t.Run.Data; !d.Pictures() {
		return nil, fmt.Errorf("zoo: plot: an example of %s, %d×%d×%d, is no picture, and so are filters over it", d.Name, d.Height, d.Width, d.Channels)
	}
	var drawn []string
	if w := lowestWeights(t.Model); w != nil {
		d := t.Run.Data
		sheet, _, err := report.Filters{}.Draw(w.Data, d.Height, d.Width, d.Channels, w.Shape[len(w.Shape)-1])
		if err != nil {
			return nil, err
		}
		path := filepath.Join(folder, "filters-1.png")
		return []string{path}, report.WritePNG(path, sheet)
	}
	net := t.Model.(models.Layered)
	for i, l := range net.Layers() {
		height, width, channels := t.Run.Data.Height, t.Run.Data.Width, t.Run.Data.Channels
		shape, w := l.Weight.Shape, l.Weight.Data
		switch {
		case len(shape) == 4:
			height, width, channels = shape[0], shape[1], shape[2]
		case i > 0:
			var err error
			if w, err = responses(net.Layers()[:i+1]); err != nil {
				return nil, err
			}
		default:
			w = w[:graph.Size(l.InputShape())*shape[len(shape)-1]] // not those of label units
		}
		sheet, _, err := report.Filters{}.Draw(w, height, width, channels, shape[len(shape)-1])
		if err != nil {
			return nil, err
		}
		path := filepath.Join(folder, fmt.Sprintf("filters-%d.png", i+1))
		if err := report.WritePNG(path, sheet); err != nil {
			return nil, err
		}
		drawn = append(drawn, path)
	}
	return drawn, nil
}

// hasFilters tells whether a model has what DrawFilters draws.
func hasFilters(model models.Model) bool {
	_, layered := model.(models.Layered)
	return layered || lowestWeights(model) != nil
}

// lowestWeights are those into the first layer of an autoencoder of dense
// layers, nil of another model.
func lowestWeights(model models.Model) *graph.Tensor {
	switch m := model.(type) {
	case models.Deep:
		return m.Weights()[0]
	case *models.VariationalNet:
		return m.Weights()[0]
	}
	return nil
}

// lossShare is the part of the losses that loss.png shows: the others are of
// the first steps of the stages, beside which nothing else would be seen.
const lossShare = 0.98

// DrawLoss draws the log of the run in a folder: loss.png has each layer's
// loss over the number of its visible units, or what a model without machines
// minimises, stage by stage, and the cross-entropy of a reconstruction by the whole
// stack; layers.png each layer's reconstruction error, in its own units, and that
// of the whole stack; classes.png what is minimised where classes are
// learnt, and the share of mistaken images that were held out. What the run has
// nothing for is not drawn.
func DrawLoss(run, folder string) ([]string, error) {
	steps, _, err := readLog(filepath.Join(run, metricsFile))
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("zoo: plot %s: no step was taken yet", run)
	}
	of, err := readRun(filepath.Join(run, recipeFile))
	if err != nil {
		return nil, err
	}
	visible, err := visibleUnits(of.Recipe.Model)
	if err != nil {
		return nil, fmt.Errorf("zoo: %s: %w", run, err)
	}
	size := float64(of.Data.Height * of.Data.Width * of.Data.Channels)
	objective := func(s train.Step) train.Objective {
		if s.Stage < len(of.Recipe.Stages) {
			return of.Recipe.Stages[s.Stage].Objective
		}
		return nil
	}
	var losses, layers, errors history
	for i, s := range steps {
		if i > 0 && s.Stage != steps[i-1].Stage {
			for _, h := range []*history{&losses, &layers, &errors} {
				h.mark(s)
			}
		}
		for _, l := range s.Layers {
			losses.add(l.Name, s.Step, l.Loss/visible[l.Name])
			layers.add(l.Name, s.Step, l.Reconstruction)
		}
		_, classes := objective(s).(train.Classification)
		whole, reconstructs := objective(s).(train.Reconstruction)
		switch {
		case classes:
			errors.add("cross-entropy", s.Step, s.Loss)
			if s.Validation != nil {
				errors.add("mistaken, held out", s.Step, s.Validation.Error)
			}
		case len(visible) == 0: // no machines: what is minimised is all there is
			losses.add(orElse(s.Name, "loss"), s.Step, s.Loss)
		case reconstructs && whole.Loss == "cross-entropy":
			losses.add("whole stack", s.Step, s.Loss/size)
		case reconstructs:
			layers.add("whole stack", s.Step, s.Loss)
		}
	}
	var drawn []string
	ofLoss := report.Curves{Y: "loss of a layer / visible units", Share: lossShare}
	if len(visible) == 0 {
		ofLoss.Y = "loss"
	}
	for _, c := range []struct {
		file   string
		of     *history
		curves report.Curves
	}{
		{lossFile, &losses, ofLoss},
		{layersFile, &layers, report.Curves{Y: "mean square of v − v′", LogY: true, Share: 1}},
		{classesFile, &errors, report.Curves{Y: "cross-entropy, nats", LogY: true, Share: 1}},
	} {
		if len(c.of.series) == 0 {
			continue
		}
		c.curves.X, c.curves.Marks = "step", c.of.marks
		picture, err := c.curves.Draw(c.of.series...)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(folder, c.file)
		if err := report.WritePNG(path, picture); err != nil {
			return nil, err
		}
		drawn = append(drawn, path)
	}
	return drawn, nil
}

// history is curves over the steps of a run.
type history struct {
	series []report.Series
	marks  []report.Mark
}

// add adds a point to the curve of that name. Zero is what an objective without
// this term has, and no point.
func (h *history) add(name string, step int, y float64) {
	if y == 0 {
		return
	}
	i := slices.IndexFunc(h.series, func(s report.Series) bool { return s.Name == name })
	if i < 0 {
		i = len(h.series)
		h.series = append(h.series, report.Series{Name: name})
	}
	s := &h.series[i]
	s.X, s.Y = append(s.X, float64(step)), append(s.Y, y)
}

// mark begins a stage: a curve is not smoothed over two of them.
func (h *history) mark(s train.Step) {
	h.marks = append(h.marks, report.Mark{X: float64(s.Step), Name: s.Name})
	for i := range h.series {
		h.series[i].X, h.series[i].Y = append(h.series[i].X, float64(s.Step)), append(h.series[i].Y, math.NaN())
	}
}

// visibleUnits are the numbers of the layers of a model, by their names.
func visibleUnits(spec models.Spec) (map[string]float64, error) {
	model, err := spec.New(graph.NewRandom(0))
	if err != nil {
		return nil, err
	}
	units := map[string]float64{}
	net, ok := model.(models.Layered)
	if u, unrolled := model.(*models.UnrolledNet); unrolled {
		net, ok = u.Machines(), true
	}
	if ok {
		for _, l := range net.Layers() {
			units[l.Name] = float64(graph.Size(l.StateShape()))
		}
	}
	return units, nil
}

// WriteGraph writes the computation graph of the model's reconstruction, for
// one example, in Graphviz's language.
func (t *Trained) WriteGraph(w io.Writer) error {
	coder, ok := t.Model.(models.Coder)
	if !ok {
		return fmt.Errorf("zoo: plot: a model of type %s has no code", models.Types.Name(t.Model.Spec()))
	}
	g := graph.New(nil)
	v := g.Input("v", append([]int{1}, t.Model.InputShape()...)...)
	coder.Decode(g, coder.Encode(g, v))
	return g.Dot(w)
}
