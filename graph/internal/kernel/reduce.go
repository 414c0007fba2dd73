package kernel

// Sum returns the sum of x, accumulated in float64.
func Sum(x []float32) float64 {
	if len(x) <= grain {
		return current.sum(x)
	}
	return reduce(len(x), func(from, to int) float64 { return current.sum(x[from:to]) })
}

// Dot returns Σ x[i]·y[i], accumulated in float64.
func Dot(x, y []float32) float64 {
	equal(len(x), len(y))
	if len(x) <= grain {
		return current.dot(x, y)
	}
	return reduce(len(x), func(from, to int) float64 { return current.dot(x[from:to], y[from:to]) })
}

// reduce adds the sums of the pieces in their order.
func reduce(n int, f func(from, to int) float64) float64 {
	sums := make([]float64, (n+grain-1)/grain)
	parallel(len(sums), func(i int) { sums[i] = f(i*grain, min(n, (i+1)*grain)) })
	s := 0.0
	for _, v := range sums {
		s += v
	}
	return s
}

// matrixCheck panics unless x holds rows×cols elements.
func matrixCheck(x []float32, rows, cols int) { equal(rows*cols, len(x)) }

// rowPieces calls f for ranges of rows.
func rowPieces(rows, cols int, f func(from, to int)) {
	if small(rows * cols) {
		f(0, rows)
		return
	}
	per := max(1, grain/cols)
	parallel((rows+per-1)/per, func(i int) { f(i*per, min(rows, (i+1)*per)) })
}

// RowSum sets dst[i] to the sum of row i of x, a rows×cols matrix. A row is
// accumulated in float64.
func RowSum(dst, x []float32, rows, cols int) {
	matrixCheck(x, rows, cols)
	equal(rows, len(dst))
	rowPieces(rows, cols, func(from, to int) {
		for i := from; i < to; i++ {
			dst[i] = float32(current.sum(x[i*cols : (i+1)*cols]))
		}
	})
}

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
	groups := (high + columnRows - 1) / columnRows
	per := max(1, 4*grain/(columnRows*wide)) // groups of a task
	tasks := (groups + per - 1) / per
	parts := make([]float64, tasks*wide)
	parallel(tasks, func(t int) {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		s.c = grow(s.c, wide)
		sum := parts[t*wide : (t+1)*wide]
		for g := t * per; g < min(groups, (t+1)*per); g++ {
			i, next := g*columnRows, min(high, (g+1)*columnRows)
			copy(s.c, x[i*wide:(i+1)*wide])
			current.addRows(s.c, 0, x[(i+1)*wide:], wide, next-i-1, wide)
			for j, v := range s.c {
				sum[j] += float64(v)
			}
		}
	})
	for j := range dst {
		s := 0.0
		for i := j; i < len(parts); i += cols {
			s += parts[i]
		}
		for i := high*wide + j; i < len(x); i += cols {
			s += float64(x[i])
		}
		dst[j] = float32(s)
	}
}

// AddRow sets dst[i,j] = x[i,j] + row[j] for rows×cols matrices. dst may be x.
func AddRow(dst, x, row []float32, rows, cols int) {
	byRow(dst, x, row, rows, cols, func(dst, x, row []float32) { current.combine(dst, x, row, 1, 1) })
}

// MulRow sets dst[i,j] = x[i,j]·row[j] for rows×cols matrices. dst may be x.
func MulRow(dst, x, row []float32, rows, cols int) {
	byRow(dst, x, row, rows, cols, func(dst, x, row []float32) { current.multiply(dst, x, row) })
}

// byRow calls f for stretches of dst and x and what stands against them in the
// row repeated. A short row is repeated first, to make the stretches long.
func byRow(dst, x, row []float32, rows, cols int, f func(dst, x, row []float32)) {
	matrixCheck(x, rows, cols)
	equal(rows*cols, len(dst))
	equal(cols, len(row))
	if len(x) == 0 {
		return
	}
	several := 1
	if cols < 256 {
		several = min(rows, 512/cols)
	}
	if several > 1 {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		s.c = grow(s.c, several*cols)
		for i := range several {
			copy(s.c[i*cols:], row)
		}
		row = s.c
	}
	stretches := (len(x) + len(row) - 1) / len(row)
	rowPieces(stretches, len(row), func(from, to int) {
		for i := from * len(row); i < min(to*len(row), len(x)); i += len(row) {
			end := min(i+len(row), len(x))
			f(dst[i:end], x[i:end], row[:end-i])
		}
	})
}

// RowScale sets dst[i,j] = x[i,j]·s[i] for rows×cols matrices. dst may be x.
func RowScale(dst, x, s []float32, rows, cols int) {
	matrixCheck(x, rows, cols)
	equal(rows*cols, len(dst))
	equal(rows, len(s))
	rowPieces(rows, cols, func(from, to int) {
		for i := from; i < to; i++ {
			current.scale(dst[i*cols:(i+1)*cols], x[i*cols:(i+1)*cols], s[i])
		}
	})
}
