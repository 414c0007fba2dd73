// Package metric measures what models have learnt: the partition function, by
// counting and by annealing from both sides, and the likelihoods and bounds that
// follow; reconstruction through each depth; the activity, sparseness and overlap
// of hidden units; how long chains remember; what a linear classifier makes of
// codes; principal components as the baseline; and maps of codes in the plane.
// Sums over images are kept in float64. What draws has its streams from the
// caller, and is the same for the same seed.
package metric
