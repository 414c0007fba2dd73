package train

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"boltzoo/graph"
)

// Corruption spoils examples, from 0 to 1, at random: the C(x̂|x) of a
// denoising autoencoder, which learns to undo it (Vincent et al. 2010, section
// 3). The zero value leaves them as they are.
type Corruption struct {
	// Form is
	//
	//   - "masking": each value is 0 with probability Level;
	//   - "gaussian": normal noise of standard deviation Level is added;
	//   - "salt-and-pepper": each value is, with probability Level, 0 or 1, as
	//     likely the one as the other;
	//   - "hole": a square whose side is Level times the image's shorter one, at
	//     a random place, has the value Fill in all channels: for inpainting;
	//   - "grey": all three channels have the luminance of the pixel's colour,
	//     0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). It has no level.
	Form  string  `json:"form,omitempty"`
	Level float64 `json:"level,omitempty"` // from 0, which changes nothing, to 1
	Fill  float64 `json:"fill,omitempty"`  // of a hole
}

// CorruptionForms are what Corruption.Form can be.
var CorruptionForms = []string{"masking", "gaussian", "salt-and-pepper", "hole", "grey"}

// ParseCorruption reads what String writes.
func ParseCorruption(text string) (Corruption, error) {
	form, rest, some := strings.Cut(text, ":")
	c := Corruption{Form: form}
	if some {
		level, fill, filled := strings.Cut(rest, ":")
		if filled && form != "hole" {
			return c, fmt.Errorf("corruption %q: only a hole has a second number", text)
		}
		for _, n := range []struct {
			name, text string
			given      bool
			value      *float64
		}{{"level", level, true, &c.Level}, {"fill", fill, filled, &c.Fill}} {
			var err error
			if *n.value, err = strconv.ParseFloat(n.text, 64); n.given && err != nil {
				return c, fmt.Errorf("corruption %q: %s %q is not a number", text, n.name, n.text)
			}
		}
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	if form == "" || form != "grey" && !some {
		return c, fmt.Errorf("corruption %q, want a form and its level, such as masking:0.3", text)
	}
	return c, nil
}

// String is the corruption as in masking:0.3, hole:0.5:1 (side and fill) and
// grey.
func (c Corruption) String() string {
	switch {
	case c.Form == "" || c.Form == "grey":
		return c.Form
	case c.Fill != 0:
		return fmt.Sprintf("%s:%g:%g", c.Form, c.Level, c.Fill)
	}
	return fmt.Sprintf("%s:%g", c.Form, c.Level)
}

// Check finds fields that are wrong.
func (c Corruption) Check() error {
	switch {
	case c.Form == "" && c != (Corruption{}):
		return fmt.Errorf("corruption: level %g and fill %g without a form, want one of %s", c.Level, c.Fill, strings.Join(CorruptionForms, ", "))
	case c.Form != "" && !slices.Contains(CorruptionForms, c.Form):
		return fmt.Errorf("corruption: form %q, want one of %s", c.Form, strings.Join(CorruptionForms, ", "))
	case !(c.Level >= 0 && c.Level <= 1):
		return fmt.Errorf("corruption: %s of level %g, want 0 to 1", c.Form, c.Level)
	case c.Form == "grey" && c.Level != 0:
		return fmt.Errorf("corruption: grey of level %g, want none", c.Level)
	case c.Fill != 0 && c.Form != "hole":
		return fmt.Errorf("corruption: %s with fill %g, want it of a hole alone", c.Form, c.Fill)
	case !(c.Fill >= 0 && c.Fill <= 1):
		return fmt.Errorf("corruption: fill %g, want 0 to 1", c.Fill)
	}
	return nil
}

// Apply is v (B×…) corrupted, each value, or each image, by draws of its own
// from the streams of that name; a hole and grey want images (B×H×W×C). What is
// wrong is left in g.
func (c Corruption) Apply(g *graph.Graph, v *graph.Node, name string) *graph.Node {
	if err := c.Check(); err != nil {
		g.Fail(err)
	}
	if g.Err() != nil || v == nil || c.Form == "" || c.Form != "grey" && c.Level == 0 {
		return v
	}
	shape := v.Shape()
	if (c.Form == "hole" || c.Form == "grey") && len(shape) != 4 {
		g.Fail(fmt.Errorf("corruption: %s of examples of shape %v, want height, width and channels", c.Form, []int(shape[1:])))
		return nil
	}
	full := func(x float64) *graph.Node { return g.Full(x, shape...) }
	switch c.Form {
	case "gaussian":
		return g.Add(v, g.Gaussian(full(0), full(c.Level), name))
	case "masking":
		return g.Mul(v, g.Bernoulli(full(1-c.Level), name))
	case "salt-and-pepper":
		return replace(g, v, g.Bernoulli(full(c.Level), name), g.Bernoulli(full(0.5), name+" colour"))
	case "hole":
		side := max(1, int(math.Round(c.Level*float64(min(shape[1], shape[2])))))
		return replace(g, v, g.Square(v, side, name), full(c.Fill))
	}
	return luminance(g, v)
}

// replace is v where mask is 0 and w where it is 1.
func replace(g *graph.Graph, v, mask, w *graph.Node) *graph.Node {
	return g.Add(v, g.Mul(mask, g.Sub(w, v)))
}

func luminance(g *graph.Graph, v *graph.Node) *graph.Node {
	if channels := v.Shape()[3]; channels != 3 {
		g.Fail(fmt.Errorf("corruption: grey of images of %d channels, want 3", channels))
		return nil
	}
	colour := func(i int) *graph.Node { return g.Slice(v, i, i+1) }
	y := g.Add(g.Combine(0.299, colour(0), 0.587, colour(1)), g.Scale(0.114, colour(2)))
	return g.Concat(y, y, y)
}
