package bench

import (
	"context"

	"boltzoo/graph/internal/kernel"
)

// Conv is the rate of a convolution, or of one of its adjoints.
type Conv struct {
	Layer    string  `json:"layer"`
	Pass     string  `json:"pass"` // forward, transposed, or filter: its gradient
	Threads  int     `json:"threads"`
	GFlops   float64 `json:"gflops"`
	Fraction float64 `json:"fraction"` // of the peak of as many threads
}

// Layer is the geometry of a convolution over Batch pictures.
type Layer struct {
	Name                           string
	Batch, Height, Width, Channels int
	Filters, Side, Stride, Pad     int
}

// Convs measures the convolutions of layers, on one thread and on all, until ctx
// is done.
func (e Effort) Convs(ctx context.Context, layers []Layer, say func(format string, args ...any)) ([]Conv, error) {
	var all []Conv
	for _, l := range layers {
		geo := kernel.Conv{N: l.Batch, H: l.Height, W: l.Width, C: l.Channels, F: l.Filters, KH: l.Side, KW: l.Side, Stride: l.Stride, Pad: l.Pad}
		oh, ow := geo.Out()
		x, y := normals(l.Batch*l.Height*l.Width*l.Channels, 1), normals(l.Batch*oh*ow*l.Filters, 2)
		w := normals(l.Side*l.Side*l.Channels*l.Filters, 3)
		flops := 2 * float64(len(y)) * float64(l.Side*l.Side*l.Channels)
		for _, pass := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { geo.Forward(y, x, w, nil) }},
			{"transposed", func() { geo.Transposed(x, y, w, nil) }},
			{"filter", func() { geo.Filter(w, x, y) }},
		} {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			c := Conv{Layer: l.Name, Pass: pass.name}
			say("convolution %s, %s", c.Layer, c.Pass)
			onThreads(func(threads int) {
				c.Threads = threads
				c.GFlops, c.Fraction = e.rate(flops, threads, pass.run)
				all = append(all, c)
			})
		}
	}
	return all, nil
}
