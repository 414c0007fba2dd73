//go:build unix && !aix

package data

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapped returns the content of the file, of this many bytes, as a read-only memory map, and the function that
// unmaps it.
func mapped(f *os.File, size int) (content []byte, release func() error, err error) {
	content, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return content, func() error { return os.NewSyscallError("munmap", unix.Munmap(content)) }, nil
}

// willRead has the system fetch a part of a memory map before it is read.
func willRead(part []byte) error {
	start := unsafe.Pointer(unsafe.SliceData(part))
	before := int(uintptr(start) % uintptr(os.Getpagesize())) // on the same page
	pages := unsafe.Slice((*byte)(unsafe.Add(start, -before)), before+len(part))
	return os.NewSyscallError("madvise", unix.Madvise(pages, unix.MADV_WILLNEED))
}
