package metric

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// TSNE puts examples into the plane so that those near one another stay so
// (van der Maaten and Hinton 2008): it minimises KL(P‖Q), where p_ij falls as a
// normal density with the distance of i and j among the examples, and q_ij as
// Student's t, 1/(1+‖y_i−y_j‖²), with that in the plane. Distances between far
// groups mean little, nor do their sizes.
//
// Attraction is between nearest neighbours alone, three times the perplexity of
// them (van der Maaten 2014, section 4.1); repulsion is of all pairs, so that an
// iteration takes time that grows with the square of the number of examples.
// The map starts from the first two principal components (Kobak and Berens
// 2019), not from random places: equal examples give equal maps. Of the codes of
// 2,000 digits, of 2,000 units, it comes to a divergence of 0.896, the TSNE of
// scikit-learn 1.9.1, which has the same affinities, to 0.904.
type TSNE struct {
	Perplexity float64 // about how many neighbours an example has; 0 means 30, or a third of the others where that is less
	Iterations int     // 0 means 1000
}

// TSNEMap is what TSNE found.
type TSNEMap struct {
	X, Y       []float64 // a place for each example
	Divergence float64   // KL(P‖Q) in nats
}

// The optimisation: gradient descent with momentum and gains of each
// coordinate (van der Maaten and Hinton 2008, section 3.4), attraction twelve
// times as strong for the first 250 iterations, and the rate n/12 for n
// examples, by which a quarter of the gradient is multiplied (Belkina et al. 2019).
const (
	tsneIterations   = 1000
	tsneEarly        = 250
	tsneExaggeration = 12
	tsneDeviation    = 1e-4 // of the places that it starts from
	tsneLeastRate    = 200  // for few examples
	tsneComponents   = 50   // examples of more values are seen through so many principal components
)

// Embed finds the map of at least 4 examples of at least 2 values.
func (t TSNE) Embed(ctx context.Context, source Source, tell func(done, total int)) (*TSNEMap, error) {
	n, d := source.Len(), source.Size()
	if n < 4 || d < 2 {
		return nil, fmt.Errorf("metric: t-sne: %d examples of %d values, want at least 4 of at least 2", n, d)
	}
	perplexity := t.Perplexity
	if perplexity == 0 {
		perplexity = min(30, float64(n-1)/3)
	}
	if !(perplexity >= 1 && 3*perplexity <= float64(n-1)) {
		return nil, fmt.Errorf("metric: t-sne: perplexity %g of %d examples, want 1 to %g, a third of the others", perplexity, n, float64(n-1)/3)
	}
	iterations := t.Iterations
	if iterations == 0 {
		iterations = tsneIterations
	}
	if iterations < 0 {
		return nil, fmt.Errorf("metric: t-sne: %d iterations, want at least 1", iterations)
	}
	pca, err := FitPCA(source, min(d, n-1, tsneComponents))
	if err != nil {
		return nil, err
	}
	scores, err := pca.Scores(source)
	if err != nil {
		return nil, err
	}
	k := len(scores) / n
	affinity, err := affinities(ctx, scores, k, perplexity)
	if err != nil {
		return nil, err
	}
	m := newPlane(affinity)
	spread := 0.0
	for i := range n {
		spread += float64(scores[i*k]) * float64(scores[i*k]) / float64(n)
	}
	if spread == 0 {
		return nil, fmt.Errorf("metric: t-sne: the %d examples are all alike", n)
	}
	scale := tsneDeviation / math.Sqrt(spread)
	for i := range n {
		m.x[i], m.y[i] = scale*float64(scores[i*k]), scale*float64(scores[i*k+1])
	}
	rate := max(float64(n)/tsneExaggeration, tsneLeastRate)
	for step := range iterations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		exaggeration, momentum := tsneSchedule(step)
		m.gradient(exaggeration)
		m.descend(rate, momentum)
		if tell != nil {
			tell(step+1, iterations)
		}
	}
	m.gradient(1)
	return &TSNEMap{X: m.x, Y: m.y, Divergence: m.divergence()}, nil
}

// tsneSchedule is how strong the attraction is at a step, and the momentum.
func tsneSchedule(step int) (exaggeration, momentum float64) {
	if step < tsneEarly {
		return tsneExaggeration, 0.5
	}
	return 1, 0.8
}

// near is the affinity to another example.
type near struct {
	to int
	p  float64
}

// affinities are p_ij = (p_i|j + p_j|i)/2n of the pairs that are neighbours,
// ordered by j for each i.
func affinities(ctx context.Context, x []float32, d int, perplexity float64) ([][]near, error) {
	n := len(x) / d
	given := make([][]near, n) // p_j|i
	eachRow(n, func(i int) {
		if ctx.Err() == nil {
			given[i] = neighbours(x, d, i, perplexity)
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	both := make([][]near, n)
	for i := range given {
		for _, g := range given[i] {
			p := g.p / float64(2*n)
			both[i], both[g.to] = append(both[i], near{g.to, p}), append(both[g.to], near{i, p})
		}
	}
	for i, row := range both {
		slices.SortFunc(row, func(a, b near) int { return cmp.Compare(a.to, b.to) })
		merged := row[:0]
		for _, a := range row {
			if last := len(merged) - 1; last >= 0 && merged[last].to == a.to {
				merged[last].p += a.p
			} else {
				merged = append(merged, a)
			}
		}
		both[i] = merged
	}
	return both, nil
}

// neighbours are the conditional affinities p_j|i ∝ exp(−β‖x_i−x_j‖²) of the
// nearest examples j, with β such that their entropy is the logarithm of the
// perplexity (van der Maaten and Hinton 2008, equation 1).
func neighbours(x []float32, d, i int, perplexity float64) []near {
	n := len(x) / d
	all := make([]near, 0, n-1) // p is the squared distance as yet
	for j := range n {
		if j == i {
			continue
		}
		distance := 0.0
		for c, v := range x[i*d : (i+1)*d] {
			e := float64(v) - float64(x[j*d+c])
			distance += e * e
		}
		all = append(all, near{j, distance})
	}
	slices.SortFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.p, b.p), cmp.Compare(a.to, b.to))
	})
	all = slices.Clone(all[:min(n-1, int(math.Ceil(3*perplexity)))])

	p := make([]float64, len(all))
	least, mean := all[0].p, 0.0
	for _, a := range all {
		mean += (a.p - least) / float64(len(all))
	}
	beta, low, high := 1.0, 0.0, math.Inf(1)
	if mean > 0 {
		beta = 1 / mean // the scale of the distances
	}
	const turns, close = 100, 1e-8
	for range turns {
		sum, weighted := 0.0, 0.0
		for j, a := range all {
			p[j] = math.Exp(-beta * (a.p - least))
			sum += p[j]
			weighted += p[j] * (a.p - least)
		}
		for j := range p {
			p[j] /= sum
		}
		entropy := math.Log(sum) + beta*weighted/sum
		excess := entropy - math.Log(perplexity)
		if math.Abs(excess) < close {
			break
		}
		if excess > 0 {
			low = beta
		} else {
			high = beta
		}
		if beta = (low + high) / 2; math.IsInf(high, 1) {
			beta = 2 * low
		}
	}
	for j := range all {
		all[j].p = p[j]
	}
	return all
}

// plane is a map that is being made.
type plane struct {
	affinity     [][]near
	x, y         []float64 // the places
	dx, dy       []float64 // a quarter of the gradient
	px, py       []float64 // repulsion, before it is divided by z
	z            []float64 // of each example its part of Z = Σ 1/(1+‖y_i−y_j‖²)
	mx, my       []float64 // the last steps
	gainX, gainY []float64
}

func newPlane(affinity [][]near) *plane {
	n := len(affinity)
	p := &plane{affinity: affinity}
	for _, v := range []*[]float64{&p.x, &p.y, &p.dx, &p.dy, &p.px, &p.py, &p.z, &p.mx, &p.my, &p.gainX, &p.gainY} {
		*v = make([]float64, n)
	}
	for i := range n {
		p.gainX[i], p.gainY[i] = 1, 1
	}
	return p
}

// gradient is a quarter of that of the divergence, Σ_j (a p_ij − q_ij)(y_i − y_j) /
// (1+‖y_i−y_j‖²), where a exaggerates the attraction (equation 5).
func (p *plane) gradient(a float64) {
	eachRow(len(p.x), func(i int) {
		x, y := p.x[i], p.y[i]
		ax, ay := 0.0, 0.0
		for _, other := range p.affinity[i] {
			dx, dy := x-p.x[other.to], y-p.y[other.to]
			f := a * other.p / (1 + dx*dx + dy*dy)
			ax, ay = ax+f*dx, ay+f*dy
		}
		rx, ry, z := 0.0, 0.0, 0.0
		ys := p.y[:len(p.x)]
		for j, xj := range p.x {
			dx, dy := x-xj, y-ys[j]
			w := 1 / (1 + dx*dx + dy*dy)
			z += w
			w *= w
			rx, ry = rx+w*dx, ry+w*dy
		}
		p.dx[i], p.dy[i], p.px[i], p.py[i], p.z[i] = ax, ay, rx, ry, z-1 // without itself
	})
	total := p.total()
	for i := range p.x {
		p.dx[i] -= p.px[i] / total
		p.dy[i] -= p.py[i] / total
	}
}

func (p *plane) total() float64 {
	total := 0.0
	for _, z := range p.z {
		total += z
	}
	return total
}

// descend takes a step. A coordinate's gain grows while its gradient keeps
// pointing where it goes, and shrinks when that turns round.
func (p *plane) descend(rate, momentum float64) {
	for _, c := range []struct{ x, d, m, gain []float64 }{{p.x, p.dx, p.mx, p.gainX}, {p.y, p.dy, p.my, p.gainY}} {
		mean := 0.0
		for i, d := range c.d {
			if (d > 0) != (c.m[i] > 0) {
				c.gain[i] += 0.2
			} else {
				c.gain[i] = max(0.8*c.gain[i], 0.01)
			}
			c.m[i] = momentum*c.m[i] - rate*c.gain[i]*d
			c.x[i] += c.m[i]
			mean += c.x[i] / float64(len(c.x))
		}
		for i := range c.x {
			c.x[i] -= mean
		}
	}
}

// divergence is KL(P‖Q) at the places of the last gradient.
func (p *plane) divergence() float64 {
	total, sum := p.total(), 0.0
	for i, row := range p.affinity {
		for _, other := range row {
			if other.p > 0 {
				dx, dy := p.x[i]-p.x[other.to], p.y[i]-p.y[other.to]
				sum += other.p * math.Log(other.p*total*(1+dx*dx+dy*dy))
			}
		}
	}
	return sum
}

// NearestMistaken is the share of points (x, y) whose nearest other point is of
// another class: how far a map in the plane keeps classes apart. A class at
// random would be mistaken as often as two points are of different classes.
func NearestMistaken(x, y []float64, labels []byte) float64 {
	wrong := make([]bool, len(x))
	eachRow(len(x), func(i int) {
		nearest, best := i, math.Inf(1)
		for j := range x {
			if d := (x[i]-x[j])*(x[i]-x[j]) + (y[i]-y[j])*(y[i]-y[j]); j != i && d < best {
				nearest, best = j, d
			}
		}
		wrong[i] = labels[nearest] != labels[i]
	})
	count := 0
	for _, w := range wrong {
		if w {
			count++
		}
	}
	return float64(count) / float64(max(len(x), 1))
}

// eachRow calls do(i) for i = 0 to n−1 on all cores. What do writes is of i alone, so
// that the result does not depend on them.
func eachRow(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	group.Wait()
}
