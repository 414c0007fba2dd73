package safetensors

import (
	"math"
	"math/rand/v2"
	"testing"
)

// half is the value of an F16 by its definition, in float64.
func half(h uint16) float64 {
	sign := 1 - 2*float64(h>>15)
	exponent, fraction := int(h>>10&31), float64(h&1023)/1024
	switch {
	case exponent == 31 && fraction != 0:
		return math.NaN()
	case exponent == 31:
		return sign * math.Inf(1)
	case exponent == 0:
		return math.Copysign(math.Ldexp(fraction, -14), sign)
	}
	return sign * math.Ldexp(1+fraction, exponent-15)
}

func TestFromHalfAllValues(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got, want := float64(fromHalf(h)), half(h)
		if math.IsNaN(want) {
			if !math.IsNaN(got) {
				t.Errorf("%#04x: got %g, want NaN", h, got)
			}
		} else if math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%#04x: got %g, want %g", h, got, want)
		}
	}
}

func TestHalfRoundTripAllValues(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		if got := toHalf(fromHalf(h)); got != h {
			t.Errorf("%#04x comes back as %#04x", h, got)
		}
	}
}

// Between two neighbours the nearer one is right, in the middle the even one.
// 65536, which F16 has not, stands in for infinity, as IEEE 754 rounds.
func TestToHalfRounds(t *testing.T) {
	for low := range uint16(0x7c00) {
		high := low + 1
		a, b := half(low), half(high)
		if high == 0x7c00 {
			b = 65536
		}
		middle := float32((a + b) / 2)
		if float64(middle) != (a+b)/2 {
			t.Fatalf("%#04x: the middle is no float32", low)
		}
		even := low + low&1
		inf := float32(math.Inf(1))
		for _, c := range []struct {
			x    float32
			want uint16
		}{
			{middle, even},
			{math.Nextafter32(middle, 0), low},
			{math.Nextafter32(middle, inf), high},
			{math.Nextafter32(float32(a), inf), low},
			{math.Nextafter32(float32(b), 0), high},
		} {
			if got := toHalf(c.x); got != c.want {
				t.Errorf("%g between %#04x and %#04x: got %#04x, want %#04x", c.x, low, high, got, c.want)
			}
			if got := toHalf(-c.x); got != c.want|0x8000 {
				t.Errorf("%g between %#04x and %#04x: got %#04x, want %#04x", -c.x, low, high, got, c.want|0x8000)
			}
		}
	}
}

func TestToHalfNearest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1 << 18 {
		x := math.Float32frombits(random.Uint32())
		h := toHalf(x)
		switch {
		case math.IsNaN(float64(x)):
			if !math.IsNaN(half(h)) {
				t.Errorf("NaN %#08x: got %#04x", math.Float32bits(x), h)
			}
		case math.Abs(float64(x)) >= halfOverflow:
			if !math.IsInf(half(h), 0) || math.Signbit(float64(x)) != (h>>15 == 1) {
				t.Errorf("%g: got %#04x, want an infinity", x, h)
			}
		default:
			distance := math.Abs(half(h) - float64(x))
			for _, other := range []uint16{h - 1, h + 1} {
				if o := half(other); math.Abs(o-float64(x)) < distance {
					t.Errorf("%g: got %g, but %g is nearer", x, half(h), o)
				}
			}
		}
	}
	if got := toHalf(math.Float32frombits(0x7f800001)); !math.IsNaN(half(got)) {
		t.Errorf("NaN with a low payload: got %#04x", got)
	}
}
