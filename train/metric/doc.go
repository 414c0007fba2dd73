// Package metric measures what models have learnt: reconstruction through each
// depth, the statistics of codes, and principal components as the baseline.
// Sums over images are kept in float64.
package metric
