package kernel

import "math"

// The elementary functions of the portable path, in float64 and rounded once.

// exp64 is the exponential of x within a few units of 1e-10, relatively: more
// than float32 can tell, and several times as fast as math.Exp.
func exp64(x float64) float64 {
	const (
		log2e = 1.44269504088896340736
		hi    = 6.93147180369123816490e-01
		lo    = 1.90821492927058770002e-10
		shift = 3 << 51 // added and taken away again, rounds to an integer
	)
	if !(x > -700) {
		if x != x {
			return x
		}
		return 0
	}
	if x > 700 {
		return math.Inf(1)
	}
	n := float64(x*log2e+shift) - shift
	r := x - n*hi - n*lo
	// Taylor: |r| ≤ ln2/2, the first term left out is below 1e-10.
	p := 1 + r*(1+r*(1./2+r*(1./6+r*(1./24+r*(1./120+r*(1./720+r*(1./5040+r*(1./40320))))))))
	return p * math.Float64frombits(uint64(1023+int64(n))<<52)
}

// log1p64 is log(1+y) for 0 ≤ y ≤ 1 as 2·atanh(y/(2+y)).
func log1p64(y float64) float64 {
	s := y / (2 + y)
	t := s * s
	return 2 * s * (1 + t*(1./3+t*(1./5+t*(1./7+t*(1./9+t*(1./11+t*(1./13+t*(1./15+t*(1./17)))))))))
}

func exp(x float32) float32 { return float32(exp64(float64(x))) }

func sigmoid(x float32) float32 { return float32(1 / (1 + exp64(-float64(x)))) }

func sigmoidSlope(x float32) float32 { return float32(slope64(float64(x))) }

func tanhSlope(x float32) float32 { return float32(4 * slope64(2*float64(x))) }

// slope64 is the derivative of the sigmoid, σ(x)σ(-x), in which nothing cancels.
func slope64(x float64) float64 {
	e := exp64(-math.Abs(x))
	return e / ((1 + e) * (1 + e))
}

func softplus(x float32) float32 {
	y := float64(x)
	return float32(max(y, 0) + log1p64(exp64(-math.Abs(y))))
}

func tanh(x float32) float32 {
	y := float64(x)
	if math.Abs(y) < 0.01 {
		// 1-e would lose what the quotient needs
		return float32(y * (1 - y*y*(1./3)))
	}
	e := exp64(-2 * math.Abs(y))
	return float32(math.Copysign((1-e)/(1+e), y))
}

func logCosh(x float32) float32 {
	y := math.Abs(float64(x))
	if y < 0.1 {
		s := y * y
		return float32(s * (1./2 - s*(1./12-s*(1./45-s*(17./2520)))))
	}
	return float32(y - math.Ln2 + log1p64(exp64(-2*y)))
}

func relu(x float32) float32 { return max(0, x) }

func clippedReLU(x float32) float32 { return min(1, max(0, x)) }

func halfSquare(x float32) float32 { return x / 2 * x }

func halfSquareReLU(x float32) float32 { return halfSquare(relu(x)) }

func clippedIntegral(x float32) float32 {
	r := relu(x)
	c := min(1, r)
	return c * (r - c/2)
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func step(x float32) float32 { return indicator(x > 0, x) }

func box(x float32) float32 { return indicator(x > 0 && x < 1, x) }

// indicator is 1 or 0, and NaN for NaN, which a comparison would hide.
func indicator(is bool, x float32) float32 {
	switch {
	case is:
		return 1
	case x != x:
		return x
	}
	return 0
}
