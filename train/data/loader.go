package data

import (
	"context"
	"fmt"
	"iter"
	"math/bits"
	"math/rand/v2"
	"sync"
)

// Batch is a part of an epoch.
type Batch struct {
	// Index is the place of the batch in its epoch, from 0.
	Index int
	// N is the number of images. The last batch of an epoch has fewer than the others where the batch size does not
	// divide the set.
	N int
	// X is the images in [0,1]: N, row, column, channel. It is overwritten when the next batch, or
	// the next epoch, is asked for.
	X []float32
	// Images is the index in the set of each image.
	Images []int
}

// Loader serves a set of images in shuffled batches. Several epochs may run at the same time.
type Loader struct {
	images *Images
	batch  int
	seed   uint64

	mu   sync.Mutex
	ring [][]float32 // buffers for X, nil while an epoch uses them
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

// readAhead is the number of batches that are kept: one with the caller, one ready, one being made.
const readAhead = 3

// Epoch returns the batches of an epoch from index from on. The order of the images is a function of the seed of the
// loader and of epoch alone, so that an epoch can be taken up where it was left. Each image comes once.
//
// Batches are made ahead by a goroutine, which has ended when the loop over them is left, in whatever way. When ctx
// is done the last pair has its error.
func (l *Loader) Epoch(ctx context.Context, epoch, from int) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if from < 0 || from > l.Batches() {
			yield(Batch{}, fmt.Errorf("data: loader: expected to start at a batch from 0 to %d, found %d", l.Batches(), from))
			return
		}
		made := make(chan Batch, readAhead-2)
		used := make(chan []float32, readAhead)
		ring := l.take()
		for _, x := range ring {
			used <- x
		}
		stop := make(chan struct{})
		go func() {
			defer close(made)
			order := l.order(epoch)
			for i := from; i < l.Batches(); i++ {
				var x []float32
				select {
				case x = <-used:
				case <-stop:
					return
				}
				index := order[i*l.batch : min((i+1)*l.batch, len(order))]
				x = x[:len(index)*l.images.Size()]
				l.images.Floats(x, index...)
				select {
				case made <- Batch{Index: i, N: len(index), X: x, Images: index}:
				case <-stop:
					return
				}
			}
		}()
		defer func() {
			close(stop)
			for range made { // ends with the goroutine, after which the images may be closed
			}
			l.give(ring)
		}()
		for {
			if ctx.Err() != nil { // select chooses at random where both are ready
				yield(Batch{}, ctx.Err())
				return
			}
			select {
			case <-ctx.Done():
				yield(Batch{}, ctx.Err())
				return
			case b, ok := <-made:
				if !ok || !yield(b, nil) {
					return
				}
				used <- b.X[:cap(b.X)]
			}
		}
	}
}

// take returns the buffers of an epoch: those of an epoch that has ended, or new ones.
func (l *Loader) take() [][]float32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	ring := l.ring
	l.ring = nil
	for len(ring) < readAhead {
		ring = append(ring, make([]float32, min(l.batch, l.images.Len())*l.images.Size()))
	}
	return ring
}

// give keeps the buffers of an epoch for the next one.
func (l *Loader) give(ring [][]float32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring = ring
}

// order returns the images of an epoch as they come, from random numbers that only seed and epoch decide.
func (l *Loader) order(epoch int) []int {
	return permutation(l.images.Len(), rand.NewPCG(l.seed, uint64(epoch)))
}

// permutation returns the numbers below n in the order of a shuffle by Fisher and Yates (Durstenfeld's form).
func permutation(n int, random *rand.PCG) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		// The high word of r*(i+1) is a number from 0 to i; the bias is below i/2^64.
		j, _ := bits.Mul64(random.Uint64(), uint64(i)+1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}
