package kernel

// Sum returns the sum of x, accumulated in float64.
func Sum(x []float32) float64 {
	if len(x) <= grain {
		return current.sum(x)
	}
	return operands{x: x}.reduce(func(o *operands, from, to int, _ *scratch) {
		o.sums[from/grain] = current.sum(o.x[from:to])
	})
}

// Dot returns Σ x[i]·y[i], accumulated in float64.
func Dot(x, y []float32) float64 {
	equal(len(x), len(y))
	if len(x) <= grain {
		return current.dot(x, y)
	}
	return operands{x: x, y: y}.reduce(func(o *operands, from, to int, _ *scratch) {
		o.sums[from/grain] = current.dot(o.x[from:to], o.y[from:to])
	})
}

// mapBlock is how many values of a function are computed before they are added
// up, while they are still in the first cache.
const mapBlock = 2048

// MapSum returns Σ f(x[i]), accumulated in float64, on the caller's thread. f
// sets dst[i] to a function of src[i], as those of one slice of this package do.
func MapSum(x []float32, f func(dst, src []float32)) float64 {
	s := scratches.take()
	s.c = grow(s.c, mapBlock)
	sum := 0.0
	for len(x) > 0 {
		y := s.c[:min(len(x), mapBlock)]
		f(y, x[:len(y)])
		sum += current.sum(y)
		x = x[len(y):]
	}
	scratches.give(s)
	return sum
}

// reduce adds what f leaves in sums for the pieces of x, in their order.
func (o operands) reduce(f part) float64 {
	s := scratches.take()
	o.sums = s.zeros((len(o.x) + grain - 1) / grain)
	o.pieces(len(o.x), f)
	sum := 0.0
	for _, v := range o.sums {
		sum += v
	}
	scratches.give(s)
	return sum
}

// matrixCheck panics unless x holds rows×cols elements.
func matrixCheck(x []float32, rows, cols int) { equal(rows*cols, len(x)) }

// columnRows is how many rows are added in float32 before the sum of a column
// goes on in float64.
const columnRows = 64

// ColSum sets dst[j] to the sum of column j of x, a rows×cols matrix. Groups of
// rows are summed in float32, 64 numbers at most, the groups in float64, in
// order.
func ColSum(dst, x []float32, rows, cols int) {
	matrixCheck(x, rows, cols)
	equal(cols, len(dst))
	if cols == 0 {
		return
	}
	// Rows much shorter than a vector are taken several at a time.
	several := max(1, min(rows, 64/cols))
	wide, high := cols*several, rows/several
	per := max(1, grain/(columnRows*wide)) * columnRows // rows of a task
	store := scratches.take()
	parts := store.zeros((high + per - 1) / per * wide)
	operands{x: x, sums: parts, cols: wide}.cut(high, per, wide, func(o *operands, from, to int, s *scratch) {
		wide := o.cols
		s.c = grow(s.c, wide)
		sum := o.sums[from/o.step*wide:][:wide]
		for i := from; i < to; i += columnRows {
			next := min(to, i+columnRows)
			copy(s.c, o.x[i*wide:(i+1)*wide])
			current.addRows(s.c, 0, o.x[(i+1)*wide:], wide, next-i-1, wide)
			for j, v := range s.c {
				sum[j] += float64(v)
			}
		}
	})
	sums := parts[:min(wide, len(parts))]
	for rest := parts[len(sums):]; len(rest) > 0; rest = rest[wide:] {
		for j, v := range rest[:len(sums)] {
			sums[j] += v
		}
	}
	for j := range dst {
		s := 0.0
		for i := j; i < len(sums); i += cols {
			s += sums[i]
		}
		for i := high*wide + j; i < len(x); i += cols {
			s += float64(x[i])
		}
		dst[j] = float32(s)
	}
	scratches.give(store)
}

// RowScale sets dst[i,j] = x[i,j]·s[i] for rows×cols matrices. dst may be x.
func RowScale(dst, x, s []float32, rows, cols int) {
	matrixCheck(x, rows, cols)
	equal(rows*cols, len(dst))
	equal(rows, len(s))
	operands{dst: dst, x: x, y: s, cols: cols}.rowRanges(rows, func(o *operands, from, to int, _ *scratch) {
		for i := from; i < to; i++ {
			current.scale(o.dst[i*o.cols:(i+1)*o.cols], o.x[i*o.cols:(i+1)*o.cols], o.y[i])
		}
	})
}
