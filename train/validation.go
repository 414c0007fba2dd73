package train

import (
	"fmt"

	"boltzoo/graph"
	"boltzoo/train/data"
)

// Validation is what a step tells of the images that were held out, at the end
// of an epoch.
type Validation struct {
	Loss  float64 `json:"loss"`            // mean of what is minimised, without penalties
	Error float64 `json:"error,omitempty"` // share that is taken for another class; 0 for an objective without classes
	Epoch int     `json:"epoch"`           // of the stage, from 0
	Best  int     `json:"best"`            // the best epoch so far
}

// better tells whether v is a better epoch than w: fewer errors, or as many
// with a lower loss.
func (v Validation) better(w Validation) bool {
	return v.Error < w.Error || v.Error == w.Error && v.Loss < w.Loss
}

// A measure is an objective whose loss, on examples that were not learnt from,
// tells how good a model is. What it draws, it draws alike after every epoch.
type measure interface{ measures() }

// best is a model as it was after the best epoch of a stage.
type best struct {
	validation Validation
	tensors    []*graph.Tensor // copies of the model's, NAME.best
}

// copyOf is the tensor under which a best epoch's is kept.
func copyOf(t *graph.Tensor) *graph.Tensor { return graph.NewTensor(t.Name+".best", t.Shape...) }

// validate measures the model on the images held out from the stage, and keeps
// it where it is better than before.
func (t *Trainer) validate(s Stage) (*Validation, error) {
	v, err := t.measure(s)
	if err != nil {
		return nil, err
	}
	v.Epoch, v.Best = t.at.Epoch, t.at.Epoch
	if t.best != nil && !v.better(t.best.validation) {
		v.Best = t.best.validation.Epoch
		return &v, nil
	}
	if t.best == nil {
		t.best = &best{}
		for _, x := range t.model.Tensors() {
			t.best.tensors = append(t.best.tensors, copyOf(x))
		}
	}
	t.best.validation = v
	for i, x := range t.model.Tensors() {
		copy(t.best.tensors[i].Data, x.Data)
	}
	return &v, nil
}

// impatient tells whether too many epochs have not been better.
func (s Stage) impatient(v *Validation) bool {
	return v != nil && s.Patience > 0 && v.Epoch-v.Best >= s.Patience
}

// restoreBest gives the model the parameters of the best epoch of the stage
// that ends.
func (t *Trainer) restoreBest() {
	if t.best == nil {
		return
	}
	for i, x := range t.model.Tensors() {
		copy(x.Data, t.best.tensors[i].Data)
	}
	t.best = nil
}

// measure is the loss and the errors of the images that are held out.
func (t *Trainer) measure(s Stage) (v Validation, err error) {
	const most = 500 // at a time
	from := t.learnt(s)
	wrong := 0
	t.noise.Restore(nil)
	for ; from < t.images.Len(); from += most {
		n := min(most, t.images.Len()-from)
		m := t.measures[n]
		if m == nil {
			if m, err = newMeasure(t, s, n); err != nil {
				return v, err
			}
			t.measures[n] = m
		}
		for i := range m.index {
			m.index[i] = from + i
		}
		m.take(t.images, t.images.Labels, m.index)
		if err := m.Run(); err != nil {
			return v, err
		}
		loss := m.scalar(m.total)
		if !isFinite(loss) {
			return v, t.diverged(fmt.Errorf("validation: loss is %g", loss))
		}
		v.Loss += loss * float64(n) / float64(s.Validation)
		if m.logits != nil {
			wrong += mistakes(m.Value(m.logits), t.images.Labels, m.index)
		}
	}
	v.Error = float64(wrong) / float64(s.Validation)
	return v, nil
}

// measuring is a machine for a batch of images that are held out.
type measuring struct {
	*machine
	logits *graph.Node
	index  []int
}

func newMeasure(t *Trainer, s Stage, n int) (*measuring, error) {
	g := graph.New(t.noise)
	m := &machine{}
	task := m.inputs(g, t.model, s, n, 0)
	task.Measure = true
	loss, err := s.build(g, t.model, task)
	if err != nil {
		return nil, err
	}
	m.total = loss.Total
	wanted := []*graph.Node{loss.Total}
	if loss.Logits != nil {
		wanted = append(wanted, loss.Logits)
	}
	if err := m.compile(g, wanted); err != nil {
		return nil, err
	}
	return &measuring{m, loss.Logits, make([]int, n)}, nil
}

// mistakes counts the rows of logits whose largest is not that of the label.
func mistakes(logits []float32, labels []byte, index []int) (wrong int) {
	classes := len(logits) / len(index)
	for i, image := range index {
		row := logits[i*classes : (i+1)*classes]
		top := 0
		for k, y := range row {
			if y > row[top] {
				top = k
			}
		}
		if top != int(labels[image]) {
			wrong++
		}
	}
	return wrong
}

// checkLabels finds what is wrong with the labels that a model of so many
// classes is to learn.
func checkLabels(images *data.Images, classes, learnt int) error {
	if len(images.Labels) != images.Len() {
		return fmt.Errorf("images of %s have no labels", images.Name)
	}
	count := func(labels []byte) (kinds int, err error) {
		seen := [256]bool{}
		for i, k := range labels {
			if int(k) >= classes {
				return 0, fmt.Errorf("image %d of %s has label %d, but the model has %d classes: set model.classes", i, images.Name, k, classes)
			}
			if !seen[k] {
				kinds++
			}
			seen[k] = true
		}
		return kinds, nil
	}
	if _, err := count(images.Labels); err != nil {
		return err
	}
	if kinds, _ := count(images.Labels[:learnt]); kinds < 2 {
		return fmt.Errorf("all %d images of %s that are learnt from are of class %d: there is nothing to tell apart", learnt, images.Name, images.Labels[0])
	}
	if kinds, _ := count(images.Labels[learnt:]); kinds == 1 && images.Len()-learnt > 1 {
		return fmt.Errorf("the %d images at the end of %s that validation holds out are all of class %d: shuffle the set", images.Len()-learnt, images.Name, images.Labels[learnt])
	}
	return nil
}
