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
// 64 rows are summed in float32, the groups in float64, in order.
func ColSum(dst, x []float32, rows, cols int) {
	matrixCheck(x, rows, cols)
	equal(cols, len(dst))
	if cols == 0 {
		return
	}
	groups := (rows + columnRows - 1) / columnRows
	per := max(1, 4*grain/(columnRows*cols)) // groups of a task
	tasks := (groups + per - 1) / per
	total := make([]float64, max(1, tasks)*cols)
	parallel(tasks, func(t int) {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		s.c = grow(s.c, cols)
		sum := total[t*cols : (t+1)*cols]
		for g := t * per; g < min(groups, (t+1)*per); g++ {
			i, next := g*columnRows, min(rows, (g+1)*columnRows)
			copy(s.c, x[i*cols:(i+1)*cols])
			current.addRows(s.c, 0, x[(i+1)*cols:], cols, next-i-1, cols)
			for j, v := range s.c {
				sum[j] += float64(v)
			}
		}
	})
	for t := 1; t < tasks; t++ {
		for j, v := range total[t*cols : (t+1)*cols] {
			total[j] += v
		}
	}
	for j := range dst {
		dst[j] = float32(total[j])
	}
}

// AddRow sets dst[i,j] = x[i,j] + row[j] for rows×cols matrices. dst may be x.
func AddRow(dst, x, row []float32, rows, cols int) {
	matrixCheck(x, rows, cols)
	equal(rows*cols, len(dst))
	equal(cols, len(row))
	rowPieces(rows, cols, func(from, to int) {
		for i := from * cols; i < to*cols; i += cols {
			current.combine(dst[i:i+cols], x[i:i+cols], row, 1, 1)
		}
	})
}

// MulRow sets dst[i,j] = x[i,j]·row[j] for rows×cols matrices. dst may be x.
func MulRow(dst, x, row []float32, rows, cols int) {
	matrixCheck(x, rows, cols)
	equal(rows*cols, len(dst))
	equal(cols, len(row))
	rowPieces(rows, cols, func(from, to int) {
		for i := from * cols; i < to*cols; i += cols {
			current.multiply(dst[i:i+cols], x[i:i+cols], row)
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
