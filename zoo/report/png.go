package report

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

// WritePNG writes the picture to the file at path, whole or not at all: into a
// file beside it, to disk, then renamed. The file beside is called .NAME.tmp, so
// that one left by a killed program is used up by the next. Errors name path.
func WritePNG(path string, m image.Image) (err error) {
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	beside, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("report: write %s: %w", path, cause(err))
	}
	defer func() {
		if err != nil {
			// Best effort: the first error is the one to report, and closing twice does no harm.
			_ = beside.Close()
			_ = os.Remove(name)
			err = fmt.Errorf("report: write %s: %w", path, cause(err))
		}
	}()
	w := bufio.NewWriter(beside)
	if err := png.Encode(w, m); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := beside.Sync(); err != nil {
		return err
	}
	if err := beside.Close(); err != nil {
		return err
	}
	return os.Rename(name, path)
}

// cause strips the name of the file beside from an error of package os.
func cause(err error) error {
	var onPath *os.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		return onPath.Err
	case errors.As(err, &onLink):
		return onLink.Err
	}
	return err
}
