package mcpcore

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// Sender takes messages to a client. Each ends in a newline and is whole; msg
// is the sender's only until Send returns.
type Sender interface {
	Send(msg []byte) error
}

// Conn is a connection with one client. Transports make one, hand it what
// they receive, and end it.
type Conn struct {
	front *front
	out   Sender
	ctx   context.Context // of calls, each of which is cancelled by itself

	mu       sync.Mutex
	revision *protocol.Revision // of the handshake; nil before it
	client   *Client            // of the handshake; nil before it
	session  *Session           // that the handshake began; nil before it and once it has ended
	level    Level
	calls    map[jsonrpc.ID]*Call
	owed     int           // answers
	idle     chan struct{} // closed when owed falls to 0; nil while nobody waits
	draining bool          // no more questions
	closed   bool          // no more calls
	roots    []string      // of the client; nil while they are not known
	asked    map[string]chan answer
	asks     int
	replica  string // that this is, where there are others
	subs     map[string]func()
	listens  map[jsonrpc.ID]*listen
}

// Connect starts a connection that sends to out. Its calls run under ctx.
func (s *Server) Connect(ctx context.Context, out Sender) *Conn {
	s.engine()
	c := &Conn{
		front: s.front.Load(), out: out, ctx: ctx, level: LevelInfo,
		calls: map[jsonrpc.ID]*Call{}, // the other maps are made when they are needed
	}
	c.front.mu.Lock()
	c.front.conns[c] = struct{}{}
	c.front.mu.Unlock()
	return c
}

// engine is what serves at present. A call is served by one throughout,
// which its Call knows.
func (c *Conn) engine() *engine { return c.front.current.Load() }

// Receive takes one line from the client and returns when what it asks for has
// been answered or handed on. Lines may be received concurrently. The bytes
// must stay as they are after Receive returns.
func (c *Conn) Receive(line []byte) { c.Accept(line, func() {}) }

// Accept is Receive that calls passOn, at most once, when the next line may be
// received beside this one: a drain now waits for this line, and what it
// changes for those behind it, as the handshake does, is done.
func (c *Conn) Accept(line []byte, passOn func()) {
	next := c.arrive()
	for n := 1; ; n++ {
		v := next
		m, batch, rest, err := jsonrpc.Next(line)
		if len(rest) == 0 {
			v.passOn = passOn
			c.serve(&m, batch, err, v)
			return
		}
		next = c.arrive()
		passed := make(chan struct{})
		v.passOn = sync.OnceFunc(func() { close(passed) })
		go func() { // a call must not keep the rest of the line waiting
			defer v.passOn()
			c.serve(&m, batch, err, v)
		}()
		<-passed
		if line = rest; n == maxTogether {
			c.turnAway(c.out, "a line holds at most %d messages; the rest was skipped", maxTogether)
			next.leave()
			return
		}
	}
}

// serve serves what was read as one message.
func (c *Conn) serve(m *jsonrpc.Message, batch []byte, err *jsonrpc.Error, v *visit) {
	defer v.leave()
	switch {
	case err != nil:
		c.unserved(c.out, m.ID, err)
		c.refuse(c.out, m.ID, err)
	case batch != nil:
		v.pass()
		c.batch(batch, c.out)
	default:
		c.message(m, c.out, v)
	}
}

// maxTogether bounds the messages of one line or one batch, each of which is
// served by a goroutine.
const maxTogether = 1000

// visit is a message that came and is not yet answered or known as a call:
// something that a drain has to wait for.
type visit struct {
	conn  *Conn
	over  bool
	batch *collector // the batch that waits for it, or nil

	passOn func() // see Accept; nil where nobody waits
}

// pass lets the next message be served beside this one.
func (v *visit) pass() {
	if v.passOn != nil {
		v.passOn()
	}
}

func (c *Conn) arrive() *visit {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owed++
	return &visit{conn: c}
}

func (v *visit) leave() {
	c := v.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	v.leaveLocked()
}

func (v *visit) leaveLocked() {
	switch {
	case v.over:
	case v.batch != nil:
		v.batch.working.Done()
	default:
		v.conn.lessOwed()
	}
	v.over = true
}

// message serves one message and sends its answer, if any, to out.
func (c *Conn) message(m *jsonrpc.Message, out Sender, v *visit) {
	defer func() {
		if fault := recover(); fault != nil {
			err := c.engine().server.panicked(m.Method, "", fault, debug.Stack())
			if m.ID != "" {
				c.refuse(out, m.ID, rpcError(err, 0))
			}
		}
	}()
	switch {
	case m.IsResponse():
		c.deliver(m)
	case m.ID == "":
		c.notification(m)
	default:
		c.request(m, out, v)
	}
}

// turnAway refuses what is no single request.
func (c *Conn) turnAway(out Sender, format string, args ...any) {
	err := jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, format, args...)
	c.unserved(out, "", err)
	c.refuse(out, "", err)
}

// refuse answers with an error.
func (c *Conn) refuse(out Sender, id jsonrpc.ID, err *jsonrpc.Error) {
	reply(out, jsonrpc.AppendError(nil, id, err))
}

// request finds out which revision a request is of, and serves it.
func (c *Conn) request(m *jsonrpc.Message, out Sender, v *visit) {
	k := &Call{Method: m.Method, Principal: c.behind(out), id: m.ID, conn: c, engine: c.engine(), out: out}
	busy := k.engine.pace(k)
	var err *jsonrpc.Error
	if busy == nil || m.Method != "initialize" { // which would begin something
		err = c.identify(k, m.Params)
	}
	c.observe(k)
	switch {
	case err != nil:
		c.refuseCall(k, err)
		return
	case busy != nil:
		c.refuseBusy(k, busy)
		return
	}
	if serve, quick := quickMethods[m.Method]; quick && !k.engine.server.looksUp(m.Method) {
		if m.Method != "logging/setLevel" && m.Method != "initialize" { // which are for the calls behind them
			v.pass()
		}
		res, err := serve(c, k)
		if err != nil {
			c.refuseCall(k, rpcError(err, k.revision.CodeNotFound))
		} else if res != nil {
			c.send(k, res)
		} else {
			k.observed(nil, nil, 0)
		}
		return
	}
	k.engine = c.front.enter() // what handlers use must be there until they return
	if err := c.register(k, v); err != nil {
		k.engine.leave()
		c.refuseCall(k, err)
		return
	}
	v.pass()
	c.start(k)
}

// identify finds out what a request asks for, by which client and in which
// revision.
func (c *Conn) identify(k *Call, raw []byte) (err *jsonrpc.Error) {
	if k.params, err = parseParams(raw); err != nil {
		return err
	}
	k.Arguments = k.params.arguments
	if k.Method == "initialize" && !k.params.modern() {
		return c.greet(k)
	}
	if k.revision, k.Client, err = c.speaker(k.Method, k.params); err != nil {
		return err
	}
	if !k.revision.Has(k.Method) {
		return jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "%s has no method %q", k.revision.Name, k.Method)
	}
	return nil
}

// refuseCall answers a call that is not served.
func (c *Conn) refuseCall(k *Call, err *jsonrpc.Error) {
	k.observed(nil, err, 0)
	c.refuse(k.out, k.id, err)
}

// speaker tells the revision and the client of a request: from its own
// metadata, or else from the handshake.
func (c *Conn) speaker(method string, p *params) (*protocol.Revision, *Client, *jsonrpc.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.metaVersion == nil {
		newest := protocol.Latest()
		switch {
		case p.modern() || (c.revision == nil && newest.Has(method) && !protocol.Negotiate("").Has(method)):
			return nil, nil, invalidParams("_meta needs %s and %s", protocol.MetaVersion, protocol.MetaCapabilities)
		case c.revision != nil:
			return c.revision, c.client, nil
		case method == "ping":
			return protocol.Negotiate(""), &Client{}, nil
		}
		return nil, nil, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest,
			"send initialize first, or name a revision in _meta: %s", protocol.MetaVersion)
	}
	name := jsonrpc.Unquote(p.metaVersion)
	revision := protocol.Lookup(name)
	if revision == nil || !revision.Stateless {
		return nil, nil, protocol.Unsupported(name, protocol.Names())
	}
	if jsonrpc.Kind(p.metaCapabilities) != '{' {
		return nil, nil, invalidParams("_meta needs %s, an object", protocol.MetaCapabilities)
	}
	client := c.front.client.Load()
	if client == nil || client.Revision != revision.Name || !client.same(p.metaClient, p.metaCapabilities) {
		client = newClient(revision, p.metaClient, p.metaCapabilities)
		c.front.client.Store(client)
	}
	return revision, client, nil
}

// start runs a call that may take time, or puts it in the queue.
func (c *Conn) start(k *Call) {
	l := k.engine.limit
	if k.lasting != nil {
		k.lasting.vacate = sync.OnceFunc(func() { l.leave(k) })
	}
	work := func() {
		defer k.leave()
		k.run()
	}
	admission, displaced := l.enter(k, work)
	if displaced != nil {
		displaced.finish(nil, displaced.engine.queueFull())
		displaced.engine.leave()
	}
	switch admission {
	case admitted:
		if k.lasting != nil {
			go work() // the transport must not wait for it
			return
		}
		work()
	case turnedAway:
		defer k.engine.leave()
		k.finish(nil, k.engine.queueFull())
	}
}

// register makes the call known, so that it can be cancelled and is waited
// for.
func (c *Conn) register(k *Call, v *visit) *jsonrpc.Error {
	switch k.Method {
	case "tools/call":
		k.Name = jsonrpc.Unquote(k.params.name)
		if k.Tool = k.engine.server.registry.load().byName[k.Name]; k.Tool == nil {
			return invalidParams("there is no tool %q", k.Name)
		}
	case "prompts/get":
		k.Name = jsonrpc.Unquote(k.params.name)
	case "resources/read":
		if k.Name = jsonrpc.Unquote(k.params.uri); k.Name == "" {
			return invalidParams("uri is missing")
		}
	}
	if err := k.asks.open(k); err != nil {
		return err
	}
	if k.Tool != nil && k.Tool.length.long && k.Client.HasTasks {
		k.lasting = &lasting{}
	}
	ctx, cancel := k.context()
	k.ctx, k.cancel = callContext{ctx, k}, cancel
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busyID(k.id) {
		cancel(nil)
		return jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "the id %s is in use by a request that is not answered yet", k.id)
	}
	if c.closed {
		cancel(nil)
		return jsonrpc.Errorf(protocol.CodeStopping, "the server is shutting down")
	}
	if k.Principal.Revoked() { // who looks for its calls would not find this one
		cancel(nil)
		return rpcError(errRevoked, 0)
	}
	c.calls[k.id] = k
	c.owed++
	if b, ok := k.out.(*collector); ok {
		b.working.Add(1)
	}
	v.leaveLocked() // from here on it is the call that is waited for
	if limit := k.limit(); limit > 0 {
		k.timer = time.AfterFunc(limit, k.expire)
	}
	return nil
}

func (c *Conn) busyID(id jsonrpc.ID) bool {
	_, listening := c.listens[id]
	return c.calls[id] != nil || listening
}

// cancelled ends the call with this id without an answer.
func (c *Conn) cancelled(id jsonrpc.ID) {
	c.mu.Lock()
	k, l := c.calls[id], c.listens[id]
	c.mu.Unlock()
	switch {
	case l != nil:
		l.end()
	case k != nil && k.claim():
		if k.timer != nil {
			k.timer.Stop()
		}
		k.cancel(context.Canceled)
		k.unqueue()
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
		k.vanished()
		c.settle(k)
	}
}

func (c *Conn) logLevel() Level {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.level
}
