package httpd

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// feed is what a client is to get in one response, in order: the answer to a
// request and what comes before it, or what belongs to no request. Whoever
// adds to it never waits for the client.
type feed struct {
	kept  bool // for a client that comes back
	limit int  // bytes to keep of what was handed out, or of what nobody comes for

	principal *auth.Principal // who sent the request; nil: as the connection's
	origin    *Origin         // where it came from; nil where nobody wants to know
	peer      string          // see Peer

	mu      sync.Mutex
	name    string // where events have ids
	events  []event
	size    int
	count   uint64 // of all events ever
	taken   uint64 // events up to here were handed out, at least once
	reader  int    // the latest to read; the ones before must stop
	idle    bool   // nobody reads
	ended   bool   // nothing more will come
	parted  bool   // the server has asked the client to come back later
	waiting chan struct{}
}

type event struct {
	n      uint64
	data   []byte
	answer bool
}

// Principal is who sent the request that the feed belongs to.
func (f *feed) Principal() *auth.Principal { return f.principal }

// Origin is where a request came from.
type Origin struct {
	Remote   string      // the address of the client, or of the proxy before it
	Protocol string      // the version of HTTP, such as "1.1" or "2"
	Session  string      // the id of its session, or ""
	Asked    string      // method and path, such as POST /mcp, without the query
	Header   http.Header // of the request, without Authorization
}

// Origin is where the request came from that the feed belongs to.
func (f *feed) Origin() *Origin { return f.origin }

// origin tells where a request came from, if somebody wants to know.
func (h *Handler) origin(r *http.Request, session string) *Origin {
	if !h.o.Observed {
		return nil
	}
	version := strconv.Itoa(r.ProtoMajor)
	if r.ProtoMajor < 2 {
		version += "." + strconv.Itoa(r.ProtoMinor)
	}
	return &Origin{Remote: r.RemoteAddr, Protocol: version, Session: session, Asked: r.Method + " " + r.URL.Path, Header: r.Header}
}

// Peer tells apart those who send requests and do not say who they are.
func (f *feed) Peer() string { return f.peer }

// Send adds a message.
func (f *feed) Send(msg []byte) error {
	f.add(msg, false)
	return nil
}

// Answer adds the last message.
func (f *feed) Answer(msg []byte) error {
	f.add(msg, true)
	return nil
}

// Settled ends the feed, with an answer in it or without.
func (f *feed) Settled(jsonrpc.ID) { f.end() }

// Part asks that the client be sent away for now, to come back for the rest.
func (f *feed) Part() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.parted = true
	f.wake()
}

func (f *feed) add(msg []byte, answer bool) {
	data := bytes.Clone(bytes.TrimSuffix(msg, []byte("\n")))
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended || (f.idle && f.reader == 0) { // nobody has ever come for it
		return
	}
	f.count++
	f.events = append(f.events, event{f.count, data, answer})
	f.size += len(data)
	f.trim()
	f.ended = answer
	f.wake()
}

// backlog is how many bytes may wait for a client that does not read.
const backlog = 64 << 20

func (f *feed) trim() {
	for len(f.events) > 1 && f.size > f.limit {
		if f.events[0].n > f.taken && !f.idle && f.size <= backlog {
			return
		}
		f.size -= len(f.events[0].data)
		f.events = slices.Delete(f.events, 0, 1)
	}
}

func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	f.wake()
}

func (f *feed) wake() {
	if f.waiting != nil {
		close(f.waiting)
		f.waiting = nil
	}
}

// read makes the caller the one who reads.
func (f *feed) read() (reader int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reader++
	f.idle = false
	f.wake()
	return f.reader
}

// retire has whoever reads stop: another replica has the client now.
func (f *feed) retire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.idle {
		f.reader++
		f.idle = true
		f.wake()
	}
}

// leave says that nobody reads until further notice.
func (f *feed) leave(reader int) (last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if reader != f.reader {
		return false
	}
	f.idle = true
	f.trim()
	return true
}

// state is what a reader finds.
type state struct {
	events []event
	ended  bool
	parted bool
	lost   bool            // events were dropped unread, or another reads now
	wait   <-chan struct{} // closed when there is more
}

// after returns the events after number n.
func (f *feed) after(reader int, n uint64) state {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := f.count - uint64(len(f.events)) // the last that was dropped
	if !f.kept {
		n = first
	}
	if reader != f.reader || n > f.count || n < first {
		return state{lost: true}
	}
	s := state{ended: f.ended, parted: f.parted}
	s.events = f.events[n-first:]
	f.parted = false
	f.taken = max(f.taken, f.count)
	switch {
	case !f.kept:
		f.events, f.size = nil, 0
	case f.ended && len(s.events) == len(f.events) && len(f.events) == 1: // stays as it is
	default:
		s.events = slices.Clone(s.events)
	}
	if !s.ended {
		if f.waiting == nil {
			f.waiting = make(chan struct{})
		}
		s.wait = f.waiting
	}
	return s
}

// stored is how many bytes the feed keeps.
func (f *feed) stored() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.size
}

func (f *feed) finished() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// label gives the feed a name, unless it has one, and returns it.
func (f *feed) label(name func() string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.name == "" {
		f.name = name()
	}
	return f.name
}

// oldest is the number before the oldest event that is there.
func (f *feed) oldest() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count - uint64(len(f.events))
}

// has reports whether all events after number n are there.
func (f *feed) has(n uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return n <= f.count && n >= f.count-uint64(len(f.events))
}

// handed is the number of the last event that was handed out.
func (f *feed) handed() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.taken
}

// knows reports whether there has been an event number n.
func (f *feed) knows(n uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return n <= f.count
}
