package mcpcore_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// TestTaskInput asks the user in the course of a task.
func TestTaskInput(t *testing.T) {
	for name, connect := range transports {
		t.Run(name, func(t *testing.T) {
			c := connect(t, longServer(t, newGate(t)))
			update := func(id, responses string) {
				t.Helper()
				c.acked(c.ask("tasks/update", fmt.Sprintf(`"taskId":%q,"inputResponses":%s`, id, responses)))
			}
			id := c.begin("asks")
			q := c.until(id, "input_required").Result.InputRequests
			if len(q) != 1 || q["ask-1"].Method != "elicitation/create" || q["ask-1"].Params.Message != "Who are you?" {
				t.Errorf("the question: %+v", q)
			}
			for _, wrong := range []string{`{}`, `{"ask-2":{"action":"accept"}}`, `{"ask-1":"accept"}`, `{"ask-1":null}`} {
				update(id, wrong)
				if r := c.get(id).Result; r.Status != "input_required" || len(r.InputRequests) != 1 {
					t.Errorf("after %s: %+v", wrong, r)
				}
			}
			update(id, `{"x":{},"ask-1":{"action":"accept","content":{"name":"Ada"}}}`)
			r := c.until(id, "completed").Result
			if r.Result.Content[0].Text != "Ada" || len(r.InputRequests) != 0 {
				t.Errorf("%+v", r)
			}
			id = c.begin("asks")
			c.until(id, "input_required")
			update(id, `{"ask-1":{"action":"decline"}}`)
			if r := c.until(id, "completed").Result.Result; !r.IsError || !strings.Contains(r.Content[0].Text, "declined") {
				t.Errorf("declined: %+v", r)
			}
			id = c.begin("asks")
			c.until(id, "input_required")
			c.acked(c.ask("tasks/cancel", `"taskId":"`+id+`"`))
			if r := c.get(id).Result; r.Status != "cancelled" || len(r.InputRequests) != 0 {
				t.Errorf("cancelled: %+v", r)
			}
		})
	}
}

// TestTaskCannotAsk: the client of a task says by its capabilities what it can.
func TestTaskCannotAsk(t *testing.T) {
	c := inMemory(t, longServer(t, newGate(t)))
	c.can = `{"extensions":{"io.modelcontextprotocol/tasks":{}}}`
	if r := c.until(c.begin("asks"), "failed").Result.Error; r.Code != -32021 {
		t.Errorf("%+v", r)
	}
}

// TestTaskUnanswered: a question waits no longer than people do.
func TestTaskUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := longServer(t, newGate(t))
		s.Options.AskTimeout = time.Minute
		c := inMemory(t, s)
		id := c.begin("asks")
		c.until(id, "input_required")
		<-time.After(61 * time.Second)
		synctest.Wait()
		if r := c.get(id).Result; r.Status != "completed" || !r.Result.IsError || !strings.Contains(r.Result.Content[0].Text, "did not answer within 1m0s") {
			t.Errorf("%+v", r)
		}
	})
}

// TestTaskAfterQuestion asks by a result first, and goes on as a task then.
func TestTaskAfterQuestion(t *testing.T) {
	g := newGate(t)
	c := overHTTP(t, longServer(t, g))
	const call = `"name":"asks_first","arguments":{}`
	raw := string(c.sendRaw("tools/call", call))
	_, state, _ := strings.Cut(raw, `"requestState":"`)
	state, _, _ = strings.Cut(state, `"`)
	if !strings.Contains(raw, `"resultType":"input_required"`) || strings.Contains(raw, "taskId") || state == "" {
		t.Fatalf("the first round: %s", raw)
	}
	raw = string(c.sendRaw("tools/call", call+`,"requestState":"`+state+`","inputResponses":{"ask-1":{"action":"accept","content":{"name":"Ada"}}}`))
	if !strings.Contains(raw, `"resultType":"task"`) || strings.Contains(raw, "requestState") || strings.Contains(raw, "inputRequests") {
		t.Fatalf("the second round: %s", raw)
	}
	var r reply
	decodeInto(t, raw, &r)
	g.arrived(t, 1)
	g.release()
	if done := c.until(r.Result.TaskID, "completed").Result.Result; done.Content[0].Text != "Ada" {
		t.Errorf("%+v", done)
	}
}

// TestTaskAfterConfirmation: what the operator wants confirmed is confirmed
// before there is a task.
func TestTaskAfterConfirmation(t *testing.T) {
	s := longServer(t, newGate(t))
	s.Options.Policy.Confirm = mcpcore.ConfirmWrites
	c := inMemory(t, s)
	if r := c.ask("tools/call", `"name":"quick","arguments":{}`).Result; r.ResultType != "input_required" || r.TaskID != "" {
		t.Errorf("%+v", r)
	}
	s = longServer(t, newGate(t))
	s.Options.Policy.ReadOnly = true
	c = inMemory(t, s)
	if r := c.ask("tools/call", `"name":"quick","arguments":{}`).Result; r.ResultType != "complete" || !r.IsError {
		t.Errorf("a tool that policy refuses: %+v", r)
	}
}
