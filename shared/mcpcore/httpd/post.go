package httpd

import (
	"context"
	"net/http"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// post serves a message: alone, or in its session.
func (h *Handler) post(w http.ResponseWriter, r *http.Request) *fault {
	takes := accepts(r)
	if !takes.json {
		return notAcceptable("application/json")
	}
	m, fault := h.read(w, r)
	if fault != nil {
		return fault
	}
	if fault := h.message(w, r, &m, takes); fault != nil {
		fault.about = &m.Message
		return fault
	}
	return nil
}

// message serves what a POST brought.
func (h *Handler) message(w http.ResponseWriter, r *http.Request, m *message, takes takes) *fault {
	if fault := h.demand(r, m); fault != nil {
		return fault
	}
	about := metaOf(m.Params)
	if m.batch == nil && stateless(m, &about, r.Header.Get(versionHeader)) {
		return h.alone(w, r, m, &about, takes)
	}
	if h.o.Mode == Stateless {
		asked := r.Header.Get(versionHeader)
		for key, value := range jsonrpc.Members(m.Params) {
			if m.Method == "initialize" && key == "protocolVersion" {
				asked = jsonrpc.Unquote(value)
			}
		}
		return badRequest(m.ID, protocol.Unsupported(asked, statelessNames()))
	}
	if !takes.events {
		return notAcceptable("text/event-stream")
	}
	if r.Header.Get(sessionHeader) == "" {
		if m.Method == "initialize" && m.ID != "" {
			return h.initialize(w, r, m)
		}
		if version := r.Header.Get(versionHeader); version != "" && protocol.Lookup(version) == nil {
			return badRequest(m.ID, protocol.Unsupported(version, protocol.Names()))
		}
	}
	s, fault := h.session(r)
	if fault != nil {
		fault.id = m.ID
		return fault
	}
	defer s.release()
	return h.inSession(w, r, s, m)
}

func notAcceptable(kind string) *fault {
	return refusal(http.StatusNotAcceptable, codeRefused, "the client must accept %s", kind)
}

// alone serves a message of a revision without a handshake, on a connection
// that ends with the response.
func (h *Handler) alone(w http.ResponseWriter, r *http.Request, m *message, about *meta, takes takes) *fault {
	if h.o.Mode == Sessions {
		return badRequest(m.ID, protocol.Unsupported(jsonrpc.Unquote(about.version), sessionNames()))
	}
	if m.IsResponse() {
		return badRequest("", jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "in this revision a client sends no responses"))
	}
	if fault := revisionFault(r, m, about); fault != nil {
		return fault
	}
	if fault := h.headersFault(r, m, about); fault != nil {
		return fault
	}
	x := &exchange{h: h, w: w, r: r, feed: feed{limit: 0, origin: h.origin(r, ""), peer: peer(r)}, id: m.ID, takes: takes}
	x.conn = h.o.Connect(context.WithoutCancel(r.Context()), &x.feed) // ends before the request does
	defer x.conn.Close()
	if m.ID == "" {
		x.conn.ReceiveTo(m.Message, &x.feed)
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	if x.listens = m.Method == "subscriptions/listen"; x.listens {
		if !takes.events {
			return notAcceptable("text/event-stream")
		}
		if fault := h.listens.enter(payer(r)); fault != nil {
			fault.id = m.ID
			return fault
		}
		defer h.listens.leave(payer(r))
	}
	h.workers.do(func() { x.conn.ReceiveTo(m.Message, &x.feed) })
	x.serve()
	return nil
}

func statelessNames() (names []string) {
	for _, name := range protocol.Names() {
		if protocol.Lookup(name).Stateless {
			names = append(names, name)
		}
	}
	return names
}

func sessionNames() (names []string) {
	for _, name := range protocol.Names() {
		if !protocol.Lookup(name).Stateless {
			names = append(names, name)
		}
	}
	return names
}
