package mcpcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// stream keeps all that a client is sent.
type stream chan []byte

func (s stream) Send(msg []byte) error {
	s <- bytes.Clone(msg)
	return nil
}

func (s stream) next(t *testing.T) string {
	t.Helper()
	select {
	case msg := <-s:
		return string(msg)
	case <-time.After(30 * time.Second):
		t.Fatal("nothing comes")
		return ""
	}
}

// TestTaskNews tells a client that listens what becomes of a task.
func TestTaskNews(t *testing.T) {
	s := longServer(t, newGate(t))
	c := inMemory(t, s)
	id, other := c.begin("asks"), c.begin("hears")
	c.until(id, "input_required")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := make(stream, 100)
	conn := s.Connect(ctx, out)
	conn.Receive(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"taskIds":[%q,"unknown",%[1]q]},`+
		`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":%s}}}`, id, withTasks))
	if ack := out.next(t); !strings.Contains(ack, `"notifications":{"taskIds":["`+id+`"]}`) {
		t.Errorf("the acknowledgement: %s", ack)
	}
	expect := func(status, part string) {
		t.Helper()
		for { // states in between may come or not
			raw := out.next(t)
			var m struct {
				Method string
				Params struct {
					Meta           map[string]string `json:"_meta"`
					TaskID, Status string
				}
			}
			if err := json.Unmarshal([]byte(raw), &m); err != nil {
				t.Fatal(err)
			}
			if m.Method != "notifications/tasks" || m.Params.TaskID != id || m.Params.Meta["io.modelcontextprotocol/subscriptionId"] != "l" || strings.Contains(raw, "resultType\":\"task") {
				t.Fatalf("got %s", raw)
			}
			if m.Params.Status == status {
				if !strings.Contains(raw, part) {
					t.Errorf("%q is not in %s", part, raw)
				}
				return
			}
		}
	}
	expect("input_required", `"inputRequests":{"ask-1":`)
	c.acked(c.ask("tasks/cancel", `"taskId":"`+other+`"`)) // is not watched
	c.acked(c.ask("tasks/update", `"taskId":"`+id+`","inputResponses":{"ask-1":{"action":"accept","content":{"name":"Ada"}}}`))
	expect("completed", `"text":"Ada"`)
	conn.Close() // the goroutine ends, or the check for leaks finds it
	if end := out.next(t); !strings.Contains(end, `"id":"l","result"`) {
		t.Errorf("the end: %s", end)
	}
}

// TestTaskNewsOfOthers: who may not read a task does not hear of it either.
func TestTaskNewsOfOthers(t *testing.T) {
	s := longServer(t, newGate(t))
	id := inMemory(t, s).begin("hears")
	out := make(stream, 100)
	conn := s.Connect(mcpcore.WithPrincipal(context.Background(), "bob"), out)
	defer conn.Close()
	conn.Receive(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"taskIds":[%q]},`+
		`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":%s}}}`, id, withTasks))
	if ack := out.next(t); !strings.Contains(ack, `"notifications":{}`) {
		t.Errorf("the acknowledgement: %s", ack)
	}
}
