package mcptest

import (
	"fmt"
	"strings"
	"testing"
)

// TestTaskChecker is what a server must not tell of tasks.
func TestTaskChecker(t *testing.T) {
	const (
		meta    = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":%s}`
		knows   = `{"extensions":{"io.modelcontextprotocol/tasks":{}}}`
		times   = `"createdAt":"2026-07-28T10:00:00Z","lastUpdatedAt":"2026-07-28T10:00:01Z","ttlMs":1000`
		working = `"resultType":"complete","taskId":"a","status":"working",` + times
		done    = `"resultType":"complete","taskId":"a","status":"completed",` + times + `,"result":{"resultType":"complete","content":[]}`
		asks    = `"resultType":"complete","taskId":"a","status":"input_required",` + times + `,"inputRequests":{"k":{"method":"roots/list"}}`
		news    = `"_meta":{"io.modelcontextprotocol/subscriptionId":1},"taskId":"a","status":"working",` + times
	)
	for _, test := range []struct {
		name, can, method string
		results           []string // "" for a good one, the last is what is judged
		want              string
	}{
		{"created", knows, "tools/call", []string{`"resultType":"task","taskId":"a","status":"working",` + times}, ""},
		{"unknown to the client", "{}", "tools/call", []string{`"resultType":"task","taskId":"a","status":"working",` + times}, "does not say it knows"},
		{"of another method", knows, "tools/list", []string{`"resultType":"task","taskId":"a","status":"working",` + times}, "no task can be"},
		{"of another type", knows, "tools/call", []string{`"resultType":"tasks","taskId":"a","status":"working",` + times}, "resultType"},
		{"no ttl", knows, "tools/call", []string{`"resultType":"task","taskId":"a","status":"working","createdAt":"2026-07-28T10:00:00Z","lastUpdatedAt":"2026-07-28T10:00:01Z"`}, "ttlMs"},
		{"more than a task", knows, "tools/call", []string{`"resultType":"task","taskId":"a","status":"working","content":[],` + times}, "does not know .content"},
		{"one id twice", knows, "tools/call", []string{`"resultType":"task","taskId":"a","status":"working",` + times, `"resultType":"task","taskId":"a","status":"working",` + times}, "two tasks"},
		{"state", knows, "tasks/get", []string{working, asks, working, done, done}, ""},
		{"state of the wrong type", knows, "tasks/get", []string{strings.Replace(working, "complete", "task", 1)}, "complete"},
		{"unknown state", knows, "tasks/get", []string{strings.Replace(working, "working", "paused", 1)}, "GetTaskResult"},
		{"no result", knows, "tasks/get", []string{strings.Replace(working, "working", "completed", 1)}, "GetTaskResult"},
		{"no result of a tool", knows, "tasks/get", []string{strings.Replace(done, `"content":[]`, `"text":""`, 1)}, "content"},
		{"a result before the end", knows, "tasks/get", []string{working + `,"result":{}`}, "does not know .result"},
		{"a time that is none", knows, "tasks/get", []string{strings.Replace(working, "T10:00:01Z", " 10:00", 1)}, "cannot parse"},
		{"time runs back", knows, "tasks/get", []string{strings.Replace(working, "10:00:01", "09:00:00", 1)}, "before it was created"},
		{"created twice", knows, "tasks/get", []string{working, strings.Replace(working, "10:00:00", "09:00:00", 1)}, "is said to be"},
		{"after the end", knows, "tasks/get", []string{done, working}, "had ended"},
		{"no questions", knows, "tasks/get", []string{strings.Replace(working, "working", "input_required", 1)}, "GetTaskResult"},
		{"no such question", knows, "tasks/get", []string{strings.Replace(asks, "roots/list", "tools/list", 1)}, "GetTaskResult"},
		{"one key for two", knows, "tasks/get", []string{asks, working, strings.Replace(asks, `"roots/list"`, `"roots/list","params":{}`, 1)}, "two requests"},
		{"acknowledgement", knows, "tasks/cancel", []string{`"resultType":"complete"`}, ""},
		{"an acknowledgement with more", knows, "tasks/update", []string{`"resultType":"complete","taskId":"a"`}, "says nothing more"},
		{"news", knows, "notifications/tasks", []string{news}, ""},
		{"news of nobody's", knows, "notifications/tasks", []string{strings.Replace(news, "subscriptionId", "other", 1)}, "id of the subscription"},
		{"news with a type", knows, "notifications/tasks", []string{news + `,"resultType":"complete"`}, "does not know .resultType"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChecker()
			var err error
			for i, result := range test.results {
				if err != nil {
					t.Errorf("before the last: %v", err)
				}
				c.sent(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":{`+meta+`}}`, i, strings.Replace(test.method, "notifications/tasks", "tools/call", 1), test.can))
				if strings.HasPrefix(test.method, "notifications/") {
					err = c.received(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":%q,"params":{%s}}`, test.method, result))
				} else {
					err = c.received(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":{%s}}`, i, result))
				}
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, test.want) || (err != nil) != (test.want != "") {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
}
