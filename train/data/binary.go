package data

import (
	"fmt"
	"math/rand/v2"
)

// Threshold returns a copy whose values are 0 or 1: 1 from one half on.
func (s *Images) Threshold() *Images {
	one := s.one()
	return s.binary(func(b byte) bool { return 2*int(b) >= int(one) })
}

// Bernoulli returns a copy whose values are 0 or 1, drawn once with the value as the probability of a 1, as the
// binarised MNIST of the literature is made (Salakhutdinov and Murray, "On the Quantitative Analysis of Deep Belief
// Networks", ICML 2008, section 6). The seed and the place of a value in the set decide it, so that the first images
// of a set are drawn as they are when it is longer. Values above 1 are an error.
func (s *Images) Bernoulli(seed uint64) (*Images, error) {
	one := s.one()
	if err := s.fractions(); err != nil {
		return nil, err
	}
	random := rand.NewPCG(seed, streamBinary)
	// The high 32 bits, times one, are below b times 2^32 with a probability of b/one, to 1 in 2^32.
	return s.binary(func(b byte) bool { return random.Uint64()>>32*uint64(one) < uint64(b)<<32 }), nil
}

// Invert returns a copy in which 1−v is where v was. Values above 1 are an error.
func (s *Images) Invert() (*Images, error) {
	if err := s.fractions(); err != nil {
		return nil, err
	}
	inverted := *s
	inverted.release = nil
	inverted.Pix = make([]byte, len(s.Pix))
	for i, b := range s.Pix {
		inverted.Pix[i] = s.one() - b
	}
	inverted.Sum = sum(inverted.Pix)
	return &inverted, nil
}

// fractions finds a value above 1.
func (s *Images) fractions() error {
	for i, b := range s.Pix {
		if b > s.one() {
			return fmt.Errorf("data: %s: image %d, value %d: expected 0 to 1, found %d", s.Name, i/s.Size(), i%s.Size(), b)
		}
	}
	return nil
}

// one returns the byte that stands for 1.
func (s *Images) one() byte {
	if s.One == 0 {
		return 255
	}
	return s.One
}

// binary returns a copy with 1 where is holds and 0 elsewhere.
func (s *Images) binary(is func(byte) bool) *Images {
	drawn := *s
	drawn.release = nil
	drawn.Pix = make([]byte, len(s.Pix))
	for i, b := range s.Pix {
		if is(b) {
			drawn.Pix[i] = s.one()
		}
	}
	drawn.Sum = sum(drawn.Pix)
	return &drawn
}
