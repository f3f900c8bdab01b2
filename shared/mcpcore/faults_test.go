package mcpcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

type node struct {
	Next *node `json:"next,omitzero"`
}

type floats struct {
	F float64 `json:"f"`
}

type loose struct {
	V any `json:"v"`
}

type rawOut struct {
	R json.RawMessage `json:"r"`
}

type failing struct{}

func (failing) MarshalJSON() ([]byte, error) { return nil, errBroken }

type garbage struct{}

func (garbage) MarshalJSON() ([]byte, error) { return []byte("{no"), nil }

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("in MarshalJSON") }

func gives[Out any](name string, out Out) mcpcore.Tool {
	return mcpcore.Read(name, "Give it.", func(context.Context, nothing) (Out, error) { return out, nil })
}

// faulty are tools whose handlers or results are broken.
func faulty() []mcpcore.Tool {
	ring := &node{}
	ring.Next = ring
	type custom struct {
		V any `json:"v"`
	}
	tools := []mcpcore.Tool{
		gives("nan", floats{math.NaN()}),
		gives("inf", floats{math.Inf(1)}),
		gives("inf_in_any", loose{math.Inf(-1)}),
		gives("channel", loose{make(chan int)}),
		gives("function", loose{func() {}}),
		gives("ring", *ring),
		gives("ring_in_any", loose{ring}),
		gives("raw", rawOut{json.RawMessage("{oops")}),
		gives("raw_utf8", rawOut{json.RawMessage("\"\xff\"")}),
		gives("raw_result", &mcpcore.Result{Structured: []byte(`{"a":`)}),
		gives("raw_two", &mcpcore.Result{Structured: []byte(`{}{}`)}),
		gives("failing", custom{failing{}}),
		gives("garbage", custom{garbage{}}),
		gives("panicking", custom{panicking{}}),
		gives("bad_number", loose{json.Number("12abc")}),
		gives("nil_content", []mcpcore.Content{nil}),
		gives("nil_text", []mcpcore.Content{(*mcpcore.Text)(nil)}),
		mcpcore.Read("panic", "Panic.", func(context.Context, nothing) (string, error) { panic("secret in a panic") }),
		mcpcore.Read("index", "Panic.", func(_ context.Context, in textIn) (string, error) {
			return in.Text[len(in.Text):][:1], nil
		}),
		mcpcore.Read("goexit", "End the goroutine.", func(context.Context, nothing) (string, error) {
			runtime.Goexit()
			return "", nil
		}),
	}
	return tools
}

// A broken handler or result costs its own call one internal error and
// nothing else.
func TestFaultyTools(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		s := newServer(faulty()...)
		log := logged(s)
		c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
		for _, tool := range faulty() {
			e := c.Refused("tools/call", map[string]any{"name": tool.Name()})
			if e.Code != -32603 {
				t.Errorf("%s: got %v, want -32603", tool.Name(), e)
			}
			if strings.Contains(e.Message, "secret") || strings.Contains(e.Message, "goroutine") {
				t.Errorf("%s: the client is told %q", tool.Name(), e.Message)
			}
			if got := c.Call("echo", map[string]any{"text": "on"}).Text(); got != "on" {
				t.Errorf("after %s: got %q", tool.Name(), got)
			}
		}
		e := c.Refused("tools/call", map[string]any{"name": "panic"})
		ref := regexp.MustCompile(`reference ([0-9a-f]{8})\)$`).FindStringSubmatch(e.Message)
		if ref == nil {
			t.Fatalf("got %q, want a reference", e.Message)
		}
		if text := log.String(); !strings.Contains(text, ref[1]) || !strings.Contains(text, "secret in a panic") || !strings.Contains(text, "faults_test.go") {
			t.Errorf("the log has not the reference, the panic and the stack: %s", text)
		}
	})
}

// The same over lines: exactly one answer each.
func TestFaultyToolsOverLines(t *testing.T) {
	l := mcptest.Pipe(t, newServer(faulty()...))
	for _, tool := range faulty() {
		if got := parse(t, l.Ask(call(`"`+tool.Name()+`"`, tool.Name(), `{}`))); got.Error == nil || got.Error.Code != -32603 {
			t.Errorf("%s: got %+v, want -32603", tool.Name(), got)
		}
		l.Alive()
	}
}

// A result that is not there is a fault of the program; a list of blocks that
// is nil has no blocks.
func TestNilResults(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, newServer(
			gives("result", (*mcpcore.Result)(nil)), gives("content", mcpcore.Content(nil)), gives("list", []mcpcore.Content(nil)),
		), mcptest.Options{Revision: revision})
		for _, tool := range []string{"result", "content"} {
			if e := c.Refused("tools/call", map[string]any{"name": tool}); e.Code != -32603 {
				t.Errorf("%s: got %+v, want -32603", tool, e)
			}
		}
		if r := c.Call("list", nil); r.IsError || len(r.Content) != 0 {
			t.Errorf("list: got %+v, want no content", r)
		}
	})
}

// Many messages on one line or in one batch do not make as many goroutines.
func TestTogether(t *testing.T) {
	const most = 1000
	l := mcptest.Pipe(t, newServer())
	l.Handshake("2025-03-26")
	ping := func(id int) string { return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`, id) }
	var pings []string
	for id := range most + 500 {
		pings = append(pings, ping(id))
	}
	l.Send(strings.Join(pings, ""))
	refused, answered := 0, 0
	for range most + 1 {
		if got := parse(t, l.Next()); got.Error == nil {
			answered++
		} else if got.Error.Code == -32600 {
			refused++
		}
	}
	if answered != most || refused != 1 {
		t.Errorf("one line: %d answered, %d refused, want %d and 1", answered, refused, most)
	}
	l.Alive()
	batch := l.Ask("[" + strings.Join(pings, ",") + "]")
	if answers := strings.Count(batch, `"result"`); answers != most || strings.Count(batch, "-32600") != 1 {
		t.Errorf("a batch: %d answered, want %d and one refusal", answers, most)
	}
	l.Alive()
}

// Structured content of a handler's own may hold newlines; a message does not.
func TestStructuredOfMoreLines(t *testing.T) {
	l := mcptest.Pipe(t, newServer(gives("lines", &mcpcore.Result{Structured: []byte("{\n\t\"a\": 1\r\n}")})))
	if got := l.Ask(call("1", "lines", "{}")); !strings.Contains(got, `"structuredContent":{"a":1}`) {
		t.Errorf("got %s, want the content on one line", got)
	}
	l.Alive()
}

func TestFaultsOutsideTools(t *testing.T) {
	broken := func(context.Context, string) ([]mcpcore.Contents, error) { panic("boom") }
	s := newServer()
	s.AddResources(
		mcpcore.Resource{URI: "test:///panic", Name: "panic", Read: broken},
		mcpcore.Resource{URI: "test:///goexit", Name: "goexit", Read: func(context.Context, string) ([]mcpcore.Contents, error) {
			runtime.Goexit()
			return nil, nil
		}},
	)
	s.AddTemplates(mcpcore.Template{URITemplate: "test:///t/{x}", Name: "t", Read: broken,
		Complete: func(context.Context, mcpcore.Completing) ([]string, error) { panic("boom") }})
	s.AddPrompts(
		mcpcore.NewPrompt("panic", "Panic.", func(context.Context, nothing) ([]mcpcore.Message, error) { panic("boom") }),
		mcpcore.NewPrompt("nil_content", "No content.", func(context.Context, nothing) ([]mcpcore.Message, error) {
			return []mcpcore.Message{{Role: "user"}}, nil
		}),
	)
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
		for _, test := range []struct {
			method string
			params map[string]any
		}{
			{"resources/read", map[string]any{"uri": "test:///panic"}},
			{"resources/read", map[string]any{"uri": "test:///goexit"}},
			{"resources/read", map[string]any{"uri": "test:///t/1"}},
			{"prompts/get", map[string]any{"name": "panic"}},
			{"prompts/get", map[string]any{"name": "nil_content"}},
			{"completion/complete", map[string]any{
				"ref": map[string]any{"type": "ref/resource", "uri": "test:///t/{x}"}, "argument": map[string]any{"name": "x", "value": ""},
			}},
		} {
			if e := c.Refused(test.method, test.params); e.Code != -32603 || strings.Contains(e.Message, "boom") {
				t.Errorf("%s %v: got %v, want -32603", test.method, test.params, e)
			}
		}
	})
}

func TestFaultyMiddleware(t *testing.T) {
	var order []string
	layer := func(name string) mcpcore.Middleware {
		return func(next mcpcore.Handler) mcpcore.Handler {
			return func(ctx context.Context, call *mcpcore.Call) (protocol.Result, error) {
				order = append(order, name)
				switch name + string(call.Arguments) {
				case `inner{"text":"panic"}`:
					panic("boom")
				case `inner{"text":"nil"}`:
					return nil, nil
				case `inner{"text":"error"}`:
					return nil, errBroken
				}
				return next(ctx, call)
			}
		}
	}
	s := newServer()
	s.Use(layer("outer"), layer("inner"))
	c := mcptest.Connect(t, s, mcptest.Options{})
	for _, text := range []string{"panic", "nil"} {
		if e := c.Refused("tools/call", map[string]any{"name": "echo", "arguments": map[string]any{"text": text}}); e.Code != -32603 {
			t.Errorf("%s: got %v, want -32603", text, e)
		}
	}
	if r := c.Call("echo", map[string]any{"text": "error"}); !r.IsError || r.Text() != "broken" {
		t.Errorf("got %+v, want the error", r)
	}
	if got, want := strings.Join(order, " "), "outer inner outer inner outer inner"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Errors of handlers are for the model, with their hint; those of the
// protocol keep their code.
func TestErrors(t *testing.T) {
	fail := func(name string, err error) mcpcore.Tool {
		return mcpcore.Read(name, "Fail.", func(context.Context, nothing) (string, error) { return "", err })
	}
	c := mcptest.Connect(t, newServer(
		fail("plain", errBroken),
		fail("hinted", mcpcore.Hint(errBroken, "call plain_one")),
		fail("plain_one", mcpcore.Hint(errors.New("twice"), "call plain_one")),
		fail("empty", errors.New("")),
	), mcptest.Options{})
	for tool, want := range map[string]string{
		"plain": "broken", "hinted": "broken\nhint: call plain_one", "empty": "it did not work",
	} {
		if r := c.Call(tool, nil); !r.IsError || r.Text() != want {
			t.Errorf("%s: got %+v, want %q", tool, r, want)
		}
	}
}
