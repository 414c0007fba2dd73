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
	net, ok := t.Model.(models.Layered)
	if !ok {
		return nil, fmt.Errorf("zoo: plot: a %T has no layers", t.Model.Spec())
	}
	var drawn []string
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

// lossShare is the part of the losses that loss.png shows: the others are of
// the first steps of the stages, beside which nothing else would be seen.
const lossShare = 0.98

// DrawLoss draws the log of the run in a folder: loss.png has each layer's
// loss over the number of its visible units, layers.png its reconstruction
// error, in its own units.
func DrawLoss(run, folder string) ([]string, error) {
	steps, _, err := readLog(filepath.Join(run, metricsFile))
	if err != nil {
		return nil, err
	}
	visible, err := visibleUnits(run)
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("zoo: plot %s: no step was taken yet", run)
	}
	var drawn []string
	for _, c := range []struct {
		file, y string
		whole   bool // stages that train all layers at once have their loss here
		share   float64
		of      func(train.LayerStep) float64
	}{
		{lossFile, "loss of a layer / visible units", false, lossShare, func(l train.LayerStep) float64 { return l.Loss / visible[l.Name] }},
		{layersFile, "mean square of v − v′", true, 1, func(l train.LayerStep) float64 { return l.Reconstruction }},
	} {
		var series []report.Series
		add := func(name string, x int, y float64) {
			for i := range series {
				if series[i].Name == name {
					series[i].X, series[i].Y = append(series[i].X, float64(x)), append(series[i].Y, y)
					return
				}
			}
			series = append(series, report.Series{Name: name, X: []float64{float64(x)}, Y: []float64{y}})
		}
		var marks []report.Mark
		for i, s := range steps {
			if i > 0 && s.Stage != steps[i-1].Stage {
				marks = append(marks, report.Mark{X: float64(s.Step), Name: s.Name})
				for j := range series { // a curve is not smoothed over another stage
					series[j].X, series[j].Y = append(series[j].X, float64(s.Step)), append(series[j].Y, math.NaN())
				}
			}
			for _, l := range s.Layers {
				// An objective without this term leaves it at zero.
				if y := c.of(l); y != 0 {
					add(l.Name, s.Step, y)
				}
			}
			if c.whole && s.Loss > 0 && !slices.ContainsFunc(s.Layers, func(l train.LayerStep) bool { return l.Reconstruction != 0 }) {
				add("whole stack", s.Step, s.Loss)
			}
		}
		if len(series) == 0 {
			continue
		}
		curves := report.Curves{X: "step", Y: c.y, LogY: c.whole, Share: c.share, Marks: marks}
		picture, err := curves.Draw(series...)
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

// visibleUnits are the numbers of the layers of a run's model, by their names.
func visibleUnits(run string) (map[string]float64, error) {
	r, err := readRun(filepath.Join(run, recipeFile))
	if err != nil {
		return nil, err
	}
	model, err := r.Recipe.Model.New(graph.NewRandom(0))
	if err != nil {
		return nil, fmt.Errorf("zoo: %s: %w", run, err)
	}
	units := map[string]float64{}
	if net, ok := model.(models.Layered); ok {
		for _, l := range net.Layers() {
			units[l.Name] = float64(graph.Size(l.InputShape()))
		}
	}
	return units, nil
}

// WriteGraph writes the computation graph of the model's reconstruction, for
// one example, in Graphviz's language.
func (t *Trained) WriteGraph(w io.Writer) error {
	coder, ok := t.Model.(models.Coder)
	if !ok {
		return fmt.Errorf("zoo: plot: a %T has no code", t.Model.Spec())
	}
	g := graph.New(nil)
	v := g.Input("v", append([]int{1}, t.Model.InputShape()...)...)
	coder.Decode(g, coder.Encode(g, v))
	return g.Dot(w)
}
