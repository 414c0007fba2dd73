package kernel

import "math"

// randomBlock is the number of elements drawn for one value of the counter.
const randomBlock = 4096

// Blocks is the number of counter values that a draw of n elements consumes:
// the next draw under the same key begins that much further on.
func Blocks(n int) uint64 { return uint64((n + randomBlock - 1) / randomBlock) }

// Uniform fills dst with numbers uniform in [0,1), multiples of 2⁻²⁴. They are
// a function of key and counter alone.
func Uniform(dst []float32, key, counter uint64) {
	blocks(len(dst), key, counter, func(from, to int, s *lanes) { current.uniform(dst[from:to], s) })
}

// Normal fills dst with numbers from the standard normal distribution, by the
// method of Box and Muller from uniforms of 24 bits: none is larger than 5.8 in
// absolute value. They are a function of key and counter alone.
func Normal(dst []float32, key, counter uint64) {
	blocks(len(dst), key, counter, func(from, to int, s *lanes) { current.normal(dst[from:to], s) })
}

// Bernoulli sets dst[i] to 1 with probability p[i], otherwise to 0: to 1 where
// Uniform with the same key and counter is less than p[i]. So p = 0 is never 1,
// p = 1 always, and NaN gives 0. dst may be p.
func Bernoulli(dst, p []float32, key, counter uint64) {
	equal(len(dst), len(p))
	blocks(len(dst), key, counter, func(from, to int, s *lanes) { current.bernoulli(dst[from:to], p[from:to], s) })
}

// blocks calls f for each block of a draw with its freshly seeded generator.
func blocks(n int, key, counter uint64, f func(from, to int, s *lanes)) {
	draw := func(b int) {
		var s lanes
		s.seed(key, counter+uint64(b))
		f(b*randomBlock, min(n, (b+1)*randomBlock), &s)
	}
	if n < 2*grain {
		for b := range int(Blocks(n)) {
			draw(b)
		}
		return
	}
	parallel(int(Blocks(n)), draw)
}

// lanes is the state of sixteen xoshiro128++ generators (Blackman and Vigna,
// "Scrambled linear pseudorandom number generators", 2021), side by side: word
// w of generator i is s[16w+i]. They take turns, so element j of a block comes
// from generator j mod 16.
type lanes [64]uint32

// seed starts the generators of one block. Key and counter are mixed one after
// the other by splitmix64, whose output then fills the state.
func (s *lanes) seed(key, counter uint64) {
	x := mix(key+golden) ^ counter
	x = mix(x*golden + golden)
	for i := 0; i < len(s); i += 2 {
		x += golden
		z := mix(x)
		s[i], s[i+1] = uint32(z), uint32(z>>32)
	}
}

const golden = 0x9e3779b97f4a7c15

// mix is the output function of splitmix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// next draws 24 bits from generator i, as a number in [0,1).
func (s *lanes) next(i int) float32 {
	s0, s1, s2, s3 := s[i], s[16+i], s[32+i], s[48+i]
	r := s0 + s3
	r = (r<<7 | r>>25) + s0
	t := s1 << 9
	s2 ^= s0
	s3 ^= s1
	s1 ^= s2
	s0 ^= s3
	s2 ^= t
	s3 = s3<<11 | s3>>21
	s[i], s[16+i], s[32+i], s[48+i] = s0, s1, s2, s3
	return float32(r>>8) * (1. / (1 << 24))
}

func uniformPortable(dst []float32, s *lanes) {
	for i := range dst {
		dst[i] = s.next(i % 16)
	}
}

func bernoulliPortable(dst, p []float32, s *lanes) {
	for i, v := range p {
		if s.next(i%16) < v {
			dst[i] = 1
		} else {
			dst[i] = 0
		}
	}
}

// normalPortable makes 32 numbers of 32 uniforms: the first sixteen give the
// radii, the second sixteen the angles.
func normalPortable(dst []float32, s *lanes) {
	for len(dst) > 0 {
		var z [32]float32
		for i := range 16 {
			z[i] = 1 - s.next(i)
		}
		for i := range 16 {
			u := float64(s.next(i))
			r := math.Sqrt(-2 * math.Log(float64(z[i])))
			sin, cos := math.Sincos(2 * math.Pi * u)
			z[i], z[16+i] = float32(r*cos), float32(r*sin)
		}
		dst = dst[copy(dst, z[:]):]
	}
}
