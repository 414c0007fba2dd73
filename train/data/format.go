package data

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
)

// imageFormats has the file formats of images that are read. The content of a file decides, not the end of its name.
var imageFormats = []struct {
	name, magic string
	decode      func(io.Reader) (image.Image, error)
	config      func(io.Reader) (image.Config, error)
}{
	{"PNG", "\x89PNG\r\n\x1a\n", png.Decode, png.DecodeConfig},
	{"JPEG", "\xff\xd8", jpeg.Decode, jpeg.DecodeConfig},
	{"GIF", "GIF8", gif.Decode, gif.DecodeConfig},
}

// decodeImage decodes the content of an image file.
func decodeImage(content []byte) (image.Image, error) {
	for _, f := range imageFormats {
		if bytes.HasPrefix(content, []byte(f.magic)) {
			img, err := f.decode(bytes.NewReader(content))
			if err != nil {
				return nil, fmt.Errorf("damaged or truncated %s of %d bytes: %w", f.name, len(content), err)
			}
			if img.Bounds().Empty() {
				return nil, fmt.Errorf("%s without pixels: %v", f.name, img.Bounds())
			}
			return img, nil
		}
	}
	return nil, notAnImage(content)
}

// imageConfig reads the header of an image file.
func imageConfig(r io.Reader) (image.Config, error) {
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(8)
	if err != nil && err != io.EOF {
		return image.Config{}, err
	}
	for _, f := range imageFormats {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			config, err := f.config(buffered)
			if err != nil {
				return config, fmt.Errorf("damaged or truncated %s: %w", f.name, err)
			}
			if config.Width < 1 || config.Height < 1 {
				return config, fmt.Errorf("%s without pixels: %dx%d", f.name, config.Width, config.Height)
			}
			return config, nil
		}
	}
	return image.Config{}, notAnImage(start)
}

// notAnImage describes content that begins like none of the formats.
func notAnImage(content []byte) error {
	if len(content) == 0 {
		return fmt.Errorf("expected an image, found a file of 0 bytes")
	}
	var names []string
	for _, f := range imageFormats {
		names = append(names, f.name)
	}
	return fmt.Errorf("offset 0: expected an image in one of the formats %s, found %q", strings.Join(names, ", "), content[:min(len(content), 8)])
}
