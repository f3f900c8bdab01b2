package mcpcore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// lines collects what a connection sends, and can be waited on.
type lines struct {
	mu  sync.Mutex
	all []string
	ch  chan string
}

func newLines() *lines { return &lines{ch: make(chan string, 10_000)} }

func (l *lines) Send(msg []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(msg))
	l.ch <- string(msg)
	return nil
}

// until waits for a line that holds text.
func (l *lines) until(t *testing.T, text string) string {
	t.Helper()
	for {
		select {
		case line := <-l.ch:
			if strings.Contains(line, text) {
				return line
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s did not come", text)
		}
	}
}

func (l *lines) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		n += strings.Count(line, text)
	}
	return n
}

// Clients are told which lists have changed, and of no other.
func TestAdoptAnnounces(t *testing.T) {
	s := newServer()
	s.AddPrompts(mcpcore.NewPrompt("hello", "Greet.", func(context.Context, nothing) ([]mcpcore.Message, error) { return nil, nil }))
	defer s.Close()
	old, modernClient := newLines(), newLines()
	a, b := s.Connect(context.Background(), old), s.Connect(context.Background(), modernClient)
	defer a.Close()
	defer b.Close()
	a.Receive([]byte(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}`))
	b.Receive([]byte(`{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"promptsListChanged":true},` + modern + `}}`))

	next := newServer(mcpcore.Read("more", "More.", func(context.Context, nothing) (string, error) { return "more", nil }))
	next.AddPrompts(mcpcore.NewPrompt("hello", "Greet.", func(context.Context, nothing) ([]mcpcore.Message, error) { return nil, nil }))
	if changed := s.Adopt(next); len(changed) != 1 || changed[0] != "tools/list" {
		t.Errorf("changed: %v", changed)
	}
	for name, out := range map[string]*lines{"old": old, "modern": modernClient} {
		out.until(t, "notifications/tools/list_changed")
		if n := out.count("notifications/prompts/list_changed"); n != 0 {
			t.Errorf("%s was told %d times of prompts that are as they were", name, n)
		}
	}
	a.Receive([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"more"}}`))
	old.until(t, `"text":"more"`)

	// What was taken away is gone, and the policy of the new one holds.
	narrow := newServer()
	narrow.Options.Policy.Deny = []string{"echo"}
	s.Adopt(narrow)
	old.until(t, "notifications/tools/list_changed")
	a.Receive([]byte(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"more"}}`))
	old.until(t, `there is no tool`)
	a.Receive([]byte(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo"}}`))
	old.until(t, `--disable-tools`)
	narrow.AddTools(mcpcore.Read("later", "Later.", func(context.Context, nothing) (string, error) { return "later", nil }))
	old.until(t, "notifications/tools/list_changed")
	a.Receive([]byte(`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"later"}}`))
	old.until(t, `"text":"later"`)
}

// Calls under way end with what they began with, and what the server before
// held is freed after them: not sooner, and once.
func TestAdoptWaits(t *testing.T) {
	g := newGate(t)
	s := newServer(mcpcore.Read("wait", "Wait.", g.deaf))
	s.Options.MaxConcurrent = 2
	closed := make(chan string, 10)
	s.OnClose(func() error { closed <- "first"; return nil })
	out := newLines()
	c := s.Connect(context.Background(), out)
	for n := range 2 {
		go c.Receive([]byte(call(fmt.Sprint(n), "wait", "{}")))
	}
	g.arrived(t, 2)
	for n := range 2 {
		c.Receive([]byte(call(fmt.Sprint(n+2), "wait", "{}"))) // returns, as it waits for a place
	}
	next := newServer()
	next.Options.MaxConcurrent = 4
	next.OnClose(func() error { closed <- "second"; return nil })
	s.Adopt(next)
	g.arrived(t, 2) // there are more places now
	go c.Receive([]byte(call(`"new"`, "echo", `{"text":"new"}`)))
	select {
	case which := <-closed:
		t.Fatalf("the %s was closed while calls need it", which)
	default:
	}
	g.release()
	for range 4 {
		out.until(t, `"text":"late"`)
	}
	c.Close()
	if which := <-closed; which != "first" {
		t.Errorf("closed: %s", which)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if which := <-closed; which != "second" || len(closed) > 0 {
		t.Errorf("closed: %s, and %d more", which, len(closed))
	}
}

// A call that nobody waits for holds what it uses until its handler returns,
// and one that waited for a place holds nothing.
func TestAdoptCancelled(t *testing.T) {
	g := newGate(t)
	s := newServer(mcpcore.Read("wait", "Wait.", g.deaf))
	s.Options.MaxConcurrent = 1
	closed := make(chan struct{})
	s.OnClose(func() error { close(closed); return nil })
	defer s.Close()
	c := mcptest.Connect(t, s, mcptest.Options{})
	running := c.Start("tools/call", map[string]any{"name": "wait", "arguments": map[string]any{}})
	g.arrived(t, 1)
	queued := c.Start("tools/call", map[string]any{"name": "wait", "arguments": map[string]any{}})
	s.Adopt(newServer())
	c.Cancel(queued)
	c.Cancel(running)
	select {
	case <-closed:
		t.Fatal("closed while a handler is at work")
	default:
	}
	g.release()
	<-closed
}

// Subscriptions go over to the watch of the new server; one that it refuses is
// watched by none.
func TestAdoptWatch(t *testing.T) {
	watched := make(chan string, 100)
	build := func(name string, refuses string) *mcpcore.Server {
		s := newServer()
		s.AddResources(mcpcore.Resource{URI: "test://a", Name: "a", Read: func(context.Context, string) ([]mcpcore.Contents, error) { return nil, nil }})
		s.SetWatch(func(uri string) (func(), error) {
			if uri == refuses {
				return nil, errBroken
			}
			watched <- name + " watches " + uri
			return func() { watched <- name + " leaves " + uri }, nil
		})
		return s
	}
	s := build("one", "")
	defer s.Close()
	out := newLines()
	c := s.Connect(context.Background(), out)
	c.Receive([]byte(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}`))
	for i, uri := range []string{"test://a", "test://b"} {
		c.Receive(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"resources/subscribe","params":{"uri":%q}}`, i+1, uri))
	}
	next := build("two", "test://b")
	s.Adopt(next)
	next.ResourceUpdated("test://a")
	out.until(t, `"uri":"test://a"`)
	c.Close()
	got := map[string]int{}
	for range 5 {
		got[<-watched]++
	}
	for _, want := range []string{"one watches test://a", "one watches test://b", "two watches test://a", "one leaves test://a", "one leaves test://b"} {
		if got[want] != 1 {
			t.Errorf("%s: %d times in %v", want, got[want], got)
		}
	}
	if last := <-watched; last != "two leaves test://a" {
		t.Error(last)
	}
}

// State that clients carry, and tasks, are good after it as before.
func TestAdoptKeepsState(t *testing.T) {
	s := newServer(mcpcore.Read("two", "Two.", func(context.Context, nothing) (string, error) { return "", nil }))
	s.Options.PageSize = 1
	defer s.Close()
	out := newLines()
	c := s.Connect(context.Background(), out)
	defer c.Close()
	c.Receive([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + modern + `}}`))
	line := out.until(t, "nextCursor")
	_, cursor, _ := strings.Cut(line, `"nextCursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	next := newServer(mcpcore.Read("two", "Two.", func(context.Context, nothing) (string, error) { return "", nil }))
	next.Options.PageSize = 1
	s.Adopt(next)
	c.Receive([]byte(`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"cursor":"` + cursor + `",` + modern + `}}`))
	out.until(t, `"name":"two"`)
}

// Under load each call has its answer, from one server or the other, and all
// servers but the last are closed in the end.
func TestAdoptUnderLoad(t *testing.T) {
	const clients, reloads = 8, 100
	var open, wrong atomic.Int64
	closed := make(chan struct{}, reloads+1)
	build := func(n int) *mcpcore.Server {
		var over atomic.Bool
		s := newServer(mcpcore.Read("alive", "Say whether the server is there.", func(context.Context, nothing) (string, error) {
			if over.Load() {
				wrong.Add(1)
			}
			return fmt.Sprint("by ", n), nil
		}))
		open.Add(1)
		s.OnClose(func() error { over.Store(true); open.Add(-1); closed <- struct{}{}; return nil })
		return s
	}
	s := build(0)
	stop := make(chan struct{})
	var all sync.WaitGroup
	var asked, answered atomic.Int64
	for range clients {
		all.Go(func() {
			out := newLines()
			c := s.Connect(context.Background(), out)
			defer c.Close()
			for n := 0; ; n++ {
				select {
				case <-stop:
					answered.Add(int64(out.count(`"text":"by `)))
					return
				default:
				}
				asked.Add(1)
				c.Receive([]byte(call(fmt.Sprint(n), "alive", "{}")))
				<-out.ch
			}
		})
	}
	for n := range reloads {
		s.Adopt(build(n + 1))
	}
	close(stop)
	all.Wait()
	for range reloads {
		<-closed
	}
	if asked.Load() != answered.Load() || wrong.Load() > 0 || open.Load() != 1 {
		t.Errorf("%d calls and %d answers, %d by a server that was closed; %d servers are open", asked.Load(), answered.Load(), wrong.Load(), open.Load())
	}
	t.Logf("%d calls over %d reloads", asked.Load(), reloads)
	if err := s.Close(); err != nil || open.Load() != 0 {
		t.Errorf("%v, %d servers are open", err, open.Load())
	}
}
