package mcpcore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// notebook is an Observer that writes down one line for each request.
type notebook struct {
	mu    sync.Mutex
	lines []string
	begun int
}

type pageKey struct{}

func (n *notebook) Begin(ctx context.Context, r *mcpcore.Record) context.Context {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.begun++
	return context.WithValue(ctx, pageKey{}, n.begun)
}

func (n *notebook) End(ctx context.Context, r *mcpcore.Record) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ctx.Value(pageKey{}) == nil || r.Time.IsZero() || r.Duration < 0 {
		panic("not the context of Begin, or no time")
	}
	n.lines = append(n.lines, fmt.Sprintf("%s %s %s %s", r.Method, r.Name, r.Outcome, r.Rule))
}

func (n *notebook) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines := n.lines
	n.lines = nil
	return strings.Join(lines, "; ")
}

// Every request leaves one record, with what became of it and by which rule.
func TestObserver(t *testing.T) {
	n := &notebook{}
	inside := make(chan any, 1)
	s := newServer(
		mcpcore.Read("look", "Look.", func(ctx context.Context, _ nothing) (string, error) {
			inside <- ctx.Value(pageKey{})
			return "", nil
		}),
		mcpcore.Read("fails", "Fail.", func(context.Context, nothing) (string, error) { return "", errors.New("broken") }),
		mcpcore.Read("fenced", "Refuse.", func(context.Context, nothing) (string, error) {
			return "", mcpcore.Hint(mcpcore.Refused("fence", errors.New("not here")), "try there")
		}),
		mcpcore.Read("panics", "Panic.", func(context.Context, nothing) (string, error) { panic("!") }),
		mcpcore.Write("asks", "Ask.", func(ctx context.Context, _ nothing) (string, error) {
			return "", mcpcore.Confirm(ctx, "Really?")
		}),
		mcpcore.Delete("wipe", "Wipe.", func(context.Context, nothing) (string, error) { return "", nil }),
	)
	s.Options.Observers = []mcpcore.Observer{n}
	s.Options.Policy.Deny = []string{"wipe"}
	conn := s.Connect(t.Context(), discard{})
	defer conn.Close()
	asking := strings.Replace(call("1", "asks", "{}"), `clientCapabilities":{}`, `clientCapabilities":{"elicitation":{}}`, 1)
	for _, c := range []struct{ line, want string }{
		{call("1", "echo", `{"text":"x"}`), "tools/call echo ok "},
		{call("1", "look", `{}`), "tools/call look ok "},
		{call("1", "echo", `{"texts":"x"}`), "tools/call echo refused invalid-params"},
		{call("1", "fails", `{}`), "tools/call fails failed "},
		{call("1", "fenced", `{}`), "tools/call fenced refused fence"},
		{call("1", "panics", `{}`), "tools/call panics failed "},
		{call("1", "asks", `{}`), "tools/call asks refused missing-capability"},
		{asking, "tools/call asks asked "},
		{call("1", "wipe", `{}`), "tools/call wipe refused --disable-tools"},
		{call("1", "nobody", `{}`), "tools/call nobody refused invalid-params"},
		{`{"jsonrpc":"2.0","id":1,"method":"resources/fly"}`, "resources/fly  refused invalid-request"},
		{strings.Replace(call("1", "echo", `{}`), "tools/call", "tools/fly", 1), "tools/fly  refused unknown-method"},
		{strings.Replace(call("1", "echo", `{}`), "tools/call", "tools/list", 1), "tools/list  ok "},
		{strings.Replace(call("1", "echo", `{}`), "2026-07-28", "2036-07-28", 1), "tools/call echo refused unsupported-version"},
		{"{", "  refused json"},
		{`{"jsonrpc":"2.0","method":"notifications/cancelled"}`, ""},
	} {
		conn.Receive([]byte(c.line))
		if got := n.take(); got != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", c.line, got, c.want)
		}
	}
	if v := <-inside; v == nil {
		t.Error("the handler has not the context of the observer")
	}
}

// A call that is cancelled, and one whose client has left, leave a record too.
func TestObserverOfCancelled(t *testing.T) {
	n := &notebook{}
	g := newGate(t)
	s := newServer(mcpcore.Read("deaf", "Wait.", g.deaf))
	s.Options.Observers = []mcpcore.Observer{n}
	conn := s.Connect(t.Context(), discard{})
	go conn.Receive([]byte(call("1", "deaf", "{}")))
	g.arrived(t, 1)
	conn.Receive([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`))
	if got, want := n.take(), "tools/call deaf cancelled "; got != want {
		t.Errorf("cancelled: got %q, want %q", got, want)
	}
	go conn.Receive([]byte(call("2", "deaf", "{}")))
	g.arrived(t, 1)
	conn.Close()
	if got, want := n.take(), "tools/call deaf cancelled "; got != want {
		t.Errorf("closed: got %q, want %q", got, want)
	}
	g.release()
}
