package metric

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"boltzoo/graph"
	"boltzoo/models"
	"boltzoo/models/unit"
)

// table is a source of rows.
type table [][]float64

func (s table) Len() int  { return len(s) }
func (s table) Size() int { return len(s[0]) }
func (s table) Floats(dst []float32, index ...int) {
	for _, i := range index {
		for _, v := range s[i] {
			dst[0] = float32(v)
			dst = dst[1:]
		}
	}
}

// rows are n examples of d values: a few directions of falling variance, and
// noise.
func rows(seed uint64, n, d int) table {
	directions := rand.New(rand.NewPCG(99, 0))
	basis := make([][]float64, 8)
	for k := range basis {
		basis[k] = make([]float64, d)
		for i := range d {
			basis[k][i] = directions.NormFloat64() / float64(k+1)
		}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	s := make(table, n)
	for i := range s {
		s[i] = make([]float64, d)
		for j := range d {
			s[i][j] = 0.5 + 0.01*random.NormFloat64()
		}
		for k := range basis {
			a := random.NormFloat64()
			for j := range d {
				s[i][j] += 0.05 * a * basis[k][j]
			}
		}
	}
	return s
}

// exactPCA is the error of k components by a full singular value
// decomposition in float64.
func exactPCA(train, test table, k int) float64 {
	n, d := len(train), len(train[0])
	mean := make([]float64, d)
	for _, row := range train {
		for j, v := range row {
			mean[j] += v / float64(n)
		}
	}
	x := mat.NewDense(n, d, nil)
	for i, row := range train {
		for j, v := range row {
			x.Set(i, j, v-mean[j])
		}
	}
	var svd mat.SVD
	svd.Factorize(x, mat.SVDThin)
	var v mat.Dense
	svd.VTo(&v)
	sum := 0.0
	for _, row := range test {
		left := make([]float64, d)
		for j := range left {
			left[j] = row[j] - mean[j]
		}
		for c := range k {
			score := 0.0
			for j := range d {
				score += (row[j] - mean[j]) * v.At(j, c)
			}
			for j := range left {
				left[j] -= score * v.At(j, c)
			}
		}
		for _, e := range left {
			sum += e * e
		}
	}
	return sum / float64(d*len(test))
}

func TestPCAAgainstSVD(t *testing.T) {
	counts := []int{0, 1, 3, 5, 10}
	for _, c := range []struct {
		name        string
		train, test table
	}{
		{"more examples than values", rows(1, 300, 40), rows(2, 50, 40)},
		{"more values than examples", rows(1, 30, 200), rows(2, 20, 200)},
		{"more than a batch", rows(1, 600, 30), rows(2, 270, 30)},
	} {
		p, err := FitPCA(c.train, 10)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Reconstruction(c.test, counts...)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range counts {
			if want := exactPCA(c.train, c.test, k); math.Abs(got[i]-want) > 1e-3*want {
				t.Errorf("%s: error of %d components is %g, want %g", c.name, k, got[i], want)
			}
		}
	}
}

// Scores are uncorrelated, of mean 0, and have the shares of the variance that
// errors of reconstruction tell.
func TestPCAScores(t *testing.T) {
	s := rows(1, 600, 30)
	p, err := FitPCA(s, 4)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := p.Scores(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(scores) != 600*4 {
		t.Fatalf("%d scores of 600 examples", len(scores))
	}
	errs, err := p.Reconstruction(s, 0, 1, 2, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	for a := range 4 {
		if got, want := p.Shares()[a], (errs[a]-errs[a+1])/errs[0]; math.Abs(got-want) > 1e-4 {
			t.Errorf("component %d has the share %g, want %g", a, got, want)
		}
		for b := range a + 1 {
			sum, products := 0.0, 0.0
			for i := range 600 {
				sum += float64(scores[i*4+a]) / 600
				products += float64(scores[i*4+a]) * float64(scores[i*4+b]) / 600
			}
			want := 0.0
			if a == b {
				want = (errs[a] - errs[a+1]) * 30
			}
			if math.Abs(sum) > 1e-5 || math.Abs(products-want) > 1e-5 {
				t.Errorf("scores %d and %d: mean %g, mean product %g, want 0 and %g", a, b, sum, products, want)
			}
		}
	}
}

// Examples that lie in fewer dimensions than there are components are
// reconstructed; the components stay orthonormal.
func TestPCAOfFewDimensions(t *testing.T) {
	s := rows(3, 40, 60)
	for i := range s { // three different rows
		s[i] = s[i%3]
	}
	p, err := FitPCA(s, 10)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Reconstruction(s, 2, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range got {
		if math.Abs(e) > 1e-9 {
			t.Errorf("error %d is %g", i, e)
		}
	}
	v := dense(p.components)
	var gram mat.Dense
	gram.Mul(v.T(), v)
	for i := range 10 {
		for j := range 10 {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(gram.At(i, j)-want) > 1e-5 {
				t.Errorf("components %d and %d: %g", i, j, gram.At(i, j))
			}
		}
	}
}

func TestPCARefuses(t *testing.T) {
	if _, err := FitPCA(rows(1, 5, 9), 5); err == nil {
		t.Error("five components of five examples")
	}
	p, err := FitPCA(rows(1, 50, 9), 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Reconstruction(rows(1, 50, 9), 4); err == nil {
		t.Error("the fourth of three components")
	}
	if _, err := p.Reconstruction(rows(1, 50, 8), 2); err == nil {
		t.Error("examples of another size")
	}
}

// net is a stack of two dense layers with large weights.
func net(t *testing.T) *models.BeliefNet {
	t.Helper()
	spec := models.Stack{Shape: []int{3, 2, 1}, Layers: []models.Spec{
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 5, Deviation: 1},
		models.RBM{Visible: unit.Binary{}, Hidden: unit.Binary{}, Units: 4, Deviation: 1, Centred: true},
	}}
	model, err := spec.New(graph.NewRandom(4))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range model.Tensors() {
		if strings.Contains(x.Name, "bias") || strings.Contains(x.Name, "mean") {
			graph.NewRandom(6).Stream(x.Name).Uniform(x.Data)
		}
	}
	return model.(*models.BeliefNet)
}

// through goes up or down a layer by its equations, in float64.
func through(l *models.Layer, x []float64, up bool) []float64 {
	from, bias, to := l.VisibleMean, l.HiddenBias, len(l.HiddenBias.Data)
	if !up {
		from, bias, to = l.HiddenMean, l.VisibleBias, len(l.VisibleBias.Data)
	}
	out := make([]float64, to)
	for j := range out {
		sum := float64(bias.Data[j])
		for i, v := range x {
			if from != nil {
				v -= float64(from.Data[i])
			}
			w := i*to + j
			if !up {
				w = j*len(x) + i
			}
			sum += v * float64(l.Weight.Data[w])
		}
		out[j] = 1 / (1 + math.Exp(-sum))
	}
	return out
}

func TestReconstruction(t *testing.T) {
	model, s := net(t), rows(5, 23, 6)
	got, err := Reconstruction(model, s, 10)
	if err != nil {
		t.Fatal(err)
	}
	layers := model.Layers()
	want := make([]float64, 2)
	for _, v := range s {
		h1 := through(layers[0], v, true)
		h2 := through(layers[1], h1, true)
		for depth, back := range [][]float64{through(layers[0], h1, false), through(layers[0], through(layers[1], h2, false), false)} {
			for i := range v {
				want[depth] += (v[i] - back[i]) * (v[i] - back[i]) / float64(6*len(s))
			}
		}
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6 {
			t.Errorf("depth %d: %g, want %g", i+1, got[i], want[i])
		}
	}
}

func TestCodes(t *testing.T) {
	model, s := net(t), rows(5, 23, 6)
	top := model.Layers()[1]
	for i := range top.Weight.Data {
		top.Weight.Data[i] *= 3
	}
	for i := range 5 { // the first unit is dead, the second always on
		top.Weight.Data[i*4], top.Weight.Data[i*4+1] = 0, 0
	}
	top.HiddenBias.Data[0], top.HiddenBias.Data[1] = 0.3, 20
	got, err := CodesOf(model, s, 10)
	if err != nil {
		t.Fatal(err)
	}
	var sum, squares [4]float64
	saturated, dead := 0, 0
	for _, v := range s {
		for j, h := range through(top, through(model.Layers()[0], v, true), true) {
			sum[j] += h / 23
			squares[j] += h * h / 23
			if h < 0.01 || h > 0.99 {
				saturated++
			}
		}
	}
	var want Codes
	for j := range sum {
		want.Activity += sum[j] / 4
		sd := math.Sqrt(max(0, squares[j]-sum[j]*sum[j]))
		want.Deviation += sd / 4
		if sd < 0.01 {
			dead++
		}
	}
	if got.Units != 4 || math.Abs(got.Activity-want.Activity) > 1e-6 || math.Abs(got.Deviation-want.Deviation) > 1e-5 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if dead != 2 || saturated < 23 {
		t.Fatalf("the test wants two dead units and has %d, of %d saturated values", dead, saturated)
	}
	if got.Dead != 0.5 || got.Saturated != float64(saturated)/(4*23) {
		t.Errorf("dead %g, want 0.5; saturated %g, want %g", got.Dead, got.Saturated, float64(saturated)/(4*23))
	}
}

// plain is a model whose code is the example.
type plain struct {
	models.Coder
	units int
}

func (p plain) InputShape() []int                                { return []int{p.units} }
func (p plain) CodeShape() []int                                 { return []int{p.units} }
func (p plain) Encode(_ *graph.Graph, v *graph.Node) *graph.Node { return v }

// Units are dead below a deviation of 0.01, values saturated within 0.01 of
// either end.
func TestCodesThresholds(t *testing.T) {
	// Two examples that differ by d have a deviation of d/2.
	got, err := CodesOf(plain{units: 5}, table{
		{0.5, 0.5, 0.009, 0.011, 0.989},
		{0.519, 0.521, 0.991, 0.011, 0.989},
	}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got.Units != 5 || math.Abs(got.Dead-3./5) > 1e-9 || got.Saturated != 2./10 {
		t.Errorf("%+v, want three dead units of 5 and two saturated values of 10", got)
	}
}

func TestSweep(t *testing.T) {
	s := rows(1, 23, 6)
	var sizes []int
	seen := 0
	err := Sweep(s, 10, []int{3, 2}, func(_ *graph.Graph, v *graph.Node) []*graph.Node { return []*graph.Node{v} },
		func(n int, values [][]float32) error {
			sizes = append(sizes, n)
			for i, v := range values[0] {
				if want := float32(s[seen+i/6][i%6]); v != want {
					t.Errorf("example %d, value %d: %g, want %g", seen+i/6, i%6, v, want)
				}
			}
			seen += n
			return nil
		})
	if err != nil || len(sizes) != 3 || sizes[2] != 3 {
		t.Errorf("batches of %v, error %v", sizes, err)
	}
	stop := errors.New("enough")
	nothing := func(_ *graph.Graph, v *graph.Node) []*graph.Node { return []*graph.Node{v} }
	if err := Sweep(s, 10, []int{6}, nothing, func(int, [][]float32) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error comes back as %v", err)
	}
	if err := Sweep(s, 10, []int{7}, nothing, nil); err == nil {
		t.Error("seven values of six")
	}
	if err := Sweep(s, 0, []int{6}, nothing, nil); err == nil {
		t.Error("batches of none")
	}
	if err := Sweep(s, 5, []int{6}, func(g *graph.Graph, v *graph.Node) []*graph.Node { return []*graph.Node{g.Add(v, g.Full(1, 2))} }, nil); !errors.Is(err, graph.ErrShape) {
		t.Errorf("a graph that does not fit: %v", err)
	}
}
