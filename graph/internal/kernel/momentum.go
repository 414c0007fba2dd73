package kernel

// Momentum makes one step of gradient descent with classical momentum, in
// place: v = µv - αg, then p = p + v. Pieces are small enough for the second
// half to find v in the cache.
func Momentum(p, v, grad []float32, rate, momentum float64) {
	equal(len(p), len(v), len(grad))
	operands{dst: p, x: v, z: grad, a: float32(momentum), b: float32(-rate)}.pieces(len(p), func(o *operands, from, to int, _ *scratch) {
		const line = 1 << 11
		for ; from < to; from += line {
			end := min(from+line, to)
			v := o.x[from:end]
			current.combine(v, v, o.z[from:end], o.a, o.b)
			current.combine(o.dst[from:end], o.dst[from:end], v, 1, 1)
		}
	})
}
