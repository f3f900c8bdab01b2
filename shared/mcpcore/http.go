package mcpcore

import (
	"cmp"
	"context"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// HTTPOptions say how a server is served over HTTP. Connect, Params and Scopes
// are filled in by the server.
type HTTPOptions = httpd.Options

// Handler serves the server over HTTP, at /mcp. Its Drain method ends what is
// open.
func (s *Server) Handler(o HTTPOptions) *httpd.Handler {
	e := s.engine()
	o.Connect = func(ctx context.Context, out httpd.Sender) httpd.Conn { return s.Connect(ctx, out) }
	o.Params, o.Scopes = s.headerParams, s.scopes
	if o.Log = e.Log; o.Shared == nil {
		o.Shared = e.Sessions
	}
	if o.Observed = len(e.Observers) > 0; o.Observed {
		o.Refused = s.refusedHTTP
	}
	h := httpd.New(o)
	f := s.front.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers = append(f.handlers, h)
	return h
}

// refusedHTTP is the record of a request that was refused before it came to
// the engine.
func (s *Server) refusedHTTP(f *httpd.Refusal) {
	e := s.present()
	w := &watch{ctx: context.Background(), observers: e.Observers}
	r := &w.record
	*r = Record{Time: time.Now(), Principal: f.Principal, Origin: f.Origin, Status: f.Status, Code: f.Code, Err: f.Err, Outcome: WasRefused}
	if r.Rule = f.Rule; r.Rule == "" {
		r.Rule = cmp.Or(RuleOf(f.Err), "http")
	}
	if m := f.Message; m != nil {
		r.Request, r.Method = string(m.ID), m.Method
		if p, err := parseParams(m.Params); err == nil {
			r.Name, r.Arguments, r.Meta = p.subject(m.Method), p.arguments, p.meta
		}
		if m.Method == "tools/call" {
			if r.Tool = e.server.registry.load().byName[r.Name]; r.Tool != nil {
				r.Target = r.Tool.Name()
			}
		}
	}
	for _, o := range w.observers {
		w.ctx = o.Begin(w.ctx, r)
	}
	w.end()
}

// headerParams are the arguments of a tool that clients repeat in headers.
func (s *Server) headerParams(tool string) []httpd.Param {
	t := s.present().server.registry.load().byName[tool]
	if t == nil {
		return nil
	}
	return t.headers
}

// ReceiveTo serves one message of a client that gets the answer, and what else
// belongs to the message, from out. The rest goes where the connection's
// messages go.
func (c *Conn) ReceiveTo(m jsonrpc.Message, out httpd.Sender) {
	v := c.arrive()
	defer v.leave()
	c.message(&m, out, v)
}

// ReceiveBatch serves an array of messages as ReceiveTo does one, and returns
// when all are answered.
func (c *Conn) ReceiveBatch(raw []byte, out httpd.Sender) {
	v := c.arrive()
	defer v.leave()
	c.batch(raw, out)
}

// Cancel ends a request without an answer.
func (c *Conn) Cancel(id jsonrpc.ID) { c.cancelled(id) }

// Revision is the one that the handshake came to, or nil.
func (c *Conn) Revision() *protocol.Revision {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.revision
}

// Detach sends away a client that waits for the answer to a long call: one
// that can, over HTTP, closes its connection and comes back for the rest.
func Detach(ctx context.Context) {
	k := CallOf(ctx)
	if k == nil {
		return
	}
	if feed, ok := k.out.(interface{ Part() }); ok {
		feed.Part()
	}
}

func headersOf(in *schema.Type) (params []httpd.Param, err error) {
	found, err := in.Headers()
	for _, h := range found {
		params = append(params, httpd.Param{Header: h.Name, Path: h.Path})
	}
	return params, err
}
