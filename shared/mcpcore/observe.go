package mcpcore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// Observer is told of every request that reaches the server, those that are
// refused too. It must not hold on to the slices of a Record after End.
type Observer interface {
	// Begin is called before a request is served. The context that it returns
	// is the handler's: it may hold more than ctx, and ends with it.
	Begin(ctx context.Context, r *Record) context.Context
	// End is called once for each Begin, before the client has the whole answer.
	End(ctx context.Context, r *Record)
}

// Gate is an Observer that may object to a call.
type Gate interface {
	Observer
	// Admit is called before a handler begins its work, when nothing else
	// refuses the call any more. The handler is not called where it returns an
	// error. ctx is that of Begin, and End may be called at the same time.
	Admit(ctx context.Context, r *Record) error
}

// Outcome is what became of a request.
type Outcome string

// The outcomes.
const (
	Succeeded  Outcome = "ok"
	Failed     Outcome = "failed"
	WasRefused Outcome = "refused"   // by a rule, which the record names
	Asked      Outcome = "asked"     // the user: the request is made again with the answer
	Cancelled  Outcome = "cancelled" // nobody waits for an answer any more
)

// Origin is where a request over HTTP came from.
type Origin = httpd.Origin

// Record is what is known of one request: most when it begins, and the last
// part when it has ended.
type Record struct {
	Time      time.Time
	Request   string // the id, as JSON; "" for what could not be read
	Method    string
	Name      string // the tool or prompt as it was called, or the URI
	Arguments []byte // JSON
	Meta      []byte // the request's _meta, JSON
	Revision  string // of the protocol; "" before it is known
	Tool      *Tool  // nil for other methods, and where there is no such tool
	Target    string // the name by which the tool or prompt is declared; "" where there is none
	Client    *Client
	Principal *auth.Principal // nil where nobody has to say
	Origin    *Origin         // nil over stdio
	Task      string          // the id of the task that the call became

	Outcome  Outcome
	Rule     string // the setting or rule that refused it, or a part of it where it succeeded
	Err      error  // why it failed or was refused
	Code     int    // of the JSON-RPC error; 0 where there is none
	Bytes    int    // of the result
	Status   int    // of the HTTP response, where the request was refused before it came to the engine
	Duration time.Duration

	// Withhold is set by an Observer at the end: the client gets this error and
	// not the result. It comes too late for what was changed.
	Withhold error
}

// Effect is what the request can do: that of its tool, or Reads.
func (r *Record) Effect() Effect {
	if r.Tool == nil {
		return Reads
	}
	return r.Tool.effect
}

// Touches are the things that the request asks to be touched, as it names them:
// the arguments that its tool marks (audit:"target", see package schema), or
// the URI of a resource. There are at most so many.
func (r *Record) Touches(most int) []string {
	switch {
	case r.Tool != nil:
		return r.Tool.input.Targets(r.Arguments, most)
	case strings.HasPrefix(r.Method, "resources/") && r.Name != "" && most > 0:
		return []string{r.Name}
	}
	return nil
}

// Refused marks err as the doing of a rule, which it names for the operator's
// eyes: a setting such as "--read-only", or what a guard calls it.
func Refused(rule string, err error) error {
	if err == nil {
		return nil
	}
	return &ruled{err, rule}
}

type ruled struct {
	error
	rule string
}

func (r *ruled) Unwrap() error { return r.error }

// RuleOf is the rule by which err refuses, or "".
func RuleOf(err error) string {
	var r *ruled
	var rpc *jsonrpc.Error
	var faults schema.Faults
	switch {
	case errors.As(err, &r):
		return r.rule
	case errors.As(err, &rpc):
		return protocolRules[rpc.Code]
	case errors.As(err, &faults):
		return protocolRules[jsonrpc.CodeInvalidParams]
	case errors.Is(err, ErrDeclined):
		return "declined"
	case errors.Is(err, ErrCannotAsk):
		return "cannot-ask"
	}
	return ""
}

// protocolRules name the rules of the protocol by the codes of their errors.
var protocolRules = map[int]string{
	jsonrpc.CodeParse:               "json",
	jsonrpc.CodeInvalidRequest:      "invalid-request",
	jsonrpc.CodeMethodNotFound:      "unknown-method",
	jsonrpc.CodeInvalidParams:       "invalid-params",
	protocol.CodeUnsupportedVersion: "unsupported-version",
	protocol.CodeMissingCapability:  "missing-capability",
	protocol.CodeHeaderMismatch:     "header-mismatch",
}

// watch is the record of a request that is being served.
type watch struct {
	ctx       context.Context
	observers []Observer
	record    Record
	partly    atomic.Pointer[error] // the first refusal of a part
}

// Partly notes that a part of what a call asks for was refused, where the result
// says so and the handler goes on: the record then names the rule of err, if it
// has one.
func Partly(ctx context.Context, err error) {
	if k := CallOf(ctx); k != nil && k.watch != nil && RuleOf(err) != "" {
		k.watch.partly.CompareAndSwap(nil, &err)
	}
}

// admit asks the observers that may object to a call.
func (k *Call) admit() error {
	if k.watch == nil {
		return nil
	}
	for _, o := range k.watch.observers {
		if gate, ok := o.(Gate); ok {
			if err := gate.Admit(k.watch.ctx, &k.watch.record); err != nil {
				return err
			}
		}
	}
	return nil
}

// gated reports whether an observer may withhold the call's result.
func (k *Call) gated() bool {
	return k.watch != nil && slices.ContainsFunc(k.watch.observers, func(o Observer) bool { _, ok := o.(Gate); return ok })
}

// observe begins the record of a request, where somebody wants to know.
func (c *Conn) observe(k *Call) {
	observers := k.engine.Observers
	if len(observers) == 0 {
		return
	}
	w := &watch{ctx: c.ctx, observers: observers}
	w.record = Record{
		Time: time.Now(), Request: string(k.id), Method: k.Method, Arguments: k.Arguments,
		Client: k.Client, Principal: k.Principal, Origin: originOf(k.out),
	}
	if k.revision != nil {
		w.record.Revision = k.revision.Name
	}
	if p := k.params; p != nil {
		w.record.Meta = p.meta
		w.record.Name = p.subject(k.Method)
	}
	switch v := k.engine.server.registry.load(); k.Method {
	case "tools/call":
		if w.record.Tool = v.byName[w.record.Name]; w.record.Tool != nil {
			w.record.Target = w.record.Tool.Name()
		}
	case "prompts/get":
		if v.prompt(w.record.Name) != nil {
			w.record.Target = w.record.Name
		}
	}
	for _, o := range observers {
		w.ctx = o.Begin(w.ctx, &w.record)
	}
	k.watch = w
}

// originOf is where the request whose answer goes to out came from.
func originOf(out Sender) *Origin {
	if b, ok := out.(*collector); ok {
		out = b.direct
	}
	if o, ok := out.(interface{ Origin() *Origin }); ok {
		return o.Origin()
	}
	return nil
}

// base is the context that the call's own is made from.
func (k *Call) base() context.Context {
	if k.watch != nil {
		return k.watch.ctx
	}
	return k.conn.ctx
}

// becomes notes the task that the call goes on as.
func (k *Call) becomes(task string) {
	if k.watch != nil {
		k.watch.record.Task = task
	}
}

// fails notes why the call fails, as the client may be told less.
func (k *Call) fails(err error) {
	if k.watch != nil {
		k.watch.record.Err = err
	}
}

// observed ends the record of a call that came to res or err; its result has
// n bytes. A call that became a task ends with that. The error is why the
// client must not have the result.
func (k *Call) observed(res protocol.Result, err error, n int) (withhold error) {
	w := k.watch
	if w == nil {
		return nil
	}
	r := &w.record
	if _, begun := res.(*protocol.TaskCreated); begun {
		return nil
	}
	r.Bytes = n
	if r.Err == nil {
		r.Err = err
	}
	var rpc *jsonrpc.Error
	if errors.As(err, &rpc) {
		r.Code = rpc.Code
	}
	_, asked := res.(*protocol.InputRequired)
	tool, _ := res.(*Result)
	r.Rule = RuleOf(r.Err)
	switch {
	case asked:
		r.Outcome, r.Err, r.Rule = Asked, nil, ""
	case r.Rule != "":
		r.Outcome = WasRefused
	case r.Err != nil && errors.Is(r.Err, context.Canceled):
		r.Outcome = Cancelled
	case r.Err != nil || tool != nil && tool.IsError:
		r.Outcome = Failed
	default:
		r.Outcome = Succeeded
		if part := w.partly.Load(); part != nil {
			r.Err, r.Rule = *part, RuleOf(*part)
		}
	}
	w.end()
	return r.Withhold
}

// vanished ends the record of a call that nobody waits for.
func (k *Call) vanished() {
	if k.watch != nil {
		k.watch.record.Outcome = Cancelled
		k.watch.end()
	}
}

func (w *watch) end() {
	w.record.Duration = time.Since(w.record.Time)
	for _, o := range w.observers {
		o.End(w.ctx, &w.record)
	}
}

// unserved is the record of what was refused before it was known as a request
// of some method.
func (c *Conn) unserved(out Sender, id jsonrpc.ID, err *jsonrpc.Error) {
	k := &Call{Principal: c.behind(out), id: id, conn: c, engine: c.engine(), out: out}
	c.observe(k)
	k.observed(nil, err, 0)
}
