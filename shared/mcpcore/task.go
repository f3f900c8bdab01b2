package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// task is a call that goes on as a task, in the process that does the work.
type task struct {
	id      string
	owner   string // the principal, or ""
	began   time.Time
	call    *Call
	unwatch func()

	mu      sync.Mutex
	over    bool
	asked   int
	waiting map[string]chan []byte // for answers of the client, by key
	told    time.Time
}

// errTaskEnded is why the work on a task is told to stop.
var errTaskEnded = fmt.Errorf("the task was cancelled or its time is up: %w", context.Canceled)

func (t *task) engine() *engine { return t.call.engine }

// ctx is for the store: what a task came to is kept though the work was
// cancelled.
func (t *task) ctx() context.Context { return context.WithoutCancel(&t.call.ctx) }

// fresh is the task as it is kept first, and told to the client.
func (t *task) fresh() *tasks.Task {
	return &tasks.Task{
		ID: t.id, Owner: t.owner, Status: tasks.Working, Created: t.began, Updated: t.began, TTL: t.engine().TaskTTL,
	}
}

// changeTask edits what is kept of a task.
func (e *engine) changeTask(ctx context.Context, id string, edit func(*tasks.Task) bool) error {
	return e.Tasks.Change(ctx, id, func(t *tasks.Task) bool {
		changed := edit(t)
		if changed {
			t.Updated = time.Now()
		}
		return changed
	})
}

// finish keeps what the work came to, the first time that there is something.
func (t *task) finish(res protocol.Result, err error) {
	t.mu.Lock()
	was := t.over
	t.over = true
	t.mu.Unlock()
	if was {
		return
	}
	k := t.call
	if err != nil {
		res, err = k.failed(err)
	}
	var raw []byte
	if err == nil {
		raw, err = k.encoded(res)
	}
	if withheld := k.observed(res, err, len(raw)); withheld != nil && err == nil {
		raw, err = k.encoded(errorResult(withheld)) // only tools become tasks
	}
	if err == nil {
		kept := t.end(tasks.Completed, "", raw, nil)
		if !errors.Is(kept, tasks.ErrFull) {
			t.missed(kept)
			return
		}
		err = jsonrpc.Errorf(jsonrpc.CodeInternal, "the work is done, and there is no room to keep its result: too many results wait to be fetched")
	}
	fault := rpcError(err, k.revision.CodeNotFound)
	t.missed(t.end(tasks.Failed, fault.Message, nil, errorJSON(fault)))
}

// missed tells the operator that the store did not keep what the work came to,
// unless it was forgotten and nobody is interested any more.
func (t *task) missed(err error) {
	if err != nil && !errors.Is(err, tasks.ErrNotFound) {
		t.engine().Log.Error("what a task came to is lost, as its end could not be kept", "name", t.call.Name, "error", err)
	}
}

// end makes the task final. A store that fails is tried again for some time, as
// what the work came to would be lost, unless the server stops.
func (t *task) end(status tasks.Status, message string, result, fault []byte) error {
	e := t.engine()
	for wait := firstRetry; ; wait *= 2 {
		err := e.changeTask(t.ctx(), t.id, func(kept *tasks.Task) bool { return kept.End(status, message, result, fault) })
		if err == nil || errors.Is(err, tasks.ErrNotFound) || errors.Is(err, tasks.ErrFull) || wait > lastRetry {
			return err
		}
		e.Log.Warn("the end of a task could not be kept; it is tried again", "name", t.call.Name, "after", wait, "error", err)
		if waits(e.board.stop, wait) {
			return err
		}
	}
}

// firstRetry and lastRetry are how long a store that failed is left alone: 51 s
// in all.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// encoded is a result as it would have been sent.
func (k *Call) encoded(res protocol.Result) (raw []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil { // such as a nil Content
			err = k.engine.server.panicked(k.Method, k.Name, fault, debug.Stack())
		}
	}()
	if res == nil {
		return nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "internal error: there is no result")
	}
	return k.engine.server.frame(k.revision, k.Method).Append(nil, res), nil
}

func errorJSON(e *jsonrpc.Error) []byte {
	w := &jsonrpc.Writer{}
	w.Open('{')
	w.Key("code").Int(int64(e.Code))
	w.Key("message").String(e.Message)
	w.OptionalRaw("data", e.Data)
	w.Close('}')
	return w.Buf
}

// look acts on what others have changed: answers are handed to those who wait
// for them, and work that nobody wants is told to stop.
func (t *task) look() {
	if t.call.task.Load() != t { // no client has heard of it yet
		return
	}
	kept, err := t.engine().Tasks.Get(t.ctx(), t.id)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.over:
	case errors.Is(err, tasks.ErrNotFound), err == nil && kept.Status.Final():
		t.call.cancel(errTaskEnded)
	case err != nil:
		t.engine().Log.Warn("a task could not be read", "name", t.call.Name, "error", err)
	default:
		for key, value := range kept.Answers {
			if reply := t.waiting[key]; reply != nil {
				delete(t.waiting, key)
				reply <- value
			}
		}
	}
}

// ask puts a request to the client by way of the task, and waits.
func (t *task) ask(ctx context.Context, method string, params []byte) ([]byte, error) {
	reply := make(chan []byte, 1)
	t.mu.Lock()
	t.asked++
	q := tasks.Request{Key: fmt.Sprintf("ask-%d", t.asked), Method: method, Params: params}
	t.waiting[q.Key] = reply
	t.mu.Unlock()
	if err := t.engine().changeTask(t.ctx(), t.id, func(kept *tasks.Task) bool { return kept.Ask(q) }); err != nil {
		t.mu.Lock()
		delete(t.waiting, q.Key)
		t.mu.Unlock()
		return nil, t.unasked(err)
	}
	limit := t.engine().AskTimeout
	patience := time.NewTimer(limit)
	defer patience.Stop()
	select {
	case value := <-reply:
		t.forget(q.Key)
		return value, nil
	case <-ctx.Done():
		t.forget(q.Key)
		return nil, context.Cause(ctx)
	case <-patience.C:
		t.forget(q.Key)
		return nil, Hint(fmt.Errorf("the user did not answer within %s", limit), "ask again when the user is there")
	}
}

// unasked is what the work is told of a question that could not be kept.
func (t *task) unasked(err error) error {
	if errors.Is(err, tasks.ErrNotFound) {
		return errTaskEnded
	}
	t.engine().Log.Error("a question could not be kept", "name", t.call.Name, "error", err)
	return Hint(errors.New("the user cannot be asked at present"), "try again in a few minutes")
}

// forget takes back a question, or an answer that has been taken.
func (t *task) forget(key string) {
	t.mu.Lock()
	delete(t.waiting, key)
	t.mu.Unlock()
	err := t.engine().changeTask(t.ctx(), t.id, func(kept *tasks.Task) bool {
		_, answered := kept.Answers[key]
		delete(kept.Answers, key)
		return kept.Answer(key, nil) || answered
	})
	if err != nil && !errors.Is(err, tasks.ErrNotFound) {
		t.engine().Log.Warn("a question could not be taken back", "name", t.call.Name, "error", err)
	}
}

// tell makes a message the status of the task.
func (t *task) tell(message string) {
	now := time.Now()
	t.mu.Lock()
	skip := message == "" || t.over || now.Sub(t.told) < progressEvery
	if !skip {
		t.told = now
	}
	t.mu.Unlock()
	if skip {
		return
	}
	message = Cut(message, maxStatus)
	err := t.engine().changeTask(t.ctx(), t.id, func(kept *tasks.Task) bool {
		if kept.Status.Final() {
			return false
		}
		kept.Message = message
		return true
	})
	if err != nil && !errors.Is(err, tasks.ErrNotFound) {
		t.engine().Log.Warn("the status of a task could not be kept", "name", t.call.Name, "error", err)
	}
}

// maxStatus bounds a message of the status.
const maxStatus = 1 << 10
