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
	//   - "grey": all three channels have the luminance of the pixel's colour.
	//     It has no level.
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
	if shape[3] != 3 {
		g.Fail(fmt.Errorf("corruption: grey of images of %d channels, want 3", shape[3]))
		return nil
	}
	y := g.Luminance(v)
	return g.Concat(y, y, y)
}

// replace is v where mask is 0 and w where it is 1.
func replace(g *graph.Graph, v, mask, w *graph.Node) *graph.Node {
	return g.Add(v, g.Mul(mask, g.Sub(w, v)))
}

// Corruptions spoil examples one after the other.
type Corruptions []Corruption

// ParseCorruptions reads what String writes.
func ParseCorruptions(text string) (Corruptions, error) {
	var all Corruptions
	for part := range strings.SplitSeq(text, ",") {
		c, err := ParseCorruption(part)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// String is the corruptions as in gaussian:0.1,hole:0.5.
func (cs Corruptions) String() string {
	parts := make([]string, len(cs))
	for i, c := range cs {
		parts[i] = c.String()
	}
	return strings.Join(parts, ",")
}

// Check finds the first that is wrong.
func (cs Corruptions) Check() error {
	for _, c := range cs {
		if err := c.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Apply is v after all of them, as Corruption.Apply is after one. Each has
// streams of its own.
func (cs Corruptions) Apply(g *graph.Graph, v *graph.Node, name string) *graph.Node {
	for i, c := range cs {
		stream := name
		if i > 0 {
			stream = fmt.Sprintf("%s %d", name, i+1)
		}
		v = c.Apply(g, v, stream)
	}
	return v
}
