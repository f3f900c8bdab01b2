package mcpcore_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// transports are the ways in which a client of tasks reaches a server.
var transports = map[string]func(*testing.T, *mcpcore.Server) *peer{"memory": inMemory, "stdio": overStdio, "http": overHTTP}

func TestTaskLifecycle(t *testing.T) {
	for name, connect := range transports {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			c := connect(t, longServer(t, g))
			id := c.begin("hears")
			g.arrived(t, 1)
			r := c.get(id)
			if r.Result.Status != "working" || r.Result.ResultType != "complete" || r.Result.TTLMs != 3_600_000 || r.Result.PollIntervalMs != 1000 {
				t.Errorf("at work: %+v", r)
			}
			for _, moment := range []string{r.Result.CreatedAt, r.Result.LastUpdatedAt} {
				if at, err := time.Parse(time.RFC3339, moment); err != nil || time.Since(at) > time.Minute {
					t.Errorf("%q: %v", moment, err)
				}
			}
			if said := c.ask("tools/call", `"name":"echo","arguments":{"text":"hi"}`); said.Result.ResultType != "complete" || said.Result.Content[0].Text != "hi" {
				t.Errorf("a tool that is not long: %+v", said)
			}
			g.release()
			r = c.until(id, "completed")
			if r.Result.Result == nil || r.Result.Result.ResultType != "complete" || r.Result.Result.Content[0].Text != "late" {
				t.Errorf("done: %+v", r)
			}
			c.acked(c.ask("tasks/cancel", `"taskId":"`+id+`"`))
			c.acked(c.ask("tasks/update", `"taskId":"`+id+`","inputResponses":{"ask-1":{}}`))
			if again := c.get(id); again.Result.Status != "completed" || again.Result.Result == nil {
				t.Errorf("what is done was changed: %+v", again)
			}
		})
	}
}

func TestTaskEnds(t *testing.T) {
	c := inMemory(t, longServer(t, newGate(t)))
	for tool, want := range map[string]struct {
		status, text string
		code         int
	}{
		"quick":   {"completed", "quick", 0},
		"fails":   {"completed", "broken\nhint: mend it", 0},
		"refuses": {"failed", "no", -32050},
		"panics":  {"failed", "internal error (reference ", -32603},
		"exits":   {"failed", "internal error", -32603},
		"void":    {"failed", "internal error", -32603},
	} {
		r := c.until(c.begin(tool), want.status).Result
		switch {
		case want.code == 0:
			if r.Error != nil || r.Result.Content[0].Text != want.text || r.Result.IsError != (tool == "fails") {
				t.Errorf("%s: %+v", tool, r.Result)
			}
		case r.Result != nil || r.Error.Code != want.code || !strings.HasPrefix(r.Error.Message, want.text) || r.StatusMessage != r.Error.Message:
			t.Errorf("%s: %+v", tool, r.Error)
		case strings.Contains(r.Error.Message, "secret"):
			t.Errorf("%s tells too much: %+v", tool, r.Error)
		case tool == "refuses" && string(r.Error.Data) != `{"why":1}`:
			t.Errorf("%s: the data is lost: %s", tool, r.Error.Data)
		}
	}
}

func TestTaskCancel(t *testing.T) {
	for _, tool := range []string{"hears", "deaf"} {
		t.Run(tool, func(t *testing.T) {
			g := newGate(t)
			c := inMemory(t, longServer(t, g))
			id := c.begin(tool)
			g.arrived(t, 1)
			c.acked(c.ask("tasks/cancel", `"taskId":"`+id+`"`))
			if r := c.get(id); r.Result.Status != "cancelled" {
				t.Errorf("got %+v", r)
			}
			c.acked(c.ask("tasks/cancel", `"taskId":"`+id+`"`))
			g.release()
			last := c.begin("quick") // by now the other may have ended
			c.until(last, "completed")
			if r := c.get(id); r.Result.Status != "cancelled" || r.Result.Result != nil || r.Result.Error != nil {
				t.Errorf("a result that came too late: %+v", r)
			}
		})
	}
}

// TestTaskRefusals are the clients and requests that get no task.
func TestTaskRefusals(t *testing.T) {
	g := newGate(t)
	s := longServer(t, g)
	c := inMemory(t, s)
	id := c.begin("hears")
	for _, params := range []string{`"taskId":"unknown"`, `"taskId":7`, ``, `"taskId":""`} {
		for _, method := range []string{"tasks/get", "tasks/update", "tasks/cancel"} {
			more := map[bool]string{true: `"inputResponses":{}`}[method == "tasks/update"]
			if r := c.ask(method, strings.Trim(params+","+more, ",")); r.Error == nil || r.Error.Code != -32602 {
				t.Errorf("%s of %s: %+v", method, params, r)
			}
		}
	}
	if r := c.ask("tasks/update", `"taskId":"`+id+`"`); r.Error == nil || r.Error.Code != -32602 {
		t.Errorf("an update of nothing: %+v", r)
	}
	for _, method := range []string{"tasks/list", "tasks/result"} {
		if r := c.ask(method, `"taskId":"`+id+`"`); r.Error == nil || r.Error.Code != -32601 {
			t.Errorf("%s: %+v", method, r)
		}
	}
	if r := c.ask("tools/call", `"name":"hears","arguments":{"no":1}`); r.Result.ResultType != "complete" || !r.Result.IsError {
		t.Errorf("arguments that are wrong: %+v", r)
	}
	for _, can := range []string{`{}`, `{"tasks":{}}`, `{"extensions":{"io.modelcontextprotocol/tasks":null}}`, `{"extensions":{"other":{}}}`} {
		plain := inMemory(t, s)
		plain.can = can
		if r := plain.ask("tools/call", `"name":"quick","arguments":{}`); r.Result.ResultType != "complete" || r.Result.Content[0].Text != "quick" {
			t.Errorf("a client with %s: %+v", can, r)
		}
		for method, params := range map[string]string{
			"tools/call": `"name":"only","arguments":{}`, "subscriptions/listen": `"notifications":{"taskIds":["` + id + `"]}`,
			"tasks/get": `"taskId":"` + id + `"`, "tasks/update": `"taskId":"` + id + `","inputResponses":{}`, "tasks/cancel": `"taskId":"` + id + `"`,
		} {
			r := plain.ask(method, params)
			if r.Error == nil || r.Error.Code != -32021 || !strings.Contains(string(r.Error.Data), `{"extensions":{"io.modelcontextprotocol/tasks":{}}}`) {
				t.Errorf("%s by a client with %s: %+v", method, can, r)
			}
		}
	}
	without := inMemory(t, newServer())
	if r := without.get(id); r.Error == nil || r.Error.Code != -32601 {
		t.Errorf("a server without long tools: %+v", r)
	}
}

// TestTasksOfOlderRevisions: there the extension is not defined.
func TestTasksOfOlderRevisions(t *testing.T) {
	for _, revision := range mcptest.Revisions()[:4] {
		c := mcptest.Connect(t, longServer(t, newGate(t)), mcptest.Options{
			Revision: revision, Capabilities: map[string]any{"extensions": map[string]any{"io.modelcontextprotocol/tasks": map[string]any{}}},
		})
		if r := c.Call("quick", nil); r.Text() != "quick" {
			t.Errorf("%s: %+v", revision, r)
		}
		if r := c.Call("only", nil); !r.IsError || !strings.Contains(r.Text(), "2026-07-28") {
			t.Errorf("%s: %+v", revision, r)
		}
		if e := c.Refused("tasks/get", map[string]any{"taskId": "x"}); e.Code != -32601 {
			t.Errorf("%s: %v", revision, e)
		}
	}
}

// TestTaskPrincipals: a task is its principal's alone, whoever has its id.
func TestTaskPrincipals(t *testing.T) {
	g := newGate(t)
	as := webPeers(t, longServer(t, g))
	for owner, others := range map[string][]string{"ada": {"", "bob", "Ada"}, "": {"ada"}} {
		id := as(owner).begin("hears")
		for _, who := range others {
			c := as(who)
			unknown := c.get("unknown").Error
			for _, method := range []string{"tasks/get", "tasks/cancel", "tasks/update"} {
				r := c.ask(method, `"inputResponses":{},"taskId":"`+id+`"`)
				if r.Error == nil || r.Error.Code != -32602 || r.Error.Message != unknown.Message {
					t.Errorf("%s of a task of %q by %q: %+v", method, owner, who, r)
				}
			}
		}
		if r := as(owner).get(id); r.Result.Status != "working" {
			t.Errorf("%+v", r)
		}
	}
}

// TestTaskOutlivesItsConnection, and takes no place among the calls.
func TestTaskOutlivesItsConnection(t *testing.T) {
	g := newGate(t)
	s := longServer(t, g)
	s.Options.MaxConcurrent = 1
	out := make(sink, 1)
	conn := s.Connect(context.Background(), out)
	first := &peer{t: t, can: withTasks, send: func(line string) []byte {
		conn.Receive([]byte(line))
		return <-out
	}}
	id := first.begin("tells")
	g.arrived(t, 1)
	conn.Drain()
	c := inMemory(t, s)
	if r := c.get(id); r.Result.Status != "working" || r.Result.StatusMessage != "half of it" {
		t.Errorf("%+v", r)
	}
	if r := c.ask("tools/call", `"name":"echo","arguments":{"text":"hi"}`); r.Result.Content[0].Text != "hi" {
		t.Errorf("%+v", r)
	}
	g.release()
	c.until(id, "completed")
}

// TestManyTasks begins and cancels tasks from many clients at once.
func TestManyTasks(t *testing.T) {
	g := newGate(t)
	s := longServer(t, g)
	s.Options.MaxTasks = 1000
	const many = 100
	ids := [many]string{}
	var all sync.WaitGroup
	for n := range ids {
		all.Go(func() {
			c := inMemory(t, s)
			ids[n] = c.ask("tools/call", `"name":"hears","arguments":{}`).Result.TaskID
			if n%2 == 0 {
				c.acked(c.ask("tasks/cancel", `"taskId":"`+ids[n]+`"`))
			}
		})
	}
	all.Wait()
	g.release()
	c := inMemory(t, s)
	for n, id := range ids {
		c.until(id, []string{"cancelled", "completed"}[n%2])
	}
}

// Tasks are announced where a tool that may become one is offered.
func TestTasksAnnounced(t *testing.T) {
	for _, sets := range [][]string{nil, {"slow"}} {
		s := newServer(mcpcore.Read("slow", "Take long.", func(context.Context, nothing) (string, error) { return "", nil }, mcpcore.Extra("slow"), mcpcore.Long(mcpcore.IfSlow)))
		s.Options.Policy.Toolsets = sets
		raw, err := mcptest.Connect(t, s, mcptest.Options{}).Request("server/discover", nil)
		if err != nil || strings.Contains(string(raw), "tasks") != (sets != nil) {
			t.Errorf("%v: got %s, %v", sets, raw, err)
		}
	}
}
