package httpd

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// exchange is one response to a client: plain JSON where the answer is all
// there is, an event stream otherwise.
type exchange struct {
	h     *Handler
	w     http.ResponseWriter
	r     *http.Request
	feed  feed
	conn  Conn
	id    jsonrpc.ID // of the request; "" for a batch
	takes takes

	session *session     // nil where there is none
	ids     []jsonrpc.ID // what to cancel when the client leaves for good
	listens bool         // it is answered when the client wants to hear no more
}

// serve writes what comes until there is no more, or the client leaves.
func (x *exchange) serve() {
	var quiet <-chan time.Time // short calls need no timer
	reader := x.feed.read()
	stopping := x.h.stopping
	by := auth.Of(x.r.Context())
	over := by.Over()
	for {
		if by.Revoked() {
			x.abandon()
			x.h.lapsed().write(x.w)
			return
		}
		s := x.feed.after(reader, 0)
		if !x.takes.events { // all but the answer can be done without
			s.events = answersOf(s.events)
		}
		switch {
		case len(s.events) == 1 && s.events[0].answer:
			x.plain(s.events[0].data)
			return
		case len(s.events) == 0 && s.ended:
			x.w.WriteHeader(http.StatusAccepted)
			return
		case len(s.events) > 0, s.parted && x.polls():
			x.stream(reader, s.events, s.parted)
			return
		}
		if quiet == nil {
			timer := time.NewTimer(x.h.o.KeepAlive)
			defer timer.Stop()
			quiet = timer.C
		}
		select {
		case <-s.wait:
		case <-x.r.Context().Done():
			x.abandon()
			return
		case <-over:
			over = nil
		case <-stopping:
			stopping = nil
			if x.session == nil {
				go x.conn.Drain()
			}
		case <-quiet:
			if x.takes.events {
				x.stream(reader, nil, false)
				return
			}
		}
	}
}

func answersOf(events []event) []event {
	for i, e := range events {
		if e.answer {
			return events[i:]
		}
	}
	return nil
}

// abandon is for a client that has left and gets no answer.
func (x *exchange) abandon() {
	done := x.feed.finished()
	x.feed.end()
	if done || x.session == nil { // without a session the connection is closed
		return
	}
	for _, id := range x.ids {
		x.conn.Cancel(id)
	}
}

func (x *exchange) plain(msg []byte) {
	status := http.StatusOK
	if after := retryAfter(msg, x.id); after != "" {
		status = http.StatusTooManyRequests
		x.w.Header().Set("Retry-After", after)
	} else if s := statusOf(msg, x.id); x.session == nil || s == http.StatusServiceUnavailable {
		status = s
	}
	if status == http.StatusServiceUnavailable {
		x.w.Header().Set("Retry-After", "1")
	}
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(x.h.o.WriteTimeout))
	writeJSON(x.w, status, msg)
}

// statusOf is the status that goes with an answer in the revisions that lay
// that down.
func statusOf(msg []byte, id jsonrpc.ID) int {
	msg, _ = bytes.CutPrefix(msg, []byte(`{"jsonrpc":"2.0","id":`))
	code, failed := bytes.CutPrefix(msg[min(len(id), len(msg)):], []byte(`,"error":{"code":`))
	if !failed {
		return http.StatusOK
	}
	end := bytes.IndexByte(code, ',')
	number, err := strconv.Atoi(string(code[:max(end, 0)]))
	if err != nil {
		return http.StatusOK
	}
	switch number {
	case jsonrpc.CodeMethodNotFound:
		return http.StatusNotFound
	case protocol.CodeStopping:
		return http.StatusServiceUnavailable
	case jsonrpc.CodeParse, jsonrpc.CodeInvalidRequest,
		protocol.CodeHeaderMismatch, protocol.CodeMissingCapability, protocol.CodeUnsupportedVersion:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// polls reports whether the client can be sent away to come back later.
func (x *exchange) polls() bool {
	if x.session == nil {
		return false
	}
	revision := x.conn.Revision()
	return revision != nil && revision.Polling
}

// stream answers with an event stream. In a session its events are kept, and
// the client may come back for them.
func (x *exchange) stream(reader int, first []event, parted bool) {
	out := newEvents(x.h, x.w, x.r)
	if x.session == nil {
		out.stop = func() { go x.conn.Drain() }
		if out.lapse = func() {}; x.listens { // other calls are answered: they end by themselves
			out.lapse = out.stop
		}
		out.pump(&x.feed, reader, 0, first)
		return // closing the connection cancels what is not done
	}
	out.name = x.session.keep(x)
	if out.polling = x.polls(); out.polling {
		out.prime()
	} else {
		out.lapse = func() {} // the client might not be able to come back for the answer
	}
	out.part = parted && out.polling
	out.pump(&x.feed, reader, 0, first)
	x.w, x.r = nil, nil // are not kept with the feed
	x.session.away(x, reader)
}

// events writes an event stream.
type events struct {
	h       *Handler
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	name    string // of the feed, where events have ids
	stop    func() // when the server stops; nil: nothing
	lapse   func() // when the token is good no more, and yet was not taken back; nil: the response ends
	polling bool   // the client may be sent away
	part    bool   // end the response after what is there
	failed  bool
}

func newEvents(h *Handler, w http.ResponseWriter, r *http.Request) *events {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	e := &events{h: h, w: w, r: r, control: http.NewResponseController(w)}
	e.write(nil) // the client is to know that it is heard
	return e
}

func (e *events) write(text []byte) {
	if e.failed {
		return
	}
	_ = e.control.SetWriteDeadline(time.Now().Add(e.h.o.WriteTimeout)) // not there in tests without a network
	_, err := e.w.Write(text)
	if err == nil {
		err = e.control.Flush()
	}
	e.failed = err != nil
}

// prime gives the client an id to come back with, before there is an event.
func (e *events) prime() {
	e.write(fmt.Appendf(nil, "id: %s-0\nretry: %d\ndata: \n\n", e.name, e.h.o.Retry.Milliseconds()))
}

// pump writes the events after number n, of which first were read already,
// until the feed ends, the client leaves or is sent away, or another reads.
func (e *events) pump(f *feed, reader int, n uint64, first []event) {
	quiet := time.NewTicker(e.h.o.KeepAlive)
	defer quiet.Stop()
	lease := leaseOf(e.r.Context())
	defer lease.stop()
	stopping := e.h.stopping
	s := state{events: first}
	if first == nil {
		s = f.after(reader, n)
	}
	for {
		if lease.principal.Revoked() {
			e.failed = true
			return
		}
		var text []byte
		for _, ev := range s.events {
			if e.name != "" {
				text = fmt.Appendf(text, "id: %s-%d\n", e.name, ev.n)
			}
			text = append(append(append(text, "data: "...), ev.data...), "\n\n"...)
			n = ev.n
		}
		if text != nil {
			e.write(text)
		}
		if s.ended || s.lost || e.failed || e.part {
			return
		}
		if s.wait == nil { // what came first may not be all
			s = f.after(reader, n)
			e.part = s.parted && e.polling
			continue
		}
		lapsed := false
		select {
		case <-s.wait:
		case <-e.r.Context().Done():
			e.failed = true
			return
		case <-lease.over:
			lease.over = nil
			lapsed = !lease.principal.Revoked()
		case <-lease.expired:
			lapsed = true
		case <-stopping:
			stopping = nil
			if e.stop != nil {
				e.stop()
			}
		case <-quiet.C:
			e.write([]byte(":\n\n"))
		}
		if lapsed && e.lapse == nil {
			return
		} else if lapsed {
			e.lapse()
		}
		s = f.after(reader, n)
		e.part = s.parted && e.polling
	}
}
