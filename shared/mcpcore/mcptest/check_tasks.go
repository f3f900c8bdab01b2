package mcptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

const tasksExtension = "io.modelcontextprotocol/tasks"

// taskSeen is what a client has been told of a task. The schema of the extension
// does not know what came before; the text of its specification does.
type taskSeen struct {
	created string
	final   map[string]any            // how it ended; nil before
	asked   map[string]map[string]any // all that was ever asked, by key
}

// taskMethod reports whether a result is one of the extension.
func taskMethod(method string, result []byte) bool {
	var kind struct{ ResultType string }
	_ = json.Unmarshal(result, &kind) // it was read before
	return strings.HasPrefix(method, "tasks/") || kind.ResultType == "task"
}

// task checks a result of the extension.
func (c *checker) task(q asking, s *spec, result []byte) error {
	name := resultOf[q.method]
	switch {
	case !q.tasks:
		return fmt.Errorf("%s: a task for a client that does not say it knows tasks", q.method)
	case q.method == "tools/call":
		name = "CreateTaskResult"
	case resultOf[q.method] == "" || !strings.HasPrefix(q.method, "tasks/"):
		return fmt.Errorf("%s: no task can be the result of it", q.method)
	}
	if err := validate(tasksSpec().definition(name), result); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	state := map[string]any{}
	if err := json.Unmarshal(result, &state); err != nil {
		return err
	}
	delete(state, "resultType")
	delete(state, "_meta")
	switch q.method {
	case "tasks/update", "tasks/cancel":
		if len(state) > 0 {
			return fmt.Errorf("%s: an acknowledgement says nothing more: %s", name, slices.Collect(maps.Keys(state)))
		}
		return nil
	case "tools/call":
		return c.created(state)
	}
	return c.state(s, state)
}

// created checks what a client is told of a new task.
func (c *checker) created(state map[string]any) error {
	id := state["taskId"].(string)
	if c.tasks[id] != nil {
		return fmt.Errorf("two tasks have the id %s", id)
	}
	c.tasks[id] = &taskSeen{created: state["createdAt"].(string), asked: map[string]map[string]any{}}
	return errors.Join(tasksSpec().holdsValue("Task", state), moments(state))
}

// variantOf names the definition of each state.
var variantOf = map[string]string{
	"working": "WorkingTask", "input_required": "InputRequiredTask", "completed": "CompletedTask",
	"failed": "FailedTask", "cancelled": "CancelledTask",
}

// state checks all that a client is told of a task: by itself, and after what
// it was told before.
func (c *checker) state(s *spec, state map[string]any) error {
	status := state["status"].(string)
	if err := errors.Join(tasksSpec().holdsValue(variantOf[status], state), moments(state)); err != nil {
		return err
	}
	if result, ok := state["result"].(map[string]any); ok {
		if result["resultType"] != "complete" {
			return fmt.Errorf("the result of a task has the resultType %v", result["resultType"])
		}
		if err := s.holdsValue("CallToolResult", result); err != nil {
			return err
		}
	}
	id := state["taskId"].(string)
	seen := c.tasks[id]
	if seen == nil { // another client has begun it
		seen = &taskSeen{created: state["createdAt"].(string), asked: map[string]map[string]any{}}
		c.tasks[id] = seen
	}
	if seen.created != state["createdAt"] {
		return fmt.Errorf("the task was created at %s, and is said to be at %s", seen.created, state["createdAt"])
	}
	if seen.final != nil && !reflect.DeepEqual(seen.final, state) {
		return fmt.Errorf("the task had ended as %v, and is now %v", seen.final, state)
	}
	if status != "working" && status != "input_required" {
		seen.final = state
	}
	requests, _ := state["inputRequests"].(map[string]any)
	for key, request := range requests {
		request := request.(map[string]any)
		if before := seen.asked[key]; before != nil && !reflect.DeepEqual(before, request) {
			return fmt.Errorf("two requests have the key %s", key)
		}
		seen.asked[key] = request
	}
	return nil
}

// taskNews checks a notification of the extension.
func (c *checker) taskNews(raw, params []byte) error {
	if err := validate(tasksSpec().definition("TaskStatusNotification"), raw); err != nil {
		return err
	}
	state := map[string]any{}
	if err := json.Unmarshal(params, &state); err != nil {
		return err
	}
	meta, _ := state["_meta"].(map[string]any)
	if meta["io.modelcontextprotocol/subscriptionId"] == nil {
		return errors.New("news of a task without the id of the subscription")
	}
	delete(state, "_meta")
	return c.either(func(s *spec) error { return c.state(s, state) })
}

// withoutTasks takes out of an acknowledgement what is of the extension, once
// that was found to be good.
func withoutTasks(raw []byte) []byte {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		return raw
	}
	params, _ := m["params"].(map[string]any)
	accepted, _ := params["notifications"].(map[string]any)
	only := map[string]any{"taskIds": accepted["taskIds"]}
	if accepted["taskIds"] == nil || tasksSpec().holdsValue("TaskSubscriptionAcknowledgedNotifications", only) != nil {
		return raw
	}
	delete(accepted, "taskIds")
	out, _ := json.Marshal(m) // it was JSON
	return out
}

func (s *spec) holdsValue(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.holds(name, name, raw)
}

// moments checks that the times of a task are those of ISO 8601, in order.
func moments(state map[string]any) error {
	created, err := time.Parse(time.RFC3339, state["createdAt"].(string))
	updated, err2 := time.Parse(time.RFC3339, state["lastUpdatedAt"].(string))
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if updated.Before(created) {
		return fmt.Errorf("updated at %s, before it was created at %s", updated, created)
	}
	return nil
}
