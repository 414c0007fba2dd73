package kernel

import (
	"fmt"
	"math"
	"math/bits"
	"testing"
)

// manyDraws is how many numbers the statistics are over: enough to
// see a bias of a five-thousandth of a number's deviation. With -short there are
// fewer.
func manyDraws() int {
	if testing.Short() {
		return 1 << 24
	}
	return 1 << 30
}

// batch is how many are drawn at a time.
const batch = 1 << 17

// batches calls f for the first counter of each batch of n draws.
func batches(n int, f func(counter uint64)) {
	for i := range uint64(n / batch) {
		f(1e6 + i*Blocks(batch))
	}
}

// The share of ones is the probability, however close to 0 or 1. (The numbers
// that decide are multiples of 2⁻³², so a probability is rounded up to one.)
func TestBernoulliHasNoBias(t *testing.T) {
	t.Parallel()
	n := manyDraws()
	x, p := make([]float32, batch), make([]float32, batch)
	for i, q := range []float32{1e-8, 1e-4, 0.3, 0.999, 1 - 1./(1<<24)} {
		for j := range p {
			p[j] = q
		}
		ones := 0.0
		batches(n, func(counter uint64) {
			Bernoulli(x, p, 100+uint64(i), counter)
			ones += Sum(x)
		})
		mean := float64(n) * math.Ceil(float64(q)*(1<<32)) / (1 << 32)
		checkZ(t, fmt.Sprintf("ones at %v", q), ones, mean, math.Sqrt(mean*(1-float64(q))))
	}
}

// pack makes a bit of each of the numbers 0 and 1.
func pack(dst []uint64, x []float32) {
	for i := range dst {
		w := uint64(0)
		for j, v := range x[64*i : 64*i+64] {
			w |= uint64(math.Float32bits(v)>>29&1) << j
		}
		dst[i] = w
	}
}

// lagged is how many bits differ from the one that comes lag places later.
func lagged(x []uint64, lag int) (differ, pairs int) {
	words, shift := lag/64, lag%64
	last := len(x) - words
	if shift > 0 {
		last--
	}
	for i, w := range x[:last] {
		y := x[i+words] >> shift
		if shift > 0 {
			y |= x[i+words+1] << (64 - shift)
		}
		differ += bits.OnesCount64(w ^ y)
	}
	return differ, 64 * last
}

// Tosses of a coin show no connection with those before them, in the lanes
// beside, in the lane itself, in the block before and under keys close by, nor
// are there patterns of sixteen that are rare or frequent.
func TestBernoulliIsIndependent(t *testing.T) {
	t.Parallel()
	x, p := make([]float32, batch), make([]float32, batch)
	for i := range p {
		p[i] = 0.5
	}
	x0, x1 := make([]uint64, batch/64), make([]uint64, batch/64)
	lags := []int{1, 2, 3, 8, 15, 16, 17, 32, 64, 160, randomBlock - 16, randomBlock, 2 * randomBlock}
	differ, pairs := make([]int, len(lags)), make([]int, len(lags))
	var patterns [1 << 16]int
	n := manyDraws()
	batches(n, func(counter uint64) {
		Bernoulli(x, p, 7, counter)
		pack(x0, x)
		for i, lag := range lags {
			d, n := lagged(x0, lag)
			differ[i] += d
			pairs[i] += n
		}
		for _, w := range x0 {
			for ; w != 0; w >>= 16 {
				patterns[w&0xffff]++
			}
		}
	})
	for i, lag := range lags {
		n := float64(pairs[i])
		checkZ(t, fmt.Sprintf("changes at lag %d", lag), float64(differ[i]), n/2, math.Sqrt(n)/2)
	}
	patterns[0] += n/16 - total(patterns[:]) // words that ended in zeros
	checkChiSquare(t, "patterns", patterns[:], func(int) float64 { return 1. / (1 << 16) })

	n /= 1 << 4
	for i, key := range []uint64{6, 8, 7 ^ 1<<32, 7 ^ 1<<63, 7 + golden, ^uint64(7)} {
		d := 0
		batches(n, func(counter uint64) {
			Bernoulli(x, p, 7, counter)
			pack(x0, x)
			Bernoulli(x, p, key, counter)
			pack(x1, x)
			for i, w := range x0 {
				d += bits.OnesCount64(w ^ x1[i])
			}
		})
		checkZ(t, fmt.Sprintf("differences under key %d", i), float64(d), float64(n)/2, math.Sqrt(float64(n))/2)
	}
}

func total(count []int) (n int) {
	for _, c := range count {
		n += c
	}
	return n
}

// Pairs of uniform numbers fill the square evenly, those of neighbours, of
// neighbours in a lane and of the same place in neighbouring blocks.
func TestUniformPairs(t *testing.T) {
	t.Parallel()
	x := make([]float32, batch)
	for _, lag := range []int{1, 16, randomBlock} {
		var pairs [256 * 256]int
		batches(manyDraws()/8, func(counter uint64) {
			Uniform(x, 9+uint64(lag), counter)
			for i := 0; i < batch; i += 2 * lag {
				for j, u := range x[i : i+lag] {
					pairs[int(u*256)<<8|int(x[i+j+lag]*256)]++
				}
			}
		})
		checkChiSquare(t, fmt.Sprintf("pairs at lag %d", lag), pairs[:], func(int) float64 { return 1. / (1 << 16) })
	}
}

func TestNormalMoments(t *testing.T) {
	t.Parallel()
	x, y, one := make([]float32, batch), make([]float32, batch), make([]float32, batch)
	for i := range one {
		one[i] = 1
	}
	lags := []int{1, 15, 16, 32, randomBlock}
	var moments [5]float64
	products, squares := make([]float64, len(lags)), make([]float64, len(lags))
	n := float64(manyDraws())
	batches(manyDraws(), func(counter uint64) {
		Normal(x, 11, counter)
		Mul(y, x, x)
		moments[1] += Sum(x)
		moments[2] += Sum(y)
		moments[3] += Dot(x, y)
		moments[4] += Dot(y, y)
		Axpby(y, 1, y, -1, one)
		for i, lag := range lags {
			products[i] += Dot(x[lag:], x[:batch-lag])
			squares[i] += Dot(y[lag:], y[:batch-lag])
		}
	})
	checkZ(t, "mean", moments[1]/n, 0, 1/math.Sqrt(n))
	checkZ(t, "variance", moments[2]/n, 1, math.Sqrt(2/n))
	checkZ(t, "third moment", moments[3]/n, 0, math.Sqrt(15/n))
	checkZ(t, "fourth moment", moments[4]/n, 3, math.Sqrt(96/n))
	for i, lag := range lags {
		pairs := n / batch * float64(batch-lag)
		checkZ(t, fmt.Sprintf("correlation at lag %d", lag), products[i], 0, math.Sqrt(pairs))
		checkZ(t, fmt.Sprintf("correlation of squares at lag %d", lag), squares[i], 0, 2*math.Sqrt(pairs))
	}
}

// The distribution, cell by cell, and what lies far out.
func TestNormalDistribution(t *testing.T) {
	t.Parallel()
	const width, cells = 1. / 32, 2 * 7 * 32
	var count [cells]int
	x := make([]float32, batch)
	n := manyDraws()
	batches(n, func(counter uint64) {
		Normal(x, 13, counter)
		for _, v := range x {
			count[int(v*(1/width)+cells/2)]++ // none is beyond 7
		}
	})
	below := func(i int) float64 { return math.Erfc((cells/2-float64(i))*width/math.Sqrt2) / 2 }
	// Cells with few draws are one with those farther out.
	first := 0
	for float64(n)*below(first) < 20 {
		first++
	}
	middle := append([]int{total(count[:first])}, count[first:cells-first]...)
	middle = append(middle, total(count[cells-first:]))
	checkChiSquare(t, "cells", middle, func(i int) float64 {
		switch i {
		case 0, len(middle) - 1:
			return below(first)
		}
		return below(first+i) - below(first+i-1)
	})
	for _, far := range []float64{2, 3, 4, 4.5, 5, 5.5, 6} {
		i := cells/2 - int(far/width)
		want := 2 * float64(n) * below(i)
		checkZ(t, fmt.Sprintf("draws beyond %v", far), float64(total(count[:i])+total(count[cells-i:])), want, math.Sqrt(want)+0.1)
	}
}
