package guard

import (
	"context"
	"errors"
	"sync"
	"time"
)

// keyLocks are locks by key, for the goroutines of this process. The zero
// value is ready.
type keyLocks struct {
	mu   sync.Mutex
	held map[string]*keyLock
}

type keyLock struct {
	free chan struct{} // holds one token while nobody has the lock
	refs int
}

// lock waits for the lock on key and returns how to give it back.
func (k *keyLocks) lock(ctx context.Context, key string) (func(), error) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[string]*keyLock{}
	}
	l := k.held[key]
	if l == nil {
		l = &keyLock{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		k.held[key] = l
	}
	l.refs++
	k.mu.Unlock()
	select {
	case <-l.free:
		return func() {
			l.free <- struct{}{}
			k.drop(key, l)
		}, nil
	case <-ctx.Done():
		k.drop(key, l)
		return nil, context.Cause(ctx)
	}
}

func (k *keyLocks) drop(key string, l *keyLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.refs--; l.refs == 0 {
		delete(k.held, key)
	}
}

// errLocked is what tryLock says when another has the lock.
var errLocked = errors.New("guard: locked")

// waitLock takes the advisory lock on h. It asks again and again rather than
// block in the kernel, where it could not be cancelled. A file system that has
// no locks is left without.
func waitLock(ctx context.Context, h handle) error {
	pause := 50 * time.Microsecond
	for {
		if err := tryLock(h); !errors.Is(err, errLocked) {
			return nil
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		}
		pause = min(2*pause, 5*time.Millisecond)
	}
}
