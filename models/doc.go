// Package models has the architectures of the zoo, one file each: a spec,
// which is plain data that prints and reads back as JSON, and the builder that
// turns it into computation graphs.
//
// # Symbols
//
// Batches are B examples. v are visible and h hidden units, W weights, a and b
// the visible and the hidden bias. x = b + vW is the pre-activation of the
// hidden units, y = a + hWᵀ that of the visible ones; for convolutional layers
// the products are a convolution and its transpose. f is a unit's activation,
// its mean given x, and Φ with Φ' = f its integral. E is the energy, F the
// free energy. A prime marks a reconstruction: v'.
//
// # The loss
//
//	E(v,h) = −a·v − b·h − vWh
//	F(v)   = −a·v − Σ_j Φ(x_j)
//	L      = ⟨F(v) − F(v')⟩,   v' held constant
//
// is minimised. Its gradient is that of contrastive divergence, for any
// activation whose integral is to be had (Hwang, Hwang and Jo 2020, whose
// equations 4 and 6 print −L).
//
// Centred models measure v from μ and h from λ, running means of the two
// (Montavon and Müller 2012; Melchior, Fischer and Wiskott 2016):
//
//	E(v,h) = −a·(v−μ) − b·(h−λ) − (v−μ)W(h−λ)
//	x = b + (v−μ)W,   y = a + (h−λ)Wᵀ,   F(v) = −a·(v−μ) − Σ_j Φ(x_j) − λ_j x_j
package models
