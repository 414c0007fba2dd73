package zoo

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"boltzoo/graph"
	"boltzoo/models"
)

// completeSteps are those of a chain that completes a picture where a recipe's
// own chain has none.
const completeSteps = 100

// Complete draws the covered pixels of a picture n times, given the others. A
// chain that starts from noise in the covered pixels takes Steps Gibbs steps of
// the whole model, 100 where there are none, drawing what Noise says; after each
// the known pixels are put back. Of a single machine with all states drawn that
// is the conditional distribution, in the end. A stack goes up by means, takes a
// step of the top machine, and comes down by means, each time; so what it adds
// fits the picture through every layer, and is a mean, not a draw. In the end
// covered pixels show means. Where the start does not matter, as in mean field,
// neither do the n differ. covered has a value for each pixel, or for each of
// its channels too; those above one half are drawn. From and Spread do not count.
func (s Sampling) Complete(ctx context.Context, model models.Model, picture, covered []float32, n int, seed uint64) ([]float32, error) {
	net, ok := netOf(model)
	if !ok {
		return nil, fmt.Errorf("zoo: complete: a model of type %s is no distribution of examples, so nothing tells what is missing", models.Types.Name(model.Spec()))
	}
	size := graph.Size(model.InputShape())
	if n < 1 || s.Steps < 0 || len(picture) != size || len(covered) == 0 || size%len(covered) != 0 {
		return nil, fmt.Errorf("zoo: complete: %d pictures of %d numbers, %d of them covered or not, in %d steps: want at least 1 of %d, all of them, 0",
			n, len(picture), len(covered), s.Steps, size)
	}
	steps := orElse(s.Steps, completeSteps)
	known, unknown := graph.NewTensor("known", net.InputShape()...), graph.NewTensor("unknown", net.InputShape()...)
	channels, some := size/len(covered), 0
	for i := range picture {
		if covered[i/channels] > 0.5 {
			unknown.Data[i] = 1
			some++
		} else {
			known.Data[i] = picture[i]
		}
	}
	if some == 0 || some == size {
		return nil, fmt.Errorf("zoo: complete: %d of %d pixels are covered, want some but not all", some/channels, len(covered))
	}
	random := graph.NewRandom(seed)
	shape := append([]int{n}, net.InputShape()...)
	part := func(noise models.Noise) (machine, error) {
		g := graph.New(random)
		v := g.Input("v", shape...)
		next := g.AddRow(g.MulRow(net.Gibbs(g, v, noise), g.Param(unknown)), g.Param(known))
		m, err := g.Compile(next)
		return machine{m, v, next}, err
	}
	step, err := part(s.Noise)
	if err != nil {
		return nil, fmt.Errorf("zoo: complete: %w", err)
	}
	last := step
	if s.Noise == models.AllNoise { // a drawn state shows its noise, its mean does not
		if last, err = part(models.HiddenNoise); err != nil {
			return nil, fmt.Errorf("zoo: complete: %w", err)
		}
	}
	v := make([]float32, graph.Size(shape))
	random.Stream("start").Uniform(v)
	for i := range v {
		if j := i % size; unknown.Data[j] == 0 {
			v[i] = known.Data[j]
		}
	}
	for i := range steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m := step
		if i == steps-1 {
			m = last
		}
		if v, err = m.compute(v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// Cover is the mask that words mean: left, right, top or bottom for that half of
// pictures of height × width, or x0,y0,x1,y1 for the pixels from the left and the
// top, x1 and y1 not among them. What is covered is 1, the rest 0: (height×width).
func Cover(words string, height, width int) ([]float32, error) {
	x0, y0, x1, y1 := 0, 0, width, height
	switch words {
	case "left":
		x1 = width / 2
	case "right":
		x0 = width / 2
	case "top":
		y1 = height / 2
	case "bottom":
		y0 = height / 2
	default:
		corners := strings.Split(words, ",")
		if len(corners) != 4 {
			return nil, fmt.Errorf("zoo: mask %q, want left, right, top, bottom, x0,y0,x1,y1 or a picture", words)
		}
		for i, to := range []*int{&x0, &y0, &x1, &y1} {
			var err error
			if *to, err = strconv.Atoi(strings.TrimSpace(corners[i])); err != nil {
				return nil, fmt.Errorf("zoo: mask %q: %q is no whole number", words, corners[i])
			}
		}
		if x0 < 0 || y0 < 0 || x0 >= x1 || y0 >= y1 || x1 > width || y1 > height {
			return nil, fmt.Errorf("zoo: mask %q: want 0 ≤ x0 < x1 ≤ %d and 0 ≤ y0 < y1 ≤ %d", words, width, height)
		}
	}
	mask := make([]float32, height*width)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			mask[y*width+x] = 1
		}
	}
	return mask, nil
}
