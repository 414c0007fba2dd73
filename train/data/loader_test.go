package data

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// epoch returns copies of the batches of an epoch.
func epoch(t *testing.T, l *Loader, epoch, from int) []Batch {
	t.Helper()
	var batches []Batch
	for b, err := range l.Epoch(t.Context(), epoch, from) {
		if err != nil {
			t.Fatal(err)
		}
		b.Images = slices.Clone(b.Images)
		batches = append(batches, b)
	}
	return batches
}

func TestLoaderCoversEachImageOnce(t *testing.T) {
	for _, c := range []struct{ n, batch int }{{256, 32}, {101, 10}, {7, 32}, {1, 1}, {0, 4}, {33, 32}} {
		s := ramp(c.n)
		l := NewLoader(s, c.batch, 1)
		batches := epoch(t, l, 0, 0)
		if want := (c.n + c.batch - 1) / c.batch; len(batches) != want || l.Batches() != want {
			t.Errorf("%v: %d batches, %d promised, expected %d", c, len(batches), l.Batches(), want)
		}
		seen := make([]int, c.n)
		for i, b := range batches {
			if b.Index != i || b.N != len(b.Images) {
				t.Errorf("%v: batch %d: index %d, N %d, %d images", c, i, b.Index, b.N, len(b.Images))
			}
			if i < len(batches)-1 && b.N != c.batch {
				t.Errorf("%v: batch %d of %d has %d images", c, i, len(batches), b.N)
			}
			for _, k := range b.Images {
				seen[k]++
			}
		}
		for k, n := range seen {
			if n != 1 {
				t.Errorf("%v: image %d came %d times", c, k, n)
			}
		}
	}
}

func TestLoaderIsAFunctionOfSeedAndEpoch(t *testing.T) {
	s := ramp(200)
	order := func(seed uint64, e int) []int {
		var all []int
		for _, b := range epoch(t, NewLoader(s, 16, seed), e, 0) {
			all = append(all, b.Images...)
		}
		return all
	}
	seen := map[[4]int][2]int{}
	for seed := range 5 {
		for e := range 5 {
			a := order(uint64(seed), e)
			if !slices.Equal(a, order(uint64(seed), e)) {
				t.Fatalf("seed %d, epoch %d: two orders", seed, e)
			}
			start := [4]int(a)
			if other, ok := seen[start]; ok {
				t.Errorf("seed and epoch %v and %v give one order", other, [2]int{seed, e})
			}
			seen[start] = [2]int{seed, e}
			if same := matches(a, order(uint64(seed), e+1)); same > 10 {
				t.Errorf("seed %d: %d of 200 images keep their place from epoch %d to the next", seed, same, e)
			}
			if same := matches(a, order(uint64(seed)+1, e)); same > 10 {
				t.Errorf("epoch %d: %d of 200 images keep their place from seed %d to the next", e, same, seed)
			}
		}
	}
	// Resuming at any batch gives the rest of the same epoch, to the bit.
	l := NewLoader(s, 16, 3)
	whole := epoch(t, l, 4, 0)
	for from := range len(whole) + 1 {
		rest := epoch(t, l, 4, from)
		if !slices.EqualFunc(rest, whole[from:], func(a, b Batch) bool {
			return a.Index == b.Index && a.N == b.N && slices.Equal(a.Images, b.Images)
		}) {
			t.Errorf("from batch %d the epoch is another", from)
		}
	}
}

// matches counts the places at which a and b are equal; two random orders have 1 on average.
func matches(a, b []int) (n int) {
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return n
}

// Every image is equally likely at every place: chi-square over first and last places of many epochs.
func TestLoaderShufflesUniformly(t *testing.T) {
	const n, epochs = 10, 20000
	l := NewLoader(ramp(n), n, 42)
	var counts [n][n]float64 // place, image
	for e := range epochs {
		l.shuffle(e)
		for place, image := range l.order {
			counts[place][image]++
		}
	}
	const expected = float64(epochs) / n
	for place := range counts {
		chi := 0.0
		for _, c := range counts[place] {
			chi += (c - expected) * (c - expected) / expected
		}
		if chi > 36 { // 9 degrees of freedom: above 36 in 4 of 100,000
			t.Errorf("place %d: chi-square %.1f", place, chi)
		}
	}
}

func TestLoaderStops(t *testing.T) {
	s := ramp(1000)
	l := NewLoader(s, 10, 1)
	for range 3 {
		for b := range l.Epoch(t.Context(), 0, 0) {
			if b.Index == 3 {
				break
			}
		}
		func() {
			defer func() { _ = recover() }()
			for range l.Epoch(t.Context(), 0, 0) {
				panic("left by a panic")
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		n := 0
		for b, err := range l.Epoch(ctx, 0, 0) {
			if last = err; err == nil && b.Index == 5 {
				cancel()
			}
			n++
		}
		if !errors.Is(last, context.Canceled) || n != 7 {
			t.Fatalf("cancelled in batch 5: %d pairs, the last with %v", n, last)
		}
		for _, err := range l.Epoch(ctx, 0, 0) {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("cancelled before: %v", err)
			}
		}
	}
}

func TestLoaderErrors(t *testing.T) {
	l := NewLoader(ramp(10), 4, 1)
	for _, from := range []int{-1, 4} {
		n := 0
		for _, err := range l.Epoch(t.Context(), 0, from) {
			expectError(t, err, "from 0 to 3")
			n++
		}
		if n != 1 {
			t.Errorf("from %d: %d pairs", from, n)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a batch of 0 images is a programmer's error")
		}
	}()
	NewLoader(ramp(10), 0, 1)
}

// An epoch needs no memory but what starts it, whatever the number of its batches.
func TestLoaderAllocatesNothingForABatch(t *testing.T) {
	allocations := func(n int) float64 {
		l := NewLoader(ramp(n), 16, 1)
		e := 0
		return testing.AllocsPerRun(20, func() {
			for _, err := range l.Epoch(t.Context(), e, 0) {
				if err != nil {
					t.Fatal(err)
				}
			}
			e++
		})
	}
	if few, many := allocations(32), allocations(16*400); many > few+20 {
		t.Errorf("%.0f allocations for an epoch of 2 batches, %.0f for one of 400", few, many)
	}
}

func BenchmarkFloats(b *testing.B) {
	s := &Images{Height: 64, Width: 64, Channels: 3, Pix: make([]byte, 256*64*64*3)}
	x := make([]float32, 128*s.Size())
	index := make([]int, 128)
	for i := range index {
		index[i] = (i * 37) % 256
	}
	b.SetBytes(int64(len(x)))
	for b.Loop() {
		s.Floats(x, index...)
	}
}
