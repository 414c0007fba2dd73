//go:build !amd64

package kernel

func available() []*path { return []*path{portable()} }

// pause gives a polling loop n moments of rest.
func pause(n int) {
	for range n {
	}
}
