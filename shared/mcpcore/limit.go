package mcpcore

import (
	"slices"
	"sync"
)

// limiter bounds how many calls run and how many wait.
type limiter struct {
	max, maxQueue int

	mu      sync.Mutex
	running int
	queue   []waiter
}

// waiter is a call that waits for a place.
type waiter struct {
	call *Call
	work func()
}

type admission int

const (
	admitted   admission = iota // run it now, then leave
	queued                      // it will be run
	turnedAway                  // it will not be run
)

func (l *limiter) enter(k *Call, work func()) admission {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.running < l.max:
		l.running++
		return admitted
	case len(l.queue) < l.maxQueue:
		l.queue = append(l.queue, waiter{k, work})
		return queued
	}
	return turnedAway
}

// leave gives the place of a call that ended to the one that waited longest.
func (l *limiter) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 || l.running > l.max {
		l.running--
		return
	}
	l.next()
}

// next lets the call work that waited longest. The lock is held.
func (l *limiter) next() {
	next := l.queue[0]
	l.queue[0] = waiter{}
	l.queue = l.queue[1:]
	go next.work()
}

// count is how many calls run and how many wait.
func (l *limiter) count() (running, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running, len(l.queue)
}

// resize changes the bounds. Calls that run and wait already do so still.
func (l *limiter) resize(maxRunning, maxQueue int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.max, l.maxQueue = maxRunning, maxQueue; l.running < l.max && len(l.queue) > 0; l.running++ {
		l.next()
	}
}

// forget takes a call that has ended out of the queue, if it is there, so that
// another can wait.
func (l *limiter) forget(k *Call) (waited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.queue)
	l.queue = slices.DeleteFunc(l.queue, func(w waiter) bool { return w.call == k })
	return len(l.queue) < before
}
