package safetensors

import "math"

// largestHalf is the largest finite F16, (2 - 2^-10) 2^15.
const largestHalf = 65504

// halfOverflow is where rounding to nearest begins to give infinity: half a
// unit in the last place above largestHalf.
const halfOverflow = 65520

// toHalf rounds a float32 to the IEEE 754 binary16 next to it, ties to even.
// Infinities stay; a NaN stays a NaN with the upper bits of its payload.
func toHalf(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN; a payload that would be cut to nothing must not read as infinity
		payload := uint16(b >> 13 & 0x3ff)
		if payload == 0 {
			payload = 0x200
		}
		return sign | 0x7c00 | payload
	case b >= 0x47800000: // 2^16 and above
		return sign | 0x7c00
	case b >= 0x38800000: // 2^-14 and above: normal in F16
		b -= (127 - 15) << 23
		return sign | uint16(roundShift(b, 13)) // a carry moves into the exponent, up to infinity, as it should
	case b >= 0x33000000: // 2^-25 and above: subnormal in F16, a multiple of 2^-24
		exponent := b >> 23
		mantissa := b&0x7fffff | 0x800000
		return sign | uint16(roundShift(mantissa, 126-exponent))
	}
	return sign
}

// roundShift is b / 2^n rounded to the nearest integer, ties to even.
func roundShift(b, n uint32) uint32 {
	odd := b >> n & 1
	return (b + 1<<(n-1) - 1 + odd) >> n
}

// fromHalf widens an IEEE 754 binary16, which is exact.
func fromHalf(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent := uint32(h >> 10 & 0x1f)
	mantissa := uint32(h & 0x3ff)
	switch exponent {
	case 0: // zero or a multiple of 2^-24
		m := math.Float32bits(float32(mantissa) * 0x1p-24)
		return math.Float32frombits(sign | m)
	case 0x1f: // infinity, NaN
		return math.Float32frombits(sign | 0x7f800000 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
}
