package data

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// firstOf returns the path of the first of the names, relative to dir and with slashes, that is there and is a folder
// or a regular file, as asked. It is "" if there is none. What cannot be looked at is an error and not taken for
// missing.
func firstOf(dir string, folder bool, names ...string) (string, error) {
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if folder && info.IsDir() || !folder && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", nil
}
