package metric

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// groups are n examples around k places far apart, in order 0, 1, …, k−1, 0, ….
func groups(seed uint64, n, k, d int) table {
	random := rand.New(rand.NewPCG(seed, 7))
	centres := make([][]float64, k)
	for i := range centres {
		centres[i] = make([]float64, d)
		for j := range d {
			centres[i][j] = random.NormFloat64()
		}
	}
	s := make(table, n)
	for i := range s {
		s[i] = make([]float64, d)
		for j := range d {
			s[i][j] = centres[i%k][j] + 0.15*random.NormFloat64()
		}
	}
	return s
}

// The affinities are those of the definition, by all pairs in float64: of the
// perplexity asked for, symmetric, of sum 1.
func TestAffinities(t *testing.T) {
	const n, d, perplexity = 40, 5, 13 // 39 neighbours: all
	s := groups(1, n, 3, d)
	var x []float32
	for _, row := range s {
		for _, v := range row {
			x = append(x, float32(v))
		}
	}
	got, err := affinities(context.Background(), x, d, perplexity)
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]float64, n) // p_j|i
	for i := range want {
		want[i] = make([]float64, n)
		low, high := 1e-3, 1e3
		for range 200 {
			beta, sum, entropy := math.Sqrt(low*high), 0.0, 0.0
			for j := range n {
				distance := 0.0
				for c := range d {
					e := float64(x[i*d+c]) - float64(x[j*d+c])
					distance += e * e
				}
				want[i][j] = math.Exp(-beta * distance)
				if i == j {
					want[i][j] = 0
				}
				sum += want[i][j]
			}
			for j := range n {
				want[i][j] /= sum
				if want[i][j] > 0 {
					entropy -= want[i][j] * math.Log(want[i][j])
				}
			}
			if entropy > math.Log(perplexity) {
				low = beta
			} else {
				high = beta
			}
		}
	}
	total := 0.0
	for i, row := range got {
		if len(row) != n-1 {
			t.Fatalf("example %d has %d neighbours", i, len(row))
		}
		for _, a := range row {
			total += a.p
			if w := (want[i][a.to] + want[a.to][i]) / (2 * n); math.Abs(a.p-w) > 1e-4*w+1e-9 {
				t.Errorf("p of %d and %d is %g, want %g", i, a.to, a.p, w)
			}
		}
	}
	if math.Abs(total-1) > 1e-9 {
		t.Errorf("affinities of sum %g", total)
	}
}

// The gradient is that of the divergence, by finite differences.
func TestTSNEGradient(t *testing.T) {
	const n, d = 30, 4
	var x []float32
	for _, row := range groups(2, n, 3, d) {
		for _, v := range row {
			x = append(x, float32(v))
		}
	}
	affinity, err := affinities(context.Background(), x, d, 5)
	if err != nil {
		t.Fatal(err)
	}
	m := newPlane(affinity)
	random := rand.New(rand.NewPCG(3, 1))
	for i := range n {
		m.x[i], m.y[i] = random.NormFloat64(), random.NormFloat64()
	}
	m.gradient(1)
	gx, gy := slices.Clone(m.dx), slices.Clone(m.dy)
	at := func(v *float64, h float64) float64 {
		old := *v
		defer func() { *v = old }()
		*v += h
		m.gradient(1) // for Z
		return m.divergence()
	}
	for i := range n {
		const h = 1e-5
		for _, c := range []struct {
			v    *float64
			want float64
		}{{&m.x[i], 4 * gx[i]}, {&m.y[i], 4 * gy[i]}} {
			if got := (at(c.v, h) - at(c.v, -h)) / (2 * h); math.Abs(got-c.want) > 1e-6 {
				t.Errorf("example %d: %g by differences, %g by the gradient", i, got, c.want)
			}
		}
	}
}

// Groups stay together and apart from each other, and what is equal gives what
// is equal.
func TestTSNEOfGroups(t *testing.T) {
	const n, k = 150, 5
	source := groups(4, n, k, 60) // more values than components
	steps := 0
	m, err := TSNE{Perplexity: 10, Iterations: 400}.Embed(context.Background(), source, func(done, total int) {
		if steps++; done != steps || total != 400 {
			t.Errorf("step %d of %d, want %d of 400", done, total, steps)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if wrong := NearestMistaken(m.X, m.Y, labels(n, k)); wrong != 0 {
		t.Errorf("the nearest of %.3f of the examples is of another group", wrong)
	}
	if !(m.Divergence > 0 && m.Divergence < 0.6) {
		t.Errorf("divergence %g", m.Divergence)
	}
	again, err := TSNE{Perplexity: 10, Iterations: 400}.Embed(context.Background(), source, nil)
	if err != nil || !slices.Equal(m.X, again.X) || !slices.Equal(m.Y, again.Y) {
		t.Errorf("another map of the same, or %v", err)
	}
}

// labels are 0, 1, …, k−1, 0, ….
func labels(n, k int) []byte {
	l := make([]byte, n)
	for i := range l {
		l[i] = byte(i % k)
	}
	return l
}

// The attraction is stronger for the first 250 iterations, and the momentum
// weaker (van der Maaten and Hinton 2008, section 3.4).
func TestTSNESchedule(t *testing.T) {
	for step, want := range map[int][2]float64{0: {12, 0.5}, 249: {12, 0.5}, 250: {1, 0.8}, 999: {1, 0.8}} {
		if exaggeration, momentum := tsneSchedule(step); exaggeration != want[0] || momentum != want[1] {
			t.Errorf("step %d: %g and %g, want %v", step, exaggeration, momentum, want)
		}
	}
}

func TestTSNERefuses(t *testing.T) {
	stopped, stop := context.WithCancel(context.Background())
	stop()
	for what, c := range map[string]struct {
		ctx  context.Context
		of   TSNE
		from table
	}{
		"three examples":         {context.Background(), TSNE{}, groups(1, 3, 1, 4)},
		"one value":              {context.Background(), TSNE{}, groups(1, 30, 1, 1)},
		"too large a perplexity": {context.Background(), TSNE{Perplexity: 10}, groups(1, 30, 1, 4)},
		"no perplexity":          {context.Background(), TSNE{Perplexity: math.NaN()}, groups(1, 30, 1, 4)},
		"fewer than no steps":    {context.Background(), TSNE{Iterations: -1}, groups(1, 30, 1, 4)},
		"examples all alike":     {context.Background(), TSNE{}, slices.Repeat(table{{1, 2, 3}}, 30)},
		"a context that is done": {stopped, TSNE{}, groups(1, 30, 1, 4)},
	} {
		if m, err := c.of.Embed(c.ctx, c.from, nil); err == nil {
			t.Errorf("%s: a map %v", what, m)
		}
	}
}

// NearestMistaken counts what a search by hand does.
func TestNearestMistaken(t *testing.T) {
	x, y := []float64{0, 1, 3, 3.5, 10}, []float64{0, 0, 0, 0, 9}
	// Nearest are 1, 0, 3, 2 and 3.
	if got := NearestMistaken(x, y, []byte{0, 0, 1, 2, 2}); math.Abs(got-2.0/5) > 1e-12 {
		t.Errorf("%g, want 2 of 5", got)
	}
}
