package data

import (
	"context"
	"fmt"
	"iter"
	"math/bits"
	"math/rand/v2"
)

// Batch is a part of an epoch.
type Batch struct {
	// Index is the place of the batch in its epoch, from 0.
	Index int
	// N is the number of images. The last batch of an epoch has fewer than the others where the batch size does not
	// divide the set.
	N int
	// Images is the index in the set of each image. It is overwritten when the next epoch is asked for.
	Images []int
}

// Loader puts a set of images into shuffled batches.
//
// It reads no image: to do that with [Images.Floats] when a step begins takes a hundredth of most steps, and no longer
// than to take batches from a goroutine that has read them. The system is told, a little ahead, which parts of a file
// will be wanted.
type Loader struct {
	images *Images
	batch  int
	seed   uint64
	order  []int // of an epoch
}

// NewLoader returns a loader of the images in batches of this many, shuffled by the seed. It panics if batch is not
// above 0.
func NewLoader(s *Images, batch int, seed uint64) *Loader {
	if batch < 1 {
		panic(fmt.Sprintf("data: loader: batch of %d images", batch))
	}
	return &Loader{images: s, batch: batch, seed: seed}
}

// Batches returns the number of batches of an epoch; the last may be short.
func (l *Loader) Batches() int { return (l.images.Len() + l.batch - 1) / l.batch }

// readAhead is how many batches ahead the system is told what will be wanted.
const readAhead = 2

// Epoch returns the batches of an epoch from index from on. The order of the images is a function of the seed of the
// loader and of epoch alone, so that an epoch can be taken up where it was left. Each image comes once. One epoch of a
// loader may run at a time.
//
// When ctx is done the last pair has its error.
func (l *Loader) Epoch(ctx context.Context, epoch, from int) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if from < 0 || from > l.Batches() {
			yield(Batch{}, fmt.Errorf("data: loader: expected to start at a batch from 0 to %d, found %d", l.Batches(), from))
			return
		}
		l.shuffle(epoch)
		for i := range readAhead {
			l.images.willRead(l.part(from + i))
		}
		for i := from; i < l.Batches(); i++ {
			if ctx.Err() != nil {
				yield(Batch{}, ctx.Err())
				return
			}
			l.images.willRead(l.part(i + readAhead))
			index := l.part(i)
			if !yield(Batch{Index: i, N: len(index), Images: index}, nil) {
				return
			}
		}
	}
}

// part returns the images of batch i, none after the last.
func (l *Loader) part(i int) []int {
	n := len(l.order)
	return l.order[min(i*l.batch, n):min((i+1)*l.batch, n)]
}

// shuffle puts the images into the order of an epoch, by random numbers that only seed and epoch decide.
func (l *Loader) shuffle(epoch int) {
	if l.order == nil {
		l.order = make([]int, l.images.Len())
	}
	permute(l.order, rand.NewPCG(l.seed, uint64(epoch)))
}

// permutation returns the numbers below n in a random order.
func permutation(n int, random *rand.PCG) []int {
	order := make([]int, n)
	permute(order, random)
	return order
}

// permute fills order with the numbers below its length in the order of a shuffle by Fisher and Yates (Durstenfeld's
// form).
func permute(order []int, random *rand.PCG) {
	for i := range order {
		order[i] = i
	}
	for i := len(order) - 1; i > 0; i-- {
		// The high word of r*(i+1) is a number from 0 to i; the bias is below i/2^64.
		j, _ := bits.Mul64(random.Uint64(), uint64(i)+1)
		order[i], order[j] = order[j], order[i]
	}
}
