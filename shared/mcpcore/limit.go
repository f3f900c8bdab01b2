package mcpcore

import "sync"

// limiter bounds how many calls run and how many wait.
type limiter struct {
	max, maxQueue int

	mu      sync.Mutex
	running int
	queue   []func()
}

type admission int

const (
	admitted admission = iota // run it now, then leave
	queued                    // it will be run
	refused                   // it will not
)

func (l *limiter) enter(work func()) admission {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.running < l.max:
		l.running++
		return admitted
	case len(l.queue) < l.maxQueue:
		l.queue = append(l.queue, work)
		return queued
	}
	return refused
}

// leave gives the place of a call that ended to the one that waited longest.
func (l *limiter) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.running--
		return
	}
	work := l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	go work()
}
