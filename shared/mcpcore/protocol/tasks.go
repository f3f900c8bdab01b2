package protocol

import (
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// TasksExtension is the name of the extension that lets a call go on as a task.
const TasksExtension = "io.modelcontextprotocol/tasks"

// Task is what a client is told of a task.
type Task struct {
	ID, Status, Message string
	Created, Updated    time.Time
	TTL, Poll           time.Duration

	Requests      []InputRequest // the client has yet to answer
	Result, Error []byte         // JSON, or nil
}

// TaskCreated answers a request that goes on as a task.
type TaskCreated Task

func (t *TaskCreated) body(w *jsonrpc.Writer, _ *Revision) { (*Task)(t).head(w) }

// TaskState is the result of tasks/get.
type TaskState Task

func (t *TaskState) body(w *jsonrpc.Writer, _ *Revision) { t.Write(w) }

// Write writes the members that tell of the task.
func (t *TaskState) Write(w *jsonrpc.Writer) {
	(*Task)(t).head(w)
	if len(t.Requests) > 0 {
		writeRequests(w, t.Requests)
	}
	w.OptionalRaw("result", t.Result)
	w.OptionalRaw("error", t.Error)
}

// moment is RFC 3339 with milliseconds.
const moment = "2006-01-02T15:04:05.000Z"

func (t *Task) head(w *jsonrpc.Writer) {
	w.Key("taskId").String(t.ID)
	w.Key("status").String(t.Status)
	w.Optional("statusMessage", t.Message)
	w.Key("createdAt").String(t.Created.UTC().Format(moment))
	w.Key("lastUpdatedAt").String(t.Updated.UTC().Format(moment))
	w.Key("ttlMs").Int(t.TTL.Milliseconds())
	w.Key("pollIntervalMs").Int(t.Poll.Milliseconds())
}

func writeRequests(w *jsonrpc.Writer, requests []InputRequest) {
	w.Key("inputRequests").Open('{')
	for _, q := range requests {
		w.Key(q.Key).Open('{')
		w.Key("method").String(q.Method)
		w.OptionalRaw("params", q.Params)
		w.Close('}')
	}
	w.Close('}')
}
