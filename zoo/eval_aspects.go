package zoo

import (
	"context"
	"fmt"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
	"boltzoo/train/metric"
)

// evaluator has what the aspects share.
type evaluator struct {
	Eval
	model       models.Model
	layers      []*models.Layer   // none for a model without
	corruption  train.Corruptions // what it has learnt to undo
	train, test metric.Source     // as they are
	// The same as states of the visible units, which likelihoods are about.
	trainStates, testStates metric.Source
	trainLabels             []byte // nil where images have none
	testLabels              []byte
	random                  *graph.Random
	result                  *Evaluation
	tell                    func(done, total int)
}

func (e *evaluator) noCode() error {
	if _, ok := e.model.(models.Coder); !ok {
		return fmt.Errorf("a model of type %s has no code", models.Types.Name(e.model.Spec()))
	}
	return nil
}

func (e *evaluator) reconstruction(context.Context) error {
	errs, err := metric.Reconstruction(e.model.(models.Coder), e.test, evalBatch)
	for i, mse := range errs {
		e.result.Reconstruction = append(e.result.Reconstruction, Depth{i + 1, mse})
	}
	return err
}

func (e *evaluator) noRestoration() error {
	if err := e.noCode(); err != nil {
		return err
	}
	return restorable(e.model.InputShape(), e.corruption)
}

func (e *evaluator) restoration(ctx context.Context) (err error) {
	e.result.Restoration, err = Restore(ctx, e.model.(models.Coder), e.corruption, e.test, e.train, e.Seed)
	return err
}

func (e *evaluator) noEnergy() error {
	if _, ok := e.model.(models.Energetic); !ok {
		return fmt.Errorf("a model of type %s has no free energy", models.Types.Name(e.model.Spec()))
	}
	return nil
}

func (e *evaluator) gap(context.Context) error {
	g := &Gap{}
	for mean, source := range map[*float64]metric.Source{&g.Train: e.trainStates, &g.Test: e.testStates} {
		var err error
		if *mean, err = metric.FreeEnergy(e.model.(models.Energetic), source, evalBatch); err != nil {
			return err
		}
	}
	g.Gap = g.Test - g.Train
	e.result.Gap = g
	return nil
}

var errGrey = fmt.Errorf("binary units have the likelihood of zeros and ones, not of grey pixels: choose %s or %s", BinarySample, BinaryThreshold)

// errJoint is about what is known of machines of examples alone.
var errJoint = fmt.Errorf("a joint model has states of examples and labels together, which the test images are not")

// joint tells whether the top machine has label units.
func (e *evaluator) joint() bool { return len(e.layers) > 0 && e.layers[len(e.layers)-1].Classes > 0 }

// noLikelihood wants a single machine of exact units.
func (e *evaluator) noLikelihood() error {
	switch {
	case e.joint():
		return errJoint
	case len(e.layers) == 0:
		return fmt.Errorf("a model of type %s has no layers, and no likelihood", models.Types.Name(e.model.Spec()))
	case len(e.layers) > 1:
		return fmt.Errorf("a stack of %d layers has no likelihood to be had, only a bound", len(e.layers))
	case e.result.Binary == BinaryGrey:
		return errGrey
	}
	_, err := e.layers[0].Exact()
	return err
}

func (e *evaluator) logLikelihood(ctx context.Context) error {
	mean, err := metric.Unnormalised(e.layers[0], e.testStates, evalBatch)
	if err != nil {
		return err
	}
	e.result.LogLikelihood, err = e.normalise(ctx, e.layers[0], e.trainStates, mean)
	return err
}

// boundDraws are enough: over a thousand images their error is some hundredths
// of a nat.
const boundDraws = 10

// noBound wants a stack of exact binary layers.
func (e *evaluator) noBound() error {
	switch {
	case e.joint():
		return errJoint
	case len(e.layers) < 2:
		return fmt.Errorf("a model of type %s is no stack: ask for loglik", models.Types.Name(e.model.Spec()))
	case e.result.Binary == BinaryGrey:
		return errGrey
	}
	return metric.Boundable(e.layers)
}

func (e *evaluator) bound(ctx context.Context) error {
	b, err := metric.VariationalBound(ctx, e.layers, e.testStates, boundDraws, evalBatch, e.random, e.tell)
	if err != nil {
		return err
	}
	last := len(e.layers) - 1
	features, err := metric.Climb(ctx, e.layers[:last], e.trainStates, evalBatch)
	if err != nil {
		return err
	}
	l, err := e.normalise(ctx, e.layers[last], features, b.Mean)
	if err != nil {
		return err
	}
	e.result.Bound = &VariationalBound{*l, boundDraws, b.Deviation}
	return nil
}

// normalise is the log-likelihood, or the bound, whose mean log p + log Z is
// given, with the log Z of a machine over such examples.
func (e *evaluator) normalise(ctx context.Context, l *models.Layer, examples metric.Source, mean float64) (*LogLikelihood, error) {
	found := &LogLikelihood{}
	if metric.Countable(l) {
		logZ, err := metric.LogZ(ctx, l, e.tell)
		if err != nil {
			return nil, err
		}
		exact := mean - logZ
		found.LogZ, found.Exact = &logZ, &exact
	}
	base, err := metric.BaseRate(l, examples, evalBatch)
	if err != nil {
		return nil, err
	}
	a := metric.AIS{Chains: e.Chains, Betas: e.Betas, Burn: e.Burn}
	forward, err := a.Forward(ctx, l, base, e.random, e.tell)
	if err != nil {
		return nil, err
	}
	back, err := a.Reverse(ctx, l, base, examples, e.random, e.tell)
	if err != nil {
		return nil, err
	}
	found.AIS, found.Reverse = annealed(mean, forward), annealed(mean, back)
	return found, nil
}

// notLinear wants an autoencoder without any other function.
func (e *evaluator) notLinear() error {
	a, ok := e.model.Spec().(models.Autoencoder)
	if !ok || a.Activation != "linear" || a.Code != "" && a.Code != "linear" || a.Output != "linear" {
		return fmt.Errorf("a model of type %s is no linear autoencoder: zoo reconstruct --pca has errors of components beside any model's", models.Types.Name(e.model.Spec()))
	}
	return nil
}

func (e *evaluator) pca(context.Context) error {
	coder := e.model.(models.Coder)
	units := graph.Size(coder.CodeShape())
	p, err := metric.FitPCA(e.train, units)
	if err != nil {
		return err
	}
	best, err := p.Reconstruction(e.test, units)
	if err != nil {
		return err
	}
	ours, err := metric.Reconstruction(coder, e.test, evalBatch)
	if err != nil {
		return err
	}
	c := &Components{Error: best[0], Ratio: ours[0] / best[0]}
	c.Angle, err = p.Angle(coder)
	e.result.Components = c
	return err
}

func (e *evaluator) noLayers() error {
	if len(e.layers) == 0 {
		return fmt.Errorf("a model of type %s has no layers", models.Types.Name(e.model.Spec()))
	}
	return nil
}

func (e *evaluator) noPosterior() error {
	if _, ok := e.model.(models.Stochastic); !ok {
		return fmt.Errorf("a model of type %s has no distribution of codes", models.Types.Name(e.model.Spec()))
	}
	return nil
}

// evidenceDraws are codes of each image.
const evidenceDraws = 100

func (e *evaluator) evidence(ctx context.Context) error {
	v, err := metric.EvidenceOf(ctx, e.model.(models.Stochastic), e.testStates, evidenceDraws, evalBatch, e.random, e.tell)
	e.result.Evidence = &v
	return err
}

// noLevels wants a model with layers of any kind.
func (e *evaluator) noLevels() error {
	if len(models.LevelsOf(e.model)) == 0 {
		return fmt.Errorf("a model of type %s has no layers", models.Types.Name(e.model.Spec()))
	}
	return nil
}

// noPseudo wants a single machine of binary visible units.
func (e *evaluator) noPseudo() error {
	switch {
	case e.joint():
		return errJoint
	case len(e.layers) != 1:
		return fmt.Errorf("a model of type %s is no single machine", models.Types.Name(e.model.Spec()))
	case e.result.Binary == "":
		return fmt.Errorf("%s visible units are not binary", unit.Types.Name(e.layers[0].Visible))
	case e.result.Binary == BinaryGrey:
		return errGrey
	}
	return nil
}

func (e *evaluator) pseudo(ctx context.Context) error {
	p, err := metric.PseudoLikelihood(ctx, e.layers[0], e.testStates, e.tell)
	e.result.PseudoLikelihood = &p
	return err
}

func (e *evaluator) units(context.Context) (err error) {
	e.result.Units, err = metric.ActivityOf(e.layers, e.test, evalBatch)
	return err
}

// The chains whose autocorrelation is measured.
const (
	autocorrelationChains = 20
	autocorrelationSteps  = 2000
)

// noChain wants a top machine whose states can be drawn.
func (e *evaluator) noChain() error {
	if err := e.noLayers(); err != nil {
		return err
	}
	if e.joint() {
		return errJoint
	}
	l := e.layers[len(e.layers)-1]
	g := graph.New(e.random)
	l.Gibbs(g, g.Full(0, append([]int{1}, l.InputShape()...)...), models.AllNoise)
	return g.Err()
}

func (e *evaluator) autocorrelation(ctx context.Context) error {
	last := len(e.layers) - 1
	start, err := metric.Climb(ctx, e.layers[:last], e.test, evalBatch)
	if err != nil {
		return err
	}
	a, err := metric.AutocorrelationOf(ctx, e.layers[last], start, autocorrelationChains, autocorrelationSteps, e.random, e.tell)
	e.result.Autocorrelation = &a
	return err
}

func (e *evaluator) hspm(context.Context) (err error) {
	e.result.HSPM, err = metric.Sparseness(models.LevelsOf(e.model), e.test, evalBatch)
	return err
}

// noLabels wants images with classes.
func (e *evaluator) noLabels() error {
	if e.trainLabels == nil || e.testLabels == nil {
		return fmt.Errorf("images of %s have no classes", e.result.Set)
	}
	return nil
}

func (e *evaluator) noOverlap() error {
	if err := e.noLayers(); err != nil {
		return err
	}
	return e.noLabels()
}

func (e *evaluator) aod(context.Context) (err error) {
	e.result.AOD, err = metric.OverlapOf(e.layers, e.test, e.testLabels, evalBatch)
	return err
}

// probeMost is how many values of codes are held for a probe at most, a gigabyte.
const probeMost = 1 << 28

func (e *evaluator) noProbe() error {
	if err := e.noCode(); err != nil {
		return err
	}
	units, images := graph.Size(e.model.(models.Coder).CodeShape()), e.train.Len()+e.test.Len()
	if units*images > probeMost {
		return fmt.Errorf("codes of %d images of %d values each are too many to hold: want fewer images", images, units)
	}
	return e.noLabels()
}

func (e *evaluator) probe(ctx context.Context) error {
	coder := e.model.(models.Coder)
	codesOf := func(source metric.Source, labels []byte) (metric.Labelled, error) {
		codes, err := metric.Encoded(ctx, coder, source, evalBatch)
		return metric.Labelled{Source: codes, Labels: labels}, err
	}
	train, err := codesOf(e.train, e.trainLabels)
	if err != nil {
		return err
	}
	test, err := codesOf(e.test, e.testLabels)
	if err != nil {
		return err
	}
	p, err := metric.Probe(ctx, train, test, evalBatch, e.tell)
	e.result.Probe = &p
	return err
}

func (e *evaluator) noClasses() error {
	if _, ok := e.model.(models.Classifying); !ok {
		return fmt.Errorf("a model of type %s does not classify", models.Types.Name(e.model.Spec()))
	}
	return e.noLabels()
}

func (e *evaluator) error(context.Context) error {
	wrong, err := metric.ClassificationError(e.model.(models.Classifying), metric.Labelled{Source: e.test, Labels: e.testLabels}, evalBatch)
	e.result.Error = &wrong
	return err
}
