package httpd

import (
	"fmt"
	"net/http"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// legacy serves the transport of 2024-11-05: all that the server sends goes
// out on the stream of a GET, whose first event says where to post.
func (h *Handler) legacy(w http.ResponseWriter, r *http.Request) *fault {
	switch {
	case h.draining():
		return stoppingFault()
	case h.o.Mode == Stateless:
		return refusal(http.StatusNotFound, codeRefused, "there is nothing at this path; the server is at /mcp")
	case r.URL.Path == "/sse" && r.Method == http.MethodGet:
		return h.legacyStream(w, r)
	case r.URL.Path == "/message" && r.Method == http.MethodPost:
		return h.legacyPost(w, r)
	}
	allow := map[string]string{"/sse": "GET", "/message": "POST"}[r.URL.Path]
	w.Header().Set("Allow", allow)
	return refusal(http.StatusMethodNotAllowed, codeRefused, "the method here is %s", allow)
}

func (h *Handler) legacyStream(w http.ResponseWriter, r *http.Request) *fault {
	if !accepts(r).events {
		return notAcceptable("text/event-stream")
	}
	if fault := h.listens.enter(payer(r)); fault != nil {
		return fault
	}
	defer h.listens.leave(payer(r))
	s, fault := h.fresh(r, &h.streams)
	if fault != nil {
		return fault
	}
	defer s.end(Conn.Close)
	defer h.streams.take(s)
	s.news.kept = false // this transport has no way to ask again
	reader := s.news.read()
	out := newEvents(h, w, r)
	out.write(fmt.Appendf(nil, "event: endpoint\ndata: /message?sessionId=%s\n\n", s.id))
	out.pump(&s.news, reader, 0, nil)
	return nil
}

func (h *Handler) legacyPost(w http.ResponseWriter, r *http.Request) *fault {
	s := h.streams.get(r.URL.Query().Get("sessionId"))
	if s == nil || s.owner != auth.ID(r.Context()) || !s.acquire() {
		return refusal(http.StatusNotFound, codeSession, "there is no such session (any more); a GET of /sse begins one")
	}
	defer s.release()
	m, fault := h.read(w, r)
	if fault != nil {
		return fault
	}
	if fault := h.demand(r, &m); fault != nil {
		fault.about = &m.Message
		return fault
	}
	out := onStream{&s.news, auth.Of(r.Context()), h.origin(r, s.id), peer(r)}
	if m.batch != nil {
		h.workers.do(func() { s.conn.ReceiveBatch(m.batch, out) })
	} else {
		h.workers.do(func() { s.conn.ReceiveTo(m.Message, out) })
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// onStream is a Sender whose answers do not end the feed.
type onStream struct {
	*feed
	principal *auth.Principal
	origin    *Origin
	peer      string
}

// Peer tells apart those who send requests and do not say who they are.
func (o onStream) Peer() string { return o.peer }

// Principal is who sent the request.
func (o onStream) Principal() *auth.Principal { return o.principal }

// Origin is where the request came from.
func (o onStream) Origin() *Origin { return o.origin }

// Answer adds an answer like any other message.
func (o onStream) Answer(msg []byte) error { return o.Send(msg) }

// Settled has nothing to end.
func (o onStream) Settled(jsonrpc.ID) {}

// Part does nothing: in this transport a client cannot come back.
func (o onStream) Part() {}
