// Package graph is a dialect of Gorgonia for models that are trained by the
// gradient of an energy: float32, seeded, checked for shapes when it is built,
// and without allocation when it runs.
//
// A Graph is a Gorgonia expression graph whose nodes are all made by this
// package:
//
//	g := graph.New(random)
//	v := g.Input("v", batch, 784)
//	x := g.Affine(v, g.Param(w), g.Param(b))
//	h := g.Map(graph.Sigmoid, x)
//
// Builders return only the node; the first failure sticks and Compile returns
// it. Grad adds the nodes of a gradient, any number of times and of any order
// that the functions used have. Compile plans the computation of chosen nodes,
// and the Machine that it gives runs again and again over the same buffers.
//
// # What differs from Gorgonia's own ops
//
// Its ops are a small closed set of fused ones over this package's kernels.
// Gorgonia v0.9.18 sums in float32, merges all random nodes of one shape and
// seeds them from the clock, overwrites operands after a reshape, and its Grad
// is wrong without a word when called a second time on a graph. None of that
// can happen here: sums are accumulated in float64, randomness comes from
// named streams of one seed, no op changes what another will read, and Grad
// leaves no state in the graph.
//
// # What a run costs
//
// What lies between the matrix products and convolutions of a training step is
// bound by memory. So a Machine runs ops over tensors of one size together,
// block by block in the cache, and stores only what later steps read; builders
// multiply constants out and take means part by part, so that the gradient of
// a contrastive loss is computed as one would write it by hand. Profile tells
// what each step of a run takes.
//
// # Constants of a gradient
//
// Stop holds its operand constant, which is how the reconstruction v' enters
// the contrastive loss of a Boltzmann machine; Flow lets a part of the
// gradient through.
//
// # Layout
//
// Images are (batch, height, width, channels). Dense ops see any tensor as the
// matrix of its first axis and the rest. A row added to a batch may be as long
// as an example or as its last axes: one value a pixel or one a channel.
package graph
