//go:build !amd64

package kernel

func available() []*path { return []*path{portable()} }

// pause gives a polling loop n moments of rest, some 50 cycles each.
func pause(n int) {
	for range 50 * n {
	}
}
