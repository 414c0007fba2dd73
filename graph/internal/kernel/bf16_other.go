//go:build !linux || !amd64

package kernel

import (
	"errors"
	"runtime"
)

func pairsOfAMX() (*pairKernels, error) {
	return nil, errors.New("on Linux; this is " + runtime.GOOS + "/" + runtime.GOARCH)
}
