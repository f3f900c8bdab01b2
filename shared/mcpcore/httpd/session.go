package httpd

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
)

// session is a client of a revision with a handshake.
type session struct {
	id    string
	owner string // the principal that began it
	payer string // whose share of the sessions it is of
	h     *Handler
	conn  Conn
	news  feed // what belongs to no request

	mu     sync.Mutex
	busy   int // requests being served
	used   time.Time
	expiry *time.Timer
	feeds  []*kept // streams that the client may come back for, oldest first
	named  int
	ended  bool
	record *replicas.Session // what other replicas know of it, where there are some

	syncing sync.Mutex
}

// kept is the feed of a request that its client may come back for.
type kept struct {
	x     *exchange
	grace *time.Timer // runs while nobody reads
}

func newSession(h *Handler, id string, by *auth.Principal) *session {
	s := &session{id: id, h: h, used: time.Now()}
	s.news = feed{kept: true, name: h.streamName(0), limit: h.o.MaxStored / 4, idle: true}
	ctx := context.Background()
	if by != nil {
		s.owner, ctx = by.ID, auth.With(ctx, by)
	}
	if h.shared == nil {
		s.conn = h.o.Connect(ctx, &s.news)
	} else {
		s.conn = h.o.Connect(ctx, relay{s})
		s.conn.Share(h.shared.name)
	}
	s.mu.Lock() // rest may be asked for before it is there
	defer s.mu.Unlock()
	s.expiry = time.AfterFunc(h.o.IdleTimeout, func() { h.expire(s) })
	return s
}

// fresh makes a session with a name that is not known yet.
func (h *Handler) fresh(r *http.Request, among *sessions) (*session, *fault) {
	s := newSession(h, newID(), auth.Of(r.Context()))
	s.payer = payer(r)
	if fault := among.add(s); fault != nil {
		s.end(Conn.Close)
		return nil, fault
	}
	s.acquire()
	if auth.Of(r.Context()).Revoked() { // who looks for its sessions may not have found this one
		h.endOf(s, among)
		return nil, h.lapsed()
	}
	return s, nil
}

// acquire keeps the session from expiring; it reports false when it has ended.
func (s *session) acquire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.busy++
	return true
}

func (s *session) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	s.used = time.Now()
}

// rest is how long the session has before it expires, if nobody uses it; it is
// looked at again then.
func (s *session) rest() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.h.o.IdleTimeout
	if s.busy == 0 {
		rest -= time.Since(s.used)
	}
	if rest > 0 && !s.ended {
		s.expiry.Reset(rest)
	}
	return rest
}

func (s *session) idleSince() (since time.Time, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.busy == 0
}

// end ends the session: how says what becomes of its calls.
func (s *session) end(how func(Conn)) {
	s.mu.Lock()
	was := s.ended
	s.ended = true
	s.expiry.Stop()
	s.mu.Unlock()
	if was {
		return
	}
	how(s.conn)
	s.news.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.feeds {
		k.x.feed.end()
		if k.grace != nil {
			k.grace.Stop()
		}
	}
	s.feeds = nil
}

// exchange makes the response to a message of the session.
func (s *session) exchange(w http.ResponseWriter, r *http.Request, m *message) *exchange {
	x := &exchange{h: s.h, w: w, r: r, id: m.ID, conn: s.conn, session: s, takes: takes{true, true}}
	x.feed = feed{kept: true, limit: s.h.o.MaxStored / 2, principal: auth.Of(r.Context()), origin: s.h.origin(r, s.id), peer: peer(r)}
	return x
}

// inSession serves a message of a session.
func (h *Handler) inSession(w http.ResponseWriter, r *http.Request, s *session, m *message) *fault {
	x := s.exchange(w, r, m)
	if h.shared != nil {
		if fault := h.shared.pass(r.Context(), s, m); fault != nil {
			return fault
		}
	}
	switch {
	case m.batch != nil:
		x.ids = idsOf(m.batch)
		if len(x.ids) == 0 {
			s.conn.ReceiveBatch(m.batch, &x.feed)
			x.feed.end()
		} else {
			h.workers.do(func() {
				defer x.feed.end()
				s.conn.ReceiveBatch(m.batch, &x.feed)
				if h.shared != nil {
					h.shared.saveAll(r.Context(), s, m.batch)
				}
			})
		}
	case m.ID == "" || m.IsResponse():
		s.conn.ReceiveTo(m.Message, &x.feed)
		w.WriteHeader(http.StatusAccepted)
		return nil
	case h.shared != nil && slices.Contains(lasting, m.Method):
		s.conn.ReceiveTo(m.Message, &x.feed) // is answered at once
		if fault := h.shared.save(r.Context(), s, m); fault != nil {
			fault.id = m.ID
			return fault
		}
	default:
		x.ids = []jsonrpc.ID{m.ID}
		h.workers.do(func() { s.conn.ReceiveTo(m.Message, &x.feed) })
	}
	x.serve()
	return nil
}

// idsOf are the ids of the requests in a batch.
func idsOf(batch []byte) (ids []jsonrpc.ID) {
	for _, raw := range jsonrpc.Elements(batch) {
		if m, err := jsonrpc.Parse(raw); err == nil && m.ID != "" && !m.IsResponse() {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// keep stores the feed of a response, so that its client may come back for it,
// and returns its name.
func (s *session) keep(x *exchange) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named++
	name := x.feed.label(func() string { return s.h.streamName(s.named) })
	if s.ended {
		return name
	}
	s.feeds = append(s.feeds, &kept{x: x})
	size, gone := 0, []*kept(nil)
	for _, k := range slices.Backward(s.feeds) { // the newest count first
		size += k.x.feed.stored()
		if size > s.h.o.MaxStored/2 && k.x.feed.finished() && k.x != x {
			gone = append(gone, k)
		}
	}
	for _, k := range gone {
		s.drop(k)
	}
	return name
}

// streamName is what comes before the number in the ids of a stream's events:
// those of another replica are not taken for one's own.
func (h *Handler) streamName(n int) string {
	if h.shared == nil {
		return strconv.Itoa(n)
	}
	return h.shared.name + "." + strconv.Itoa(n)
}

// drop forgets a feed. The lock is held.
func (s *session) drop(k *kept) {
	if k.grace != nil {
		k.grace.Stop()
	}
	if i := slices.Index(s.feeds, k); i >= 0 {
		s.feeds = slices.Delete(s.feeds, i, i+1)
	}
}

// away starts the time in which a client must come back for a response.
func (s *session) away(x *exchange, reader int) {
	if !x.feed.leave(reader) {
		return // it has
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.feeds {
		if k.x != x {
			continue
		}
		k.grace = time.AfterFunc(s.h.o.Grace, func() {
			s.mu.Lock()
			s.drop(k)
			s.mu.Unlock()
			x.abandon()
		})
	}
}

// stream serves the GET of a client that listens, or comes back for the rest
// of a response.
func (h *Handler) stream(w http.ResponseWriter, r *http.Request) *fault {
	if !accepts(r).events {
		return notAcceptable("text/event-stream")
	}
	s, fault := h.session(r)
	if fault != nil {
		return fault
	}
	defer s.release()
	if fault := h.listens.enter(payer(r)); fault != nil {
		return fault
	}
	defer h.listens.leave(payer(r))
	if h.shared != nil {
		if fault := h.shared.listens(r.Context(), s); fault != nil {
			return fault
		}
	}
	last := r.Header.Get("Last-Event-Id")
	if last == "" {
		s.listen(w, r, s.news.handed())
		return nil
	}
	name, number, ok := strings.Cut(last, "-")
	n, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil {
		return badRequest("", jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "there is no event %q", clip(last)))
	}
	switch news := h.streamName(0); {
	case name == news && s.news.knows(n):
		s.listen(w, r, n)
		return nil
	case name != news && strings.HasSuffix(name, ".0"): // of another replica, which has what came meanwhile
		s.listen(w, r, s.news.handed())
		return nil
	}
	return s.resume(w, r, name, n)
}

// listen streams what belongs to no request. A client has one such stream: a
// new one takes over.
func (s *session) listen(w http.ResponseWriter, r *http.Request, n uint64) {
	reader := s.news.read()
	n = max(n, s.news.oldest()) // what was dropped in between is lost
	out := newEvents(s.h, w, r)
	out.name, out.stop = s.h.streamName(0), s.news.end
	out.pump(&s.news, reader, n, nil)
	s.news.leave(reader)
}

func (s *session) resume(w http.ResponseWriter, r *http.Request, name string, n uint64) *fault {
	s.mu.Lock()
	var x *exchange
	for _, k := range s.feeds {
		if k.x.feed.label(nil) == name {
			x = k.x
			if k.grace != nil {
				k.grace.Stop()
			}
		}
	}
	s.mu.Unlock()
	if x == nil || !x.feed.has(n) {
		return badRequest("", jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "the events after %s-%d are not kept any more", name, n))
	}
	reader := x.feed.read()
	out := newEvents(s.h, w, r)
	out.name = name
	out.polling = x.polls()
	out.pump(&x.feed, reader, n, nil)
	s.away(x, reader)
	return nil
}
