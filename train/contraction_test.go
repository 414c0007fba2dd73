package train

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"boltzoo/graph"
	"boltzoo/graph/graphtest"
	"boltzoo/models"
)

// coderOf is a small autoencoder with weights and biases that are not small.
func coderOf(t *testing.T, activation string, layers ...int) models.Coder {
	t.Helper()
	model, err := models.Autoencoder{Shape: []int{2, 3, 1}, Layers: layers, Activation: activation}.New(graph.NewRandom(1))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range model.Parameters() {
		copy(x.Data, graphtest.Random(x.Name, uint64(i), x.Shape...).Data)
	}
	return model.(models.Coder)
}

// encoders are the tensors that a code depends on: those of so many layers.
func encoders(coder models.Coder, layers int) []*graph.Tensor { return coder.Parameters()[:2*layers] }

// jacobiansOf are the ways to the Jacobian of one dense layer: closed, and by
// differentiation as of any encoder.
func jacobiansOf(t *testing.T, coder models.Coder) map[string]jacobian {
	t.Helper()
	dense, ok := onlyLevel(coder)
	if !ok {
		t.Fatal("the encoder is not one layer")
	}
	slope, _ := dense.Activation().Derivative()
	return map[string]jacobian{"closed": slopes{dense, slope}, "general": rows{coder, nil}}
}

// squares are ‖J(v)‖² and ‖J(v) − J(near)‖², means over examples, by finite
// differences of the encoder.
func squares(t *testing.T, coder models.Coder, v, near *graph.Tensor) (square, moved float64) {
	t.Helper()
	const step = 1e-2
	g := graph.New(nil)
	in := g.Input("v", v.Shape...)
	h := coder.Encode(g, in)
	m, err := g.Compile(h)
	if err != nil {
		t.Fatal(err)
	}
	size := graph.Size(v.Shape[1:])
	column := func(x *graph.Tensor, i int) []float64 { // ∂h/∂x_i of all examples
		at := func(by float32) []float32 {
			moved := append([]float32(nil), x.Data...)
			for j := i; j < len(moved); j += size {
				moved[j] += by
			}
			if err := m.Set(in, moved); err != nil {
				t.Fatal(err)
			}
			if err := m.Run(); err != nil {
				t.Fatal(err)
			}
			return append([]float32(nil), m.Value(h)...)
		}
		a, b, c, d := at(step), at(-step), at(2*step), at(-2*step)
		slope := make([]float64, len(a))
		for k := range slope {
			slope[k] = (8*(float64(a[k])-float64(b[k])) - (float64(c[k]) - float64(d[k]))) / (12 * step)
		}
		return slope
	}
	n := float64(v.Shape[0])
	for i := range size {
		here, there := column(v, i), column(near, i)
		for k := range here {
			square += here[k] * here[k] / n
			moved += math.Pow(here[k]-there[k], 2) / n
		}
	}
	return square, moved
}

// The penalty is what the finite differences of the encoder say.
func TestContractionIsOfTheJacobian(t *testing.T) {
	v, near := graphtest.Random("v", 1, 4, 2, 3, 1), graphtest.Random("near", 2, 4, 2, 3, 1)
	for _, layers := range [][]int{{5}, {5, 4, 3}} {
		coder := coderOf(t, "tanh", layers...)
		square, moved := squares(t, coder, v, near)
		c := Contraction{Cost: 0.5, Curvature: 2}
		g := graph.New(nil)
		got := graphtest.Value(t, g, c.between(g, rows{coder, nil}, g.Param(v), g.Param(near)))[0]
		if want := 0.5*square + 2*moved; math.Abs(float64(got)-want) > 1e-4*want {
			t.Errorf("%v: penalty %g, by finite differences %g", layers, got, want)
		}
	}
}

// The closed form equals differentiation, in value and in gradient, to 1e-5.
func TestContractionClosedForm(t *testing.T) {
	v, near := graphtest.Random("v", 1, 4, 2, 3, 1), graphtest.Random("near", 2, 4, 2, 3, 1)
	for _, activation := range []string{"sigmoid", "tanh", "relu", "linear"} {
		coder := coderOf(t, activation, 5)
		for _, c := range []Contraction{{Cost: 0.5}, {Cost: 0.3, Curvature: 0.7}} {
			type result struct{ value, weight []float32 }
			results := map[string]result{}
			for name, j := range jacobiansOf(t, coder) {
				g := graph.New(nil)
				penalty := c.between(g, j, g.Param(v), g.Param(near))
				gradient := g.Grad(penalty, g.Param(coder.Parameters()[0]))[0]
				results[name] = result{graphtest.Value(t, g, penalty), graphtest.Value(t, g, gradient)}
			}
			what := fmt.Sprintf("%s %+v", activation, c)
			graphtest.Near(t, what, 1e-5, results["closed"].value, results["general"].value)
			graphtest.Near(t, what+" gradient", 1e-5, results["closed"].weight, results["general"].weight)
		}
	}
}

// The gradients are those of finite differences, closed or not.
func TestGradientsOfContraction(t *testing.T) {
	v, near := graphtest.Random("v", 1, 4, 2, 3, 1), graphtest.Random("near", 2, 4, 2, 3, 1)
	check := func(name string, j jacobian, c Contraction, tensors []*graph.Tensor) {
		t.Run(fmt.Sprintf("%s %+v", name, c), func(t *testing.T) {
			graphtest.Gradient(t, 1e-3, func(g *graph.Graph, _ []*graph.Node) *graph.Node {
				return c.between(g, j, g.Param(v), g.Param(near))
			}, tensors...)
		})
	}
	for _, c := range []Contraction{{Cost: 0.5}, {Cost: 0.5, Curvature: 0.7}} {
		for _, activation := range []string{"sigmoid", "tanh"} {
			coder := coderOf(t, activation, 5)
			for name, j := range jacobiansOf(t, coder) {
				check(activation+" "+name, j, c, encoders(coder, 1))
			}
			deep := coderOf(t, activation, 4, 3)
			u := graphtest.Random("u", 5, 4, 3)
			check(activation+" deep", rows{deep, nil}, c, encoders(deep, 2))
			check(activation+" deep, by directions", along{deep, u}, c, encoders(deep, 2))
		}
	}
}

// along is the Jacobian by a fixed direction.
type along struct {
	models.Coder
	u *graph.Tensor
}

func (a along) rows(g *graph.Graph) rows { return rows{a.Coder, []*graph.Node{g.Param(a.u)}} }

func (a along) at(g *graph.Graph, v *graph.Node) []*graph.Node { return a.rows(g).at(g, v) }

func (a along) square(g *graph.Graph, j []*graph.Node) *graph.Node { return a.rows(g).square(g, j) }

// Random directions are right on average, within four standard errors.
func TestContractionByDirections(t *testing.T) {
	const n = 20000
	coder := coderOf(t, "tanh", 5, 4)
	v := graph.NewTensor("v", n, 2, 3, 1) // one example, again and again
	copy(v.Data, graphtest.Random("v", 1, 2, 3, 1).Data)
	for i := 6; i < len(v.Data); i++ {
		v.Data[i] = v.Data[i-6]
	}
	for _, directions := range []int{1, 3} {
		value := func(c Contraction) float64 {
			g := graph.New(graph.NewRandom(1))
			penalty, err := c.of(g, coder, g.Param(v))
			if err != nil {
				t.Fatal(err)
			}
			return float64(graphtest.Value(t, g, penalty)[0])
		}
		exact, estimate := value(Contraction{Cost: 1}), value(Contraction{Cost: 1, Directions: directions})
		// The variance of ‖uJ‖² is 2 Σ_{k≠l} (JJᵀ)²_kl, at most 2 ‖J‖⁴.
		if off := math.Abs(estimate - exact); off > 4*math.Sqrt(2/float64(n*directions))*exact || off == 0 {
			t.Errorf("%d directions: %g, want %g", directions, estimate, exact)
		}
	}
}

// A contractive objective minimises loss and penalty, tells them apart, and
// the code moves less for it.
// Directions are drawn each for itself, and of signs.
func TestDirectionsDiffer(t *testing.T) {
	g := graph.New(graph.NewRandom(1))
	signs := Contraction{Directions: 3}.signs(g, 50, 4)
	var drawn [][]float32
	for _, u := range signs {
		drawn = append(drawn, graphtest.Value(t, g, u))
		for _, x := range drawn[len(drawn)-1] {
			if x != 1 && x != -1 {
				t.Fatalf("a direction has %g", x)
			}
		}
	}
	if len(drawn) != 3 || slices.Equal(drawn[0], drawn[1]) || slices.Equal(drawn[1], drawn[2]) || slices.Equal(drawn[0], drawn[2]) {
		t.Errorf("%d directions, of which two are equal", len(drawn))
	}
}

func TestContractionLearns(t *testing.T) {
	trained := func(c Contraction) (Step, models.Coder) {
		model, err := models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{30}, Activation: "sigmoid", Tied: true}.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		trainer, err := New(model, []Stage{{Objective: Reconstruction{Loss: "cross-entropy", Contraction: c}, Optimizer: Adam{Rate: 0.01}, Epochs: 20, Batch: 16, Validation: 8}}, bars(136), 1)
		if err != nil {
			t.Fatal(err)
		}
		steps := run(t, trainer, -1)
		return steps[len(steps)-1], model.(models.Coder)
	}
	v := graph.NewTensor("v", 8, 8, 8, 3)
	bars(8).Floats(v.Data, 0, 1, 2, 3, 4, 5, 6, 7)
	jacobianOf := func(coder models.Coder) float64 {
		g := graph.New(nil)
		penalty, err := Contraction{Cost: 1}.of(g, coder, g.Param(v))
		if err != nil {
			t.Fatal(err)
		}
		return float64(graphtest.Value(t, g, penalty)[0])
	}
	plain, free := trained(Contraction{})
	held, contracted := trained(Contraction{Cost: 2, Curvature: 1, Deviation: 0.1})
	if a, b := jacobianOf(free), jacobianOf(contracted); b > a/2 {
		t.Errorf("the squared Jacobian is %g with the penalty and %g without", b, a)
	}
	if plain.Penalty != 0 || held.Penalty <= 0 || held.Validation.Loss > 1.5*held.Loss {
		t.Errorf("penalties %g and %g, loss %g, of validation %g", plain.Penalty, held.Penalty, held.Loss, held.Validation.Loss)
	}
}

func TestContractionRefuses(t *testing.T) {
	for want, c := range map[string]Contraction{
		"contraction.cost -1":                   {Cost: -1},
		"contraction.cost NaN":                  {Cost: math.NaN()},
		"curvature 1 with deviation 0":          {Curvature: 1},
		"curvature 0 with deviation 1":          {Deviation: 1},
		"contraction.directions -1, want":       {Directions: -1},
		"set contraction.directions to 1 or mo": {Cost: 1},
	} {
		model, err := models.Autoencoder{Shape: []int{8, 8, 3}, Layers: []int{150, 120}}.New(graph.NewRandom(1))
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(model, []Stage{{Objective: Reconstruction{Contraction: c}, Optimizer: Adam{Rate: 1}, Epochs: 1}}, bars(4), 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	machines := newModel(t, penalisedSpecs()["dense"], 1)
	for _, r := range []Reconstruction{{Dropout: 0.5}, {Contraction: Contraction{Cost: 1}}} {
		_, err := New(machines, []Stage{{Objective: r, Optimizer: Adam{Rate: 1}, Epochs: 1}}, bars(4), 1)
		if err == nil || !strings.Contains(err.Error(), "are for autoencoders") {
			t.Errorf("%+v of machines: %v", r, err)
		}
	}
}
