package graph

// A blockwise function computes a block of its output from the same block of
// its first operands, so that ops that follow one another find each block in
// the cache, and what none but they want is never stored.
type blockwise interface {
	function
	// split is how many operands, the first ones, have the output's shape and
	// are cut as it is. Others are whole: rows, columns, single elements.
	split() int
	// block computes out, the elements from number from on, from the operands
	// x and y. out may be x, or overlap neither.
	block(out, x, y []float32, from int)
}

// A reduction sums over blocks of its first operands, and then the sums of all
// blocks in their order.
type reduction interface {
	function
	split() int // as of a blockwise function, but of the first operand's shape
	// width is how many sums there are of a block of so many elements.
	width(length int) int
	// reduce adds to sums, of one block, the elements from number from on.
	reduce(sums []float64, x, y []float32, from int)
	// finish computes out from the sums of all blocks.
	finish(out []float32, sums []float64)
}

// onX and onXY are embedded by functions with one and with two operands that
// are cut, onNone by those that only spread a smaller one.
type (
	onNone struct{}
	onX    struct{}
	onXY   struct{}
)

func (onNone) split() int { return 0 }
func (onX) split() int    { return 1 }
func (onXY) split() int   { return 2 }

// blockSize is about how many elements a block has. The blocks that a group of
// ops works on fit the second-level cache together.
const blockSize = 1 << 14

// blockLength is the length of the blocks that a tensor is cut into: some
// examples, or a part of one. It follows from the shape alone, because where a
// sum is cut decides its rounding.
func blockLength(shape []int) int {
	rows, cols := shapeRows(shape)
	if cols > blockSize {
		for cols > blockSize && cols%2 == 0 {
			cols /= 2
		}
		return cols
	}
	blocks := (rows*cols + blockSize - 1) / blockSize
	if blocks > 1 {
		blocks += blocks % 2 // two threads take as long as the one with more
	}
	return (rows + blocks - 1) / blocks * cols
}
