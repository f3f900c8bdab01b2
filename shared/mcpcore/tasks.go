package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// Lasting says how a long tool goes on as a task.
type Lasting int

const (
	// TasksOnly refuses the tool to clients that know no tasks.
	TasksOnly Lasting = iota
	// AsksFirst lets the handler say when the task begins, by Background.
	AsksFirst
)

// length is what Long says of a tool.
type length struct{ long, tasksOnly, asksFirst bool }

// Long marks a tool that may take minutes or hours. A client that knows tasks
// gets one at once, whatever the tool's time turns out to be, and asks for the
// result later; to others the tool is like any. Confirmation by policy comes
// before the task. In the task Ask, Confirm, Roots and Sample wait for the
// client, as with the older revisions; messages of Progress become the status
// of the task; the server's time limit for calls does not count, while that of
// Timeout does.
func Long(how ...Lasting) ToolOption {
	return func(t *Tool) {
		t.length.long = true
		t.length.tasksOnly = slices.Contains(how, TasksOnly)
		t.length.asksFirst = slices.Contains(how, AsksFirst)
	}
}

// Background answers the call of a Long tool with a task, and has the handler
// go on as that. An error ends the call: the handler returns it as it is. Where
// the client knows no tasks, or the call is a task already, nothing happens.
func Background(ctx context.Context) error {
	k := CallOf(ctx)
	if k == nil || !k.lasting || k.task.Load() != nil {
		return nil
	}
	return k.background()
}

// begin makes a task of a call whose tool does not ask first, once its
// arguments are known to be good.
func begin(ctx context.Context) error {
	if k := CallOf(ctx); k != nil && k.lasting && !k.Tool.length.asksFirst {
		return Background(ctx)
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
	if !k.lasting {
		return context.WithCancelCause(k.base())
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(k.base()))
	k.unbind = context.AfterFunc(k.conn.ctx, func() { cancel(context.Cause(k.conn.ctx)) })
	return ctx, func(cause error) {
		k.unbind()
		cancel(cause)
	}
}

// board is the tasks that this process works on.
type board struct {
	mu     sync.Mutex
	open   map[*task]struct{}
	closed bool
	idle   chan struct{} // closed when none is open; nil while nobody waits
}

// pollEvery is how often a client is to ask.
const pollEvery = time.Second

// newTask counts a task and keeps it.
func (e *engine) newTask(k *Call) (*task, error) {
	t := &task{id: tasks.NewID(), call: k, waiting: map[string]chan []byte{}}
	b := &e.board
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "the server is shutting down")
	case len(b.open) >= e.MaxTasks:
		b.mu.Unlock()
		return nil, Hint(fmt.Errorf("busy: %d tasks are at work", e.MaxTasks), "try again when one of them is done, or cancel one")
	}
	b.open[t] = struct{}{}
	b.mu.Unlock()
	now := time.Now()
	err := e.Tasks.Create(&k.ctx, &tasks.Task{
		ID: t.id, Owner: Principal(&k.ctx), Status: tasks.Working, Created: now, Updated: now, TTL: e.TaskTTL,
	})
	if err == nil {
		return t, nil
	}
	e.closeTask(t)
	if errors.Is(err, tasks.ErrFull) {
		return nil, Hint(errors.New("busy: no more tasks can be kept"), "try again in a few minutes")
	}
	return nil, fmt.Errorf("store of tasks: %w", err)
}

func (e *engine) closeTask(t *task) {
	b := &e.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if delete(b.open, t); len(b.open) == 0 && b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

// stopTasks ends the tasks at work, and waits for their handlers.
func (e *engine) stopTasks() {
	b := &e.board
	idle := make(chan struct{})
	b.mu.Lock()
	b.closed = true
	open := slices.Collect(maps.Keys(b.open))
	if len(open) == 0 {
		close(idle)
	} else {
		b.idle = idle
	}
	b.mu.Unlock()
	for _, t := range open {
		if t.call.task.Load() == t { // or it is not answered yet, and its connection ends it
			t.finish(nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "the server stopped before the task was done"))
		}
		t.call.cancel(context.Canceled)
	}
	if !waits(idle, e.DrainTimeout) {
		e.Log.Warn("tasks did not stop when told to", "limit", e.DrainTimeout)
	}
}

// background makes a task of the call.
func (k *Call) background() error {
	if k.asks.unanswered() {
		return errAsked // first the client answers
	}
	if k.timer != nil && !k.timer.Stop() {
		return context.DeadlineExceeded // is being told to the client
	}
	t, err := k.conn.engine.newTask(k)
	if err != nil {
		if k.timer != nil {
			k.timer.Reset(k.limit())
		}
		return err
	}
	ended := !k.unbind()
	k.mu.Lock()
	if ended = ended || k.done; !ended {
		k.done = true // as far as the connection goes
		k.becomes(t.id)
		k.task.Store(t)
	}
	k.mu.Unlock()
	if ended {
		k.conn.engine.closeTask(t)
		_ = k.conn.engine.Tasks.Delete(context.WithoutCancel(&k.ctx), t.id) // or it expires
		k.cancel(context.Canceled)
		return context.Canceled
	}
	k.vacate()
	if k.timer != nil && k.Tool.timeout > 0 {
		k.timer.Reset(k.Tool.timeout)
	}
	t.unwatch = k.conn.engine.Tasks.Watch(t.id, t.look)
	k.conn.answer(k, t.created(), nil)
	t.look() // what came before it was watched
	return nil
}

// leaveTask counts off the call's task, once its handlers have returned.
func (k *Call) leaveTask() {
	t := k.task.Load()
	if t == nil {
		return
	}
	t.unwatch()
	if k.timer != nil {
		k.timer.Stop()
	}
	k.cancel(nil)
	k.conn.engine.closeTask(t)
}
