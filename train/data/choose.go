package data

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// The streams of random numbers that a seed begins, beside those of the epochs of a [Loader], which have the
// numbers from 0 on.
const (
	streamDivide = 1<<63 + iota
	streamBinary
	streamFrames
)

// Choose returns copies of the images at these indices, in this order, with their labels and names.
func (s *Images) Choose(index []int) *Images {
	chosen := *s
	chosen.release = nil
	size := s.Size()
	chosen.Pix = make([]byte, 0, len(index)*size)
	for _, i := range index {
		chosen.Pix = append(chosen.Pix, s.Pix[i*size:(i+1)*size]...)
	}
	if s.Labels != nil {
		chosen.Labels = make([]byte, len(index))
		for k, i := range index {
			chosen.Labels[k] = s.Labels[i]
		}
	}
	if s.Files != nil {
		chosen.Files = make([]string, len(index))
		for k, i := range index {
			chosen.Files[k] = s.Files[i]
		}
	}
	chosen.Sum = sum(chosen.Pix)
	return &chosen
}

// Divide draws disjoint parts of these sizes, each in the order in which it was drawn: a set to train on and one to
// stop by, say. The seed decides which image is in which. The parts are copies.
func (s *Images) Divide(seed uint64, sizes ...int) ([]*Images, error) {
	order := permutation(s.Len(), rand.NewPCG(seed, streamDivide))
	parts := make([]*Images, len(sizes))
	for i, n := range sizes {
		if n < 0 || n > len(order) {
			return nil, fmt.Errorf("data: %s: expected parts of %d images at most in all, found %v", s.Name, s.Len(), sizes)
		}
		parts[i], order = s.Choose(order[:n]), order[n:]
	}
	return parts, nil
}

// Join returns copies of the images of s and then of those of more, which are of the same kind.
func (s *Images) Join(more *Images) (*Images, error) {
	if s.Height != more.Height || s.Width != more.Width || s.Channels != more.Channels || s.One != more.One ||
		(s.Labels == nil) != (more.Labels == nil) || (s.Files == nil) != (more.Files == nil) {
		return nil, fmt.Errorf("data: images of %s, %d×%d×%d, cannot be joined to those of %s, %d×%d×%d: want the same shape, and labels and names for both or neither",
			more.Name, more.Height, more.Width, more.Channels, s.Name, s.Height, s.Width, s.Channels)
	}
	joined := *s
	joined.release = nil
	joined.Pix = slices.Concat(s.Pix, more.Pix)
	joined.Labels = slices.Concat(s.Labels, more.Labels)
	joined.Files = slices.Concat(s.Files, more.Files)
	joined.Missing += more.Missing
	joined.Sum = sum(joined.Pix)
	return &joined, nil
}

// OfClasses returns copies of the images of these classes, in the order of the set. They keep their class numbers.
func (s *Images) OfClasses(classes ...byte) (*Images, error) {
	index := []int{}
	found := make([]bool, 256)
	for i, class := range s.Labels {
		if slices.Contains(classes, class) {
			index = append(index, i)
			found[class] = true
		}
	}
	for _, class := range classes {
		if !found[class] {
			return nil, fmt.Errorf("data: %s: none of the %d images is of class %d: %s", s.Name, s.Len(), class, s.classes())
		}
	}
	return s.Choose(index), nil
}

// PerClass returns copies of the first n images of each class, in the order of the set, for learning from few
// labels. For others than the first, divide the set first.
func (s *Images) PerClass(n int) (*Images, error) {
	if n < 1 {
		return nil, fmt.Errorf("data: %s: expected 1 or more images of each class, found %d", s.Name, n)
	}
	if s.Labels == nil {
		return nil, fmt.Errorf("data: %s: expected labels, found none", s.Name)
	}
	index := []int{}
	var count [256]int
	for i, class := range s.Labels {
		if count[class]++; count[class] <= n {
			index = append(index, i)
		}
	}
	for class, found := range count {
		if found > 0 && found < n {
			return nil, fmt.Errorf("data: %s: expected %d images of each class, found %d of class %d", s.Name, n, found, class)
		}
	}
	return s.Choose(index), nil
}

// classes says which class numbers there are.
func (s *Images) classes() string {
	if s.Labels == nil {
		return "the set has no labels"
	}
	used := slices.Clone(s.Labels)
	slices.Sort(used)
	return fmt.Sprintf("there are %v", slices.Compact(used))
}

// hashed returns the images that a hash of their index puts into the split, for sets that come without a division:
// Train has 90, Validation 5 and Test 5 of a hundred.
func (s *Images) hashed(split Split) *Images {
	if split == All {
		return s
	}
	index := []int{}
	for i := range s.Len() {
		if splitOf(fmt.Sprint(i)) == split {
			index = append(index, i)
		}
	}
	return s.Choose(index)
}
