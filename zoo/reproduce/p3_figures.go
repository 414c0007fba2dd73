package reproduce

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

// watched is how many test examples the sparseness at the end of an epoch is the
// mean over.
const watched = 2000

// watch measures the layer that learns, epoch by epoch, into the lab's file of
// that name: a list for each layer.
func (e *p3) watch(name string) func(zoo.Progress, *zoo.Training) error {
	return func(p zoo.Progress, t *zoo.Training) error {
		path := e.measuredFile(name)
		var all [][]float64
		if _, err := readJSON(path, &all); err != nil {
			return err
		}
		test, err := t.Run.Recipe.Data.Open(e.Root, data.Test)
		if err != nil {
			return err
		}
		defer test.Close()
		layers := t.Model().(models.Layered).Layers()[:p.Stage+1]
		hspm, err := metric.Sparseness(layers, test.Head(watched), batch)
		if err != nil {
			return err
		}
		for len(all) <= p.Stage {
			all = append(all, nil)
		}
		if err := epochs(path, min(len(all[p.Stage]), p.Epoch), p.Epoch); err != nil {
			return err
		}
		all[p.Stage] = append(all[p.Stage][:p.Epoch], hspm[p.Stage+1])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return writeJSON(path, all)
	}
}

// figure1a is how sparse each layer is as it learns.
func (e *p3) figure1a(context.Context) (*Section, error) {
	var all [][]float64
	path := e.measuredFile("mnist-by-epoch-seed1")
	if _, err := readJSON(path, &all); err != nil {
		return nil, err
	}
	for _, layer := range all {
		if err := epochs(path, len(layer), e.digits.pretrain); err != nil {
			return nil, err
		}
	}
	var series []report.Series
	for i, y := range all {
		series = append(series, report.Series{Name: fmt.Sprintf("layer %d", i+1), Y: y})
	}
	image, err := report.Curves{Title: "Sparseness of three layers as they learn", X: "epoch", Y: "HSPM"}.Draw(series...)
	if err != nil {
		return nil, err
	}
	return &Section{
		Title: "Figure 1(a): sparseness by epoch",
		Text: []string{"Each layer of the pre-trained network of digits, while it learns. In the paper all three rise, the first lies " +
			"lowest and the third highest, over 50 epochs, with the momentum 0.5 for half of them and 0.9 for the others; here it rises from 0.5 to 0.9 over the first half, as it does for the tables."},
		Figures: []Figure{{"figure-1a", "Hoyer's sparseness of the layer that learns, seed 1.", series, image}},
	}, nil
}

// figure1b is how sparse machines of several sizes are.
func (e *p3) figure1b(ctx context.Context) (*Section, error) {
	var x, y []float64
	table := Table{Head: []string{"hidden units", "HSPM", "time"}}
	for _, units := range e.wide {
		recipe := e.digits.recipe
		recipe.Model = models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Shape: []int{28, 28, 1}, Units: units}
		recipe.Stages = zoo.Pretraining(1, e.figureEpochs)
		hspm, r, err := e.sparsenessOf(ctx, fmt.Sprintf("mnist-rbm-%d", units), recipe)
		if err != nil {
			return nil, err
		}
		x, y = append(x, float64(units)), append(y, hspm[1])
		table.Rows = append(table.Rows, []string{fmt.Sprint(units), fmt.Sprintf("%.3f", hspm[1]), inWords(r.seconds)})
	}
	series := report.Series{Name: "one machine", X: x, Y: y}
	image, err := report.Curves{Title: "Sparseness by the number of hidden units", X: "hidden units", Y: "HSPM"}.Draw(series)
	if err != nil {
		return nil, err
	}
	return &Section{
		Title: "Figure 1(b): sparseness by size",
		Text: []string{fmt.Sprintf("One machine on digits. In the paper, after 1,000 epochs, the sparseness rises with the number of units towards 0.68. Here each learnt for %d.",
			e.figureEpochs)},
		Tables:  []Table{table},
		Figures: []Figure{{"figure-1b", "Hoyer's sparseness of the hidden units of machines of several sizes.", series, image}},
	}, nil
}

// figure1c is how sparse the layers of deep stacks are.
func (e *p3) figure1c(ctx context.Context) (*Section, error) {
	const depth = 5
	var series []report.Series
	table := Table{Head: []string{"units a layer", "layer 1", "layer 2", "layer 3", "layer 4", "layer 5", "time"}}
	for _, units := range e.deep {
		stack := models.Stack{Shape: []int{28, 28, 1}}
		for range depth {
			stack.Layers = append(stack.Layers, models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: units})
		}
		recipe := e.digits.recipe
		recipe.Model, recipe.Stages = stack, zoo.Pretraining(depth, e.figureEpochs)
		hspm, r, err := e.sparsenessOf(ctx, fmt.Sprintf("mnist-%dx%d", depth, units), recipe)
		if err != nil {
			return nil, err
		}
		series = append(series, report.Series{Name: fmt.Sprintf("%d units", units), Y: hspm[1:]})
		line := []string{fmt.Sprint(units)}
		for _, v := range hspm[1:] {
			line = append(line, fmt.Sprintf("%.3f", v))
		}
		table.Rows = append(table.Rows, append(line, inWords(r.seconds)))
	}
	image, err := report.Curves{Title: "Sparseness of five layers", X: "layer", Y: "HSPM"}.Draw(series...)
	if err != nil {
		return nil, err
	}
	return &Section{
		Title: "Figure 1(c): sparseness by depth",
		Text: []string{fmt.Sprintf("Five layers of one size. In the paper, after 1,000 epochs, the sparseness of 500 units does not go beyond 0.58 and that of 1,000 not beyond 0.66, "+
			"and the third layer's is below the second's. Here each layer learnt for %d.", e.figureEpochs)},
		Tables:  []Table{table},
		Figures: []Figure{{"figure-1c", "Hoyer's sparseness of the layers of two stacks.", series, image}},
	}, nil
}

// sparsenessOf trains a recipe of layers and measures them on test data.
func (e *p3) sparsenessOf(ctx context.Context, name string, recipe zoo.Recipe) ([]float64, *run, error) {
	r, err := e.train(ctx, name, recipe, "", nil)
	if err != nil {
		return nil, nil, err
	}
	m, err := once(e.Lab, name, r.sum, func() (measured, error) { return e.measure(r, false) })
	return m.HSPM, r, err
}

// figure2 is how much the units that are active for several classes overlap.
func (e *p3) figure2(ctx context.Context) (*Section, error) {
	t, err := e.trio(ctx, e.digits, 1)
	if err != nil {
		return nil, err
	}
	section := &Section{
		Title: "Figure 2: overlap of active units",
		Text: []string{"The share of units that are active for all of k classes of test digits, mean over all choices of k of the ten classes. A unit is active for a class if the mean of its " +
			"states over the class's digits is at least τ, the largest threshold below which states can be left out without moving the reconstruction by a squared " +
			"distance of 0.05. In the paper DpRBM falls to 0 with depth, and Dsigm stays near 1 in every layer. Of the data itself, whose reconstruction is itself, τ leaves out of a digit what sums to 0.05."},
	}
	table := Table{Head: []string{"layer", "network", "τ"}}
	for k := 2; k <= 10; k++ {
		table.Head = append(table.Head, fmt.Sprintf("k = %d", k))
	}
	networks := []struct {
		name string
		run  *run
	}{{"DpRBM", t.pretrained}, {"Dsigm", t.sigmoid}, {"DBN", t.dbn}}
	overlaps := make([][]metric.Overlap, len(networks))
	for i, n := range networks {
		if overlaps[i], err = once(e.Lab, n.run.name+"-overlap", n.run.sum, func() ([]metric.Overlap, error) { return e.overlap(n.run) }); err != nil {
			return nil, err
		}
	}
	var k []float64
	for i := range overlaps[0][0].Degrees {
		k = append(k, float64(i+2))
	}
	line := func(layer, name string, o metric.Overlap) {
		cells := []string{layer, name, fmt.Sprintf("%.3f", o.Threshold)}
		for _, d := range o.Degrees {
			cells = append(cells, fmt.Sprintf("%.3f", d))
		}
		table.Rows = append(table.Rows, cells)
	}
	ofData := overlaps[0][0]
	line("data", "", ofData)
	for layer := range 3 {
		series := []report.Series{{Name: "data", X: k, Y: ofData.Degrees}}
		for i, n := range networks {
			o := overlaps[i][layer+1]
			line(fmt.Sprint(layer+1), n.name, o)
			series = append(series, report.Series{Name: n.name, X: k, Y: o.Degrees})
		}
		title := fmt.Sprintf("Overlap of active units, layer %d", layer+1)
		image, err := report.Curves{Title: title, X: "classes", Y: "mean AOD", Width: 800, Height: 600}.Draw(series...)
		if err != nil {
			return nil, err
		}
		section.Figures = append(section.Figures, Figure{
			fmt.Sprintf("figure-2-layer%d", layer+1), fmt.Sprintf("Layer %d, seed 1.", layer+1), series, image,
		})
	}
	section.Tables = []Table{table}
	return section, nil
}

// overlap is that of the data and of the layers of a run.
func (e *p3) overlap(r *run) ([]metric.Overlap, error) {
	test, err := r.Run.Recipe.Data.Open(e.Root, data.Test)
	if err != nil {
		return nil, err
	}
	defer test.Close()
	ofData, err := metric.OverlapOfData(test, test.Labels)
	if err != nil {
		return nil, err
	}
	ofLayers, err := metric.OverlapOf(r.layers(), test, test.Labels, batch)
	return append([]metric.Overlap{ofData}, ofLayers...), err
}
