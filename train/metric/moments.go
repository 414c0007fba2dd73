package metric

import "math"

// Moments accumulates mean and standard deviation of each value of an example.
type Moments struct {
	n            float64
	sum, squares []float64
}

// NewMoments is for examples of so many values.
func NewMoments(values int) *Moments {
	return &Moments{sum: make([]float64, values), squares: make([]float64, values)}
}

// Add takes examples, one after the other. Longer ones, of a value a channel at
// many places, count as many examples.
func (m *Moments) Add(x []float32) {
	for i, v := range x {
		j, v := i%len(m.sum), float64(v)
		m.sum[j] += v
		m.squares[j] += v * v
	}
	m.n += float64(len(x) / len(m.sum))
}

// Mean is that of value j.
func (m *Moments) Mean(j int) float64 { return m.sum[j] / m.n }

// Deviation is the standard deviation of value j.
func (m *Moments) Deviation(j int) float64 {
	mean := m.Mean(j)
	return math.Sqrt(max(0, m.squares[j]/m.n-mean*mean))
}
