package train

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// WriteFile writes path so that whoever reads it, at whatever moment and after
// whatever crash, finds the old file or the new one, whole. It is for one
// writer at a time.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	beside := path + ".tmp"
	f, err := os.Create(beside)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(beside)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err = write(w); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(beside, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename last through a loss of power.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there
		return nil
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
