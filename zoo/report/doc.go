// Package report draws what a training run has to show: sheets of pictures,
// originals above their reconstructions, filters, curves over the steps, and
// points and arrows in the plane.
//
// Everything is drawn into an image.Image, and WritePNG puts it on disk:
//
//	sheet, err := report.Sheet{}.Tiles(samples, 64, 64, 3)
//	…
//	err = report.WritePNG("samples.png", sheet)
//
// A batch of pictures is one []float32, each picture row by row, its channels
// side by side (NHWC), 0 black and 1 full. One channel is grey, three are red,
// green, blue.
package report
