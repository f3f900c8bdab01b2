package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Window is a limit: so many requests in so much time.
type Window struct {
	Limit     int
	Period    time.Duration
	Remaining int // as the engine last told; -1 where it did not
	Reset     time.Time
}

const (
	longWindow = time.Minute           // from which on waiting is no use
	maxQueued  = 200                   // requests that wait
	margin     = 20 * time.Millisecond // by which clocks may differ
)

// limits lets requests through as fast as the engine allows, which it tells in
// the headers of its answers, so that it need not refuse any.
type limits struct {
	mu      sync.Mutex
	windows []Window
	running int
	ended   []time.Time // of requests, the newest last
	queued  int
	closed  time.Time // until when nothing is sent
	changed chan struct{}
}

func newLimits(guess ...Window) *limits {
	return &limits{windows: guess, changed: make(chan struct{})}
}

// enter waits until a request may be sent. leave must be called when it has
// been answered: that is when, at the latest, the engine has counted it.
func (l *limits) enter(ctx context.Context) error {
	l.mu.Lock()
	if l.queued >= maxQueued {
		l.mu.Unlock()
		return mcpcore.RetryAfter(errors.New("too many requests wait for the engine"), 10*time.Second)
	}
	l.queued++
	defer func() {
		l.queued--
		l.mu.Unlock()
	}()
	for {
		wait, err := l.delay(time.Now())
		if err != nil {
			return err
		}
		if wait == 0 {
			l.running++
			return nil
		}
		changed := l.changed
		l.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		l.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// delay is how long a request has to wait.
func (l *limits) delay(now time.Time) (time.Duration, error) {
	wait := max(0, l.closed.Sub(now))
	for _, w := range l.windows {
		switch {
		case w.Limit <= 0:
		case w.Period > longWindow:
			if w.Remaining == 0 && now.Before(w.Reset) {
				return 0, mcpcore.RetryAfter(fmt.Errorf("the quota of %d requests is used up until %s", w.Limit, w.Reset.UTC().Format(time.RFC3339)), w.Reset.Sub(now))
			}
		default:
			recent := 0
			var oldest time.Time
			for i := len(l.ended) - 1; i >= 0 && now.Sub(l.ended[i]) < w.Period+margin; i-- {
				recent++
				oldest = l.ended[i]
			}
			if l.running+recent >= w.Limit {
				next := time.Hour // until one that runs has ended
				if recent > 0 {
					next = oldest.Add(w.Period + margin).Sub(now)
				}
				wait = max(wait, next)
			}
		}
	}
	return wait, nil
}

// leave notes that a request was answered, and what the answer tells of limits.
func (l *limits) leave(h http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.running--
	l.ended = append(l.ended, now)
	if told := windowsOf(h, now); len(told) > 0 {
		for i, w := range told { // answers may overtake each other
			if i < len(l.windows) && w.Period > longWindow {
				old := l.windows[i]
				if old.Period == w.Period && old.Remaining >= 0 && old.Remaining < w.Remaining && w.Reset.Sub(old.Reset) < time.Minute {
					told[i].Remaining = old.Remaining
				}
			}
		}
		l.windows = told
	}
	keep := 0
	for _, w := range l.windows {
		if w.Period <= longWindow {
			keep = max(keep, w.Limit)
		}
	}
	if len(l.ended) > keep+1 {
		l.ended = append(l.ended[:0], l.ended[len(l.ended)-keep-1:]...)
	}
	l.tell()
}

// hold sends nothing for a while.
func (l *limits) hold(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.closed) {
		l.closed = until
	}
	l.tell()
}

func (l *limits) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *limits) known() []Window {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Window(nil), l.windows...)
}

// windowsOf reads the X-RateLimit headers, in which each window has an entry,
// in the same order.
func windowsOf(h http.Header, now time.Time) []Window {
	var out []Window
	remaining, reset := list(h.Get("X-RateLimit-Remaining")), list(h.Get("X-RateLimit-Reset"))
	for i, entry := range list(h.Get("X-RateLimit-Policy")) {
		limit, rest, _ := strings.Cut(entry, ";")
		n, err := strconv.Atoi(strings.TrimSpace(limit))
		seconds, err2 := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(rest), "w="))
		if err != nil || err2 != nil || n < 0 || seconds <= 0 || seconds > 1<<30 {
			return nil
		}
		w := Window{Limit: n, Period: time.Duration(seconds) * time.Second, Remaining: -1}
		if i < len(remaining) {
			if left, err := strconv.Atoi(remaining[i]); err == nil {
				w.Remaining = left
			}
		}
		if i < len(reset) {
			if s, err := strconv.Atoi(reset[i]); err == nil && s >= 0 && s < 1<<30 {
				w.Reset = now.Add(time.Duration(s) * time.Second)
			}
		}
		out = append(out, w)
	}
	return out
}

func list(header string) []string {
	if header == "" {
		return nil
	}
	parts := strings.Split(header, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
