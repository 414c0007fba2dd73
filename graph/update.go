package graph

import "boltzoo/graph/internal/kernel"

// AdamUpdate takes step t (from 1) of Adam in place (Kingma and Ba 2015,
// algorithm 1): m and v are the running moments of grad, p the parameters.
func AdamUpdate(p, m, v, grad []float32, rate, beta1, beta2, epsilon float64, t int) {
	kernel.Adam(p, m, v, grad, rate, beta1, beta2, epsilon, t)
}

// AdaMaxUpdate takes step t (from 1) of AdaMax in place (the same, algorithm
// 2): m is the running mean of grad, u the largest, with ε added to it.
func AdaMaxUpdate(p, m, u, grad []float32, rate, beta1, beta2, epsilon float64, t int) {
	kernel.AdaMax(p, m, u, grad, rate, beta1, beta2, epsilon, t)
}

// MomentumUpdate takes one step of gradient descent with classical momentum in
// place: v ← µv − αg, p ← p + v.
func MomentumUpdate(p, v, grad []float32, rate, momentum float64) {
	kernel.Momentum(p, v, grad, rate, momentum)
}

// Blend moves mean towards value: mean += part (value − mean), in place.
func Blend(mean, value []float32, part float64) {
	kernel.Axpby(mean, float32(1-part), mean, float32(part), value)
}

// LimitNorms scales, in place, each column of w (rows of cols elements) whose
// Euclidean norm is above limit down to it. NaN stays.
func LimitNorms(w []float32, cols int, limit float64) {
	kernel.LimitNorms(w, len(w)/cols, cols, limit)
}

// SetThreads sets the number of threads that ops use; 0 means one for each
// core. Results do not depend on it.
func SetThreads(n int) { kernel.SetThreads(n) }
