package metric

import "boltzoo/graph"

// bitmap is a source of zeros and ones.
type bitmap struct {
	size int
	bits []byte
}

func (b *bitmap) Len() int  { return len(b.bits) / b.size }
func (b *bitmap) Size() int { return b.size }
func (b *bitmap) Floats(dst []float32, index ...int) {
	for _, i := range index {
		for j, bit := range b.bits[i*b.size : (i+1)*b.size] {
			dst[j] = float32(bit)
		}
		dst = dst[b.size:]
	}
}

// Binarise is the source as zeros and ones, which the likelihood of binary
// units is about: with random, each value is 1 with the probability that it
// is itself, drawn once, from the stream "binarise"; without, it is 1 from 0.5
// on. Values are in [0,1].
func Binarise(source Source, random *graph.Random) Source {
	b := &bitmap{size: source.Size(), bits: make([]byte, source.Len()*source.Size())}
	x, u := make([]float32, b.size), make([]float32, b.size)
	for i := range source.Len() {
		source.Floats(x, i)
		if random != nil {
			random.Stream("binarise").Uniform(u)
		}
		for j, v := range x {
			if random != nil && u[j] < v || random == nil && v >= 0.5 {
				b.bits[i*b.size+j] = 1
			}
		}
	}
	return b
}
