package kernel

import "sync"

// list holds values that are free for use: tasks and storage of calls that are
// over. Calls at the same time take different ones. What a sync.Pool holds is
// lost to the garbage collector; here a call finds what one before it left,
// so that steady work allocates nothing.
type list[T any] struct {
	mu   sync.Mutex
	free []*T
}

func (l *list[T]) take() *T {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return new(T)
	}
	v := l.free[n-1]
	l.free = l.free[:n-1]
	return v
}

// give puts back what was taken. A value that a panic kept from coming back is
// the garbage collector's.
func (l *list[T]) give(v *T) {
	l.mu.Lock()
	l.free = append(l.free, v)
	l.mu.Unlock()
}
