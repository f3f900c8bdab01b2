package httpd

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

const sessionHeader = "Mcp-Session-Id"

// sessions are those that a handshake began and that have not ended.
type sessions struct {
	max, maxEach int

	mu   sync.Mutex
	byID map[string]*session
	held map[string]int // by each payer
}

func newSessions(o *Options) sessions {
	return sessions{max: o.MaxSessions, maxEach: o.each(o.MaxSessions), byID: map[string]*session{}, held: map[string]int{}}
}

// add makes room, where there is none, by ending a session that is not in use.
func (all *sessions) add(s *session) *fault {
	all.mu.Lock()
	var oldest *session
	full := len(all.byID) >= all.max
	if own := !full && all.held[s.payer] >= all.maxEach; own || full {
		if oldest = all.dispensable(s.payer, own); oldest == nil {
			all.mu.Unlock()
			if own {
				return tooMany(http.StatusTooManyRequests, "sessions of yours")
			}
			return tooManySessions()
		}
		all.remove(oldest)
	}
	all.byID[s.id] = s
	all.held[s.payer]++
	all.mu.Unlock()
	if oldest != nil {
		oldest.end(Conn.Close)
	}
	return nil
}

// dispensable is the session that makes room for one of payer's: the one that
// was unused for longest, of whoever has the most, so that those who begin
// many cost themselves and nobody else. It may be one of payer's own, and is
// where own is set.
func (all *sessions) dispensable(payer string, own bool) (found *session) {
	var since time.Time
	mine := all.held[payer]
	for _, s := range all.byID {
		theirs := all.held[s.payer]
		if s.payer != payer && (own || theirs <= mine) {
			continue
		}
		used, idle := s.idleSince()
		if !idle {
			continue
		}
		if found == nil || theirs > all.held[found.payer] || theirs == all.held[found.payer] && used.Before(since) {
			found, since = s, used
		}
	}
	return found
}

func (all *sessions) remove(s *session) {
	delete(all.byID, s.id)
	if all.held[s.payer]--; all.held[s.payer] == 0 {
		delete(all.held, s.payer)
	}
}

func (all *sessions) get(id string) *session {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.byID[id]
}

// take removes a session.
func (all *sessions) take(s *session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byID[s.id] == s {
		all.remove(s)
	}
}

func (all *sessions) list() []*session {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.Collect(maps.Values(all.byID))
}

func (all *sessions) takeAll() []*session {
	all.mu.Lock()
	defer all.mu.Unlock()
	out := slices.Collect(maps.Values(all.byID))
	clear(all.byID)
	clear(all.held)
	return out
}

// newID is a name that cannot be guessed: more than 128 bits.
func newID() string { return rand.Text() }

// initialize begins a session, if the engine agrees to.
func (h *Handler) initialize(w http.ResponseWriter, r *http.Request, m *message) *fault {
	s, fault := h.fresh(r, &h.sessions)
	if fault != nil {
		fault.id = m.ID
		return fault
	}
	defer s.release()
	x := s.exchange(w, r, m)
	s.conn.ReceiveTo(m.Message, &x.feed) // is answered at once
	began := s.conn.Revision() != nil
	if began && h.shared != nil {
		fault = h.shared.begin(r, s)
	}
	if !began || fault != nil {
		h.sessions.take(s)
		s.end(Conn.Close)
	}
	if fault != nil {
		fault.id = m.ID
		return fault
	}
	if began {
		w.Header().Set(sessionHeader, s.id)
	}
	x.serve()
	return nil
}

// session finds the session of a request and keeps it from expiring until it
// is released.
func (h *Handler) session(r *http.Request) (*session, *fault) {
	ids := r.Header.Values(sessionHeader)
	if len(ids) != 1 || ids[0] == "" {
		return nil, badRequest("", jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "the header Mcp-Session-Id is missing; initialize begins a session"))
	}
	if versions := r.Header.Values(versionHeader); len(versions) > 0 {
		revision := protocol.Lookup(versions[0])
		if len(versions) > 1 || revision == nil || revision.Stateless {
			return nil, badRequest("", protocol.Unsupported(versions[0], sessionNames()))
		}
	}
	if h.shared != nil {
		return h.shared.find(r, ids[0])
	}
	s := h.sessions.get(ids[0])
	if s == nil || s.owner != auth.ID(r.Context()) || !s.acquire() {
		return nil, noSession()
	}
	return s, nil
}

func noSession() *fault {
	return refusal(http.StatusNotFound, codeSession, "there is no such session (any more); initialize begins one")
}

func tooManySessions() *fault {
	return tooMany(http.StatusServiceUnavailable, "sessions")
}

// delete ends a session.
func (h *Handler) delete(w http.ResponseWriter, r *http.Request) *fault {
	s, fault := h.session(r)
	if fault != nil {
		return fault
	}
	s.release()
	if h.shared != nil {
		if fault := h.shared.end(r.Context(), s); fault != nil {
			return fault
		}
	}
	h.sessions.take(s)
	s.end(Conn.Close)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// expire ends a session that nobody has used for long, or looks again when that
// may be so: to wind the clock at every request would cost more.
func (h *Handler) expire(s *session) {
	if rest := s.rest(); rest > 0 {
		return
	}
	h.sessions.take(s)
	s.end(Conn.Close)
}
