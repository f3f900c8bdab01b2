package mcpcore

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// errRevoked is why a call ends whose token was taken back.
var errRevoked = Refused("revoked", errors.New("the token that this was asked with is good no more"))

// EndRevoked ends what principals have begun whose token was taken back
// (auth.Tokens.Replace): their calls and tasks, and the sessions of those who
// have no token any more. Their streams end by themselves.
func (s *Server) EndRevoked(c auth.Changes) {
	s.engine()
	f := s.front.Load()
	for _, conn := range s.connections() {
		conn.mu.Lock()
		calls := slices.Collect(maps.Values(conn.calls))
		conn.mu.Unlock()
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
		h.EndSessions(c.Gone)
	}
}

func (b *board) all() []*task {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.open))
}
