// Package httpd carries messages over HTTP: the streamable HTTP transport of
// every revision that has one, on one path, and, where it is asked for, the
// HTTP+SSE transport of the first revision.
//
// A message is routed by what it parses to. A request that names a revision in
// its _meta gets a connection of its own, which ends with the response; the
// others belong to a session that a handshake began.
package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
)

// Sender takes what the server has for a client. A message is the sender's
// only until the method returns.
type Sender interface {
	Send(msg []byte) error   // a request or notification
	Answer(msg []byte) error // the answer to a request, or to a batch
	Settled(id jsonrpc.ID)   // nothing more will come for this request
}

// Conn is a connection with one client, as the engine sees it.
type Conn interface {
	// ReceiveTo serves one message. What belongs to it goes to out: its answer,
	// its notifications, what it asks of the client. The bytes are Conn's to keep.
	ReceiveTo(m jsonrpc.Message, out Sender)
	// ReceiveBatch serves an array of messages and returns when all are answered.
	ReceiveBatch(raw []byte, out Sender)
	// Cancel ends a request without an answer.
	Cancel(id jsonrpc.ID)
	// Revision is that of the handshake; nil before it.
	Revision() *protocol.Revision
	// Share names the replica that this is, where others serve the client too.
	Share(replica string)
	// State is what others need for that, and Restore takes it over from them.
	State() replicas.State
	Restore(replicas.State)
	// Drain answers what is under way and ends the connection.
	Drain()
	// Close ends the connection at once.
	Close()
}

// Param is a parameter of a tool that clients repeat in a header.
type Param struct {
	Header string   // without Mcp-Param-
	Path   []string // of names, from the arguments down
}

// Modes of serving.
const (
	Auto      = "auto"      // every revision
	Stateless = "stateless" // only those without a handshake
	Sessions  = "sessions"  // only those with one
)

// Options are what a Handler needs to know. Connect is needed; the zero value
// of all else is a default.
type Options struct {
	// Connect starts a connection. What belongs to no request goes to out. Its
	// calls run under ctx.
	Connect func(ctx context.Context, out Sender) Conn
	// Params tells the parameters of a tool that are repeated in headers.
	Params func(tool string) []Param
	// Ready tells why the server cannot do its work at present; nil: it can.
	Ready func(context.Context) error
	// Guard finds out on whose behalf requests are made; nil: nobody has to say.
	Guard *auth.Guard
	// Scopes tells what a principal needs for a request.
	Scopes func(method, name string) []string

	// Shared is where replicas share sessions; nil: each has its own.
	Shared replicas.Store
	Log    *slog.Logger // default: nothing is logged

	// Observed has requests tell where they came from.
	Observed bool
	// Refused is told of requests that are refused before they come to a Conn;
	// nil: nobody wants to know.
	Refused func(*Refusal)

	Mode           string   // default Auto
	SSE            bool     // serve HTTP+SSE at /sse too
	AllowedHosts   []string // beside loopback names; "*" is any
	AllowedOrigins []string // beside the server's own; "*" is any
	AnyAddress     bool     // an IP address is a good Host, not only a loopback one

	// TrustedProxies are those whose Forwarded, X-Forwarded-For and
	// X-Forwarded-Host are believed (ParseProxies).
	TrustedProxies []netip.Prefix

	MaxBody      int           // bytes of a request; default 4 MiB
	MaxDepth     int           // levels of nesting of a message; default 128
	MaxSessions  int           // default 10,000; half of them for one principal, where there is a Guard
	MaxStreams   int           // open at once, of those that only listen; default 10,000; as of sessions, half for one principal
	MaxStored    int           // bytes of events kept for one session; default 1 MiB
	BodyTimeout  time.Duration // to send the body of a request; default 30 s
	WriteTimeout time.Duration // to take one event or answer; default 30 s
	IdleTimeout  time.Duration // of a session that nobody uses; default 30 min
	Grace        time.Duration // for a client to come back to a stream; default 1 min
	KeepAlive    time.Duration // between signs of life on a quiet stream; default 15 s
	Retry        time.Duration // after which a client is to come back to a stream; default 1 s
}

func (o Options) withDefaults() Options {
	ints := []struct {
		field *int
		value int
	}{{&o.MaxBody, 4 << 20}, {&o.MaxDepth, 128}, {&o.MaxSessions, 10_000}, {&o.MaxStreams, 10_000}, {&o.MaxStored, 1 << 20}}
	for _, d := range ints {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	times := []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.BodyTimeout, 30 * time.Second}, {&o.WriteTimeout, 30 * time.Second}, {&o.IdleTimeout, 30 * time.Minute},
		{&o.Grace, time.Minute}, {&o.KeepAlive, 15 * time.Second}, {&o.Retry, time.Second},
	}
	for _, d := range times {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Mode == "" {
		o.Mode = Auto
	}
	if o.Params == nil {
		o.Params = func(string) []Param { return nil }
	}
	if o.Scopes == nil {
		o.Scopes = func(string, string) []string { return nil }
	}
	return o
}

// Handler serves MCP at /mcp, and /healthz and /readyz beside it.
type Handler struct {
	o        Options
	door     *door
	sessions sessions
	streams  sessions // of the old transport
	shared   *shared  // nil: no other replica knows of the sessions
	workers  *workers
	listens  listeners
	fading   atomic.Bool   // the server will stop soon
	closing  atomic.Bool   // connections are not used again
	stopping chan struct{} // closed when the server is to stop
	stop     sync.Once
}

// New makes a Handler.
func New(o Options) *Handler {
	h := &Handler{o: o.withDefaults(), stopping: make(chan struct{})}
	h.door = newDoor(&h.o)
	h.workers = newWorkers(h.stopping)
	h.sessions, h.streams = newSessions(&h.o), newSessions(&h.o)
	h.listens = listeners{max: h.o.MaxStreams, maxEach: h.o.each(h.o.MaxStreams), by: map[string]int{}}
	if h.o.Shared != nil {
		h.shared = newShared(h, h.o.Shared)
	}
	return h
}

// Drain ends all that is open: calls under way are answered, streams are
// closed, and new requests are refused. It returns when that is done.
func (h *Handler) Drain() {
	h.stop.Do(func() { close(h.stopping) })
	var all sync.WaitGroup
	for _, s := range append(h.sessions.takeAll(), h.streams.takeAll()...) {
		all.Go(func() { s.end(Conn.Drain) })
	}
	all.Wait()
	if h.shared != nil {
		h.shared.close()
	}
}

// Streams is how many streams that only listen are open.
func (h *Handler) Streams() int { return h.listens.count() }

func (h *Handler) draining() bool {
	select {
	case <-h.stopping:
		return true
	default:
		return false
	}
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["X-Content-Type-Options"] = noSniff
	// A proxy in front may see the end of a body in chunks elsewhere: what comes
	// behind it must not be taken for a request.
	inChunks := r.ProtoMajor == 1 && len(r.TransferEncoding) > 0
	if inChunks || h.closing.Load() {
		w.Header().Set("Connection", "close")
	}
	if len(h.o.TrustedProxies) > 0 {
		var fault *fault
		if r, fault = h.behind(r); fault != nil {
			fault.write(w)
			return
		}
	}
	if fault := h.door.check(w, r); fault != nil {
		h.refuse(w, r, fault)
		return
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		if fault := h.door.preflight(w, r); fault != nil {
			h.refuse(w, r, fault)
		}
		return
	}
	if r.URL.EscapedPath() != r.URL.Path { // nothing here needs an escape
		h.refuse(w, r, refusal(http.StatusNotFound, codeRefused, "there is nothing at this path"))
		return
	}
	switch path := r.URL.Path; {
	case path == "/mcp":
		h.known(w, r, (*Handler).mcp)
	case path == "/healthz":
		h.health(w, r, nil)
	case path == "/readyz":
		h.health(w, r, h.ready)
	case h.o.SSE && (path == "/sse" || path == "/message"):
		h.known(w, r, (*Handler).legacy)
	case h.o.Guard != nil && h.o.Guard.IsMetadata(path):
		h.metadata(w, r)
	default:
		h.refuse(w, r, refusal(http.StatusNotFound, codeRefused, "there is nothing at this path; the server is at /mcp"))
	}
}

func (h *Handler) mcp(w http.ResponseWriter, r *http.Request) *fault {
	switch {
	case h.draining():
		return stoppingFault()
	case r.Method == http.MethodPost:
		return h.post(w, r)
	case h.o.Mode == Stateless || (r.Method != http.MethodGet && r.Method != http.MethodDelete):
		return h.notAllowed(w)
	case r.Method == http.MethodGet:
		return h.stream(w, r)
	}
	return h.delete(w, r)
}

func (h *Handler) notAllowed(w http.ResponseWriter) *fault {
	allow := "GET, POST, DELETE"
	if h.o.Mode == Stateless {
		allow = "POST"
	}
	w.Header().Set("Allow", allow)
	return refusal(http.StatusMethodNotAllowed, codeRefused, "the methods here are %s", allow)
}

func (h *Handler) ready(ctx context.Context) error {
	if h.draining() || h.fading.Load() {
		return context.Canceled
	}
	if h.o.Ready == nil {
		return nil
	}
	return h.o.Ready(ctx)
}

// health answers probes. What is wrong is for the log and not for whoever asks.
func (h *Handler) health(w http.ResponseWriter, r *http.Request, check func(context.Context) error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		h.refuse(w, r, refusal(http.StatusMethodNotAllowed, codeRefused, "the methods here are GET and HEAD"))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	text := "ok\n"
	if check != nil && check(r.Context()) != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = "not ready\n"
	}
	_, _ = w.Write([]byte(text)) // a probe that has left needs no answer
}
