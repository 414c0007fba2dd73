package graph

// SquaredError is the mean over all elements of (x−y)²: shape (1).
func (g *Graph) SquaredError(x, y *Node) *Node {
	missed := g.Sub(x, y)
	if g.Err() != nil {
		return nil
	}
	return g.Scale(1/float64(missed.Shape().TotalSize()), g.Inner(missed, missed))
}

// CrossEntropy is the mean over the batch of the Bernoulli cross-entropy
// Σ_j softplus(y_j) − t_j y_j between targets t in [0,1] and logits y, both
// (B×…): shape (1), nats. From logits, it neither overflows nor takes the
// logarithm of zero.
func (g *Graph) CrossEntropy(t, y *Node) *Node {
	return g.Mean(g.Sub(g.SumMap(Softplus, y), g.RowSum(g.Mul(t, y))))
}
