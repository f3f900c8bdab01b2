package mcpcore

import (
	"context"
	"errors"
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// Call is one call of a tool, prompt, resource or completion.
type Call struct {
	Method    string  // such as "tools/call"
	Name      string  // the tool or prompt as it was called, or the URI
	Arguments []byte  // JSON
	Tool      *Tool   // nil for the other methods
	Client    *Client // the program that calls

	Principal *auth.Principal // on whose behalf; nil where nobody has to say

	id        jsonrpc.ID
	conn      *Conn
	engine    *engine // that serves it, whatever others are served by
	out       Sender
	revision  *protocol.Revision
	params    *params
	variables map[string]string // of a resource template
	ctx       callContext
	cancel    context.CancelCauseFunc
	timer     *time.Timer
	asks      asks

	lasting *lasting // nil where it cannot go on as a task
	lane    *lane    // among the calls, where it asked for a place
	task    atomic.Pointer[task]
	watch   *watch // nil where nobody observes

	mu       sync.Mutex
	done     bool // answered, be it with a task, or cancelled and owed nothing
	progress progress
}

// callContext is the context of a handler; CallOf finds the call in it.
type callContext struct {
	context.Context
	call *Call
}

type callKey struct{}

func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return c.call
	}
	return c.Context.Value(key)
}

// CallOf returns the call that a handler's context belongs to, or nil.
func CallOf(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

// ResultBudget is how many bytes the result of the call in ctx may take.
func ResultBudget(ctx context.Context) int {
	if call := CallOf(ctx); call != nil {
		return call.budget()
	}
	return Options{}.withDefaults().MaxResultBytes
}

// run lets the handlers work and sees to it that there is one answer.
func (k *Call) run() {
	defer k.leaveTask()
	returned := false
	defer func() {
		if fault := recover(); fault != nil {
			k.conclude(nil, k.engine.server.panicked(k.Method, k.Name, fault, debug.Stack()))
		}
		if !returned { // as the handler ended its goroutine
			k.conclude(nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "internal error"))
		}
	}()
	if !k.ended() { // while it waited for a place
		k.conclude(k.engine.handler(&k.ctx, k))
	}
	returned = true
}

// conclude takes what the handlers came to where it is waited for.
func (k *Call) conclude(res protocol.Result, err error) {
	if k.claim() { // from here on it becomes no task
		k.close(res, err)
	} else if t := k.task.Load(); t != nil {
		t.finish(res, err)
	}
}

// leave gives up the call's place, unless it became a task and has.
func (k *Call) leave() {
	defer k.engine.leave()
	if k.lasting != nil {
		k.lasting.vacate()
		return
	}
	k.engine.limit.leave(k)
}

// unqueue takes a call that has ended out of the queue, if it waits there.
func (k *Call) unqueue() {
	if k.engine.limit.forget(k) {
		k.engine.leave()
	}
}

// panicked logs what happened and gives the client no more than a number to
// ask for.
func (s *Server) panicked(method, name string, fault any, stack []byte) error {
	ref := reference()
	s.engine().Log.Error("panic", "reference", ref, "method", method, "name", name, "panic", fault, "stack", string(stack))
	return jsonrpc.Errorf(jsonrpc.CodeInternal, "internal error (reference %s)", ref)
}

func (k *Call) ended() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.done
}

// claim makes the caller the one who ends the call.
func (k *Call) claim() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.done {
		return false
	}
	k.done = true
	return true
}

// finish answers, unless that has been done.
func (k *Call) finish(res protocol.Result, err error) {
	if k.claim() {
		k.close(res, err)
	}
}

// close answers a call that was claimed.
func (k *Call) close(res protocol.Result, err error) {
	if k.timer != nil {
		k.timer.Stop()
	}
	k.cancel(nil)
	if err != nil {
		res, err = k.failed(err)
	}
	k.conn.answer(k, res, err)
}

// failed turns an error into what the client gets: a question to its user, a
// failed result that a model can read, or an error of the protocol.
func (k *Call) failed(err error) (protocol.Result, error) {
	k.fails(err)
	if k.task.Load() == nil {
		if q := k.asks.question(k); q != nil {
			return q, nil
		}
	}
	if k.Method == "tools/call" {
		if r := errorResult(err); r != nil {
			return k.fit(r), nil
		}
	}
	rpc := rpcError(err, k.revision.CodeNotFound)
	if k.Method == "resources/read" && rpc.Data == nil && errors.Is(err, ErrNotFound) {
		rpc.Data = jsonrpc.AppendString([]byte(`{"uri":`), k.Name)
		rpc.Data = append(rpc.Data, '}')
	}
	return nil, rpc
}

// expire answers a call that took too long, whether its handler listens or not.
func (k *Call) expire() {
	k.conn.mu.Lock() // register holds it until the call is whole
	limit := k.limit()
	k.conn.mu.Unlock()
	k.unqueue()
	mine := k.claim() // before the handler hears of it and answers
	t := k.task.Load()
	if !mine && (t == nil || k.ownLimit() <= 0) { // it has ended, or is a task, for which the limit is not
		return
	}
	err := Hint(&timeoutError{limit}, "ask for less at a time")
	k.engine.Log.Warn("a call took too long; its place is free once its handler returns", "method", k.Method, "name", k.Name, "limit", limit)
	if t != nil {
		t.finish(nil, err)
	}
	k.cancel(context.DeadlineExceeded)
	if !mine {
		return
	}
	if k.Method == "tools/call" {
		k.fails(err)
		k.close(errorResult(err), nil)
		return
	}
	k.close(nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "%s", explain(err)))
}

type timeoutError struct{ limit time.Duration }

func (t *timeoutError) Error() string { return "stopped: it took longer than " + t.limit.String() }
func (t *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// limit is how long the call may take; 0 is for ever.
func (k *Call) limit() time.Duration {
	d := k.engine.CallTimeout
	if own := k.ownLimit(); own != 0 {
		d = own
	}
	return max(d, 0)
}

// ownLimit is that of its tool alone, which holds for a task too; 0: there is
// none.
func (k *Call) ownLimit() time.Duration {
	if k.Tool == nil {
		return 0
	}
	return forTool(k.engine.ToolTimeouts, k.Tool, k.Tool.timeout)
}

// notify sends a notification that belongs to the call; once the call has
// ended there are none.
func (k *Call) notify(method string, write func(w *jsonrpc.Writer)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.notifyLocked(method, write)
}

func (k *Call) notifyLocked(method string, write func(w *jsonrpc.Writer)) {
	if k.done {
		return
	}
	w := &jsonrpc.Writer{Buf: jsonrpc.AppendCall(nil, "", method)}
	w.Open('{')
	write(w)
	w.Close('}')
	k.out.Send(jsonrpc.AppendEnd(w.Buf))
}

// progress is what was last told.
type progress struct {
	done float64
	at   time.Time
}

// progressEvery keeps a busy loop from flooding the client.
const progressEvery = 50 * time.Millisecond

// Progress tells the client how far the call has come, where it asked to be
// told. total is 0 where it is not known; message may be empty. Steps that
// come too fast, or lead backwards, are left out.
func Progress(ctx context.Context, done, total float64, message string) {
	k := CallOf(ctx)
	if k == nil {
		return
	}
	if t := k.task.Load(); t != nil {
		t.tell(message)
		return
	}
	if !isToken(k.params.progressToken) || !finite(done) || !finite(total) {
		return
	}
	now := time.Now()
	k.mu.Lock() // until it is sent, so that nothing overtakes it
	defer k.mu.Unlock()
	atEnd := total > 0 && done >= total
	if (done <= k.progress.done && !k.progress.at.IsZero()) || (!atEnd && now.Sub(k.progress.at) < progressEvery) {
		return
	}
	k.progress = progress{done, now}
	k.notifyLocked("notifications/progress", func(w *jsonrpc.Writer) {
		w.Key("progressToken").Raw(k.params.progressToken)
		w.Key("progress").Float(done)
		if total > 0 {
			w.Key("total").Float(total)
		}
		if k.revision.ProgressMessage {
			w.Optional("message", message)
		}
	})
}

// isToken reports whether raw is what a progress token may be.
func isToken(raw []byte) bool {
	kind := jsonrpc.Kind(raw)
	return kind == '"' || kind == '-' || ('0' <= kind && kind <= '9')
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
