//go:build unix && !aix && !solaris

package zoo

import (
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock of an open file, which the system drops when the
// process ends in whatever way, or tells that another process has it.
func tryLock(f *os.File) (taken bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return false, nil
	}
	return err == nil, err
}
