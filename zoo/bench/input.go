package bench

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"boltzoo/graph"
	kernels "boltzoo/graph/bench"
	"boltzoo/train/data"
)

// Input is how fast images come.
type Input struct {
	Name   string  `json:"name"`
	Images float64 `json:"images_per_s"`
	Ratio  float64 `json:"ratio,omitempty"` // of the time to that from memory, the median of the rounds' ratios
}

// faceSide is the side of the faces that are read here, in pixels.
const faceSide = 64

// input measures where images come from: drawing, decoding, memory, the cache.
func (b *benchmark) input(ctx context.Context) (all []Input, err error) {
	folder, err := os.MkdirTemp("", "zoo-bench")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	b.say("drawing faces")
	n := b.size(256, 4)
	start := time.Now()
	data.Faces(imagesSeed, n, faceSide)
	all = append(all, Input{Name: "faces, drawn", Images: float64(n) / time.Since(start).Seconds()})

	decoded, err := b.photographs(filepath.Join(folder, "photographs"))
	if err != nil {
		return nil, err
	}
	all = append(all, decoded...)

	b.say("decoding pictures of %d×%d", faceSide, faceSide)
	memory := faces(faceSide)(imagesSeed, b.size(2048, 128))
	pictures := filepath.Join(folder, "pictures")
	if err := writePictures(pictures, memory); err != nil {
		return nil, err
	}
	start = time.Now()
	cache, err := data.Folder(pictures, 0, data.All, filepath.Join(folder, "cache"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	all = append(all, Input{Name: "PNG files, decoded", Images: float64(cache.Len()) / time.Since(start).Seconds()})

	loaded, err := b.loading(ctx, memory, cache)
	if err != nil {
		return nil, err
	}
	trained, err := b.trainingFrom(ctx, memory, cache)
	if err != nil {
		return nil, err
	}
	return append(append(all, loaded...), trained...), nil
}

// photographs measures the decoding of CelebA where that is, into a cache of
// its own: the test images, which are as large as the others and fewer.
func (b *benchmark) photographs(cache string) ([]Input, error) {
	dir, err := data.Locate(b.Root, "celeba")
	if errors.Is(err, data.ErrNotFound) {
		b.say("CelebA is not there: its decoding is not measured; name its data folder with --data-dir or ZOO_DATA")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b.say("decoding the test images of CelebA")
	start := time.Now()
	images, err := data.CelebA(dir, faceSide, data.Test, cache)
	if err != nil {
		return nil, err
	}
	rate := float64(images.Len()) / time.Since(start).Seconds()
	return []Input{{Name: "CelebA, decoded and resized", Images: rate}}, images.Close()
}

// writePictures writes images as PNG files.
func writePictures(folder string, images *data.Images) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	picture := image.NewNRGBA(image.Rect(0, 0, images.Width, images.Height))
	for i := range images.Len() {
		pix := images.Pix[i*images.Size() : (i+1)*images.Size()]
		for at := range images.Width * images.Height {
			rgb := pix[3*at : 3*at+3]
			picture.SetNRGBA(at%images.Width, at/images.Width, color.NRGBA{rgb[0], rgb[1], rgb[2], 255})
		}
		f, err := os.Create(filepath.Join(folder, fmt.Sprintf("%06d.png", i)))
		if err != nil {
			return err
		}
		if err := errors.Join(encoder.Encode(f, picture), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// loading measures an epoch of batches from memory and from the cache, their
// values taken and nothing learnt from them.
func (b *benchmark) loading(ctx context.Context, memory, cache *data.Images) ([]Input, error) {
	b.say("loading batches")
	const batch = 128
	x := make([]float32, batch*memory.Size())
	epochs := make([]func() error, 2)
	for i, images := range []*data.Images{memory, cache} {
		loader, epoch := data.NewLoader(images, batch, 1), 0
		epochs[i] = func() error {
			for b, err := range loader.Epoch(ctx, epoch, 0) {
				if err != nil {
					return err
				}
				images.Floats(x, b.Images...)
			}
			epoch++
			return nil
		}
	}
	seconds, err := b.effort.Pace(epochs...)
	if err != nil {
		return nil, err
	}
	return fromBoth("batches", float64(memory.Len()), seconds), nil
}

// trainingFrom measures steps of celeba-dbn on images in memory and in the
// cache.
func (b *benchmark) trainingFrom(ctx context.Context, memory, cache *data.Images) ([]Input, error) {
	w, err := ofRecipe("celeba-dbn", faceSide, b.size(128, 4))
	if err != nil {
		return nil, err
	}
	b.say("training %s from memory and from the cache", w.name)
	steps := make([]func() error, 2)
	for i, images := range []*data.Images{memory, cache} {
		model, err := w.model.New(graph.NewRandom(1))
		if err != nil {
			return nil, err
		}
		next, stop, err := steppedBy(ctx, w, model, images)
		if err != nil {
			return nil, err
		}
		defer stop()
		steps[i] = next
	}
	seconds, err := b.effort.Pace(steps...)
	if err != nil {
		return nil, err
	}
	return fromBoth("steps of "+w.name, float64(w.stage.Batch), seconds), nil
}

// fromBoth is what was measured of memory and of the cache, n images at a time.
func fromBoth(what string, n float64, seconds [][]float64) []Input {
	return []Input{
		{Name: what + ", from memory", Images: n / kernels.Median(seconds[0])},
		{Name: what + ", from the cache", Images: n / kernels.Median(seconds[1]), Ratio: kernels.Median(kernels.Ratios(seconds[1], seconds[0]))},
	}
}
