//go:build !unix || aix

package data

import (
	"io"
	"os"
)

// mapped returns the content of the file, of this many bytes, read into memory: this system has no memory map.
func mapped(f *os.File, size int) (content []byte, release func() error, err error) {
	content = make([]byte, size)
	if _, err := io.ReadFull(f, content); err != nil {
		return nil, nil, err
	}
	return content, nil, nil
}

// willRead has nothing to do for what is in memory.
func willRead([]byte) error { return nil }
