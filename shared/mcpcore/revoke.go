package mcpcore

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// errRevoked is why a call ends whose token was taken back.
var errRevoked = Refused("revoked", errors.New("the token that this was asked with is good no more"))

// dropRevoked ends the calls and tasks of principals whose token was taken
// back, and the sessions of those that are gone.
func (s *Server) dropRevoked(gone []string) {
	f := s.front.Load()
	for _, c := range s.connections() {
		c.mu.Lock()
		calls := slices.Collect(maps.Values(c.calls))
		c.mu.Unlock()
		for _, k := range calls {
			if k.Principal.Revoked() {
				k.unqueue()
				k.finish(nil, errRevoked)
			}
		}
	}
	for _, t := range f.current.Load().board.all() { // what was a call a moment ago is one now
		if k := t.call; k.Principal.Revoked() {
			if k.task.Load() == t { // or it is not answered yet, and has been ended above
				t.finish(nil, errRevoked)
			}
			k.cancel(context.Canceled)
		}
	}
	f.mu.Lock()
	handlers := slices.Clone(f.handlers)
	f.mu.Unlock()
	for _, h := range handlers {
		h.EndSessions(gone)
	}
}

func (b *board) all() []*task {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.open))
}
