package audit

import (
	"sync"
	"time"
)

// Some refusals cost the client nothing, so they must not fill the disk either:
// of each sort only the first few within a time get a line, and the others one
// together.
const (
	foldEvery = 10 * time.Second
	foldAfter = 5
	maxSorts  = 64 // that are told apart at a time; further ones count as one
)

// sort is what makes two refusals the same.
type sort struct {
	from, principal, rule string
	status                int
}

type fold struct {
	line  Line // without what is only the first one's
	lines int
	count int
	since time.Time
}

type folds struct {
	mu      sync.Mutex
	open    map[sort]*fold
	timer   *time.Timer
	stopped bool
}

// Refused adds the line of a refusal, or counts it where there were many of the
// same rule and status from a host, on behalf of a principal.
func (g *Log) Refused(l *Line, host string) error {
	if g.folds.counts(g, l, sort{host, l.Principal, l.Rule, l.Status}) {
		return nil
	}
	_, err := g.Append(l)
	return err
}

func (f *folds) counts(g *Log, l *Line, s sort) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return false
	}
	if f.open == nil {
		f.open = map[sort]*fold{}
		f.timer = time.AfterFunc(foldEvery, func() { f.flush(g) })
	}
	known := f.open[s]
	if known == nil && len(f.open) >= maxSorts {
		s = sort{}
		known = f.open[s]
	}
	if known == nil {
		known = &fold{line: Line{From: s.from, Principal: s.principal, Rule: s.rule, Status: s.status, Outcome: l.Outcome, Decision: l.Decision}}
		f.open[s] = known
	}
	if known.lines < foldAfter {
		known.lines++
		return false
	}
	if known.count++; known.count == 1 {
		known.since = l.Time
	}
	return true
}

// flush writes a line for each sort of which some were only counted.
func (f *folds) flush(g *Log) {
	f.mu.Lock()
	open := f.open
	f.open = nil
	f.mu.Unlock()
	for _, k := range open {
		if k.count == 0 {
			continue
		}
		k.line.Time, k.line.Kind, k.line.Count, k.line.Since = time.Now(), Folded, k.count, k.since
		_, _ = g.Append(&k.line) // a failure is reported, and the next line says what is lost
	}
}

func (f *folds) stop(g *Log) {
	f.mu.Lock()
	f.stopped = true
	if f.timer != nil {
		f.timer.Stop()
	}
	f.mu.Unlock()
	f.flush(g)
}
