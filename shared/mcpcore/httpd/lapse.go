package httpd

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// lease is how long a stream may go on: as long as the token does that it was
// asked for with.
type lease struct {
	principal *auth.Principal
	over      <-chan struct{}  // closed when what the principal holds counts no more
	expired   <-chan time.Time // comes when its token is too old; nil: never
	timer     *time.Timer
}

func leaseOf(ctx context.Context) lease {
	p := auth.Of(ctx)
	l := lease{principal: p, over: p.Over()}
	if p != nil && !p.Expires.IsZero() {
		l.timer = time.NewTimer(time.Until(p.Expires))
		l.expired = l.timer.C
	}
	return l
}

func (l *lease) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

// EndSessions ends the sessions of principals who are no more.
func (h *Handler) EndSessions(of []string) {
	for _, all := range []*sessions{&h.sessions, &h.streams} {
		for _, s := range all.list() {
			if s.owner != "" && slices.Contains(of, s.owner) {
				h.endOf(s, all)
			}
		}
	}
}

func (h *Handler) endOf(s *session, all *sessions) {
	if h.shared != nil && all == &h.sessions {
		_ = h.shared.end(context.Background(), s) // or it expires there; no token opens it
	}
	all.take(s)
	s.end(Conn.Close)
}

// lapsed is what a request gets whose token was taken back meanwhile.
func (h *Handler) lapsed() *fault {
	if h.o.Guard == nil {
		return refusal(http.StatusUnauthorized, codeRefused, "the token is good no more")
	}
	return denied(h.o.Guard.Lapsed())
}
