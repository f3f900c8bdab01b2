package mcpcore

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/seal"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/rate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// Info names a server to its clients.
type Info struct {
	Name         string // such as "mcp-filesystem"
	Title        string // for people
	Version      string // "" stands for the version of the running binary
	Description  string
	WebsiteURL   string
	Icons        []Icon
	Instructions string // how a model should use the server; may be put into its prompt
}

// Options are what an operator may choose. The zero value is the default of
// each; they are read when serving starts.
type Options struct {
	Policy         Policy
	MaxConcurrent  int            // calls that run at once; default 64
	MaxQueue       int            // calls that wait for a place; default 1024
	CallTimeout    time.Duration  // for one call; default 60 s, negative: none
	AskTimeout     time.Duration  // for an answer of the user; default 10 min
	DrainTimeout   time.Duration  // to finish calls at shutdown; default 5 s
	MaxResultBytes int            // of one result, encoded; default 16 MiB
	MaxLineBytes   int            // of one message over stdio; default 64 MiB
	PageSize       int            // entries of a list; default 200
	ListTTL        time.Duration  // for which clients may keep a list; default 5 min
	TaskTTL        time.Duration  // of a task, with its result; default 1 h
	TaskAfter      time.Duration  // for which a call of an IfSlow tool is no task; default 2 s, negative: for ever
	MaxTasks       int            // that are at work at once; default 64
	Tasks          tasks.Store    // default: 64 MiB in memory, 16 tasks for each of MaxTasks
	Sessions       replicas.Store // where replicas share sessions; nil: each has its own
	StateKeys      [][]byte       // of 32 bytes each, that open request state and cursors; the first seals; default random
	Observers      []Observer     // are told of every request
	Log            *slog.Logger   // default: nothing is logged

	// MaxConcurrentPerPrincipal is how many calls of one principal run at once.
	// Default: half of MaxConcurrent for those who have to say who they are,
	// and all for the others, who are told apart by their addresses.
	MaxConcurrentPerPrincipal int
	RateLimit                 rate.Limit // requests of all; default: none
	RateLimitPerPrincipal     rate.Limit // requests of one; default: none

	ToolTimeouts    []ForTools[time.Duration] // in place of CallTimeout; the last that fits counts
	ToolResultBytes []ForTools[int]           // in place of MaxResultBytes, likewise

	// MaxTasksPerPrincipal bounds the tasks of one principal that are at work at
	// once, where principals have names; 16 times as many are kept. Default 16.
	MaxTasksPerPrincipal int
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&o.MaxConcurrent, 64}, {&o.MaxQueue, 1024}, {&o.MaxResultBytes, 16 << 20},
		{&o.MaxLineBytes, 64 << 20}, {&o.PageSize, 200}, {&o.MaxTasks, 64},
		{&o.MaxTasksPerPrincipal, 16},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.CallTimeout, time.Minute}, {&o.AskTimeout, 10 * time.Minute},
		{&o.DrainTimeout, 5 * time.Second}, {&o.ListTTL, 5 * time.Minute}, {&o.TaskTTL, time.Hour},
		{&o.TaskAfter, 2 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.Tasks == nil {
		o.Tasks = tasks.NewMemory(keptPerTask*o.MaxTasks, 64<<20)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return o
}

// Server is a set of tools, resources and prompts that any number of
// connections use. Entries may be added and removed while it serves: clients
// that asked for it are told.
type Server struct {
	Options Options

	info     Info
	setup    sync.Once
	serving  atomic.Pointer[engine]
	watch    Watch
	found    func(context.Context) ([]Resource, error) // beside those that were added; nil: none
	layers   []Middleware
	checks   []check
	apart    string // the setting that tells principals apart, or ""
	remarks  []func(offered func(string) bool) string
	closers  []func() error
	closing  sync.Once
	registry registry
	front    atomic.Pointer[front]
}

// engine is what serving needs and settings decide; made once.
type engine struct {
	Options
	server  *Server
	limit   *limiter
	rates   *rate.Buckets
	sealer  *seal.Sealer
	handler Handler
	board   *board
	users   atomic.Int64 // calls that are served by it, and 1 until it is replaced
}

// New makes a server with these tools. It panics when a tool is declared
// wrongly or twice, which is a mistake in the program.
func New(info Info, tools ...Tool) *Server {
	if info.Name == "" {
		panic("mcpcore: a server needs a name")
	}
	if info.Version == "" {
		info.Version = Version()
	}
	s := &Server{info: info}
	s.front.Store(newFront())
	s.registry.init()
	s.AddTools(tools...)
	return s
}

// Use puts middleware round every call of a tool, prompt, resource or
// completion: the first one given is the outermost. It is for before serving.
func (s *Server) Use(layers ...Middleware) { s.layers = append(s.layers, layers...) }

// OnClose has fn run when the server is closed, last given first run.
func (s *Server) OnClose(fn func() error) { s.closers = append(s.closers, fn) }

// closeLast has fn run at the very end, after this server and those that it
// adopted are closed.
func (s *Server) closeLast(fn func() error) {
	f := s.front.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closers = append(f.closers, fn)
}

// Check adds a check to the doctor command: what is looked at, and a function
// that says what was found or what is wrong.
func (s *Server) Check(name string, run func(context.Context) (string, error)) {
	s.checks = append(s.checks, check{name, run})
}

// Remark has the operator told, when the program starts and when it reads its
// settings anew, what settings that do not fit together come to; "" is nothing.
// offered reports whether policy offers a tool.
func (s *Server) Remark(remark func(offered func(tool string) bool) string) {
	s.remarks = append(s.remarks, remark)
}

type check struct {
	name string
	run  func(context.Context) (string, error)
}

// engine makes the settings effective, once.
func (s *Server) engine() *engine {
	s.setup.Do(func() {
		e := &engine{Options: s.Options.withDefaults(), server: s}
		e.users.Store(1)
		e.limit = newLimiter(&e.Options)
		e.rates = rate.New()
		e.sealer = seal.New(e.StateKeys...)
		e.board = newBoard()
		e.handler = s.dispatch
		for _, layer := range slices.Backward(s.layers) {
			e.handler = layer(e.handler)
		}
		s.registry.setPolicy(e.Policy)
		s.serving.Store(e)
		s.front.Load().current.CompareAndSwap(nil, e)
	})
	return s.serving.Load()
}

func (s *Server) implementation() *protocol.Implementation {
	return &protocol.Implementation{
		Name: s.info.Name, Title: s.info.Title, Version: s.info.Version,
		Description: s.info.Description, WebsiteURL: s.info.WebsiteURL, Icons: s.info.Icons,
	}
}

// A Handler answers one call. Its result is one of the result types of
// package protocol.
type Handler func(ctx context.Context, call *Call) (protocol.Result, error)

// Middleware wraps a Handler.
type Middleware func(Handler) Handler

func (s *Server) dispatch(ctx context.Context, call *Call) (protocol.Result, error) {
	switch call.Method {
	case "tools/call": // is admitted once its arguments are known to be good
		return s.callTool(ctx, call)
	case "resources/list": // is no event
		return s.listResources(ctx, call)
	}
	if err := call.admit(); err != nil {
		return nil, err
	}
	switch call.Method {
	case "resources/read":
		return s.readResource(ctx, call)
	case "prompts/get":
		return s.getPrompt(ctx, call)
	case "completion/complete":
		return s.complete(ctx, call)
	}
	return nil, fmt.Errorf("no handler for %s", call.Method)
}
