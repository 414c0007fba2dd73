package zoo

import (
	"context"
	"fmt"
	"image"

	"boltzoo/models"
	"boltzoo/train"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo/report"
)

// How much a finished run shows and measures.
const (
	testMost  = 2000 // test images, of larger sets the first
	shown     = 64   // samples
	pairs     = 32   // test images beside their reconstructions
	evalBatch = 64   // images computed at a time

	// priorImages are enough for the covariance of codes.
	priorImages = 10000
)

// Result is what a finished run reached.
type Result struct {
	Run      string   `json:"run"` // its folder
	Recipe   string   `json:"recipe"`
	Data     Images   `json:"data"`
	Test     Test     `json:"test"`
	Expected []Expect `json:"expected,omitempty"` // what the recipe reaches as Test.Error; none for another training than the recipe's
	Files    []File   `json:"files"`
}

// testError is the metric of an Expect that Test.Error is compared with.
const testError = "test mse"

// Test is what a model was measured to do with pictures that it was not
// trained on.
type Test struct {
	Set    string       `json:"set"`
	Images int          `json:"images"`
	Error  float64      `json:"mse"`    // mean square of pixel − reconstruction, through the whole model
	Depths []Depth      `json:"depths"` // through its first layers only
	Codes  metric.Codes `json:"codes"`
	// Mistaken is the share of images, of all that there are to test on, that a
	// classifier takes for another class; nil for what tells no classes.
	Mistaken *float64 `json:"class_error,omitempty"`
	// Restoration is what it does with images that are corrupted as in its
	// training; nil for a model that has learnt to restore none.
	Restoration *Restoration `json:"restoration,omitempty"`
}

// Depth is the error of going up so many layers and down again.
type Depth struct {
	Layers int     `json:"layers"`
	Error  float64 `json:"mse"`
}

// line is the test as the line of the log that it is.
func (t Test) line() any { return map[string]Test{"test": t} }

// Measure is what a model does with images, through each of its depths.
func Measure(model models.Model, images *data.Images) (Test, error) {
	net, ok := model.(models.Coder)
	if !ok {
		return Test{}, fmt.Errorf("zoo: measure: a model of type %s has no code", models.Types.Name(model.Spec()))
	}
	errs, err := metric.Reconstruction(net, images, evalBatch)
	if err != nil {
		return Test{}, err
	}
	codes, err := metric.CodesOf(net, images, evalBatch)
	t := Test{Set: images.Name, Images: images.Len(), Error: errs[len(errs)-1], Codes: codes}
	for i, e := range errs {
		t.Depths = append(t.Depths, Depth{i + 1, e})
	}
	return t, err
}

// mistaken is the share of images that a classifier takes for another class,
// nil for another model and for images without labels.
func mistaken(model models.Model, images *data.Images) (*float64, error) {
	classifier, ok := model.(models.Classifying)
	if !ok || images.Labels == nil {
		return nil, nil
	}
	share, err := metric.ClassificationError(classifier, metric.Labelled{Source: images, Labels: images.Labels}, evalBatch)
	return &share, err
}

// report draws the pictures of a finished run and writes its card. Pictures and
// reconstruction errors are of the first of all test images.
func (t *Training) report(ctx context.Context, trained *Trained, all *data.Images) (*Result, error) {
	most := testMost
	if limit := t.Run.Recipe.Data.Images; limit > 0 {
		most = min(most, limit)
	}
	test := all.Head(most)
	measured, err := Measure(t.model, test)
	if err != nil {
		return nil, err
	}
	if measured.Mistaken, err = mistaken(t.model, all); err != nil {
		return nil, err
	}
	f := t.Folder
	r := t.Run.Recipe
	corruption := r.Corruption()
	if restorable(t.model.InputShape(), corruption) == nil {
		if measured.Restoration, err = Restore(ctx, t.model.(models.Coder), corruption, test, t.images, r.Seed); err != nil {
			return nil, err
		}
	}
	if r.Sampling != (Sampling{}) {
		some := t.images.Head(shown)
		samples, err := r.Sampling.Sample(t.model, some.Len(), r.Seed, Floats(some))
		if err != nil {
			return nil, err
		}
		if err := draw(f.file(samplesFile))(report.Sheet{}.Tiles(samples, test.Height, test.Width, test.Channels)); err != nil {
			return nil, err
		}
	}
	if t.Run.Data.Pictures() {
		sheet, err := DrawPairs(ctx, t.model, test.Head(pairs), corruption, r.Seed)
		if err := draw(f.file(reconstructionsFile))(sheet, err); err != nil {
			return nil, err
		}
	}
	if t.Run.Data.Plane() {
		field, err := NewField(t.model, test)
		if err != nil {
			return nil, err
		}
		if err := draw(f.file(fieldFile))(field.Draw()); err != nil {
			return nil, err
		}
	}
	if hasFilters(t.model) && t.Run.Data.Pictures() {
		if _, err := trained.DrawFilters(f.Path); err != nil {
			return nil, err
		}
	}
	if err := t.log.Sync(); err != nil {
		return nil, err
	}
	if _, err := DrawLoss(f.Path, f.Path); err != nil {
		return nil, err
	}
	result := &Result{Run: f.Path, Recipe: r.Name, Data: t.Run.Data, Test: measured}
	for _, e := range r.Expect {
		if e.Metric == testError {
			result.Expected = append(result.Expected, e)
		}
	}
	if err := writeFile(f.file(cardFile), card(trained, result)); err != nil {
		return nil, err
	}
	result.Files = f.Files()
	return result, nil
}

// DrawPairs draws images above their reconstructions, and between them what these
// are made from where that is corrupted, which seed decides.
func DrawPairs(ctx context.Context, model models.Model, images *data.Images, c train.Corruptions, seed uint64) (*image.RGBA, error) {
	var sets [][]float32
	seen := metric.Source(images)
	if len(c) > 0 {
		var err error
		if seen, err = Corrupt(ctx, images, model.InputShape(), c, seed); err != nil {
			return nil, err
		}
		sets = append(sets, Floats(seen))
	}
	again, err := Reconstruct(model, seen)
	if err != nil {
		return nil, err
	}
	return report.Sheet{}.Pairs(images.Height, images.Width, images.Channels, Floats(images), append(sets, again)...)
}

// draw writes a picture that was just drawn, if it was.
func draw(path string) func(m image.Image, err error) error {
	return func(m image.Image, err error) error {
		if err != nil {
			return err
		}
		return report.WritePNG(path, m)
	}
}
