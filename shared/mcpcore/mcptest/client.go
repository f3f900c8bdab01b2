package mcptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// patience is how long a test waits for something before it fails.
const patience = 30 * time.Second

// Options are what a client is like.
type Options struct {
	Revision     string          // "" stands for the newest
	Name         string          // "" stands for mcptest
	Capabilities map[string]any  // nil: those that Elicit, Roots and Tasks amount to
	LogLevel     string          // from which the client wants log messages; "" for none
	As           *auth.Principal // on whose behalf it asks; nil: nobody has to say

	// Elicit answers questions to the user, in every revision that has them.
	// It may block.
	Elicit func(Question) Answer
	// Roots answers the question for the client's directories; nil: it has none.
	Roots []string
	// Tasks says that the client knows the tasks extension. Call waits for the
	// result of a task.
	Tasks bool
	// ByHand leaves a result that asks for input to the test.
	ByHand bool
}

// Client is a client in memory. Its methods fail the test when a server breaks
// the protocol; every message of the server is checked.
type Client struct {
	Revision string

	t       testing.TB
	o       Options
	server  *mcpcore.Server
	conn    *mcpcore.Conn
	check   *checker
	replies sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	next    int
	waiting map[string]chan *envelope
	notes   []Notification
	loose   []string      // answers nobody waits for
	news    chan struct{} // closed and made anew with each message
}

// Connect connects a client to a server, after the handshake where the
// revision has one. It is closed when the test ends.
func Connect(t testing.TB, s *mcpcore.Server, o Options) *Client {
	t.Helper()
	c := Dial(t, s, o)
	if stateless(c.Revision) {
		return c
	}
	var agreed struct{ ProtocolVersion string }
	c.decode(c.must("initialize", map[string]any{
		"protocolVersion": c.Revision, "clientInfo": c.info(), "capabilities": c.capabilities(),
	}), &agreed)
	if agreed.ProtocolVersion != c.Revision {
		t.Fatalf("initialize with %s: the server answers %s", c.Revision, agreed.ProtocolVersion)
	}
	c.Notify("notifications/initialized", nil)
	if o.LogLevel != "" {
		c.must("logging/setLevel", map[string]any{"level": o.LogLevel})
	}
	return c
}

// Dial is Connect without the handshake.
func Dial(t testing.TB, s *mcpcore.Server, o Options) *Client {
	t.Helper()
	if o.Revision == "" {
		o.Revision = Latest()
	}
	if specs()[o.Revision] == nil {
		t.Fatalf("mcptest: there is no revision %q", o.Revision)
	}
	c := &Client{
		Revision: o.Revision, t: t, o: o, server: s, check: newChecker(),
		waiting: map[string]chan *envelope{}, news: make(chan struct{}),
	}
	c.conn = s.Connect(auth.With(context.WithoutCancel(t.Context()), o.As), c)
	t.Cleanup(c.Close)
	return c
}

// Close ends the connection at once.
func (c *Client) Close() {
	c.conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}

// Drain ends the connection as a transport does when the client leaves.
func (c *Client) Drain() { c.conn.Drain() }

func (c *Client) info() map[string]any {
	name := c.o.Name
	if name == "" {
		name = "mcptest"
	}
	return map[string]any{"name": name, "version": "1"}
}

func (c *Client) capabilities() map[string]any {
	if c.o.Capabilities != nil {
		return c.o.Capabilities
	}
	can := map[string]any{}
	if c.o.Elicit != nil {
		can["elicitation"] = map[string]any{}
	}
	if c.o.Roots != nil {
		can["roots"] = map[string]any{}
	}
	if c.o.Tasks {
		can["extensions"] = map[string]any{tasksExtension: map[string]any{}}
	}
	return can
}

// Send takes a message of the server.
func (c *Client) Send(msg []byte) error {
	msg = bytes.Clone(msg)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	if err := c.check.received(msg); err != nil {
		c.t.Errorf("the server sent what it may not send: %v\n%s", err, msg)
	}
	if !bytes.HasSuffix(msg, []byte("\n")) || bytes.Count(msg, []byte("\n")) != 1 {
		c.t.Errorf("a message is one line: %q", msg)
	}
	m := &envelope{}
	_ = json.Unmarshal(msg, m) // fails for a batch, which nobody waits for by id
	switch {
	case m.Method != "" && m.ID != nil:
		c.replies.Go(func() { c.reply(m) })
	case m.Method != "":
		c.notes = append(c.notes, Notification{Method: m.Method, Params: m.Params})
	default:
		if ch := c.waiting[string(m.ID)]; ch != nil {
			delete(c.waiting, string(m.ID))
			ch <- m
		} else {
			c.loose = append(c.loose, strings.TrimSpace(string(msg)))
		}
	}
	close(c.news)
	c.news = make(chan struct{})
	return nil
}

// receive hands bytes to the server.
func (c *Client) receive(line []byte) {
	c.check.sent(line)
	c.conn.Receive(line)
}

// Raw sends a line as it is and returns the answers that came until the
// server was done with it: for calls that are not queued, all of them.
func (c *Client) Raw(line string) []string {
	c.receive([]byte(line))
	return c.Loose()
}

// Loose returns the answers since the last time that no method waited for.
func (c *Client) Loose() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.loose
	c.loose = nil
	return out
}

// Notify sends a notification.
func (c *Client) Notify(method string, params any) {
	c.t.Helper()
	c.receive(c.encode("", method, params))
}

// Cancel cancels a request.
func (c *Client) Cancel(p *Pending) {
	c.t.Helper()
	c.Notify("notifications/cancelled", map[string]any{"requestId": json.RawMessage(p.ID)})
}

// encode writes a request, with the metadata of a revision that wants it.
func (c *Client) encode(id, method string, params any) []byte {
	c.t.Helper()
	members := map[string]json.RawMessage{}
	if params != nil {
		raw, err := json.Marshal(params)
		if err == nil {
			err = json.Unmarshal(raw, &members)
		}
		if err != nil {
			c.t.Fatalf("%s: params: %v", method, err)
		}
	}
	if stateless(c.Revision) && id != "" {
		meta := map[string]any{
			"io.modelcontextprotocol/protocolVersion":    c.Revision,
			"io.modelcontextprotocol/clientInfo":         c.info(),
			"io.modelcontextprotocol/clientCapabilities": c.capabilities(),
		}
		if c.o.LogLevel != "" {
			meta["io.modelcontextprotocol/logLevel"] = c.o.LogLevel
		}
		given := map[string]json.RawMessage{}
		_ = json.Unmarshal(members["_meta"], &given) // may be absent
		for key, value := range given {
			meta[key] = value
		}
		members["_meta"] = c.marshal(meta)
	}
	m := map[string]any{"jsonrpc": "2.0", "method": method}
	if id != "" {
		m["id"] = json.RawMessage(id)
	}
	if len(members) > 0 {
		m["params"] = members
	}
	return c.marshal(m)
}

func (c *Client) marshal(v any) []byte {
	c.t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

func (c *Client) decode(raw []byte, into any) {
	c.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		c.t.Fatalf("%v: %s", err, raw)
	}
}

// Pending is a request that was sent.
type Pending struct {
	ID string // as JSON

	c      *Client
	method string
	answer chan *envelope
}

// Start sends a request and does not wait for the answer.
func (c *Client) Start(method string, params any) *Pending {
	c.t.Helper()
	c.mu.Lock()
	c.next++
	p := &Pending{ID: strconv.Itoa(c.next), c: c, method: method, answer: make(chan *envelope, 1)}
	c.waiting[p.ID] = p.answer
	c.mu.Unlock()
	line := c.encode(p.ID, method, params)
	go c.receive(line)
	return p
}

// Wait waits for the answer. The error is *Error.
func (p *Pending) Wait() (json.RawMessage, error) {
	p.c.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case m := <-p.answer:
		if m.Error != nil {
			e := &Error{}
			p.c.decode(m.Error, e)
			return nil, e
		}
		return m.Result, nil
	case <-timer.C:
		p.c.t.Fatalf("%s: no answer", p.method)
		return nil, nil
	}
}

// Answered reports whether the answer is there.
func (p *Pending) Answered() bool { return len(p.answer) > 0 }

// Error is an error of the protocol.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }
