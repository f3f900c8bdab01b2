package mcpcore

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// Lasting says how a long tool goes on as a task.
type Lasting int

const (
	// TasksOnly refuses the tool to clients that know no tasks.
	TasksOnly Lasting = iota
	// AsksFirst lets the handler say when the task begins, by Background.
	AsksFirst
	// IfSlow makes a task of a call once its handler has worked for
	// Options.TaskAfter, so that calls which are quicker stay calls. The handler
	// need not know. While no task can be begun, the call goes on as it is.
	IfSlow
)

// length is what Long says of a tool.
type length struct{ long, tasksOnly, asksFirst, ifSlow bool }

// Long marks a tool that may take minutes or hours. A client that knows tasks
// gets one at once, whatever the tool's time turns out to be, and asks for the
// result later; to others the tool is like any. Confirmation by policy comes
// before the task. In the task Ask, Confirm, Roots and Sample wait for the
// client, as with the older revisions; messages of Progress become the status
// of the task; the server's time limit for calls does not count, while that of
// Timeout does, from when the call came.
func Long(how ...Lasting) ToolOption {
	return func(t *Tool) {
		t.length.long = true
		t.length.tasksOnly = slices.Contains(how, TasksOnly)
		t.length.asksFirst = slices.Contains(how, AsksFirst)
		t.length.ifSlow = slices.Contains(how, IfSlow)
	}
}

// lasting is what a call has that may become a task.
type lasting struct {
	unbind func() bool // lets it outlive its connection; false where that has ended
	vacate func()      // gives up its place among the calls

	becoming sync.Mutex  // held while a task is made of it
	slow     *time.Timer // of IfSlow; nil before its handler works; under the call's mutex
}

// Background answers the call of a Long tool with a task, and has the handler
// go on as that. An error ends the call: the handler returns it as it is. Where
// the client knows no tasks, or the call is a task already, nothing happens.
func Background(ctx context.Context) error {
	if k := CallOf(ctx); k != nil && k.lasting != nil {
		return k.background()
	}
	return nil
}

// begin is where a call whose arguments are known to be good goes on to its
// handler: observers may object, and it becomes a task, or does so when it is
// time.
func begin(ctx context.Context) error {
	k := CallOf(ctx)
	if k == nil {
		return nil
	}
	if err := k.admit(); err != nil || k.lasting == nil {
		return err
	}
	switch how := k.Tool.length; {
	case how.ifSlow:
		k.watchTime()
	case !how.asksFirst:
		return k.background()
	}
	return nil
}

// WithPrincipal says on whose behalf the requests of a connection under ctx
// are made. A task can be reached only by the principal that began it.
func WithPrincipal(ctx context.Context, name string) context.Context {
	return auth.With(ctx, &auth.Principal{ID: name, Trusted: true})
}

// Principal is on whose behalf a call is made, or "".
func Principal(ctx context.Context) string {
	return auth.ID(ctx)
}

// context is that of the call's handlers: it ends with the connection, unless
// the call becomes a task before.
func (k *Call) context() (context.Context, context.CancelCauseFunc) {
	if k.lasting == nil {
		return context.WithCancelCause(k.base())
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(k.base()))
	unbind := context.AfterFunc(k.conn.ctx, func() { cancel(context.Cause(k.conn.ctx)) })
	k.lasting.unbind = unbind
	return ctx, func(cause error) {
		unbind()
		cancel(cause)
	}
}

// watchTime has the call become a task when it takes long.
func (k *Call) watchTime() {
	after := k.engine.TaskAfter
	if after <= 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lasting.slow = time.AfterFunc(after, k.outgrow)
}

// outgrow makes a task of a call that takes long, while its handler works. One
// that cannot become a task now is tried again.
func (k *Call) outgrow() {
	k.conn.mu.Lock()
	leaving := k.conn.draining
	k.conn.mu.Unlock()
	if leaving { // nobody would be there to ask for the result
		return
	}
	err := k.background()
	if err == nil {
		return
	}
	k.engine.Log.Debug("a slow call does not become a task yet", "name", k.Name, "error", err)
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.done {
		k.lasting.slow.Reset(k.engine.TaskAfter)
	}
}

// background makes a task of the call. Its handler may be at work meanwhile.
func (k *Call) background() error {
	k.lasting.becoming.Lock()
	defer k.lasting.becoming.Unlock()
	if k.task.Load() != nil {
		return nil
	}
	if k.asks.unanswered() {
		return errAsked // first the client answers
	}
	e := k.engine
	t, err := e.newTask(k)
	if err != nil {
		return err
	}
	t.unwatch = e.Tasks.Watch(t.id, t.look)
	if err := k.become(t); err != nil {
		t.unwatch()
		e.dropTask(t)
		return err
	}
	k.lasting.vacate()
	if k.timer != nil && k.ownLimit() <= 0 {
		k.timer.Stop()
	}
	k.conn.answer(k, (*protocol.TaskCreated)(shown(t.fresh())), nil)
	t.look() // at what has come since it is kept
	return nil
}

// become decides that the call goes on as a task, where nothing else is decided
// yet: its end, its answer, or a question that the client answers first.
func (k *Call) become(t *task) error {
	k.asks.mu.Lock()
	defer k.asks.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case len(k.asks.pending) > 0:
		return errAsked
	case k.done, !k.lasting.unbind():
		return context.Canceled
	}
	k.done = true // as far as the connection goes
	k.becomes(t.id)
	k.task.Store(t)
	return nil
}

// leaveTask counts off the call's task, once its handlers have returned.
func (k *Call) leaveTask() {
	if k.lasting == nil {
		return
	}
	k.mu.Lock()
	if k.lasting.slow != nil {
		k.lasting.slow.Stop()
	}
	k.mu.Unlock()
	t := k.task.Load()
	if t == nil {
		return
	}
	t.unwatch()
	if k.timer != nil {
		k.timer.Stop()
	}
	k.cancel(nil)
	k.engine.closeTask(t)
}
