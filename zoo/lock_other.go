//go:build !unix || aix || solaris

package zoo

import "os"

// tryLock takes no lock here: two runs in one folder go unnoticed.
func tryLock(*os.File) (taken bool, err error) { return true, nil }
