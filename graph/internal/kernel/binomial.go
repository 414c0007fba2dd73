package kernel

import "math"

// Binomial sets dst[i] to the share of n trials that succeed, each with
// probability p[i]: one of 0, 1/n … 1. p ≤ 0 gives 0, p ≥ 1 gives 1 and NaN
// gives NaN. The shares are a function of key and counter alone; a draw takes
// as much of the counter as Blocks tells. dst may be p.
func Binomial(dst, p []float32, n int, key, counter uint64) {
	equal(len(dst), len(p))
	if n < 1 {
		panic("kernel: binomial of fewer than one trial")
	}
	const (
		weight = 256 // the work for an element, in elements of simple kernels
		step   = grain / weight
	)
	block := splitmix(counter)
	o := operands{dst: dst, x: p, rows: n, key: key ^ block.next()}
	o.cut(len(dst), step, weight, func(o *operands, from, to int, _ *scratch) {
		for i := from; i < to; i++ {
			// Rejection takes a varying number of uniforms, so each element has a
			// sequence of its own.
			u := splitmix(o.key + uint64(i))
			o.dst[i] = float32(drawBinomial(o.rows, float64(o.x[i]), &u) / float64(o.rows))
		}
	})
}

// splitmix is the generator of Steele, Lea and Flood (2014).
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += golden
	return mix(uint64(*s))
}

func (s *splitmix) uniform() float64 { return float64(s.next()>>11) * 0x1p-53 }

// drawBinomial counts the successes of n trials: by inversion where few are
// expected, else by transformed rejection (Hörmann 1993, algorithm BTRS).
func drawBinomial(n int, p float64, u *splitmix) float64 {
	switch {
	case p != p:
		return p
	case p <= 0:
		return 0
	case p >= 1:
		return float64(n)
	case p > 0.5:
		return float64(n) - drawBinomial(n, 1-p, u)
	case float64(n)*p < 10:
		return invertBinomial(n, p, u.uniform())
	}
	trials, odds := float64(n), p/(1-p)
	deviation := math.Sqrt(trials * p * (1 - p))
	b := 1.15 + 2.53*deviation
	a := -0.0873 + 0.0248*b + 0.01*p
	accept := 0.92 - 4.2/b
	alpha := (2.83 + 5.1/b) * deviation
	mode := math.Floor((trials + 1) * p)
	for {
		x, v := u.uniform()-0.5, u.uniform()
		edge := 0.5 - math.Abs(x)
		k := math.Floor((2*a/edge+b)*x + trials*p + 0.5)
		if k < 0 || k > trials {
			continue
		}
		if edge >= 0.07 && v <= accept {
			return k
		}
		bound := (mode+0.5)*math.Log((mode+1)/(odds*(trials-mode+1))) +
			(trials+1)*math.Log((trials-mode+1)/(trials-k+1)) +
			(k+0.5)*math.Log(odds*(trials-k+1)/(k+1)) +
			stirlingTail(mode) + stirlingTail(trials-mode) - stirlingTail(k) - stirlingTail(trials-k)
		if math.Log(v*alpha/(a/(edge*edge)+b)) <= bound {
			return k
		}
	}
}

// stirlingTail is log k! less Stirling's formula for it.
func stirlingTail(k float64) float64 {
	if k < 10 {
		g, _ := math.Lgamma(k + 1)
		return g - (k+0.5)*math.Log(k+1) + k + 1 - 0.5*math.Log(2*math.Pi)
	}
	r := 1 / ((k + 1) * (k + 1))
	return (1.0/12 - (1.0/360-r/1260)*r) / (k + 1)
}

// invertBinomial walks up the distribution function to u.
func invertBinomial(n int, p, u float64) float64 {
	odds, term := p/(1-p), math.Pow(1-p, float64(n))
	k := 0
	for u >= term && k < n {
		u -= term
		k++
		term *= odds * float64(n-k+1) / float64(k)
	}
	return float64(k)
}
