package mcptest

import (
	"context"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// longCalls runs a long tool as a call and as a task, which must come to the
// same, and cancels one.
func longCalls(t *testing.T, newServer func() *mcpcore.Server, trial Trial) {
	plain := Connect(t, serverOf(t, newServer, mcpcore.Policy{}), Options{})
	var about struct {
		Capabilities struct{ Extensions map[string]any }
	}
	plain.decode(plain.must("server/discover", nil), &about)
	if has := about.Capabilities.Extensions[tasksExtension] != nil; has != (trial.Tool != "") {
		t.Fatalf("the server has long tools: %v; and one to try is %q", has, trial.Tool)
	} else if !has {
		return
	}
	want := plain.Call(trial.Tool, trial.Arguments)
	if want.IsError {
		t.Fatalf("%s: %s", trial.Tool, want.Text())
	}
	h := newHold(serverOf(t, newServer, mcpcore.Policy{}))
	c := Connect(t, h.server, Options{Tasks: true})

	cancelled := c.Begin(trial.Tool, trial.Arguments).ID
	if got := c.Task(cancelled); got.Status != "working" {
		t.Errorf("a task at work is %s", got.Status)
	}
	if e := Connect(t, h.server, Options{}).Refused("tasks/get", map[string]any{"taskId": cancelled}); e.Code != protocol.CodeMissingCapability {
		t.Errorf("a client without tasks: got %v", e)
	}
	if e := c.Refused("tasks/get", map[string]any{"taskId": "no-such-task"}); e.Code != -32602 {
		t.Errorf("an unknown task: got %v, want -32602", e)
	}
	c.CancelTask(cancelled)
	select {
	case <-h.stopped:
	case <-time.After(patience):
		t.Error("the work on a task that was cancelled goes on")
	}
	if got := c.Task(cancelled); got.Status != "cancelled" {
		t.Errorf("a task that was cancelled is %s", got.Status)
	}

	id := c.Begin(trial.Tool, trial.Arguments).ID
	close(h.release)
	got := &Result{}
	if done := c.Await(id); done.Status != "completed" {
		t.Errorf("the task has ended as %+v", done)
	} else if c.decode(done.Result, got); got.IsError || got.Text() != want.Text() {
		t.Errorf("as a task: %q, as a call: %q", got.Text(), want.Text())
	}
}

// hold keeps the calls of a server from ending, so that they become tasks.
type hold struct {
	server  *mcpcore.Server
	release chan struct{}
	stopped chan struct{} // has an element for each that was told to stop
}

func newHold(s *mcpcore.Server) *hold {
	h := &hold{server: s, release: make(chan struct{}), stopped: make(chan struct{}, 10)}
	s.Options.TaskAfter = time.Nanosecond
	s.Use(func(next mcpcore.Handler) mcpcore.Handler {
		return func(ctx context.Context, call *mcpcore.Call) (protocol.Result, error) {
			res, err := next(ctx, call)
			if call.Client.HasTasks {
				select {
				case <-h.release:
				case <-ctx.Done():
					h.stopped <- struct{}{}
				}
			}
			return res, err
		}
	})
	return h
}
