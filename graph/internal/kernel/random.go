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
	operands{dst: dst, key: key, counter: counter}.draw(func(o *operands, from, to int, s *scratch) {
		current.uniform(o.dst[from:to], o.seeded(from, s))
	})
}

// Normal fills dst with numbers from the standard normal distribution, by the
// method of Box and Muller from uniforms of 32 bits for the radius and 24 for
// the angle: none is larger than 6.7 in absolute value. They are a function of key and counter alone.
func Normal(dst []float32, key, counter uint64) {
	operands{dst: dst, key: key, counter: counter}.draw(func(o *operands, from, to int, s *scratch) {
		current.normal(o.dst[from:to], o.seeded(from, s))
	})
}

// Gaussian sets dst[i] to mean[i] + deviation[i]·z with z from Normal.
func Gaussian(dst, mean, deviation []float32, key, counter uint64) {
	equal(len(dst), len(mean), len(deviation))
	operands{dst: dst, x: mean, y: deviation, key: key, counter: counter}.draw(func(o *operands, from, to int, s *scratch) {
		z := o.dst[from:to]
		current.normal(z, o.seeded(from, s))
		current.multiply(z, z, o.y[from:to])
		current.combine(z, z, o.x[from:to], 1, 1)
	})
}

// Bernoulli sets dst[i] to 1 with probability p[i], otherwise to 0: to 1 where
// a number uniform in [0,1), a multiple of 2⁻³², is less than p[i]. So p = 0 is
// never 1, p = 1 always, and NaN gives NaN. The number is that of Uniform with the
// same key and counter, but for eight more bits. dst may be p.
func Bernoulli(dst, p []float32, key, counter uint64) {
	equal(len(dst), len(p))
	operands{dst: dst, x: p, key: key, counter: counter}.draw(func(o *operands, from, to int, s *scratch) {
		current.bernoulli(o.dst[from:to], o.x[from:to], o.seeded(from, s))
	})
}

// draw runs f on the blocks of a draw.
func (o operands) draw(f part) { o.cut(len(o.dst), randomBlock, 1, f) }

// seeded returns the generators, freshly seeded, of the block that begins with
// element from.
func (o *operands) seeded(from int, s *scratch) *lanes {
	s.random.seed(o.key, o.counter+uint64(from/randomBlock))
	return &s.random
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

// next draws 32 bits from generator i.
func (s *lanes) next(i int) uint32 {
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
	return r
}

// uniform makes a number in [0,1) of the first 24 of 32 bits.
func uniform(r uint32) float32 { return float32(r>>8) * (1. / (1 << 24)) }

func uniformPortable(dst []float32, s *lanes) {
	for i := range dst {
		dst[i] = uniform(s.next(i % 16))
	}
}

func bernoulliPortable(dst, p []float32, s *lanes) {
	for i, v := range p {
		dst[i] = indicator(float64(s.next(i%16)) < float64(v)*(1<<32), v)
	}
}

// normalPortable makes 32 numbers of 32 draws: the first sixteen give the radii,
// the second sixteen the angles.
func normalPortable(dst []float32, s *lanes) {
	for len(dst) > 0 {
		var z [32]float32
		var radii [16]uint32
		for i := range radii {
			radii[i] = s.next(i)
		}
		for i, r := range radii {
			// uniform in (0,1], close to 0 a multiple of 2⁻³²
			u := float32(^r|1) * (1. / (1 << 32))
			z[i], z[16+i] = boxMuller(u, uniform(s.next(i)))
		}
		dst = dst[copy(dst, z[:]):]
	}
}

// boxMuller makes two standard normal numbers of two uniform ones:
// √(-2·log u) times the cosine and the sine of 2πv. Every product is
// rounded by itself (which the conversions see to), so that the result has the
// same bits on every processor.
func boxMuller(u, v float32) (x, y float32) {
	// u = 2ᵉ·(1+f) with 1+f between √½ and √2
	bits := math.Float32bits(u)
	e := int32(bits-math.Float32bits(math.Sqrt2/2)) >> 23
	f := math.Float32frombits(bits-uint32(e<<23)) - 1
	p := horner(f, 0.333333307282, -0.250003064226, 0.200010450942, -0.166412814631,
		0.142144959239, -0.129981837637, 0.126223198492, -0.0790274377239)
	p = float32(float32(f*p)-0.5) * float32(f*f)
	log := f + float32(p)
	log += float32(float32(e) * math.Ln2)
	r := float32(math.Sqrt(float64(-2 * log)))

	// v = q/4 + a/2π with |a| ≤ π/4
	q := int32(float32(v*4) + 0.5)
	a := float32((v - float32(float32(q)*0.25)) * (2 * math.Pi))
	z := float32(a * a)
	s := horner(z, -0.166666666639, 0.00833333187471, -0.000198400867354, 2.72499258031e-6)
	s = float32(float32(z*s)*a) + a
	c := horner(z, 0.0416666666643, -0.0013888887672, 2.48006003772e-5, -2.73009592039e-7)
	c = float32((float32(z*c)-0.5)*z) + 1
	if q&1 != 0 {
		s, c = c, s
	}
	if q&2 != 0 {
		s = -s
	}
	if (q+1)&2 != 0 {
		c = -c
	}
	return float32(r * c), float32(r * s)
}

// horner evaluates a polynomial, coefficients of low degree first.
func horner(x float32, coefficients ...float32) float32 {
	p := coefficients[len(coefficients)-1]
	for i := len(coefficients) - 2; i >= 0; i-- {
		p = float32(p*x) + coefficients[i]
	}
	return p
}
