// Package tasks holds what is known of work that outlives the request which
// began it: the states of the extension io.modelcontextprotocol/tasks, and
// where they are kept.
package tasks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"
)

// What a Store says beside a task.
var (
	ErrNotFound = errors.New("there is no such task")
	ErrFull     = errors.New("no more tasks can be kept")
)

// Status is how far a task is.
type Status string

// The states of a task. The last three are final.
const (
	Working       Status = "working"
	InputRequired Status = "input_required"
	Completed     Status = "completed"
	Failed        Status = "failed"
	Cancelled     Status = "cancelled"
)

// Final reports whether a task stays as it is.
func (s Status) Final() bool { return s == Completed || s == Failed || s == Cancelled }

// Task is what is kept of one piece of work. It goes through JSON and back
// unharmed.
type Task struct {
	ID      string        `json:"id"`
	Owner   string        `json:"owner,omitempty"` // the principal it is bound to, or ""
	Status  Status        `json:"status"`
	Message string        `json:"message,omitempty"`
	Created time.Time     `json:"created"`
	Updated time.Time     `json:"updated"`
	TTL     time.Duration `json:"ttl"` // from Created; then it is forgotten

	Result json.RawMessage `json:"result,omitempty"` // of a completed task
	Error  json.RawMessage `json:"error,omitempty"`  // of a failed one

	Asked   []Request                  `json:"asked,omitempty"`   // what the client has yet to answer
	Answers map[string]json.RawMessage `json:"answers,omitempty"` // what the work has yet to take
}

// Request is something asked of the client.
type Request struct {
	Key    string          `json:"key"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params,omitempty"`
}

// NewID makes an id that cannot be guessed.
func NewID() string { return rand.Text() }

// End makes a task final, unless it is.
func (t *Task) End(status Status, message string, result, fault []byte) bool {
	if t.Status.Final() {
		return false
	}
	t.Status, t.Message, t.Result, t.Error = status, message, result, fault
	t.Asked, t.Answers = nil, nil
	return true
}

// Ask adds a request to the client.
func (t *Task) Ask(q Request) bool {
	if t.Status.Final() {
		return false
	}
	t.Asked = append(t.Asked, q)
	t.Status = InputRequired
	return true
}

// Answer takes a request away. What the client said is kept for the work; nil
// gives the request up. A key that is not awaited changes nothing.
func (t *Task) Answer(key string, value []byte) bool {
	for i, q := range t.Asked {
		if q.Key != key {
			continue
		}
		t.Asked = append(t.Asked[:i:i], t.Asked[i+1:]...)
		if len(t.Asked) == 0 && !t.Status.Final() {
			t.Status = Working
		}
		if value == nil {
			return true
		}
		if t.Answers == nil {
			t.Answers = map[string]json.RawMessage{}
		}
		t.Answers[key] = value
		return true
	}
	return false
}

// Store keeps tasks until their time is up. Every replica of a server may be
// asked for a task, and one of them does its work.
type Store interface {
	// Create keeps a new task; when it returns, Get finds it. ErrFull refuses it.
	Create(ctx context.Context, t *Task) error
	// Get returns a task of the caller's own, or ErrNotFound.
	Get(ctx context.Context, id string) (*Task, error)
	// Change has edit change a task while nobody else does. edit may be called
	// more than once, and reports whether there is a change to keep.
	Change(ctx context.Context, id string, edit func(*Task) bool) error
	// Delete forgets a task.
	Delete(ctx context.Context, id string) error
	// Watch has changed called after each change of a task, by whomever, and
	// after it was forgotten, until stop is called.
	Watch(id string, changed func()) (stop func())
}
