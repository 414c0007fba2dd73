package kernel

import "math"

// LimitNorms scales, in place, each column of x, a rows×cols matrix, whose
// Euclidean norm is above limit down to it. Columns with a number that is none, or
// whose square is none, stay. Squares are added up as ColSum adds.
func LimitNorms(x []float32, rows, cols int, limit float64) {
	matrixCheck(x, rows, cols)
	store := scratches.take()
	defer scratches.give(store)
	per := max(1, grain/(columnRows*max(1, cols))) * columnRows // rows of a task
	parts := store.zeros((rows + per - 1) / per * cols)
	operands{x: x, sums: parts, cols: cols}.cut(rows, per, cols, func(o *operands, from, to int, s *scratch) {
		cols := o.cols
		s.c = grow(s.c, 2*cols)
		sum := o.sums[from/o.step*cols:][:cols]
		squares, some := s.c[:cols], s.c[cols:]
		for i := from; i < to; i += columnRows {
			clear(some)
			for r := i; r < min(to, i+columnRows); r++ {
				row := o.x[r*cols : (r+1)*cols]
				current.multiply(squares, row, row)
				current.combine(some, some, squares, 1, 1)
			}
			for j, v := range some {
				sum[j] += float64(v)
			}
		}
	})
	store.c = grow(store.c, cols)
	over := false
	for j := range store.c {
		square := 0.0
		for i := j; i < len(parts); i += cols {
			square += parts[i]
		}
		store.c[j] = 1
		if square > limit*limit && !math.IsInf(square, 0) {
			store.c[j], over = float32(limit/math.Sqrt(square)), true
		}
	}
	if !over {
		return
	}
	operands{dst: x, y: store.c, cols: cols}.rowRanges(rows, func(o *operands, from, to int, _ *scratch) {
		for i := from; i < to; i++ {
			row := o.dst[i*o.cols : (i+1)*o.cols]
			current.multiply(row, row, o.y)
		}
	})
}
