package mcpcore

import (
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// Watch starts watching a resource on behalf of a subscriber and returns what
// ends it. It is called once for a URI however many subscribe; changes are told
// through Server.ResourceUpdated. An error refuses the subscription.
type Watch func(uri string) (stop func(), err error)

// SetWatch makes resources open to subscription. It is for before serving.
func (s *Server) SetWatch(w Watch) { s.watch = w }

// subscription is a watched resource.
type subscription struct {
	users int
	stop  func()
}

func (s *Server) startWatch(uri string) (stop func(), err error) {
	if s.watch == nil {
		return nil, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "this server does not watch its resources")
	}
	return s.watch(uri)
}

// subscribe counts one subscriber more and returns what counts it off again.
func (f *front) subscribe(p *auth.Principal, uri string) (release func(), err error) {
	if err := f.current.Load().server.mayWatch(p, uri); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[uri]
	if sub == nil {
		stop, err := f.current.Load().server.startWatch(uri)
		if err != nil {
			return nil, err
		}
		sub = &subscription{stop: stop}
		f.subs[uri] = sub
	}
	sub.users++
	return sync.OnceFunc(func() {
		f.mu.Lock()
		sub.users--
		var stop func()
		if sub.users == 0 {
			delete(f.subs, uri)
			stop = sub.stop
		}
		f.mu.Unlock()
		if stop != nil {
			stop()
		}
	}), nil
}

// change is a kind of list that can change.
type change struct{ method, filter string }

var (
	toolsChanged     = change{"notifications/tools/list_changed", "toolsListChanged"}
	promptsChanged   = change{"notifications/prompts/list_changed", "promptsListChanged"}
	resourcesChanged = change{"notifications/resources/list_changed", "resourcesListChanged"}
)

// announce tells every client that wants to know that a list has changed.
func (s *Server) announce(what change) {
	if e := s.front.Load().current.Load(); e != nil && e.server != s {
		return // these are not the lists that clients see
	}
	for _, c := range s.connections() {
		c.mu.Lock()
		handshake, listens := c.revision != nil, c.listeners()
		c.mu.Unlock()
		if handshake {
			c.out.Send(append(jsonrpc.AppendCall(nil, "", what.method), "{}}\n"...))
		}
		for _, l := range listens {
			if l.lists[what.filter] {
				l.send(what.method, nil)
			}
		}
	}
}

// ResourceUpdated tells those who subscribed to the resource that it has
// changed.
func (s *Server) ResourceUpdated(uri string) {
	const method = "notifications/resources/updated"
	write := func(w *jsonrpc.Writer) { w.Key("uri").String(uri) }
	present := s.present().server
	for _, c := range s.connections() {
		c.mu.Lock()
		_, subscribed := c.subs[uri]
		listens := c.listeners()
		c.mu.Unlock()
		if subscribed && present.mayWatch(auth.Of(c.ctx), uri) == nil {
			w := &jsonrpc.Writer{Buf: jsonrpc.AppendCall(nil, "", method)}
			w.Open('{')
			write(w)
			w.Close('}')
			c.out.Send(jsonrpc.AppendEnd(w.Buf))
		}
		for _, l := range listens {
			if _, wanted := l.resources[uri]; wanted && present.mayWatch(l.call.Principal, uri) == nil {
				l.send(method, write)
			}
		}
	}
}

func (s *Server) connections() []*Conn {
	f := s.front.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]*Conn, 0, len(f.conns))
	for c := range f.conns {
		out = append(out, c)
	}
	return out
}

func (c *Conn) listeners() []*listen {
	out := make([]*listen, 0, len(c.listens))
	for _, l := range c.listens {
		out = append(out, l)
	}
	return out
}

func (c *Conn) subscribe(k *Call) (protocol.Result, error) {
	uri := jsonrpc.Unquote(k.params.uri)
	if uri == "" {
		return nil, invalidParams("uri is missing")
	}
	if err := c.watch(k.Principal, uri); err != nil {
		return nil, err
	}
	return protocol.Empty{}, nil
}

// watch subscribes the client to a resource.
func (c *Conn) watch(p *auth.Principal, uri string) error {
	c.mu.Lock()
	_, again := c.subs[uri]
	c.mu.Unlock()
	if again {
		return nil
	}
	release, err := c.front.subscribe(p, uri)
	if err != nil {
		return err
	}
	c.mu.Lock()
	_, again = c.subs[uri]
	if !again && !c.closed {
		if c.subs == nil {
			c.subs = map[string]func(){}
		}
		c.subs[uri] = release
		release = nil
	}
	c.mu.Unlock()
	if release != nil {
		release()
	}
	return nil
}

func (c *Conn) unsubscribe(k *Call) (protocol.Result, error) {
	uri := jsonrpc.Unquote(k.params.uri)
	c.mu.Lock()
	release := c.subs[uri]
	delete(c.subs, uri)
	c.mu.Unlock()
	if release != nil {
		release()
	}
	return protocol.Empty{}, nil
}

// listen is an open subscriptions/listen request.
type listen struct {
	call      *Call
	lists     map[string]bool
	resources map[string]func() // with what ends each subscription
	order     []string          // of the resources, as they were asked for
	tasks     *taskNews         // nil where none is watched

	mu     sync.Mutex // held while sending, so that nothing overtakes the acknowledgement
	closed bool
}

// maxListened bounds the resources of one request.
const maxListened = 1000

func (c *Conn) listen(k *Call) (protocol.Result, error) {
	if jsonrpc.Kind(k.params.notifications) != '{' {
		return nil, invalidParams("notifications is missing")
	}
	if err := k.mayHearOfTasks(); err != nil {
		return nil, err
	}
	l := &listen{call: k, lists: map[string]bool{}, resources: map[string]func(){}}
	l.accept(k.params.notifications)
	l.mu.Lock()
	defer l.mu.Unlock()
	c.mu.Lock()
	taken, closed := c.busyID(k.id), c.closed
	if !taken && !closed {
		if c.listens == nil {
			c.listens = map[jsonrpc.ID]*listen{}
		}
		c.listens[k.id] = l
	}
	c.mu.Unlock()
	if taken || closed {
		l.closed = true
		l.release()
		return nil, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "the id %s is in use by a request that is not answered yet", k.id)
	}
	l.write("notifications/subscriptions/acknowledged", func(w *jsonrpc.Writer) {
		w.Key("notifications").Open('{')
		for _, what := range []change{promptsChanged, resourcesChanged, toolsChanged} {
			if l.lists[what.filter] {
				w.Key(what.filter).Bool(true)
			}
		}
		if len(l.resources) > 0 {
			w.Key("resourceSubscriptions").Open('[')
			for _, uri := range l.order {
				w.String(uri)
			}
			w.Close(']')
		}
		l.tasks.acknowledged(w)
		w.Close('}')
	})
	l.tasks.start()
	return nil, nil
}

// accept takes from the filter what this server can tell.
func (l *listen) accept(filter []byte) {
	s := l.call.engine.server
	can := s.capabilities()
	for key, value := range jsonrpc.Members(filter) {
		on := jsonrpc.Kind(value) == 't'
		switch key {
		case toolsChanged.filter:
			l.lists[key] = on && can.Tools
		case promptsChanged.filter:
			l.lists[key] = on && can.Prompts
		case resourcesChanged.filter:
			l.lists[key] = on && can.Resources
		case "taskIds":
			if can.Tasks && l.tasks == nil {
				l.tasks = l.taskNews(value)
			}
		case "resourceSubscriptions":
			for i, elem := range jsonrpc.Elements(value) {
				uri := jsonrpc.Unquote(elem)
				if i >= maxListened || l.resources[uri] != nil {
					continue
				}
				if release, err := l.call.conn.front.subscribe(l.call.Principal, uri); err == nil {
					l.resources[uri] = release
					l.order = append(l.order, uri)
				}
			}
		}
	}
}

func (l *listen) send(method string, write func(*jsonrpc.Writer)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.write(method, write)
	}
}

func (l *listen) write(method string, write func(*jsonrpc.Writer)) {
	w := &jsonrpc.Writer{Buf: jsonrpc.AppendCall(nil, "", method)}
	w.Open('{')
	w.Key("_meta").Open('{')
	w.Key(protocol.MetaSubscriptionID).Raw([]byte(l.call.id))
	w.Close('}')
	if write != nil {
		write(w)
	}
	w.Close('}')
	l.call.out.Send(jsonrpc.AppendEnd(w.Buf))
}

// end is for a client that wants to hear no more.
func (l *listen) end() {
	c := l.call.conn
	c.mu.Lock()
	delete(c.listens, l.call.id)
	c.mu.Unlock()
	l.close()
}

// close lets nothing more be sent.
func (l *listen) close() {
	l.mu.Lock()
	was := l.closed
	l.closed = true
	l.mu.Unlock()
	if !was {
		l.release()
	}
}

func (l *listen) release() {
	for _, stop := range l.resources {
		stop()
	}
	l.tasks.end()
}
