package mcpcore

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// quickMethods are answered at once, whatever else is running. A nil result
// means that the method answers later.
var quickMethods = map[string]func(*Conn, *Call) (protocol.Result, error){
	"initialize":               (*Conn).initialize,
	"ping":                     (*Conn).ping,
	"server/discover":          (*Conn).discover,
	"tools/list":               (*Conn).list,
	"resources/list":           (*Conn).list,
	"resources/templates/list": (*Conn).list,
	"prompts/list":             (*Conn).list,
	"logging/setLevel":         (*Conn).setLevel,
	"resources/subscribe":      (*Conn).subscribe,
	"resources/unsubscribe":    (*Conn).unsubscribe,
	"subscriptions/listen":     (*Conn).listen,
	"tasks/get":                (*Conn).taskGet,
	"tasks/update":             (*Conn).taskUpdate,
	"tasks/cancel":             (*Conn).taskCancel,
}

func (c *Conn) ping(*Call) (protocol.Result, error) { return protocol.Empty{}, nil }

// greet takes what the client says of itself in the handshake of the older
// revisions.
func (c *Conn) greet(k *Call) *jsonrpc.Error {
	p := k.params
	if jsonrpc.Kind(p.protocolVersion) != '"' {
		return invalidParams("protocolVersion is missing")
	}
	k.revision = protocol.Negotiate(jsonrpc.Unquote(p.protocolVersion))
	k.Client = newClient(k.revision, p.clientInfo, p.capabilities)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision, c.client = k.revision, k.Client
	c.begin(k)
	return nil
}

// initialize answers the handshake.
func (c *Conn) initialize(k *Call) (protocol.Result, error) {
	return &protocol.Initialized{
		Server:       k.engine.server.implementation().JSON(k.revision),
		Capabilities: k.engine.server.capabilities(),
		Instructions: k.engine.server.info.Instructions,
	}, nil
}

func (c *Conn) discover(k *Call) (protocol.Result, error) {
	return &protocol.Discovered{Capabilities: k.engine.server.capabilities(), Instructions: k.engine.server.info.Instructions}, nil
}

func (s *Server) frame(revision *protocol.Revision, method string) *protocol.Frame {
	f := &protocol.Frame{Revision: revision, Method: method}
	if revision.Stateless {
		f.TTL = s.engine().ListTTL.Milliseconds()
		f.Server = s.identity(revision)
	}
	return f
}

// identity is serverInfo as JSON, encoded once for each revision.
func (s *Server) identity(revision *protocol.Revision) []byte {
	v := s.registry.load()
	if known, ok := v.pages.Load(revision); ok {
		return known.([]byte)
	}
	raw := s.implementation().JSON(revision)
	v.pages.Store(revision, raw)
	return raw
}

// pageKey names an encoded page of a list.
type pageKey struct {
	method   string
	revision *protocol.Revision
	offset   int
}

func (c *Conn) list(k *Call) (protocol.Result, error) {
	v := k.engine.server.registry.load()
	offset, err := k.openCursor()
	if err != nil {
		return nil, err
	}
	key := pageKey{k.Method, k.revision, offset}
	if page, ok := v.pages.Load(key); ok && k.Principal == nil {
		return protocol.Encoded(page.([]byte)), nil
	}
	name, items := v.items(k.Method, k.Principal)
	res, err := k.page(name, items, offset)
	if err != nil {
		return nil, err
	}
	page := k.engine.server.frame(k.revision, k.Method).Append(nil, res)
	if k.Principal == nil { // no page goes from one principal to another
		v.pages.Store(key, page)
	}
	return protocol.Encoded(page), nil
}

// page is the part of a list that begins at offset.
func (k *Call) page(name string, items []protocol.Item, offset int) (*protocol.List, error) {
	if offset > len(items) {
		return nil, invalidParams("the cursor is not of this list")
	}
	res := &protocol.List{Key: name, Items: items[offset:]}
	if size := k.engine.PageSize; len(res.Items) > size {
		res.Items = res.Items[:size]
		res.Next = k.engine.sealer.Seal(binary.AppendUvarint(nil, uint64(offset+size)), k.cursorPurpose(), cursorLife)
	}
	return res, nil
}

// cursorLife is long, as pages are kept with their cursors: a cursor is sealed
// to keep it opaque, and not because it would go bad.
const cursorLife = 10 * 365 * 24 * time.Hour

// cursorPurpose binds a cursor to its list and whoever it was made for.
func (k *Call) cursorPurpose() string {
	if k.Principal == nil {
		return k.Method
	}
	return k.Method + "\x00by " + k.Principal.ID
}

func (k *Call) openCursor() (int, error) {
	if jsonrpc.IsNull(k.params.cursor) {
		return 0, nil
	}
	plain, err := k.engine.sealer.Open(jsonrpc.Unquote(k.params.cursor), k.cursorPurpose())
	if err != nil {
		return 0, invalidParams("the cursor is not of this list; start again without one")
	}
	offset, _ := binary.Uvarint(plain)
	return int(offset), nil
}

func (c *Conn) setLevel(k *Call) (protocol.Result, error) {
	level := Level(jsonrpc.Unquote(k.params.level))
	if !slices.Contains(levels, level) {
		return nil, invalidParams("level: %q is not one of %v", level, levels)
	}
	c.mu.Lock()
	c.level = level
	c.mu.Unlock()
	return protocol.Empty{}, nil
}

// notification acts on what a client tells. What is not understood is let
// pass, as JSON-RPC asks.
func (c *Conn) notification(m *jsonrpc.Message) {
	switch m.Method {
	case "notifications/cancelled":
		if p, err := parseParams(m.Params); err == nil && p.requestID != nil {
			c.cancelled(jsonrpc.ID(p.requestID))
		}
	case "notifications/roots/list_changed":
		c.mu.Lock()
		c.roots = nil
		c.mu.Unlock()
	}
}

func (s *Server) callTool(ctx context.Context, call *Call) (protocol.Result, error) {
	e := s.engine()
	t := call.Tool
	if rule, why := refusal(&e.Policy, call.Principal, t); why != "" {
		return nil, Refused(rule, fmt.Errorf("the tool %s cannot be used here: %s", t.info.Name, why))
	}
	if t.length.tasksOnly && call.lasting == nil {
		return nil, missingTasks(call)
	}
	if e.Policy.asks(t) {
		if err := Confirm(ctx, question(call)); err != nil {
			return nil, err
		}
	}
	in, _ := t.inputOf(call.Principal)
	res, err := t.run(ctx, in, call.Arguments)
	if err != nil {
		return nil, err
	}
	if res == nil {
		return nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "internal error: the tool gave no result")
	}
	return call.fit(res), nil
}

// question is how the user is asked about a call that policy asks about.
func question(call *Call) string {
	const most = 500
	args := call.Arguments
	if len(args) > most {
		args = append(slices.Clone(args[:most]), "…"...)
	}
	return fmt.Sprintf("Allow the tool %s with %s?", call.Tool.info.Name, args)
}
