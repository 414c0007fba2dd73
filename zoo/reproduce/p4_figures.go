package reproduce

import (
	"context"
	"fmt"
	"image"

	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/zoo"
	"boltzoo/zoo/report"
)

// filtersShown is how many units of a code are drawn.
const filtersShown = 64

// filters are what the units of the codes look for.
func (e *p4) filters(_ context.Context, runs map[string]*run) (*Section, error) {
	s := &Section{
		Title: "Filters",
		Text: []string{fmt.Sprintf("Weights from the pixels to a unit, of the %d units with the largest, each scaled for itself: white is for a pixel that is on, "+
			"black against it. Of the variational autoencoder they are those of its first hidden layer.", filtersShown)},
	}
	for _, m := range family {
		weighted, ok := runs[m.name].Model.(models.Weighted)
		if !ok {
			return nil, fmt.Errorf("reproduce: %s: a model of type %s tells no weights", m.name, models.Types.Name(runs[m.name].Model.Spec()))
		}
		w := weighted.Weights()[0]
		sheet, _, err := report.Filters{Most: filtersShown, Sheet: report.Sheet{Scale: 2}}.Draw(w.Data, 28, 28, 1, w.Shape[len(w.Shape)-1])
		if err != nil {
			return nil, fmt.Errorf("reproduce: %s: %w", m.name, err)
		}
		s.Figures = append(s.Figures, Figure{Name: "filters-" + m.recipe, Caption: fmt.Sprintf("%s: %s.", m.name, m.about), Image: sheet})
	}
	return s, nil
}

// restored are digits that were corrupted, and what members make of them.
func (e *p4) restored(ctx context.Context, runs map[string]*run) (*Section, error) {
	const columns = 16
	digits := e.some(columns)
	s := &Section{
		Title: "Corrupted digits, and digits from nothing",
		Text: []string{"Test digits; below them as they are corrupted; then what is decoded from the code of that by the plain sigmoid autoencoder, the denoising " +
			"one, and the contractive one."},
	}
	for i, c := range append(spoilt, train.Corruptions{{Form: "hole", Level: 0.35}}) {
		corrupted, err := zoo.Corrupt(ctx, digits, []int{28, 28, 1}, c, 1)
		if err != nil {
			return nil, err
		}
		rows := [][]float32{zoo.Floats(corrupted)}
		for _, name := range []string{"sigmoid", "denoising", "contractive"} {
			decoded, err := zoo.Reconstruct(runs[name].Model, corrupted)
			if err != nil {
				return nil, err
			}
			rows = append(rows, decoded)
		}
		sheet, err := report.Sheet{Columns: columns, Scale: 2}.Pairs(28, 28, 1, zoo.Floats(digits), rows...)
		if err != nil {
			return nil, err
		}
		s.Figures = append(s.Figures, Figure{Name: fmt.Sprintf("corrupted-%d", i+1), Caption: "Corrupted by " + c.String() + ".", Image: sheet})
	}
	r := runs["variational"]
	samples, err := r.Run.Recipe.Sampling.Sample(r.Model, filtersShown, 1, nil)
	if err != nil {
		return nil, err
	}
	sheet, err := report.Sheet{Scale: 2}.Tiles(samples, 28, 28, 1)
	s.Figures = append(s.Figures, Figure{Name: "samples", Caption: "Codes drawn from the prior of the variational autoencoder, decoded.", Image: sheet})
	return s, err
}

// plane is what codes of two units look like.
func (e *p4) plane(ctx context.Context, _ map[string]*run) (*Section, error) {
	digits := e.some(e.mapped)
	s := &Section{
		Title: "Maps of codes in the plane",
		Text: []string{"Autoencoders 784-500-2-500-784, so that a code is a point: nothing is projected. The variational one, whose codes have a prior, puts them " +
			"about the origin, without gaps in which no code would be a digit. Both learn from zeros and ones, drawn anew at every step with the grey values as probabilities. The lower pictures are what codes on a grid over the map stand for."},
	}
	table := Table{Head: []string{"autoencoder", "error of a pixel", "digits whose nearest on the map is of another class", "time"}}
	for _, c := range []struct {
		name, title string
		model       models.Spec
		objective   train.Objective
	}{
		{"plane-autoencoder", "plain", models.Autoencoder{Shape: []int{28, 28, 1}, Layers: []int{500, 2}, Activation: "tanh", Code: "linear"}, train.Reconstruction{Loss: "cross-entropy"}},
		{"plane-variational", "variational", models.Variational{Shape: []int{28, 28, 1}, Layers: []int{500}, Code: 2, Activation: "tanh"}, train.Evidence{}},
	} {
		recipe, err := e.recipe("mnist-vae", 2, e.planeEpochs)
		if err != nil {
			return nil, err
		}
		recipe.Model, recipe.Stages[0].Objective, recipe.Sampling = c.model, c.objective, zoo.Sampling{}
		r, err := e.train(ctx, c.name, recipe, "", nil)
		if err != nil {
			return nil, err
		}
		latent, err := zoo.NewLatent(ctx, r.Model, digits, zoo.MapCode, nil)
		if err != nil {
			return nil, err
		}
		plot, err := latent.Draw()
		if err != nil {
			return nil, err
		}
		decoded, err := latent.DrawDecoded(r.Trained)
		if err != nil {
			return nil, err
		}
		mse, err := meanError(r.Model, e.testSet)
		if err != nil {
			return nil, err
		}
		table.Rows = append(table.Rows, []string{c.title, fmt.Sprintf("%.4f", mse), percent(*latent.Mistaken), inWords(r.seconds)})
		s.Figures = append(s.Figures,
			Figure{Name: c.name, Caption: fmt.Sprintf("Codes of %d test digits, %s autoencoder.", digits.Len(), c.title), Data: latent, Image: plot},
			Figure{Name: c.name + "-decoded", Caption: "What codes on a grid stand for, " + c.title + ".", Image: decoded})
	}
	s.Tables = []Table{table}
	return s, nil
}

// field is where a denoising autoencoder moves points of the plane.
func (e *p4) field(ctx context.Context, _ map[string]*run) (*Section, error) {
	recipe, err := zoo.Lookup(zoo.All(), "spiral-ae-denoising")
	if err != nil {
		return nil, err
	}
	recipe.Stages[0].Epochs = e.spiral
	r, err := e.train(ctx, recipe.Name, recipe, "", nil)
	if err != nil {
		return nil, err
	}
	points, err := recipe.Data.Open(e.Root, data.Test)
	if err != nil {
		return nil, err
	}
	defer points.Close()
	field, err := zoo.NewField(r.Model, points)
	if err != nil {
		return nil, err
	}
	picture, err := field.Draw()
	return &Section{
		Title: "The field of a denoising autoencoder",
		Text: []string{fmt.Sprintf("Points near a spiral in the plane, corrupted by normal noise of deviation 0.05. What the autoencoder adds to a point, g(f(x)) − x, "+
			"points to where data are dense: with little noise it is proportional to the gradient of their log density (Alain and Bengio 2014). Points of the grid "+
			"are %.3f from the nearest datum on average, and %.3f after one step of the field. Trained in %s.", field.Before, field.After, inWords(r.seconds))},
		Figures: []Figure{{Name: "field", Caption: "Data, and the field on a grid.", Data: field, Image: picture}},
	}, err
}

// faceSection is what convolutional autoencoders restore and colour.
func (e *p4) faceSection(ctx context.Context, _ map[string]*run) (*Section, error) {
	s := &Section{
		Title: "Restored and coloured",
		Text: []string{"Convolutional denoising autoencoders of faces, none of which they have seen in learning: as they were, as they are corrupted, and what is made " +
			"of that. Beside the model is what needs none. PSNR is of the mean square, in decibels; SSIM is the structural similarity, 1 for equal pictures."},
	}
	for _, name := range []string{"celeba-ae-restore", "celeba-ae-color"} {
		recipe, err := zoo.Lookup(zoo.All(), name)
		if err != nil {
			return nil, err
		}
		recipe.BuiltIn, recipe.Data.Images = nil, e.faces
		if e.faceEpochs > 0 {
			recipe.Stages[0].Epochs = e.faceEpochs
		}
		r, err := e.train(ctx, name, recipe, "", nil)
		if err != nil {
			return nil, err
		}
		picture, table, err := e.restoration(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("reproduce: %s: %w", name, err)
		}
		table.Caption = fmt.Sprintf("`%s`, %d faces, %d epochs, %s:", name, r.Run.Data.Images, recipe.Stages[0].Epochs, inWords(r.seconds))
		s.Tables = append(s.Tables, *table)
		s.Figures = append(s.Figures, Figure{Name: name, Caption: "`" + name + "`, of faces of the test part.", Image: picture})
	}
	return s, nil
}

// facesShown and facesTested are test faces.
const (
	facesShown  = 10
	facesTested = 500
)

// restoration is a picture and the numbers of what a run undoes.
func (e *p4) restoration(ctx context.Context, r *run) (image.Image, *Table, error) {
	recipe := r.Run.Recipe
	test, err := recipe.Data.Open(e.Root, data.Test)
	if err != nil {
		return nil, nil, err
	}
	defer test.Close()
	training, err := recipe.Data.Open(e.Root, data.Train)
	if err != nil {
		return nil, nil, err
	}
	defer training.Close()
	measured, err := once(e.Lab, r.name, r.sum, func() (*zoo.Restoration, error) {
		coder, ok := r.Model.(models.Coder)
		if !ok {
			return nil, fmt.Errorf("a model of type %s has no code", models.Types.Name(r.Model.Spec()))
		}
		return zoo.Restore(ctx, coder, recipe.Corruption(), test.Head(facesTested), training, recipe.Seed)
	})
	if err != nil {
		return nil, nil, err
	}
	table := &Table{Head: []string{"faces", "PSNR", "SSIM"}}
	for _, w := range measured.Ways {
		psnr := "no error"
		if w.PSNR != nil {
			psnr = fmt.Sprintf("%.2f dB", *w.PSNR)
		}
		table.Rows = append(table.Rows, []string{w.Way, psnr, fmt.Sprintf("%.3f", w.SSIM)})
	}
	picture, err := zoo.DrawPairs(ctx, r.Model, test.Head(facesShown), recipe.Corruption(), recipe.Seed)
	return picture, table, err
}
