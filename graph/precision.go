package graph

import (
	"fmt"

	"boltzoo/graph/internal/kernel"
)

// Products tells which numbers the matrix products and convolutions of a
// Machine multiply.
type Products string

const (
	// Float32 multiplies the numbers as they are.
	Float32 Products = "float32"
	// BF16 multiplies them rounded to bfloat16, which has the range of a
	// float32 and 8 significant bits; the products are added in float32, and
	// all else is as with Float32. It needs a processor with AMX, and Linux.
	BF16 Products = "bf16"
)

// Check returns an error that tells what the products lack here, or that there
// is no such kind.
func (p Products) Check() error {
	switch p {
	case Float32:
		return nil
	case BF16:
		if err := kernel.CheckBF16(); err != nil {
			return fmt.Errorf("graph: products %s: %w", p, err)
		}
		return nil
	}
	return fmt.Errorf("graph: no products %q: want %s or %s", string(p), Float32, BF16)
}

// SetProducts says which numbers are multiplied from now on, by every Machine;
// unless it is called that is Float32. No Machine may run meanwhile. The error
// is that of Check, and then nothing changes.
func SetProducts(p Products) error {
	if err := p.Check(); err != nil {
		return err
	}
	return kernel.SetBF16(p == BF16)
}
