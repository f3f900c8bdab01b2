package mcpcore

import (
	"bytes"
	"errors"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// missingTasks refuses what needs the extension.
func missingTasks(k *Call) error {
	const text = "this needs a client with the capability to use tasks, " + protocol.TasksExtension
	if !k.revision.Tasks {
		return Hint(errors.New(text), "use a client that speaks "+protocol.Latest().Name+" and has that extension")
	}
	err := jsonrpc.Errorf(protocol.CodeMissingCapability, text)
	err.Data = []byte(`{"requiredCapabilities":{"extensions":{"` + protocol.TasksExtension + `":{}}}}`)
	return err
}

func shown(t *tasks.Task) *protocol.Task {
	p := &protocol.Task{
		ID: t.ID, Status: string(t.Status), Message: t.Message, Created: t.Created, Updated: t.Updated,
		TTL: t.TTL, Poll: pollEvery, Result: t.Result, Error: t.Error,
	}
	for _, q := range t.Asked {
		p.Requests = append(p.Requests, protocol.InputRequest{Key: q.Key, Method: q.Method, Params: q.Params})
	}
	return p
}

// taskOf finds the task that a request is about. Another principal's is not
// told from one that does not exist.
func (c *Conn) taskOf(k *Call) (*tasks.Task, error) {
	switch {
	case !k.engine.server.capabilities().Tasks:
		return nil, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "this server has no tasks")
	case !k.Client.HasTasks:
		return nil, missingTasks(k)
	case jsonrpc.Kind(k.params.taskID) != '"':
		return nil, invalidParams("taskId is missing")
	}
	t, err := k.engine.Tasks.Get(c.ctx, jsonrpc.Unquote(k.params.taskID))
	if err == nil && t.Owner != Principal(c.ctx) {
		err = tasks.ErrNotFound
	}
	if err != nil {
		return nil, c.taskFault(err)
	}
	return t, nil
}

func (c *Conn) taskFault(err error) error {
	switch {
	case errors.Is(err, tasks.ErrNotFound):
		return invalidParams("there is no such task, or its time is up")
	case errors.Is(err, tasks.ErrFull):
		return jsonrpc.Errorf(jsonrpc.CodeInternal, "busy: there is no room for more; try again in a moment")
	}
	c.engine().Log.Error("the store of tasks", "error", err)
	return jsonrpc.Errorf(jsonrpc.CodeInternal, "the task cannot be reached at present; try again in a moment")
}

func (c *Conn) taskGet(k *Call) (protocol.Result, error) {
	t, err := c.taskOf(k)
	if err != nil {
		return nil, err
	}
	return (*protocol.TaskState)(shown(t)), nil
}

func (c *Conn) taskUpdate(k *Call) (protocol.Result, error) {
	t, err := c.taskOf(k)
	if err != nil {
		return nil, err
	}
	if jsonrpc.Kind(k.params.inputResponses) != '{' {
		return nil, invalidParams("inputResponses is missing")
	}
	err = k.engine.changeTask(c.ctx, t.ID, func(t *tasks.Task) bool {
		changed := false
		for key, value := range jsonrpc.Members(k.params.inputResponses) {
			if jsonrpc.Kind(value) == '{' { // what else comes is no answer to anything
				changed = t.Answer(strings.Clone(key), bytes.Clone(value)) || changed
			}
		}
		return changed
	})
	if err != nil {
		return nil, c.taskFault(err)
	}
	return protocol.Empty{}, nil
}

func (c *Conn) taskCancel(k *Call) (protocol.Result, error) {
	t, err := c.taskOf(k)
	if err != nil {
		return nil, err
	}
	err = k.engine.changeTask(c.ctx, t.ID, func(t *tasks.Task) bool { return t.End(tasks.Cancelled, "", nil, nil) })
	if err != nil {
		return nil, c.taskFault(err)
	}
	return protocol.Empty{}, nil
}
