//go:build unix && !aix

package data

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Any part of a map may be asked for ahead, wherever its pages begin.
func TestWillRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	size := 3*os.Getpagesize() + 17
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	content, unmap, err := mapped(f, size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for from := 0; from < size; from += 1001 {
		for _, n := range []int{1, 784, size - from} {
			if err := willRead(content[from:min(from+n, size)]); err != nil {
				t.Errorf("%d bytes from %d: %v", n, from, err)
			}
		}
	}
	if err := unmap(); err != nil {
		t.Fatal(err)
	}
}
