package zoo

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writeFile writes the file at path whole or not at all: into a file beside
// it, to disk, then renamed. Errors name path.
func writeFile(path string, write func(w io.Writer) error) (err error) {
	beside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("zoo: write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			// The first error is the one to report.
			_ = beside.Close()
			_ = os.Remove(beside.Name())
			err = fmt.Errorf("zoo: write %s: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(beside, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// CreateTemp keeps the file to its owner; a result is for everybody.
	if err := beside.Chmod(0o644); err != nil {
		return err
	}
	if err := beside.Sync(); err != nil {
		return err
	}
	if err := beside.Close(); err != nil {
		return err
	}
	return os.Rename(beside.Name(), path)
}
