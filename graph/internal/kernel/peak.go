package kernel

import "time"

// Peak measures how many multiplications and additions one thread can do, in
// 10⁹ a second, by a loop that does nothing else: what the rate of a matrix
// product is to be compared with. It is 0 on the portable path. The clock of a
// processor varies, so measure it beside the product.
func Peak() float64 {
	if current.peak == nil {
		return 0
	}
	const n, perLoop = 20000, 12 * 2
	best := 0.0
	for range 5 {
		start := time.Now()
		current.peak(n)
		best = max(best, n*perLoop*float64(current.cols/2)/float64(time.Since(start).Nanoseconds()))
	}
	return best
}
