package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// board is the tasks that this process works on, and who has begun how many.
type board struct {
	mu     sync.Mutex
	open   map[*task]struct{}
	shares map[string]*share // of principals that have a name
	closed bool
	stop   chan struct{} // closed with the board
	idle   chan struct{} // closed when none is open; nil while nobody waits
}

func newBoard() *board {
	return &board{open: map[*task]struct{}{}, shares: map[string]*share{}, stop: make(chan struct{})}
}

// share is what one principal has of the tasks begun here.
type share struct {
	open int         // that are at work
	ends []time.Time // when those that are kept are forgotten, the oldest first
}

// keptPerTask is how many tasks are kept for each that may be at work: most end
// long before their results are forgotten.
const keptPerTask = 16

// pollEvery is how often a client is to ask.
const pollEvery = time.Second

// newTask counts a task and keeps it.
func (e *engine) newTask(k *Call) (*task, error) {
	t := &task{id: tasks.NewID(), owner: Principal(&k.ctx), call: k, waiting: map[string]chan []byte{}}
	if err := e.board.admit(t, &e.Options); err != nil {
		return nil, err
	}
	err := e.Tasks.Create(&k.ctx, t.fresh())
	if err == nil {
		return t, nil
	}
	e.board.forget(t, &e.Options)
	e.closeTask(t)
	if errors.Is(err, tasks.ErrFull) {
		return nil, Hint(errors.New("busy: no more tasks can be kept"), "try again in a few minutes")
	}
	e.Log.Error("the store of tasks", "error", err)
	return nil, Hint(errors.New("no task can be kept at present"), "try again in a few minutes")
}

// count is how many tasks are at work.
func (b *board) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.open)
}

// admit counts a task where there is a place for it: in all, and for its owner,
// so that no principal takes the places of all the others.
func (b *board) admit(t *task, o *Options) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.began = time.Now()
	switch {
	case b.closed:
		return jsonrpc.Errorf(protocol.CodeStopping, "the server is shutting down")
	case len(b.open) >= o.MaxTasks:
		return Refused("--max-tasks", Hint(fmt.Errorf("busy: %d tasks are at work", o.MaxTasks), "try again when one of them is done, or cancel one"))
	}
	if t.owner != "" {
		if err := b.share(t, o); err != nil {
			return err
		}
	}
	b.open[t] = struct{}{}
	return nil
}

// share counts a task of a principal that has a name.
func (b *board) share(t *task, o *Options) error {
	const rule = "--max-tasks-per-principal"
	most := o.MaxTasksPerPrincipal
	s := b.shares[t.owner]
	if s == nil {
		s = &share{}
	}
	s.forgetUntil(t.began)
	switch {
	case s.open >= most:
		return Refused(rule, Hint(fmt.Errorf("busy: %d of your tasks are at work", s.open), "try again when one of them is done, or cancel one"))
	case len(s.ends) >= most*keptPerTask:
		wait := max(s.ends[0].Sub(t.began).Round(time.Second), time.Second)
		fix := fmt.Sprintf("try again in %s, when the first of them is forgotten", wait)
		return Refused(rule, Hint(fmt.Errorf("busy: %d of your tasks are kept", len(s.ends)), fix))
	}
	s.open++
	s.ends = append(s.ends, t.began.Add(o.TaskTTL))
	b.shares[t.owner] = s
	return nil
}

func (s *share) forgetUntil(now time.Time) {
	past, _ := slices.BinarySearchFunc(s.ends, now, func(end, now time.Time) int {
		if end.After(now) {
			return 1
		}
		return -1
	})
	s.ends = slices.Delete(s.ends, 0, past)
}

// forget counts off a task that is not kept.
func (b *board) forget(t *task, o *Options) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.shares[t.owner]; s != nil {
		if i := slices.Index(s.ends, t.began.Add(o.TaskTTL)); i >= 0 {
			s.ends = slices.Delete(s.ends, i, i+1)
		}
	}
}

// dropTask forgets a task that no client has heard of.
func (e *engine) dropTask(t *task) {
	_ = e.Tasks.Delete(t.ctx(), t.id) // or it expires
	e.board.forget(t, &e.Options)
	e.closeTask(t)
}

// closeTask counts off a task that is at work no more.
func (e *engine) closeTask(t *task) {
	b := e.board
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, t)
	if s := b.shares[t.owner]; s != nil {
		s.open--
		b.tidy()
	}
	if len(b.open) == 0 && b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

// tidy forgets principals who have no task any more.
func (b *board) tidy() {
	now := time.Now()
	for owner, s := range b.shares {
		if s.forgetUntil(now); s.open == 0 && len(s.ends) == 0 {
			delete(b.shares, owner)
		}
	}
}

// stopTasks ends the tasks at work, and waits for their handlers.
func (e *engine) stopTasks() {
	b := e.board
	idle := make(chan struct{})
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.stop)
	}
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
