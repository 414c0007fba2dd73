package kernel

// portable is the path in plain Go, for processors without an assembly path.
// It is also what the assembly is tested against where bits have to agree.
func portable() *path {
	return &path{
		name: "portable", rows: 4, cols: 16, ways: 8, area: 64 << 10,
		micro: microPortable, copyRows: copyRowsPortable, transpose: transposePortable,
		exp: mapPortable(exp), sigmoid: mapPortable(sigmoid), sigmoidSlope: mapPortable(sigmoidSlope),
		softplus: mapPortable(softplus), tanh: mapPortable(tanh), tanhSlope: mapPortable(tanhSlope), logCosh: mapPortable(logCosh),
		relu: mapPortable(relu), step: mapPortable(step), clippedReLU: mapPortable(clippedReLU), box: mapPortable(box),
		halfSquare: mapPortable(halfSquare), halfSquareReLU: mapPortable(halfSquareReLU),
		clippedIntegral: mapPortable(clippedIntegral), sqrt: mapPortable(sqrt),
		combine: combinePortable, multiply: multiplyPortable, scale: scalePortable,
		sum: sumPortable, dot: dotPortable, addRows: addRowsPortable,
		adam: adamPortable, adaMax: adaMaxPortable,
		uniform: uniformPortable, normal: normalPortable, bernoulli: bernoulliPortable,
	}
}

// microPortable takes the columns of the tile two at a time: 4×2 sums are what
// fits the registers of every processor.
func microPortable(t *tiling, tiles, m, w int, a, b, d, c, panel []float32) {
	if panel != nil {
		copyRowsPortable(panel, w, b, t.ldb, t.k, w)
	}
	k, rsa, csa, ldb := t.k, t.rsa, t.csa, t.ldb
	store := func(i, j int, s float32) {
		s *= t.alpha
		if t.beta != 0 {
			s += float32(t.beta * d[i*t.ldd+j])
		}
		c[i*t.ldc+j] = s
	}
	i := 0
	m *= tiles
	for ; i+4 <= m; i += 4 {
		a0, a1, a2, a3 := a[i*rsa:], a[(i+1)*rsa:], a[(i+2)*rsa:], a[(i+3)*rsa:]
		j := 0
		for ; j+2 <= w; j += 2 {
			var s00, s01, s10, s11, s20, s21, s30, s31 float32
			at, bt := 0, j
			for range k {
				b0, b1 := b[bt], b[bt+1]
				x := a0[at]
				s00 += x * b0
				s01 += x * b1
				x = a1[at]
				s10 += x * b0
				s11 += x * b1
				x = a2[at]
				s20 += x * b0
				s21 += x * b1
				x = a3[at]
				s30 += x * b0
				s31 += x * b1
				at += csa
				bt += ldb
			}
			store(i, j, s00)
			store(i, j+1, s01)
			store(i+1, j, s10)
			store(i+1, j+1, s11)
			store(i+2, j, s20)
			store(i+2, j+1, s21)
			store(i+3, j, s30)
			store(i+3, j+1, s31)
		}
		for ; j < w; j++ {
			for r := i; r < i+4; r++ {
				store(r, j, microSum(k, a[r*rsa:], csa, b[j:], ldb))
			}
		}
	}
	for ; i < m; i++ {
		for j := range w {
			store(i, j, microSum(k, a[i*rsa:], csa, b[j:], ldb))
		}
	}
}

func microSum(k int, a []float32, csa int, b []float32, ldb int) (s float32) {
	for p := range k {
		s += a[p*csa] * b[p*ldb]
	}
	return s
}

func copyRowsPortable(dst []float32, ldd int, src []float32, lds, n, w int) {
	for i := range n {
		copy(dst[i*ldd:i*ldd+w], src[i*lds:i*lds+w])
	}
}

func transposePortable(dst []float32, ldd int, src []float32, lds, m, n int) {
	for i := range m {
		for j, v := range src[i*lds : i*lds+n] {
			dst[j*ldd+i] = v
		}
	}
}

func mapPortable(f func(float32) float32) func(dst, src []float32) {
	return func(dst, src []float32) {
		for i, x := range src {
			dst[i] = f(x)
		}
	}
}

func combinePortable(dst, x, y []float32, a, b float32) {
	for i, v := range x {
		dst[i] = a*v + b*y[i]
	}
}

func multiplyPortable(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = v * y[i]
	}
}

func scalePortable(dst, x []float32, a float32) {
	for i, v := range x {
		dst[i] = a * v
	}
}

func sumPortable(x []float32) (s float64) {
	for _, v := range x {
		s += float64(v)
	}
	return s
}

func dotPortable(x, y []float32) (s float64) {
	for i, v := range x {
		s += float64(v) * float64(y[i])
	}
	return s
}

func addRowsPortable(dst []float32, ldd int, src []float32, lds, n, w int) {
	for i := range n {
		d := dst[i*ldd : i*ldd+w]
		for j, v := range src[i*lds : i*lds+w] {
			d[j] += v
		}
	}
}
