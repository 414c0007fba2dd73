package graph

import (
	"math"
)

// The functions of rectified linear units. Those of the normal distribution
// N(x,1) truncated to s > 0 follow from its normaliser ∫₀^∞ exp(xs − s²/2) ds,
// Mills' ratio at −x.

// tailFrom is where asymptotic series in t = −1/x take over. The closed forms
// lose digits as the square of x, the series' first term left out is below
// 1e-8 here. Their coefficients, 1, 2, 10, 74, 706, follow from the mean's
// equation f' = 1 − f(f−x).
const tailFrom = -20

// millsInverse is r = φ(x)/Φ(x) of the standard normal, so that the mean of the
// truncated one is x + r.
func millsInverse(x float64) float64 {
	return math.Exp(-x*x/2) / (math.Sqrt(math.Pi/2) * math.Erfc(-x/math.Sqrt2))
}

func logTruncated(x float32) float32 {
	v := float64(x)
	if v < tailFrom {
		t := 1 / (v * v)
		return float32(math.Log1p(t*(-1+t*(3+t*(-15+t*105)))) - math.Log(-v))
	}
	return float32(v*v/2 + math.Log(math.Sqrt(math.Pi/2)*math.Erfc(-v/math.Sqrt2)))
}

func truncatedMean(x float32) float32 {
	v := float64(x)
	if v < tailFrom {
		t := 1 / (v * v)
		return float32(-(1 + t*(-2+t*(10+t*(-74+t*706)))) / v)
	}
	return float32(v + millsInverse(v))
}

func truncatedVariance(x float32) float32 {
	v := float64(x)
	if v < tailFrom {
		t := 1 / (v * v)
		return float32(t * (1 + t*(-6+t*(50+t*(-518+t*6354)))))
	}
	r := millsInverse(v)
	return float32(1 - r*(v+r))
}

func truncatedSkewness(x float32) float32 {
	v := float64(x)
	if v < tailFrom {
		t := 1 / (v * v)
		return float32(-t / v * (2 + t*(-24+t*(300+t*(-4144+t*63540)))))
	}
	r := millsInverse(v)
	return float32(r * ((v+r)*(v+2*r) - 1))
}

// softplusIntegral is −Li₂(−eˣ), by the series of the dilogarithm in
// s = softplus(−|x|), whose coefficients are Bernoulli's numbers over
// factorials, and by −Li₂(−eˣ) − Li₂(−e⁻ˣ) = π²/6 + x²/2.
func softplusIntegral(dst, src []float32) {
	for i, x := range src {
		v := float64(x)
		s := math.Log1p(math.Exp(-math.Abs(v)))
		q := s * s
		area := s * (1 + s/4 + q*(1.0/36+q*(-1.0/3600+q*(1.0/211680-q/10886400))))
		if v > 0 {
			area = math.Pi*math.Pi/6 + v*v/2 - area
		}
		dst[i] = float32(area)
	}
}

// truncated draws from a normal distribution above 0.
type truncated struct{ independent }

func (t *truncated) String() string { return t.title("N₊") }

// drawTruncated draws s > 0 with density proportional to exp(xs − s²/2): by
// normal proposals where most are accepted, else by exponential ones (Robert
// 1995, proposition 2.3).
func drawTruncated(pre float32, u splitmix) float32 {
	x := float64(pre)
	switch {
	case x != x:
		return pre
	case math.IsInf(x, -1):
		return 0
	case x > 0:
		for {
			// Box and Muller's.
			s := x + math.Sqrt(-2*math.Log(1-u.uniform()))*math.Cos(2*math.Pi*u.uniform())
			if s > 0 {
				return float32(s)
			}
		}
	}
	rate := (math.Sqrt(x*x+4) - x) / 2
	for {
		s := -math.Log(1-u.uniform()) / rate
		off := s - x - rate
		if u.uniform() <= math.Exp(-off*off/2) {
			return float32(s)
		}
	}
}

// Truncated draws from N(x,1) where it is above 0, element by element: the
// density exp(xs − s²/2) of s > 0, normalised.
func (g *Graph) Truncated(x *Node, stream string) *Node {
	if g.broken("truncated normal", x) {
		return nil
	}
	s := independent{sampler: sampler{stream, g.stream(stream)}, draw: drawTruncated}
	return g.apply(&truncated{s}, x.Shape(), x)
}

// counted draws how many of infinitely many logistic units with offsets are on.
type counted struct{ independent }

func (c *counted) String() string { return c.title("Σ Bernoulli") }

// countedReach is how far from x the offsets are that are drawn: beyond it all
// units below are on and all above off, but for one run in ten million.
const countedReach = 17

func drawCounted(x float32, u splitmix) float32 {
	if x != x {
		return x
	}
	first := max(0, math.Floor(float64(x))-countedReach)
	n := first
	for j := range 2 * countedReach {
		offset := first + float64(j) + 0.5
		if u.uniform()*(1+math.Exp(offset-float64(x))) < 1 {
			n++
		}
	}
	return float32(n)
}

// OffsetCopies draws how many are on of the binary units with pre-activations
// x − ½, x − 1½, x − 2½ and so on, element by element: the number that a
// rectified unit stands for (Nair and Hinton 2010, section 2).
func (g *Graph) OffsetCopies(x *Node, stream string) *Node {
	if g.broken("offset copies", x) {
		return nil
	}
	s := independent{sampler: sampler{stream, g.stream(stream)}, draw: drawCounted}
	return g.apply(&counted{s}, x.Shape(), x)
}
