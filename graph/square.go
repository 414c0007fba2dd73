package graph

import "fmt"

// square is 1 in a square of each image, 0 elsewhere.
type square struct {
	sampler
	h, w, c, side int
	places        []float32
}

func (s *square) String() string { return s.title(fmt.Sprintf("%d×%d square", s.side, s.side)) }

func (s *square) run(out []float32, _ [][]float32) {
	s.stream.Uniform(s.places)
	clear(out)
	size, row := s.h*s.w*s.c, s.side*s.c
	for i := 0; i*size < len(out); i++ {
		// A uniform number is below 1, but times n it may round to n.
		top := min(int(s.places[2*i]*float32(s.h-s.side+1)), s.h-s.side)
		left := min(int(s.places[2*i+1]*float32(s.w-s.side+1)), s.w-s.side)
		for y := top; y < top+s.side; y++ {
			line := out[i*size+(y*s.w+left)*s.c:][:row]
			for j := range line {
				line[j] = 1
			}
		}
	}
}

// Square draws a mask in the shape of x, images (B×H×W×C): for each image 1 in
// a square of side×side pixels, all places where it fits being as likely, and 0
// elsewhere.
func (g *Graph) Square(x *Node, side int, stream string) *Node {
	const name = "square"
	if g.broken(name, x) {
		return nil
	}
	shape := x.Shape()
	if len(shape) != 4 || side < 1 || side > min(shape[1], shape[2]) {
		g.Fail(fmt.Errorf("graph: square of %d×%d pixels in images %v: %w", side, side, []int(shape), ErrShape))
		return nil
	}
	return g.apply(&square{
		sampler: sampler{stream, g.stream(stream)},
		h:       shape[1], w: shape[2], c: shape[3], side: side,
		places: make([]float32, 2*shape[0]),
	}, shape, x)
}
