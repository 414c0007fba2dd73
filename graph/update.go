package graph

import "boltzoo/graph/internal/kernel"

// AdamUpdate takes step t (from 1) of Adam in place (Kingma and Ba 2015,
// algorithm 1): m and v are the running moments of grad, p the parameters.
func AdamUpdate(p, m, v, grad []float32, rate, beta1, beta2, epsilon float64, t int) {
	kernel.Adam(p, m, v, grad, rate, beta1, beta2, epsilon, t)
}

// Blend moves mean towards value: mean += part (value − mean), in place.
func Blend(mean, value []float32, part float64) {
	kernel.Axpby(mean, float32(1-part), mean, float32(part), value)
}

// SetThreads sets the number of threads that ops use; 0 means one for each
// core. Results do not depend on it.
func SetThreads(n int) { kernel.SetThreads(n) }
