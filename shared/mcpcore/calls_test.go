package mcpcore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func startCall(c *mcptest.Client, tool string) *mcptest.Pending {
	return c.Start("tools/call", map[string]any{"name": tool})
}

// result waits for the result of a call.
func result(t *testing.T, p *mcptest.Pending) mcptest.Result {
	t.Helper()
	raw, err := p.Wait()
	if err != nil {
		t.Fatal(err)
	}
	var r mcptest.Result
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A cancelled call has no answer, whatever its handler still does; its id is
// free again.
func TestCancel(t *testing.T) {
	for _, kind := range []string{"deaf", "hears"} {
		t.Run(kind, func(t *testing.T) {
			g := newGate(t)
			handler := g.deaf
			if kind == "hears" {
				handler = g.hears
			}
			l := mcptest.Pipe(t, newServer(mcpcore.Read("wait", "Wait.", handler)))
			l.Handshake("2025-11-25")
			const wait = `{"jsonrpc":"2.0","id":"w","method":"tools/call","params":{"name":"wait"}}`
			const cancel = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"w","reason":"enough"}}`
			l.Send(wait)
			g.arrived(t, 1)
			l.Send(strings.Replace(cancel, `"w"`, `"other"`, 1), strings.Replace(cancel, `"w"`, `7`, 1))
			l.Alive()
			l.Send(cancel, cancel)
			l.Alive()
			l.Send(wait) // the id again
			g.arrived(t, 1)
			g.release()
			if got := parse(t, l.Next()); string(got.ID) != `"w"` || got.Result == nil {
				t.Errorf("got %+v, want the result of the second call", got)
			}
			l.Alive()
		})
	}
}

func TestCancelQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		ran := 0
		s := newServer(mcpcore.Read("wait", "Wait.", g.deaf), mcpcore.Read("count", "Count.", func(context.Context, nothing) (string, error) {
			ran++
			return "counted", nil
		}))
		s.Options.MaxConcurrent, s.Options.MaxQueue = 1, 2
		c := mcptest.Connect(t, s, mcptest.Options{})
		first := startCall(c, "wait")
		synctest.Wait()
		queued := startCall(c, "count")
		synctest.Wait()
		c.Cancel(queued)
		more := startCall(c, "count")
		synctest.Wait()
		g.release()
		if got := result(t, first); got.Text() != "late" {
			t.Errorf("got %+v", got)
		}
		if got := result(t, more); got.Text() != "counted" {
			t.Errorf("got %+v", got)
		}
		synctest.Wait()
		if queued.Answered() || ran != 1 {
			t.Errorf("the cancelled call: answered is %v, %d ran, want 1", queued.Answered(), ran)
		}
	})
}

// A place in the queue is free again when the call that waited is cancelled.
func TestCancelFreesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s := newServer(mcpcore.Read("wait", "Wait.", g.deaf))
		s.Options.MaxConcurrent, s.Options.MaxQueue = 1, 2
		c := mcptest.Connect(t, s, mcptest.Options{})
		startCall(c, "wait")
		synctest.Wait()
		for range 10 {
			p := startCall(c, "wait")
			synctest.Wait()
			c.Cancel(p)
		}
		last := startCall(c, "wait")
		synctest.Wait()
		if last.Answered() {
			t.Errorf("got %+v, want a place in the queue", result(t, last))
		}
		g.release()
		if got := result(t, last); got.Text() != "late" {
			t.Errorf("got %+v", got)
		}
	})
}

// An id that is in use is refused at once; the first call is still answered.
func TestDuplicateID(t *testing.T) {
	g := newGate(t)
	l := mcptest.Pipe(t, newServer(mcpcore.Read("wait", "Wait.", g.deaf)))
	l.Send(call("1", "wait", "{}"))
	g.arrived(t, 1)
	if got := parse(t, l.Ask(call("1", "echo", "{}"))); got.Error == nil || got.Error.Code != -32600 || string(got.ID) != "1" {
		t.Errorf("got %+v, want -32600", got)
	}
	if got := parse(t, l.Ask(call(`"1"`, "echo", "{}"))); string(got.ID) != `"1"` || got.Result == nil {
		t.Errorf("got %+v, want a result: \"1\" is not 1", got)
	}
	g.release()
	if got := parse(t, l.Next()); string(got.ID) != "1" || got.Result == nil {
		t.Errorf("got %+v, want the result of the first", got)
	}
	l.Alive()
}

// So many run, so many wait, the rest are told to come back; what is quick is
// served all the while, and in the end everything is answered.
func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const running, waiting, more = 3, 5, 4
		g := newGate(t)
		s := newServer(mcpcore.Read("wait", "Wait.", g.deaf))
		s.Options.MaxConcurrent, s.Options.MaxQueue = running, waiting
		c := mcptest.Connect(t, s, mcptest.Options{})
		old := mcptest.Connect(t, s, mcptest.Options{Revision: "2025-03-26"})
		var calls []*mcptest.Pending
		for range running + waiting + more {
			calls = append(calls, startCall(c, "wait"))
			synctest.Wait()
		}
		if len(g.came) != running {
			t.Errorf("%d run, want %d", len(g.came), running)
		}
		for i, p := range calls {
			if busy := i >= running+waiting; p.Answered() != busy {
				t.Errorf("call %d: answered is %v, want %v", i, p.Answered(), busy)
			}
		}
		got := result(t, calls[len(calls)-1])
		want := fmt.Sprintf("busy: %d calls are waiting already\nhint: try again after 1 second", waiting)
		if !got.IsError || got.Text() != want {
			t.Errorf("got %q, want %q", got.Text(), want)
		}
		if len(c.Tools()) != 2 {
			t.Error("tools/list is not served")
		}
		for method, client := range map[string]*mcptest.Client{"server/discover": c, "ping": old, "prompts/list": old} {
			if _, err := client.Request(method, nil); err != nil {
				t.Errorf("%s: %v", method, err)
			}
		}
		g.release()
		for _, p := range calls[:running+waiting] {
			if got := result(t, p); got.Text() != "late" {
				t.Errorf("got %+v", got)
			}
		}
		if got := c.Call("echo", map[string]any{"text": "free"}).Text(); got != "free" {
			t.Errorf("got %q", got)
		}
	})
}

func TestCallTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s := newServer(
			mcpcore.Read("deaf", "Wait.", g.deaf), mcpcore.Read("hears", "Wait.", g.hears),
			mcpcore.Read("own", "Wait.", g.hears, mcpcore.Timeout(5*time.Second)),
			mcpcore.Read("forever", "Wait.", g.hears, mcpcore.Timeout(-1)),
		)
		s.Options.CallTimeout = 20 * time.Second
		s.AddResources(mcpcore.Resource{URI: "test:///deaf", Name: "deaf", Read: func(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
			_, err := g.deaf(ctx, nothing{})
			return nil, err
		}})
		c := mcptest.Connect(t, s, mcptest.Options{})
		start := time.Now()
		for tool, want := range map[string]time.Duration{"deaf": 20 * time.Second, "hears": 20 * time.Second, "own": 5 * time.Second} {
			before := time.Now()
			got := result(t, startCall(c, tool))
			if text := "stopped: it took longer than " + want.String() + "\nhint: ask for less at a time"; !got.IsError || got.Text() != text {
				t.Errorf("%s: got %+v, want %q", tool, got, text)
			}
			if took := time.Since(before); took != want {
				t.Errorf("%s: answered after %s, want %s", tool, took, want)
			}
		}
		if e := c.Refused("resources/read", map[string]any{"uri": "test:///deaf"}); e.Code != -32603 || !strings.Contains(e.Message, "longer than 20s") {
			t.Errorf("got %v", e)
		}
		forever := startCall(c, "forever")
		<-time.After(24 * time.Hour)
		if forever.Answered() {
			t.Error("answered, though it may take for ever")
		}
		g.release()
		if got := result(t, forever); got.Text() != "late" {
			t.Errorf("got %+v after %s", got, time.Since(start))
		}
	})
}

// Timers that fire at once race with the call they belong to.
func TestShortestTimeout(t *testing.T) {
	g := newGate(t)
	s := newServer(mcpcore.Read("hears", "Wait.", g.hears, mcpcore.Timeout(1)))
	c := mcptest.Connect(t, s, mcptest.Options{})
	for range 200 {
		if got := result(t, startCall(c, "hears")); !got.IsError {
			t.Errorf("got %+v", got)
		}
	}
}
