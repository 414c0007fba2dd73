package zoo

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"boltzoo/models"
	"boltzoo/train/data"
	"boltzoo/train/metric"
	"boltzoo/zoo/report"
)

// The ways in which codes are put into the plane.
const (
	MapCode = "code" // as they are, codes of two units
	MapPCA  = "pca"  // their first two principal components
	MapTSNE = "tsne" // metric.TSNE of them
)

// Latent is a map of the codes of examples.
type Latent struct {
	Set      string `json:"set"`
	Examples int    `json:"examples"`
	Units    int    `json:"units"` // of a code
	Method   string `json:"method"`

	Shares     []float64 `json:"shares,omitempty"`     // of the codes' variance that the axes have, of pca
	Divergence float64   `json:"divergence,omitempty"` // KL(P‖Q) in nats, of tsne

	// Mistaken is the share of examples whose nearest in the map is of another
	// class; nil where the examples have no labels.
	Mistaken *float64 `json:"nearest_mistaken,omitempty"`

	X       []float64 `json:"x"`
	Y       []float64 `json:"y"`
	Labels  []int     `json:"labels,omitempty"`
	Classes []string  `json:"classes,omitempty"` // the names of the labels
}

// NewLatent maps the codes of images by a method, empty for the codes
// themselves where they have two units, and for pca elsewhere. tell, which may
// be nil, hears how far t-SNE is.
func NewLatent(ctx context.Context, model models.Model, images *data.Images, method string, tell func(name string, done, total int)) (*Latent, error) {
	codes, err := Encode(model, images)
	if err != nil {
		return nil, err
	}
	n := images.Len()
	l := &Latent{Set: images.Name, Examples: n, Units: len(codes) / max(n, 1), Method: method}
	if l.Method == "" {
		l.Method = MapPCA
		if l.Units == 2 {
			l.Method = MapCode
		}
	}
	if l.Units < 2 {
		return nil, fmt.Errorf("zoo: map of codes: codes of %d unit of %d examples, want at least 2", l.Units, n)
	}
	source := values{l.Units, codes}
	switch l.Method {
	case MapCode:
		if l.Units != 2 {
			return nil, fmt.Errorf("zoo: map of codes: %s wants codes of 2 units, these have %d: use %s or %s", MapCode, l.Units, MapPCA, MapTSNE)
		}
		l.place(codes)
	case MapPCA:
		pca, err := metric.FitPCA(source, 2)
		if err != nil {
			return nil, fmt.Errorf("zoo: map of codes: %w", err)
		}
		scores, err := pca.Scores(source)
		if err != nil {
			return nil, fmt.Errorf("zoo: map of codes: %w", err)
		}
		l.Shares = pca.Shares()
		l.place(scores)
	case MapTSNE:
		m, err := metric.TSNE{}.Embed(ctx, source, func(done, total int) {
			if tell != nil {
				tell("t-sne", done, total)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("zoo: map of codes: %w", err)
		}
		l.X, l.Y, l.Divergence = m.X, m.Y, m.Divergence
	default:
		methods := []string{MapCode, MapPCA, MapTSNE}
		return nil, fmt.Errorf("zoo: map of codes: no method %q%s: want one of %s", l.Method, DidYouMean(l.Method, methods), strings.Join(methods, ", "))
	}
	if images.Labels != nil {
		l.label(images)
	}
	return l, nil
}

// place takes the places of examples, one after the other.
func (l *Latent) place(at []float32) {
	for i := 0; i < len(at); i += 2 {
		l.X, l.Y = append(l.X, float64(at[i])), append(l.Y, float64(at[i+1]))
	}
}

func (l *Latent) label(images *data.Images) {
	l.Classes = slices.Clone(images.Classes)
	for _, k := range images.Labels {
		l.Labels = append(l.Labels, int(k))
		for int(k) >= len(l.Classes) {
			l.Classes = append(l.Classes, fmt.Sprint(len(l.Classes)))
		}
	}
	mistaken := metric.NearestMistaken(l.X, l.Y, images.Labels)
	l.Mistaken = &mistaken
}

// Draw draws the map: a point for each example, coloured by class.
func (l *Latent) Draw() (image.Image, error) {
	s := report.Scatter{
		Title:   fmt.Sprintf("codes of %d test examples of %s", l.Examples, l.Set),
		Classes: l.Classes,
		Equal:   l.Method != MapCode,
		Bare:    l.Method == MapTSNE,
	}
	switch l.Method {
	case MapCode:
		s.X, s.Y = "first unit", "second unit"
	case MapPCA:
		s.X = fmt.Sprintf("first principal component of %d units, %.0f %% of the variance", l.Units, 100*l.Shares[0])
		s.Y = fmt.Sprintf("second, %.0f %%", 100*l.Shares[1])
	case MapTSNE:
		s.X = fmt.Sprintf("t-SNE of %d units", l.Units)
	}
	points := make([]report.Point, len(l.X))
	for i := range points {
		points[i] = report.Point{X: l.X[i], Y: l.Y[i]}
		if l.Labels != nil {
			points[i].Class = l.Labels[i]
		}
	}
	return s.Draw(points)
}

// decodedSide is how many codes a side of the picture of decoded codes has.
const decodedSide = 20

// decodedShare is the part of the codes, along each unit, that the picture of
// decoded codes reaches over: a few far away would leave the others a corner.
const decodedShare = 0.96

// DrawDecoded draws what codes on a grid over the map stand for, the first unit
// to the right and the second upwards, as in the map. The codes have two units.
func (l *Latent) DrawDecoded(t *Trained) (image.Image, error) {
	if l.Method != MapCode {
		return nil, fmt.Errorf("zoo: decoded codes: want a map of codes of 2 units, got %s of %d", l.Method, l.Units)
	}
	d := t.Run.Data
	if !d.Pictures() {
		return nil, fmt.Errorf("zoo: decoded codes: an example of %s, %d×%d×%d, is no picture", d.Name, d.Height, d.Width, d.Channels)
	}
	left, right := middle(l.X, decodedShare)
	bottom, top := middle(l.Y, decodedShare)
	var codes []float32
	for row := range decodedSide {
		for column := range decodedSide {
			const last = decodedSide - 1
			codes = append(codes, float32(left+(right-left)*float64(column)/last), float32(top+(bottom-top)*float64(row)/last))
		}
	}
	pictures, err := Decode(t.Model, codes)
	if err != nil {
		return nil, err
	}
	return report.Sheet{Columns: decodedSide, Line: -1, Scale: max(1, 56/max(d.Height, d.Width))}.Tiles(pictures, d.Height, d.Width, d.Channels)
}

// middle is where the share of the numbers lies that has as many below it as
// above.
func middle(x []float64, share float64) (low, high float64) {
	x = slices.Sorted(slices.Values(x))
	out := int(math.Round((1 - share) / 2 * float64(len(x)-1)))
	return x[out], x[len(x)-1-out]
}

// Spread is n of the images at even distances, so that sets in the order of
// their classes have all of these; or all where there are fewer. It is a copy
// where it is not all.
func Spread(images *data.Images, n int) *data.Images {
	all := images.Len()
	if n >= all {
		return images
	}
	index := make([]int, n)
	for i := range index {
		index[i] = i * all / n
	}
	return images.Choose(index)
}
