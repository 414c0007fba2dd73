package reproduce

import (
	"context"
	"fmt"

	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo"
)

// p4 compares the autoencoders of a lecture's family on the same digits and
// with codes of the same size, and how much of it is done.
type p4 struct {
	*Lab
	images      int // digits to learn from; 0: all
	units       int // of a code
	epochs      int
	planeEpochs int // of codes in the plane
	spiral      int // epochs of the points in the plane
	faces       int // to restore and to colour; 0: all
	faceEpochs  int // 0: as the recipes have it
	probed      int // digits that a linear classifier of codes learns from
	mapped      int // digits on a map

	trainSet, testSet *data.Images
}

func newP4(l *Lab) *p4 {
	e := &p4{Lab: l, units: 256, epochs: 20, planeEpochs: 30, spiral: 300, probed: 10000, mapped: 3000}
	if l.Quick {
		e.images, e.epochs, e.planeEpochs, e.spiral = 6000, 5, 5, 30
		e.faces, e.faceEpochs, e.probed, e.mapped = 200, 1, 1000, 500
	}
	return e
}

// member is one of the family.
type member struct {
	name   string
	recipe string
	about  string
}

// family are the members, in the lecture's order.
var family = []member{
	{"linear", "mnist-ae-linear", "no function, tied weights: the space of the principal components"},
	{"sigmoid", "mnist-ae-tied", "nothing but its size keeps it from copying"},
	{"sparse", "mnist-ae-sparse", "units that are rarely on"},
	{"denoising", "mnist-ae-denoising", "sees digits with pixels at 0, and is to give them back whole"},
	{"contractive", "mnist-ae-contractive", "its code is to move little with the digit"},
	{"contractive, second order", "mnist-ae-contractive-h", "and to move evenly"},
	{"dropout", "mnist-ae-dropout", "half of the units are left out in learning"},
	{"variational", "mnist-vae", "codes are drawn, and have a normal prior"},
}

// spoilt are the corruptions that codes are tried with. One member has learnt
// to undo the first.
var spoilt = []train.Corruptions{
	{{Form: "masking", Level: 0.4}},
	{{Form: "gaussian", Level: 0.3}},
	{{Form: "salt-and-pepper", Level: 0.2}},
}

func (e *p4) open() (err error) {
	source := zoo.Source{Set: "mnist", Size: 28, Whole: true, Images: e.images}
	if e.trainSet, err = source.Open(e.Root, data.Train); err != nil {
		return err
	}
	e.testSet, err = source.Open(e.Root, data.Test)
	return err
}

// recipe is one of the zoo without what teaches it classes, for the experiment's
// digits and size, and learning at one rate with all others.
func (e *p4) recipe(name string, units, epochs int) (zoo.Recipe, error) {
	r, err := zoo.Lookup(zoo.All(), name)
	if err != nil {
		return r, err
	}
	r.BuiltIn = nil // an experiment on other data is another one
	r.Data.Images = e.images
	if classifier, ok := r.Model.(models.Classifier); ok {
		r.Model = classifier.Body
	}
	switch m := r.Model.(type) {
	case models.Autoencoder:
		m.Layers = []int{units}
		r.Model = m
	case models.Variational:
		m.Code = units
		r.Model = m
	}
	stage := r.Stages[0]
	stage.Optimizer, stage.Schedule = train.Adam{Rate: 0.002}, train.Linear
	stage.Epochs, stage.Batch = epochs, 100
	r.Stages = []train.Stage{stage}
	return r, nil
}

// code is what is measured of a member, on test digits.
type code struct {
	Error     float64        `json:"mse"`   // of a pixel of the reconstruction
	Probe     float64        `json:"probe"` // error of a linear classifier of the codes
	HSPM      float64        `json:"hspm"`
	Corrupted []spoiltResult `json:"corrupted"`
}

// spoiltResult is what becomes of digits after a corruption.
type spoiltResult struct {
	Corruption string  `json:"corruption"`
	Error      float64 `json:"mse"`   // of the reconstruction from those that are whole
	Probe      float64 `json:"probe"` // error, of the classifier that has learnt from whole ones
}

// measure measures a model; nil are the pixels themselves.
func (e *p4) measure(ctx context.Context, model models.Model) (m code, err error) {
	encode := func(source metric.Source) (metric.Source, error) { return source, nil }
	reconstruct := func(source metric.Source) ([]float32, error) { return zoo.Floats(source), nil }
	if model != nil {
		coder, ok := model.(models.Coder)
		if !ok {
			return m, fmt.Errorf("a model of type %s has no code", models.Types.Name(model.Spec()))
		}
		encode = func(source metric.Source) (metric.Source, error) {
			return metric.Encoded(ctx, coder, source, batch)
		}
		reconstruct = func(source metric.Source) ([]float32, error) { return zoo.Reconstruct(model, source) }
	}
	train := e.trainSet.Head(e.probed)
	learnt, err := encode(train)
	if err != nil {
		return m, err
	}
	originals := zoo.Floats(e.testSet)
	try := func(source metric.Source) (mse, probe float64, codes metric.Source, err error) {
		if codes, err = encode(source); err != nil {
			return 0, 0, nil, err
		}
		restored, err := reconstruct(source)
		if err != nil {
			return 0, 0, nil, err
		}
		mse = zoo.MeanSquare(restored, originals)
		probe, err = metric.Probe(ctx, metric.Labelled{Source: learnt, Labels: train.Labels}, metric.Labelled{Source: codes, Labels: e.testSet.Labels}, batch, nil)
		return mse, probe, codes, err
	}
	var codes metric.Source
	if m.Error, m.Probe, codes, err = try(e.testSet); err != nil {
		return m, err
	}
	m.HSPM = metric.SparsenessOf(codes)
	for _, c := range spoilt {
		digits, err := zoo.Corrupt(ctx, e.testSet, []int{28, 28, 1}, c, 1)
		if err != nil {
			return m, err
		}
		r := spoiltResult{Corruption: c.String()}
		if r.Error, r.Probe, _, err = try(digits); err != nil {
			return m, err
		}
		m.Corrupted = append(m.Corrupted, r)
	}
	return m, nil
}

// trainFamily trains the members, or finds them trained.
func (e *p4) trainFamily(ctx context.Context) (map[string]*run, error) {
	runs := map[string]*run{}
	for _, m := range family {
		recipe, err := e.recipe(m.recipe, e.units, e.epochs)
		if err != nil {
			return nil, err
		}
		if runs[m.name], err = e.train(ctx, m.recipe, recipe, "", nil); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// table is what the members are worth.
func (e *p4) table(ctx context.Context, runs map[string]*run) (*Section, error) {
	size := Table{
		Caption: fmt.Sprintf("Codes of %d units, learnt from %d digits in %d epochs, measured on the %d of the test part. The error is the mean square of "+
			"pixel − reconstruction; the classifier is linear, and learnt from the codes of %d training digits; HSPM is Hoyer's sparseness of a code, "+
			"from 0, all units alike, to 1, one alone.", e.units, e.trainSet.Len(), e.epochs, e.testSet.Len(), min(e.probed, e.trainSet.Len())),
		Head: []string{"autoencoder", "recipe", "error", "mistaken by a linear classifier of codes", "HSPM", "time"},
	}
	robust := Table{
		Caption: "The same of test digits that are corrupted: the error of the reconstruction from the digit as it was, and how many are mistaken by the same " +
			"classifier, which has seen whole digits only.",
		Head: []string{"autoencoder"},
	}
	for _, c := range spoilt {
		robust.Head = append(robust.Head, c.String()+": error", "mistaken")
	}
	add := func(name, recipe, took string, m code) {
		line := []string{name}
		for _, c := range m.Corrupted {
			line = append(line, fmt.Sprintf("%.4f", c.Error), percent(c.Probe))
		}
		robust.Rows = append(robust.Rows, line)
		size.Rows = append(size.Rows, []string{name, recipe, fmt.Sprintf("%.4f", m.Error), percent(m.Probe), fmt.Sprintf("%.2f", m.HSPM), took})
	}
	pixels, err := once(e.Lab, "pixels", fmt.Sprintf("%d of %s", e.probed, e.trainSet.Sum), func() (code, error) { return e.measure(ctx, nil) })
	if err != nil {
		return nil, err
	}
	add("none: the pixels", "", "", pixels)
	for _, member := range family {
		r := runs[member.name]
		m, err := once(e.Lab, r.name, r.sum, func() (code, error) { return e.measure(ctx, r.Model) })
		if err != nil {
			return nil, err
		}
		add(member.name, member.recipe, inWords(r.seconds), m)
	}
	text := "The members: "
	for i, m := range family {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("*%s*, %s", m.name, m.about)
	}
	return &Section{
		Title: "One family, one size",
		Text: []string{
			text + ".",
			"All but the variational one have one layer, and its weights turned over to decode; that one has 500 units between digit and code. " +
				"All learn by Adam from batches of 100, at a rate that falls from 0.002 to 0. The variational one learns from zeros and ones, drawn anew at every step with the grey " +
				"values as probabilities, as its Bernoulli output asks for; all others from the grey values.",
		},
		Tables: []Table{size, robust},
	}, nil
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// runP4 makes the page.
func runP4(ctx context.Context, l *Lab) (*Page, error) {
	e := newP4(l)
	if err := e.open(); err != nil {
		return nil, err
	}
	defer e.trainSet.Close()
	defer e.testSet.Close()
	runs, err := e.trainFamily(ctx)
	if err != nil {
		return nil, err
	}
	page := &Page{Title: "The autoencoder family"}
	for _, part := range []func(context.Context, map[string]*run) (*Section, error){
		e.table, e.filters, e.restored, e.plane, e.field, e.faceSection,
	} {
		section, err := part(ctx, runs)
		if err != nil {
			return nil, err
		}
		page.Sections = append(page.Sections, *section)
	}
	page.Intro = []string{
		"A lecture on deep learning (P4) introduces the autoencoders that do not learn to copy: by a narrow code, by one that is sparse, by noise, by a penalty " +
			"on how the code moves, by dropout, and as models of distributions. Here they are side by side, on the same digits and with codes of the same size.",
		l.provenance("p4"),
	}
	return page, nil
}

// some are n test digits, at even distances.
func (e *p4) some(n int) *data.Images { return zoo.Spread(e.testSet, n) }
