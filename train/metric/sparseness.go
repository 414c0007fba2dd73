package metric

import (
	"fmt"
	"math"
	"slices"

	"boltzoo/graph"
	"boltzoo/models"
)

// hoyer is Hoyer's sparseness of one vector (Hoyer 2004; P3, equation 6): from 0,
// all values alike, to 1, a single one that is not zero. A vector of zeros has
// none.
func hoyer(h []float32) (sparseness float64, ok bool) {
	one, two := 0.0, 0.0
	for _, x := range h {
		one += math.Abs(float64(x))
		two += float64(x) * float64(x)
	}
	if two == 0 {
		return 0, false
	}
	root := math.Sqrt(float64(len(h)))
	return (root - one/math.Sqrt(two)) / (root - 1), true
}

// Sparseness is Hoyer's measure of the data and of each layer, the mean over
// examples of
//
//	HSPM(h) = (√n − ‖h‖₁/‖h‖₂) / (√n − 1)
//
// with h the mean hidden states; the first number is the data's. Examples of zeros
// alone have no sparseness and are left out. A layer of one unit has none either:
// NaN.
func Sparseness[L models.Level](layers []L, source Source, batch int) ([]float64, error) {
	sums, counts := make([]float64, len(layers)+1), make([]float64, len(layers)+1)
	err := Sweep(source, batch, layers[0].InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return append([]*graph.Node{v}, representations(g, layers, v)...)
	}, func(n int, values [][]float32) error {
		for i, h := range values {
			size := len(h) / n
			for e := range n {
				if s, ok := hoyer(h[e*size : (e+1)*size]); ok {
					sums[i] += s
					counts[i]++
				}
			}
		}
		return nil
	})
	for i := range sums {
		sums[i] /= counts[i]
	}
	return sums, err
}

// SparsenessOf is Hoyer's measure of examples, mostly codes that were computed:
// the mean over those that are not all zeros.
func SparsenessOf(source Source) float64 {
	x, sum, n := make([]float32, source.Size()), 0.0, 0
	for i := range source.Len() {
		source.Floats(x, i)
		if s, ok := hoyer(x); ok {
			sum += s
			n++
		}
	}
	return sum / float64(n)
}

// Overlap is how much the units that are active for different classes overlap in
// a layer (P3, section 4.3): the activation overlapping degree of k classes, the
// share of units that are active for all of them, mean over all choices of k
// classes.
type Overlap struct {
	Layer     string  `json:"layer"`
	Threshold float64 `json:"threshold"` // τ: a unit is active from |h| = τ on
	// Degrees are of k = 2, 3, … classes, a unit being active for a class if the
	// mean of its states over the class's examples is.
	Degrees []float64 `json:"aod"`
	// OfMean are the same with the states for the mean example of a class, as P3
	// writes it.
	OfMean []float64 `json:"aod_of_mean_example"`
}

// overlapExamples decide a threshold: enough for a mean to three digits.
const overlapExamples = 1000

// overlapChange is how much of the reconstruction, in squared Euclidean distance,
// units below the threshold may carry (P3, section 4.3).
const overlapChange = 0.05

// OverlapOf measures each layer over labelled examples, labels being class numbers
// from 0. τ is the largest, to a thousandth of the largest state, for which
// ‖f(s Wᵀ+a) − f(h Wᵀ+a)‖² < 0.05 in the mean over the first 1,000 examples, with
// s the states h that are active and 0 for the others.
func OverlapOf(layers []*models.Layer, source Source, labels []byte, batch int) ([]Overlap, error) {
	if len(labels) != source.Len() || len(labels) == 0 {
		return nil, fmt.Errorf("metric: overlap: %d labels for %d examples, want one each", len(labels), source.Len())
	}
	classes := 0
	for _, k := range labels {
		classes = max(classes, int(k)+1)
	}
	if classes < 2 {
		return nil, fmt.Errorf("metric: overlap: examples of one class, want at least two")
	}
	size := source.Size()
	counts, examples := make([]float64, classes), make([]float64, classes*size)
	means := make([][]float64, len(layers)) // classes × units
	for i, l := range layers {
		means[i] = make([]float64, classes*graph.Size(l.OutputShape()))
	}
	seen := 0
	first := make([][]float32, len(layers)) // states of the first examples
	err := Sweep(source, batch, layers[0].InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return append(representations(g, layers, v), v)
	}, func(n int, values [][]float32) error {
		for e := range n {
			k := int(labels[seen+e])
			counts[k]++
			add(examples[k*size:(k+1)*size], values[len(layers)][e*size:])
			for i := range layers {
				units := len(means[i]) / classes
				add(means[i][k*units:(k+1)*units], values[i][e*units:])
				if seen+e < overlapExamples {
					first[i] = append(first[i], values[i][e*units:(e+1)*units]...)
				}
			}
		}
		seen += n
		return nil
	})
	if err != nil {
		return nil, err
	}
	x := make(rowsOfFloats, classes)
	for k := range classes {
		if counts[k] == 0 {
			return nil, fmt.Errorf("metric: overlap: no example of class %d of %d", k, classes)
		}
		for _, of := range append([][]float64{examples}, means...) {
			units := len(of) / classes
			for j := range units {
				of[k*units+j] /= counts[k]
			}
		}
		x[k] = examples[k*size : (k+1)*size]
	}
	ofMean := make([][]float64, len(layers))
	err = Sweep(x, classes, layers[0].InputShape(), func(g *graph.Graph, v *graph.Node) []*graph.Node {
		return representations(g, layers, v)
	}, func(_ int, values [][]float32) error {
		for i, h := range values {
			for _, s := range h {
				ofMean[i] = append(ofMean[i], float64(s))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := make([]Overlap, len(layers))
	for i, l := range layers {
		tau, err := activeFrom(l, first[i])
		if err != nil {
			return nil, err
		}
		all[i] = Overlap{l.Name, tau, degrees(means[i], classes, tau), degrees(ofMean[i], classes, tau)}
	}
	return all, nil
}

// OverlapOfData measures labelled examples themselves, as P3's figure 2 does
// beside the layers: the values of an example are its units, and what is left
// out of its reconstruction is what lies below τ. The layer is "data".
func OverlapOfData(source Source, labels []byte) (Overlap, error) {
	if len(labels) != source.Len() || len(labels) == 0 {
		return Overlap{}, fmt.Errorf("metric: overlap: %d labels for %d examples, want one each", len(labels), source.Len())
	}
	classes := int(slices.Max(labels)) + 1
	if classes < 2 {
		return Overlap{}, fmt.Errorf("metric: overlap: examples of one class, want at least two")
	}
	size := source.Size()
	means, counts := make([]float64, classes*size), make([]float64, classes)
	var first []float64
	x := make([]float32, size)
	for i, label := range labels {
		source.Floats(x, i)
		k := int(label)
		counts[k]++
		add(means[k*size:(k+1)*size], x)
		if i < overlapExamples {
			for _, v := range x {
				first = append(first, math.Abs(float64(v)))
			}
		}
	}
	for k, n := range counts {
		if n == 0 {
			return Overlap{}, fmt.Errorf("metric: overlap: no example of class %d of %d", k, classes)
		}
		for j := range size {
			means[k*size+j] /= n
		}
	}
	slices.Sort(first)
	left, tau := overlapChange*float64(len(first)/size), 0.0
	for _, v := range first {
		if tau = v; v*v >= left { // with all that are below
			break
		}
		left -= v * v
	}
	d := degrees(means, classes, tau)
	return Overlap{"data", tau, d, d}, nil
}

func add(sum []float64, x []float32) {
	for i := range sum {
		sum[i] += float64(x[i])
	}
}

// rowsOfFloats is a source.
type rowsOfFloats [][]float64

func (r rowsOfFloats) Len() int  { return len(r) }
func (r rowsOfFloats) Size() int { return len(r[0]) }
func (r rowsOfFloats) Floats(dst []float32, index ...int) {
	for _, i := range index {
		for j, v := range r[i] {
			dst[j] = float32(v)
		}
		dst = dst[len(r[i]):]
	}
}

// activeFrom is the threshold of a layer, for examples of its hidden states.
func activeFrom(l *models.Layer, h []float32) (float64, error) {
	units := graph.Size(l.OutputShape())
	n := len(h) / units
	g := graph.New(nil)
	all, active := g.Input("h", append([]int{n}, l.OutputShape()...)...), g.Input("s", append([]int{n}, l.OutputShape()...)...)
	// ‖·‖² of each example: twice the sum of halves.
	change := g.Scale(2, g.Mean(g.SumMap(graph.HalfSquare, g.Sub(l.Decode(g, active), l.Decode(g, all)))))
	m, err := g.Compile(change)
	if err != nil {
		return 0, err
	}
	if err := m.Set(all, h); err != nil {
		return 0, err
	}
	s, largest := make([]float32, len(h)), 0.0
	for _, x := range h {
		largest = max(largest, math.Abs(float64(x)))
	}
	low, high := 0.0, largest*1.001 // all are active at 0, none above
	for high-low > 0.001*largest {
		tau := (low + high) / 2
		for i, x := range h {
			s[i] = 0
			if math.Abs(float64(x)) >= tau {
				s[i] = x
			}
		}
		if err := m.Set(active, s); err != nil {
			return 0, err
		}
		if err := m.Run(); err != nil {
			return 0, err
		}
		if m.Value(change)[0] < overlapChange {
			low = tau
		} else {
			high = tau
		}
	}
	return low, nil
}

// degrees are the overlaps of 2, 3, … classes. Of a unit that is active for c of
// K classes, the share of choices of k that have it active for all is
// (c choose k)/(K choose k).
func degrees(h []float64, classes int, tau float64) []float64 {
	units := len(h) / classes
	d := make([]float64, classes-1)
	for j := range units {
		c := 0
		for k := range classes {
			if math.Abs(h[k*units+j]) >= tau {
				c++
			}
		}
		share := 1.0
		for k := 1; k <= c; k++ {
			share *= float64(c-k+1) / float64(classes-k+1)
			if k >= 2 {
				d[k-2] += share / float64(units)
			}
		}
	}
	return d
}
