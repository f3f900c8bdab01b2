package mcpcore

import (
	"slices"
	"sync"
)

// limiter bounds how many calls run and how many wait: in all, and of each of
// those who call. Whoever calls much waits behind their own calls and nobody
// else's: places go round among those who wait, and where the queue is full,
// the longest lane of it gives way.
type limiter struct {
	max, maxQueue int
	maxEach       int // calls of one that run; 0: see places

	mu      sync.Mutex
	running int
	waiting int
	nobody  lane             // of calls of which it is not known who makes them
	lanes   map[string]*lane // of those who have a call here
	turns   []*lane          // those with calls that wait; the first is next
}

// lane is what one of those who call has here.
type lane struct {
	who     string
	known   bool // it is a principal's
	own     int  // calls that the principal may have run; 0: not said
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

func newLimiter(o *Options) *limiter {
	return &limiter{max: o.MaxConcurrent, maxQueue: o.MaxQueue, maxEach: o.MaxConcurrentPerPrincipal, lanes: map[string]*lane{}}
}

// places are how many calls of a lane may run at once. Where clients have to
// say who they are, there is always a place left for others; an address may be
// that of many, who share a proxy.
func (l *limiter) places(s *lane) int {
	most := l.maxEach
	switch {
	case most <= 0 && s.known:
		most = (l.max + 1) / 2
	case most <= 0:
		most = l.max
	}
	if s.own > 0 {
		most = min(most, s.own)
	}
	return most
}

// enter asks for a place for a call. A call that has to give way to it is
// returned beside, and will not be run.
func (l *limiter) enter(k *Call, work func()) (a admission, out *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.lane(k.payer())
	if k.lane = s; k.Principal != nil {
		s.known, s.own = true, k.Principal.MaxConcurrent
	}
	if l.running < l.max && s.running < l.places(s) {
		l.running++
		s.running++
		return admitted, nil
	}
	if l.waiting >= l.maxQueue {
		if out = l.displace(s); out == nil {
			l.tidy(s)
			return turnedAway, nil
		}
	}
	l.waiting++
	if s.queue = append(s.queue, waiter{k, work}); len(s.queue) == 1 {
		l.turns = append(l.turns, s)
	}
	return queued, out
}

func (l *limiter) lane(who string) *lane {
	if who == "" {
		return &l.nobody
	}
	s := l.lanes[who]
	if s == nil {
		s = &lane{who: who}
		l.lanes[who] = s
	}
	return s
}

// emptyLanes is how many lanes may be kept for whoever may come back.
const emptyLanes = 1000

// tidy forgets a lane with nothing in it, where there are many.
func (l *limiter) tidy(s *lane) {
	if s.running == 0 && len(s.queue) == 0 && len(l.lanes) > emptyLanes {
		delete(l.lanes, s.who)
	}
}

// displace takes the last call of the longest lane out of a full queue, where
// that leaves it no shorter than the newcomer's.
func (l *limiter) displace(newcomer *lane) *Call {
	if len(l.turns) == 0 {
		return nil
	}
	longest := slices.MaxFunc(l.turns, func(a, b *lane) int { return len(a.queue) - len(b.queue) })
	last := len(longest.queue) - 1
	if last <= len(newcomer.queue) {
		return nil
	}
	k := longest.queue[last].call
	l.remove(longest, last)
	return k
}

// remove takes a call out of the queue.
func (l *limiter) remove(s *lane, i int) {
	s.queue = slices.Delete(s.queue, i, i+1)
	l.waiting--
	if len(s.queue) == 0 {
		s.queue = nil
		l.turns = slices.DeleteFunc(l.turns, func(other *lane) bool { return other == s })
	}
}

// leave gives the place of a call that ended to the next whose turn it is.
func (l *limiter) leave(k *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	k.lane.running--
	l.fill()
	l.tidy(k.lane)
}

// fill has calls that wait take the places that are free. The lock is held.
func (l *limiter) fill() {
	for l.running < l.max {
		i := slices.IndexFunc(l.turns, func(s *lane) bool { return s.running < l.places(s) })
		if i < 0 {
			return
		}
		s := l.turns[i]
		l.turns = append(slices.Delete(l.turns, i, i+1), s) // its next turn is after the others'
		work := s.queue[0].work
		l.remove(s, 0)
		l.running++
		s.running++
		go work()
	}
}

// count is how many calls run and how many wait.
func (l *limiter) count() (running, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running, l.waiting
}

// resize changes the bounds. Calls that run and wait already do so still.
func (l *limiter) resize(o *Options) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max, l.maxQueue, l.maxEach = o.MaxConcurrent, o.MaxQueue, o.MaxConcurrentPerPrincipal
	l.fill()
}

// forget takes a call that has ended out of the queue, if it is there, so that
// another can wait.
func (l *limiter) forget(k *Call) (waited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := k.lane
	if s == nil {
		return false
	}
	i := slices.IndexFunc(s.queue, func(w waiter) bool { return w.call == k })
	if i < 0 {
		return false
	}
	l.remove(s, i)
	l.tidy(s)
	return true
}
