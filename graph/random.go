package graph

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"boltzoo/graph/internal/kernel"
)

// Random is the source of all randomness of a run: named streams that are
// functions of one seed. What one stream has drawn changes nothing of the
// others, so a layer that is added leaves the others' numbers as they were.
type Random struct {
	seed    uint64
	streams map[string]*Stream
}

// NewRandom returns the streams of seed.
func NewRandom(seed uint64) *Random {
	return &Random{seed: seed, streams: map[string]*Stream{}}
}

// Stream returns the stream of that name, the same one every time.
func (r *Random) Stream(name string) *Stream {
	s, ok := r.streams[name]
	if !ok {
		var seed [8]byte
		binary.LittleEndian.PutUint64(seed[:], r.seed)
		sum := sha256.Sum256(append(seed[:], name...))
		s = &Stream{key: binary.LittleEndian.Uint64(sum[:])}
		r.streams[name] = s
	}
	return s
}

// State tells how far each stream has been drawn. With the seed it is all
// there is to save.
func (r *Random) State() map[string]uint64 {
	state := make(map[string]uint64, len(r.streams))
	for name, s := range r.streams {
		state[name] = s.counter
	}
	return state
}

// Restore puts every stream where State found it; streams that state does not
// name start anew.
func (r *Random) Restore(state map[string]uint64) {
	for _, s := range r.streams {
		s.counter = 0
	}
	for name, counter := range state {
		r.Stream(name).counter = counter
	}
}

// Stream is a sequence of random numbers: a function of its key and of how
// much was drawn before, whatever the number of threads.
type Stream struct{ key, counter uint64 }

// Uniform fills dst with numbers from [0,1).
func (s *Stream) Uniform(dst []float32) {
	kernel.Uniform(dst, s.key, s.counter)
	s.advance(len(dst))
}

// Normal fills dst with standard normal numbers.
func (s *Stream) Normal(dst []float32) {
	kernel.Normal(dst, s.key, s.counter)
	s.advance(len(dst))
}

func (s *Stream) bernoulli(dst, p []float32) {
	kernel.Bernoulli(dst, p, s.key, s.counter)
	s.advance(len(dst))
}

func (s *Stream) gaussian(dst, mean, deviation []float32) {
	kernel.Gaussian(dst, mean, deviation, s.key, s.counter)
	s.advance(len(dst))
}

func (s *Stream) advance(n int) { s.counter += kernel.Blocks(n) }

// stream is the stream of a sampling op.
func (g *Graph) stream(name string) *Stream {
	if g.random == nil {
		g.Fail(fmt.Errorf("graph: %s: sampling needs random streams: graph.New(random)", name))
		return nil
	}
	return g.random.Stream(name)
}
