package mcptest

import (
	"encoding/json"
	"slices"
	"time"
)

// Task is what a client knows of a task.
type Task struct {
	ID             string                  `json:"taskId"`
	Status         string                  `json:"status"`
	StatusMessage  string                  `json:"statusMessage"`
	TTLMs          int                     `json:"ttlMs"`
	PollIntervalMs int                     `json:"pollIntervalMs"`
	InputRequests  map[string]InputRequest `json:"inputRequests"`
	Result         json.RawMessage         `json:"result"` // of a completed task
	Error          *Error                  `json:"error"`  // of a failed one
}

// Final reports whether the task stays as it is.
func (t *Task) Final() bool {
	return slices.Contains([]string{"completed", "failed", "cancelled"}, t.Status)
}

// taskOf is the task that a result tells of, or nil where it is another.
func (c *Client) taskOf(raw []byte) *Task {
	c.t.Helper()
	var kind struct{ ResultType string }
	if c.decode(raw, &kind); kind.ResultType != "task" {
		return nil
	}
	t := &Task{}
	c.decode(raw, t)
	return t
}

// Begin calls a tool, which must become a task.
func (c *Client) Begin(tool string, arguments any) *Task {
	c.t.Helper()
	raw := c.must("tools/call", callParams(tool, arguments))
	t := c.taskOf(raw)
	if t == nil {
		c.t.Fatalf("%s: no task: %s", tool, raw)
	}
	return t
}

// Task asks how a task is.
func (c *Client) Task(id string) *Task {
	c.t.Helper()
	t := &Task{}
	c.decode(c.must("tasks/get", map[string]any{"taskId": id}), t)
	return t
}

// UpdateTask answers what a task asks, by the keys of its requests.
func (c *Client) UpdateTask(id string, responses map[string]any) {
	c.t.Helper()
	c.must("tasks/update", map[string]any{"taskId": id, "inputResponses": responses})
}

// CancelTask asks for the end of a task.
func (c *Client) CancelTask(id string) {
	c.t.Helper()
	c.must("tasks/cancel", map[string]any{"taskId": id})
}

// Await listens to a task until it has ended, and answers what it asks.
func (c *Client) Await(id string) *Task {
	c.t.Helper()
	return c.AwaitTask(id, (*Task).Final)
}

// AwaitTask listens to a task until it is as is wants it, and answers what it
// asks.
func (c *Client) AwaitTask(id string, is func(*Task) bool) *Task {
	c.t.Helper()
	c.mu.Lock()
	next := len(c.notes) // what came before is old
	c.mu.Unlock()
	listening := c.Start("subscriptions/listen", map[string]any{"notifications": map[string]any{"taskIds": []string{id}}})
	defer c.Cancel(listening)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	answered := map[string]bool{}
	for {
		c.mu.Lock()
		news, fresh := c.news, c.notes[next:]
		next = len(c.notes)
		c.mu.Unlock()
		for _, n := range fresh {
			t := &Task{}
			if n.Method != "notifications/tasks" {
				continue
			}
			if c.decode(n.Params, t); t.ID != id {
				continue
			}
			if is(t) {
				return t
			}
			if t.Final() {
				c.t.Fatalf("the task has ended: %s", n.Params)
			}
			c.answerTask(t, answered)
		}
		select {
		case <-news:
		case <-timer.C:
			c.t.Fatalf("the task is not heard of: %+v", c.Task(id))
		}
	}
}

// answerTask answers what a task asks and was not answered before.
func (c *Client) answerTask(t *Task, answered map[string]bool) {
	c.t.Helper()
	asks := &InputRequired{InputRequests: map[string]InputRequest{}}
	for key, q := range t.InputRequests {
		if !answered[key] {
			answered[key] = true
			asks.InputRequests[key] = q
		}
	}
	if len(asks.InputRequests) > 0 && !c.o.ByHand {
		c.UpdateTask(t.ID, c.inputs(asks))
	}
}
