package mcpcore

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// front is what clients are connected to. It stays when the server behind it is
// replaced by another.
type front struct {
	current  atomic.Pointer[engine] // nil before serving
	sessions atomic.Int64           // that are open
	client   atomic.Pointer[Client] // the latest of those that name themselves in each request

	mu       sync.Mutex
	conns    map[*Conn]struct{}
	subs     map[string]*subscription
	handlers []*httpd.Handler
	retired  map[*engine]struct{} // that calls are still served by
	closers  []func() error       // of what stays until the end
}

func newFront() *front {
	return &front{conns: map[*Conn]struct{}{}, subs: map[string]*subscription{}, retired: map[*engine]struct{}{}}
}

// enter is the engine that a call is served by from now on, until it calls
// leave.
func (f *front) enter() *engine {
	for {
		e := f.current.Load()
		if e.users.Add(1) > 0 {
			return e
		}
		e.users.Add(-1) // has been replaced and closed since
	}
}

// leave ends what enter began. The last one to leave an engine that was
// replaced closes it.
func (e *engine) leave() {
	if e.users.Add(-1) == 0 && e.users.CompareAndSwap(0, shut) {
		go e.server.finish() // may take its time
	}
}

// shut is the number of users of an engine that may have no more. A late one
// that counts itself, and off again, does not bring it near 0.
const shut = -1 << 40

// finish closes a server that was replaced.
func (s *Server) finish() {
	e, f := s.engine(), s.front.Load()
	if err := s.runClosers(); err != nil {
		e.Log.Warn("closing what was replaced", "error", err)
	}
	f.mu.Lock()
	delete(f.retired, e)
	f.mu.Unlock()
	e.Log.Debug("what was replaced is closed")
}

// present is what serves at present, which another server may have brought.
func (s *Server) present() *engine {
	s.engine()
	return s.front.Load().current.Load()
}

// Adopt has the server go on as next: with its entries, options, middleware,
// checks and watch. Connections, sessions, subscriptions and tasks live on, and
// clients that want to know are told which lists have changed. What next leaves
// open, of the stores and keys in its options, stays as it is. Calls under way
// end with what they began with; when the last of them has, what was given to
// OnClose before is run.
//
// next must not serve, and becomes a part of the server: it takes changes of
// the entries from now on, and is closed with it.
func (s *Server) Adopt(next *Server) (changed []string) {
	old, f := s.present(), s.front.Load()
	e := next.succeed(old)
	next.front.Store(f) // what it tells from here on goes to the clients
	f.mu.Lock()
	f.retired[old] = struct{}{}
	f.current.Store(e)
	stops := f.watchAnew(e)
	f.mu.Unlock()
	e.limit.resize(&e.Options)
	for _, stop := range stops {
		stop()
	}
	if !slices.EqualFunc(e.StateKeys, old.StateKeys, bytes.Equal) {
		s.SetStateKeys(e.StateKeys)
	}
	for _, list := range []struct {
		what    change
		methods []string
	}{
		{toolsChanged, []string{"tools/list"}},
		{resourcesChanged, []string{"resources/list", "resources/templates/list"}},
		{promptsChanged, []string{"prompts/list"}},
	} {
		differs := func(method string) bool { return !bytes.Equal(old.server.listed(method), next.listed(method)) }
		theirs := (old.server.apart != "" || next.apart != "") && list.what != promptsChanged // are not looked at one by one
		if theirs || slices.ContainsFunc(list.methods, differs) {
			next.announce(list.what)
			changed = append(changed, list.methods[0])
		}
	}
	old.leave() // of its own
	return changed
}

// succeed makes the engine that is to follow old.
func (s *Server) succeed(old *engine) *engine {
	if s.Options.Tasks == nil {
		s.Options.Tasks = old.Tasks
	}
	if s.Options.Sessions == nil {
		s.Options.Sessions = old.Sessions
	}
	e := s.engine()
	e.Tasks, e.Sessions, e.limit, e.rates, e.board = s.Options.Tasks, s.Options.Sessions, old.limit, old.rates, old.board
	if e.sealer = old.sealer; e.StateKeys == nil {
		e.StateKeys = old.StateKeys
	}
	return e
}

// watchAnew has the resources that clients subscribed to watched by the server
// of e, and returns what ends the watches before. The lock is held.
func (f *front) watchAnew(e *engine) (stops []func()) {
	for uri, sub := range f.subs {
		if sub.stop != nil {
			stops = append(stops, sub.stop)
		}
		var err error
		if sub.stop, err = e.server.startWatch(uri); err != nil {
			sub.stop = nil // there will be no news of it
			e.Log.Info("a resource that clients subscribed to cannot be watched any more", "error", err)
		}
	}
	return stops
}

// listed is a whole list as the policy leaves it, to see whether it changes.
func (s *Server) listed(method string) []byte {
	key, items := s.registry.load().items(method, nil)
	frame := &protocol.Frame{Revision: protocol.Latest(), Method: method}
	return frame.Append(nil, &protocol.List{Key: key, Items: items})
}

// Close frees what the server holds, and the servers that it adopted. Tasks at
// work are told to stop, and have the drain time for it.
func (s *Server) Close() error {
	f := s.front.Load()
	servers := []*Server{s}
	if e := f.current.Load(); e != nil {
		e.stopTasks()
		servers = append(servers, e.server)
	}
	f.mu.Lock()
	for e := range f.retired {
		servers = append(servers, e.server)
	}
	closers := f.closers
	f.closers = nil
	f.mu.Unlock()
	var first error
	for _, one := range servers {
		if err := one.runClosers(); err != nil && first == nil {
			first = err
		}
	}
	for _, fn := range slices.Backward(closers) {
		if err := fn(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// runClosers runs what was given to OnClose, once. Whoever else calls it
// waits.
func (s *Server) runClosers() (first error) {
	s.closing.Do(func() {
		for _, fn := range slices.Backward(s.closers) {
			if err := safely(fn); err != nil && first == nil {
				first = err
			}
		}
	})
	return first
}

// safely keeps a fault in closing one server from being the end of another.
func safely(fn func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return fn()
}
