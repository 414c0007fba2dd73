package reproduce

import (
	"context"
	"fmt"
	"math"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

// figure1 is the training error of the three by epoch.
func (e *p1) figure1(_ context.Context, three []autoencoder, trained [][]*tuned) (*Section, error) {
	table := Table{
		Caption: fmt.Sprintf("Mean squared error of a pixel, of the first %d training images after so many epochs, and of all test images in the end. Spreads are standard deviations over %d seeds.",
			e.held, len(trained[0])),
		Head: []string{"autoencoder", "before", "1 epoch", fmt.Sprintf("%d epochs", e.epochs), "test", "time of tuning", "of pre-training"},
	}
	var series []report.Series
	for i, a := range three {
		all := trained[i]
		series = append(series, curve(a.title, all))
		at := func(epoch int) string {
			return small(each(all, func(t *tuned) float64 { return t.byEpoch[epoch].Train }))
		}
		pre := "none"
		if all[0].pretrained != nil {
			took, _ := meanDeviation(each(all, func(t *tuned) float64 { return t.pretrained.seconds }))
			pre = inWords(took)
		}
		took, _ := meanDeviation(each(all, func(t *tuned) float64 { return t.seconds }))
		table.Rows = append(table.Rows, []string{
			a.title, at(0), at(1), at(e.epochs), small(each(all, func(t *tuned) float64 { return t.test })), inWords(took), pre,
		})
	}
	image, err := report.Curves{Title: "Training error", X: "epoch", Y: "mean squared error of a pixel", LogY: true}.Draw(series...)
	if err != nil {
		return nil, err
	}
	last := func(t *tuned) float64 { return t.byEpoch[e.epochs].Train }
	lowest := 0
	for seed, t := range trained[0] {
		if before := func(of *tuned) float64 { return of.byEpoch[0].Train }; before(t) < min(before(trained[1][seed]), before(trained[2][seed])) {
			lowest++
		}
	}
	return &Section{
		Title: "Figure 1: training error by epoch",
		Text: []string{
			"In the paper the pre-trained autoencoder starts lowest and is overtaken by the rectified one; the sigmoid one from random weights is far above both. " +
				fmt.Sprintf("Here it starts lowest in %d of %d seeds; after %d epochs ReLU < RBM + sigmoid < sigmoid in %d of them on the training images, and in %d on the test images. "+
					"Its decoder is linear, as the means of the machines' visible units are: what that changes is below.",
					lowest, len(trained[0]), e.epochs, inOrder(trained, last), inOrder(trained, func(t *tuned) float64 { return t.test })),
		},
		Tables:  []Table{table},
		Figures: []Figure{{"figure-1", fmt.Sprintf("Mean over %d seeds. Epoch 0 is before the tuning, for the pre-trained one after its pre-training.", len(trained[0])), series, image}},
	}, nil
}

// curve is the training error by epoch, the mean of several.
func curve(name string, all []*tuned) report.Series {
	mean := report.Series{Name: name}
	for epoch := range all[0].byEpoch {
		m, _ := meanDeviation(each(all, func(t *tuned) float64 { return t.byEpoch[epoch].Train }))
		mean.X, mean.Y = append(mean.X, float64(epoch)), append(mean.Y, m)
	}
	return mean
}

// each is a number of each of the trained.
func each(all []*tuned, of func(*tuned) float64) []float64 {
	values := make([]float64, len(all))
	for i, t := range all {
		values[i] = of(t)
	}
	return values
}

// small writes the mean of small numbers over seeds, with the standard deviation
// where there are several.
func small(values []float64) string {
	mean, deviation := meanDeviation(values)
	if len(values) < 2 {
		return fmt.Sprintf("%.4f", mean)
	}
	return fmt.Sprintf("%.4f ± %.4f", mean, deviation)
}

// figure2 is eight digits, and what each autoencoder makes of them.
func (e *p1) figure2(_ context.Context, three []autoencoder, trained [][]*tuned) (*Section, error) {
	digits := e.testSet.Head(8)
	var sets [][]float32
	names := ""
	for i, a := range three {
		again, err := zoo.Reconstruct(trained[i][0].Model, digits)
		if err != nil {
			return nil, err
		}
		sets = append(sets, again)
		names += ", " + a.title
	}
	image, err := report.Sheet{Columns: digits.Len()}.Pairs(digits.Height, digits.Width, digits.Channels, zoo.Floats(digits), sets...)
	if err != nil {
		return nil, err
	}
	return &Section{
		Title:   "Figure 2: reconstructions",
		Figures: []Figure{{Name: "figure-2", Caption: "The first eight test digits; below them, from the top: " + names[2:] + ". Seed 1.", Image: image}},
	}, nil
}

// multiplications are those of one step of a stage, with a batch of n, as its
// graph has them.
func multiplications(model models.Model, stage train.Stage, n int) (float64, error) {
	g := graph.New(nil)
	first, last := stage.Span(1)
	loss, err := stage.Objective.Build(g, model, train.Task{V: g.Input("v", append([]int{n}, model.InputShape()...)...), First: first, Last: last})
	if err != nil {
		return 0, err
	}
	parameters := make([]*graph.Node, len(loss.Parameters))
	for i, p := range loss.Parameters {
		parameters[i] = g.Param(p)
	}
	m, err := g.Compile(g.Grad(loss.Total, parameters...)...)
	if err != nil {
		return 0, err
	}
	return m.Flops() / 2, nil
}

// pretrainingCost is the multiplications of a pre-training, and its updates.
func (e *p1) pretrainingCost(stack models.Stack, stages []train.Stage) (count float64, updates int, err error) {
	images := e.trainSet.Len()
	shape := stack.Shape
	for i, s := range stages {
		rbm := stack.Layers[i].(models.RBM)
		rbm.Shape = shape
		model, err := rbm.New(graph.NewRandom(1))
		if err != nil {
			return 0, 0, err
		}
		alone := s
		alone.First, alone.Last = 0, 0
		one, err := multiplications(model, alone, 1)
		if err != nil {
			return 0, 0, err
		}
		seen := s.Seen(images)
		count += one * float64(seen)
		updates += (seen + s.BatchSize() - 1) / s.BatchSize()
		shape = []int{rbm.Units}
	}
	return count, updates, nil
}

// cost is what the pre-training takes, by several readings of its iterations, and
// what it is worth, with two decoders.
func (e *p1) cost(ctx context.Context, three []autoencoder, trained [][]*tuned) (*Section, error) {
	table := Table{
		Head: []string{"an iteration is", "updates", "multiplications", "time", "decoder", "error before tuning", "after 1 epoch", fmt.Sprintf("after %d epochs", e.epochs), "test"},
	}
	stack := three[0].recipe.Model.(models.Unrolled).Body.(models.Stack)
	var series []report.Series
	for _, r := range readings {
		stages := e.pretraining(r)
		count, steps, err := e.pretrainingCost(stack, stages)
		if err != nil {
			return nil, err
		}
		if r == readings[len(readings)-1] { // it takes as long as all of the rest
			table.Rows = append(table.Rows, []string{r.title, fmt.Sprint(steps), power(count), "not trained", "", "", "", "", ""})
			continue
		}
		for _, decoder := range []string{"", "sigmoid"} {
			a, activation := three[0], "linear"
			a.pretraining = stages
			if r != readings[1] {
				a.name, a.machines = a.name+"-"+r.name, a.machines+"-"+r.name
			}
			if decoder != "" {
				a.name += "-" + decoder
				activation = decoder
			}
			m := a.recipe.Model.(models.Unrolled)
			m.Decoder = decoder
			a.recipe.Model = m
			t, err := e.tune(ctx, a, 1)
			if err != nil {
				return nil, err
			}
			line := []string{r.title, fmt.Sprint(steps), power(count), inWords(t.pretrained.seconds), activation}
			for _, epoch := range []int{0, 1, e.epochs} {
				line = append(line, fmt.Sprintf("%.4f", t.byEpoch[epoch].Train))
			}
			table.Rows = append(table.Rows, append(line, fmt.Sprintf("%.4f", t.test)))
			series = append(series, curve(r.title+", "+activation, []*tuned{t}))
		}
	}
	for i, a := range three[1:] {
		series = append(series, curve(a.title, trained[i+1][:1]))
	}
	table.Rows = append(table.Rows, []string{"the paper", "", "4.93·10¹²", "", "", "", "", "", ""})
	image, err := report.Curves{Title: "Training error", X: "epoch", Y: "mean squared error of a pixel", LogY: true}.Draw(series...)
	if err != nil {
		return nil, err
	}
	tuning, err := e.tuningCost(three[2])
	if err != nil {
		return nil, err
	}
	pre, _, err := e.pretrainingCost(stack, three[0].pretraining)
	if err != nil {
		return nil, err
	}
	return &Section{
		Title: "What the pre-training costs",
		Text: []string{
			"The paper trains the machines for 400, 400, 600, 1000 and 3000 iterations with batches of 250, and says that this takes some 4.93·10¹² multiplications. " +
				"It does not say what an iteration is. Counted here are the multiplications of the matrix products in the graph of a step, five for each weight and image. " +
				"With two, forward and back, an epoch of 10,000 digits, as many as the paper tests on, comes to 4.94·10¹²: so this is the reading of the other figures.",
			fmt.Sprintf("The tuning itself, %d epochs, has %s: such a pre-training has %.2g times as much.", e.epochs, power(tuning), pre/tuning),
			"The paper's machines have Gaussian visible units, also above the first. Their means are linear, so that an autoencoder with a *linear* decoder begins as what the machines have " +
				"learnt. The paper speaks of sigmoid activations alone. But with a *sigmoid* decoder of the same weights and biases, which is not what the machines have learnt, the " +
				fmt.Sprintf("error before tuning is the one in the table, beside %.4f from random weights.", trained[1][0].byEpoch[0].Train),
		},
		Tables:  []Table{table},
		Figures: []Figure{{"pre-training", "Two readings and two decoders, and the two autoencoders without pre-training, seed 1.", series, image}},
	}, nil
}

// tuningCost is the multiplications of the tuning.
func (e *p1) tuningCost(a autoencoder) (float64, error) {
	model, err := a.recipe.Model.New(graph.NewRandom(1))
	if err != nil {
		return 0, err
	}
	one, err := multiplications(model, a.recipe.Stages[0], 1)
	return one * float64(a.recipe.Stages[0].Seen(e.trainSet.Len())), err
}

// power writes a large number.
func power(x float64) string {
	exponent := int(math.Floor(math.Log10(x)))
	superscript := ""
	for _, digit := range fmt.Sprint(exponent) {
		superscript += string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[digit-'0'])
	}
	return fmt.Sprintf("%.3g·10%s", x/math.Pow10(exponent), superscript)
}

// gradientNorms are the norms of the gradients of the mean squared error by the
// weights of each layer, from the picture up and down again.
func gradientNorms(model models.Deep, images metric.Source) ([]float64, error) {
	deep := model.Part(1, len(model.Levels()))
	weights := deep.Weights()
	sums := make([][]float64, len(weights))
	err := metric.Sweep(images, batch, model.InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		parameters := make([]*graph.Node, len(weights))
		for i, w := range weights {
			parameters[i] = g.Param(w)
		}
		decoded := g.Reshape(deep.Decode(g, deep.Encode(g, v)), v.Shape()...)
		return g.Grad(g.SquaredError(v, decoded), parameters...)
	}, func(n int, values [][]float32) error {
		for i, gradient := range values {
			if sums[i] == nil {
				sums[i] = make([]float64, len(gradient))
			}
			for k, x := range gradient {
				sums[i][k] += float64(x) * float64(n) / float64(images.Len())
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	norms := make([]float64, len(sums))
	for i, gradient := range sums {
		for _, x := range gradient {
			norms[i] += x * x
		}
		norms[i] = math.Sqrt(norms[i])
	}
	return norms, nil
}

// vanishing is the gradient of each layer's weights, before and after tuning.
func (e *p1) vanishing(_ context.Context, three []autoencoder, trained [][]*tuned) (*Section, error) {
	table := Table{Caption: fmt.Sprintf("Norms of the gradients of the mean squared error of the first %d training images by the weights of each layer, seed 1.", e.held), Head: []string{"layer"}}
	section := &Section{
		Title: "Do gradients vanish?",
		Text: []string{"The paper's argument is that the slope of a sigmoid, at most ¼, makes gradients vanish on their way down through many layers, and that of a rectified unit, 0 or 1, does not. " +
			"Layer 1 is next to the input, layer 10 next to the output, where gradients come from."},
	}
	for _, end := range []bool{false, true} {
		var series []report.Series
		when, name := "before tuning", "gradients-before"
		if end {
			when, name = fmt.Sprintf("after %d epochs", e.epochs), "gradients-after"
		}
		for i, a := range three {
			t := trained[i][0]
			norms, err := once(e.Lab, t.name+"-"+name, t.sum, func() ([]float64, error) {
				model := models.Model(t.Model)
				if !end {
					var err error
					if model, err = e.start(a, t.pretrained, 1); err != nil {
						return nil, err
					}
				}
				deep, ok := model.(models.Deep)
				if !ok {
					return nil, fmt.Errorf("a model of type %s has no pairs of layers", models.Types.Name(model.Spec()))
				}
				return gradientNorms(deep, e.trainSet.Head(e.held))
			})
			if err != nil {
				return nil, err
			}
			table.Head = append(table.Head, a.title+", "+when)
			for k, x := range norms {
				if k == len(table.Rows) {
					table.Rows = append(table.Rows, []string{fmt.Sprint(k + 1)})
				}
				table.Rows[k] = append(table.Rows[k], fmt.Sprintf("%.2g", x))
			}
			series = append(series, report.Series{Name: a.title, Y: norms})
		}
		image, err := report.Curves{Title: "Gradient of the weights, " + when, X: "layer", Y: "norm", LogY: true, Width: 800, Height: 600}.Draw(series...)
		if err != nil {
			return nil, err
		}
		section.Figures = append(section.Figures, Figure{name, "Norms of the gradients of each layer's weights, " + when + ".", series, image})
	}
	section.Tables = []Table{table}
	return section, nil
}

// depth is how autoencoders of several depths learn.
func (e *p1) depth(ctx context.Context, three []autoencoder, _ [][]*tuned) (*Section, error) {
	table := Table{
		Caption: fmt.Sprintf("Mean squared error of the first %d training images after %d epochs, seed 1.", e.held, e.depthEpochs),
		Head:    []string{"layers of weights", "units of the encoder"},
	}
	series := make([]report.Series, len(three))
	for i, a := range three {
		table.Head = append(table.Head, a.title)
		series[i].Name = a.title
	}
	for _, pairs := range e.pairs {
		layers := widths(pairs)
		line := []string{fmt.Sprint(2 * pairs), fmt.Sprint(layers)}
		for i, a := range three {
			a.recipe.Stages = []train.Stage{a.recipe.Stages[0]}
			a.recipe.Stages[0].Epochs = e.depthEpochs
			a.name = fmt.Sprintf("%s-%d-layers", a.name, 2*pairs)
			t, err := e.tune(ctx, e.deep(a, layers), 1)
			if err != nil {
				return nil, err
			}
			last := t.byEpoch[e.depthEpochs].Train
			line = append(line, fmt.Sprintf("%.4f", last))
			series[i].X, series[i].Y = append(series[i].X, float64(2*pairs)), append(series[i].Y, last)
		}
		table.Rows = append(table.Rows, line)
	}
	image, err := report.Curves{Title: "Training error by depth", X: "layers of weights", Y: "mean squared error of a pixel", LogY: true}.Draw(series...)
	if err != nil {
		return nil, err
	}
	return &Section{
		Title: "Beyond the paper: depth",
		Text: []string{"The same code of 32 units through encoders of one to seven layers, whose widths fall from 512 by one factor. Each machine of the pre-trained ones learns for ten epochs. " +
			fmt.Sprintf("The error of the mean digit is %.3f: an autoencoder that stays there has learnt nothing from its code.", spreadOf(e.trainSet.Head(e.held)))},
		Tables:  []Table{table},
		Figures: []Figure{{"depth", fmt.Sprintf("After %d epochs.", e.depthEpochs), series, image}},
	}, nil
}

// spreadOf is the mean square of pixel − mean over the images.
func spreadOf(images *data.Images) float64 {
	n, size := float64(images.Len()), images.Size()
	sum, square := make([]float64, size), 0.0
	for i, x := range zoo.Floats(images) {
		sum[i%size] += float64(x) / n
		square += float64(x) * float64(x) / n
	}
	for _, mean := range sum {
		square -= mean * mean
	}
	return square / float64(size)
}

// varied are the paper's autoencoders with one thing changed.
func (e *p1) varied(ctx context.Context, three []autoencoder, trained [][]*tuned) (*Section, error) {
	table := Table{
		Caption: fmt.Sprintf("Mean squared error of the first %d training images, and of all test images after %d epochs, seed 1.", e.held, e.epochs),
		Head:    []string{"autoencoder", "before", "1 epoch", fmt.Sprintf("%d epochs", e.epochs), "test", "time"},
	}
	add := func(title string, t *tuned) {
		at := func(epoch int) string { return fmt.Sprintf("%.4f", t.byEpoch[epoch].Train) }
		table.Rows = append(table.Rows, []string{title, at(0), at(1), at(e.epochs), fmt.Sprintf("%.4f", t.test), inWords(t.seconds)})
	}
	vary := func(name, title string, a autoencoder, change func(a *autoencoder)) error {
		a.recipe.Stages = []train.Stage{a.recipe.Stages[0]}
		change(&a)
		a.name = name
		t, err := e.tune(ctx, a, 1)
		if err == nil {
			add(title, t)
		}
		return err
	}
	for i, a := range three {
		add(a.title, trained[i][0])
	}
	rectified := func(change func(m *models.Autoencoder)) func(a *autoencoder) {
		return func(a *autoencoder) {
			m := a.recipe.Model.(models.Autoencoder)
			change(&m)
			a.recipe.Model = m
		}
	}
	err := vary("relu-open", "ReLU, hidden units not clipped", three[2], rectified(func(m *models.Autoencoder) { m.Activation = "relu" }))
	if err != nil {
		return nil, err
	}
	err = vary("relu-he", "ReLU, weights into a unit of n inputs with variance 2/n", three[2], rectified(func(m *models.Autoencoder) { m.Init = "" }))
	if err != nil {
		return nil, err
	}
	err = vary("relu-sigmoid", "ReLU, sigmoid output", three[2], rectified(func(m *models.Autoencoder) { m.Output = "" }))
	if err != nil {
		return nil, err
	}
	for _, n := range e.batches {
		for _, a := range three {
			err := vary(fmt.Sprintf("%s-batch%d", a.name, n), fmt.Sprintf("%s, batches of %d", a.title, n), a, func(a *autoencoder) { a.recipe.Stages[0].Batch = n })
			if err != nil {
				return nil, err
			}
		}
	}
	return &Section{Title: "Beyond the paper: other settings", Tables: []Table{table}}, nil
}
