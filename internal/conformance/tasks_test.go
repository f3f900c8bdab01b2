package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// taskSteps are what a client does with tasks, in order. ID stands for the task
// that was begun last; a step with a status is made again until the task has it.
var taskSteps = []struct{ method, params, status string }{
	{"server/discover", ``, ""},
	{"tools/call", `"name":"greet","arguments":{"name":"Ada"}`, ""}, // never becomes one
	{"tools/call", `"name":"slow_compute","arguments":{"seconds":"many"}`, ""},

	{"tools/call", `"name":"slow_compute","arguments":{"seconds":3600}`, ""},
	{"tasks/get", `"taskId":"ID"`, "working"},
	{"tasks/update", `"taskId":"ID"`, ""},
	{"tasks/update", `"taskId":"ID","inputResponses":{"ask-1":{}}`, ""},
	{"tasks/cancel", `"taskId":"ID"`, ""},
	{"tasks/get", `"taskId":"ID"`, "cancelled"},
	{"tasks/cancel", `"taskId":"ID"`, ""},
	{"tasks/get", `"taskId":"ID"`, "cancelled"},

	{"tools/call", `"name":"confirm_delete","arguments":{"filename":"x"}`, ""},
	{"tasks/get", `"taskId":"ID"`, "input_required"},
	{"tasks/update", `"taskId":"ID","inputResponses":{"other":{"action":"accept"}}`, ""},
	{"tasks/get", `"taskId":"ID"`, "input_required"},
	{"tasks/update", `"taskId":"ID","inputResponses":{"ask-1":{"action":"accept","content":{"confirm":true}}}`, ""},
	{"tasks/get", `"taskId":"ID"`, "completed"},
	{"tasks/update", `"taskId":"ID","inputResponses":{"ask-1":{"action":"decline"}}`, ""},
	{"tasks/get", `"taskId":"ID"`, "completed"},

	{"tools/call", `"name":"confirm_delete","arguments":{"filename":"x"}`, ""},
	{"tasks/get", `"taskId":"ID"`, "input_required"},
	{"tasks/update", `"taskId":"ID","inputResponses":{"ask-1":{"action":"decline"}}`, ""},
	{"tasks/get", `"taskId":"ID"`, "completed"},

	{"tools/call", `"name":"failing_job"`, ""},
	{"tasks/get", `"taskId":"ID"`, "completed"},
	{"tools/call", `"name":"protocol_error_job"`, ""},
	{"tasks/get", `"taskId":"ID"`, "failed"},
	{"tools/call", `"name":"test_tool_with_task"`, ""}, // asks before

	{"tasks/get", `"taskId":"no such task"`, ""},
	{"tasks/update", `"taskId":"no such task","inputResponses":{}`, ""},
	{"tasks/cancel", `"taskId":"no such task"`, ""},
	{"tasks/list", ``, ""},
	{"tasks/result", `"taskId":"ID"`, ""},
}

const knowsTasks = `{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}`

// TestTaskTransports compares what a client of tasks is told over both
// transports.
func TestTaskTransports(t *testing.T) {
	const revision = "2026-07-28"
	exe := build(t)
	over := takeSteps(t, overStdio(t, exe), revision)
	got := takeSteps(t, overHTTP(t, start(t, exe), revision), revision)
	for i, step := range taskSteps {
		if !slices.Equal(got[i], over[i]) {
			t.Errorf("%d: %s %s\nover HTTP:\n%s\nover stdio:\n%s", i, step.method, step.params, strings.Join(got[i], "\n"), strings.Join(over[i], "\n"))
		}
	}
	if !t.Failed() {
		fmt.Printf("transports  tasks: %d steps, the same over both\n", len(taskSteps))
	}
}

// varies is what differs each time.
var varies = regexp.MustCompile(`"(id|taskId|createdAt|lastUpdatedAt)":("[^"]*"|[0-9]+)`)

// takeSteps returns what the server says to each step.
func takeSteps(t *testing.T, w wire, revision string) (all [][]string) {
	t.Helper()
	task, id := "", 0
	for _, step := range taskSteps {
		params := strings.ReplaceAll(step.params, `"ID"`, `"`+task+`"`)
		var said []string
		for deadline := time.Now().Add(patience); ; {
			id++
			said = converse(t, w, id, requestLine(id, revision, step.method, params, knowsTasks))
			var m struct {
				Result struct{ ResultType, TaskID, Status string }
			}
			if err := json.Unmarshal([]byte(said[len(said)-1]), &m); err != nil {
				t.Fatalf("%v: %q", err, said)
			}
			if m.Result.ResultType == "task" {
				task = m.Result.TaskID
			}
			if step.status == "" || m.Result.Status == step.status {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s %s is never %s: %q", step.method, params, step.status, said)
			}
			<-time.After(10 * time.Millisecond)
		}
		for i := range said {
			said[i] = varies.ReplaceAllString(said[i], `"$1":"…"`)
		}
		all = append(all, said)
	}
	return all
}
