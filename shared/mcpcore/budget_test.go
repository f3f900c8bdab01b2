package mcpcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// However a result is too large, what goes out is within the budget and says
// what to do.
func TestResultBudget(t *testing.T) {
	const budget = 4000
	text := func(s string) *mcpcore.Result {
		return &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Text{Text: s}}}
	}
	lines := strings.Repeat("one line of text\n", 1000)
	blob := bytes.Repeat([]byte{7}, budget)
	for _, test := range []struct {
		name    string
		result  *mcpcore.Result
		err     error
		isError bool
		want    string // in the text
	}{
		{"lines", text(lines), nil, false, "]"},
		{"one line", text(strings.Repeat("x", 10*budget)), nil, false, "x\n[cut: "},
		{"a little too long", text(strings.Repeat("x", budget)), nil, false, "[cut: "},
		{"control characters", text(strings.Repeat("\x01", budget)), nil, false, "[cut: "},
		{"quotes", text(strings.Repeat(`"\`, budget)), nil, false, "[cut: "},
		{"wide characters", text(strings.Repeat("😀", budget)), nil, false, "😀\n[cut: "},
		{"no UTF-8", text(strings.Repeat("\xff", budget)), nil, false, "[cut: "},
		{"some blocks", &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Text{Text: lines[:2000]}, mcpcore.Text{Text: lines}, mcpcore.Text{Text: lines}}}, nil, false, "[cut: "},
		{"many blocks", &mcpcore.Result{Content: manyBlocks(1000)}, nil, false, ""},
		{"image", &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Image{Data: blob, MIMEType: "image/png"}}}, nil, true, "bytes"},
		{"audio", &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Audio{Data: blob, MIMEType: "audio/wav"}}}, nil, true, "bytes"},
		{"embedded", &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Embedded{Resource: mcpcore.Contents{URI: "test:///x", Text: lines}}}}, nil, true, "bytes"},
		{"embedded control characters", &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Embedded{Resource: mcpcore.Contents{URI: "test:///x", Text: strings.Repeat("\x01", budget/2)}}}}, nil, true, "bytes"},
		{"embedded blob", &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Embedded{Resource: mcpcore.Contents{URI: "test:///x", Blob: blob}}}}, nil, true, "bytes"},
		{"structured", &mcpcore.Result{Structured: []byte(`{"a":"` + lines[:0] + strings.Repeat("x", budget) + `"}`)}, nil, true, "bytes"},
		{"error", nil, fmt.Errorf("%s", lines), true, "[cut: "},
		{"fits", text(lines[:1700]), nil, false, "line of text\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(mcpcore.Read("large", "Give much.", func(context.Context, nothing) (*mcpcore.Result, error) {
				return test.result, test.err
			}, mcpcore.Resume("call large with a higher start")))
			s.Options.MaxResultBytes = budget
			eachRevision(t, func(t *testing.T, revision string) {
				c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
				raw, err := c.Request("tools/call", map[string]any{"name": "large"})
				if err != nil {
					t.Fatal(err)
				}
				if len(raw) > budget {
					t.Errorf("the result takes %d bytes, %d are allowed", len(raw), budget)
				}
				var r mcptest.Result
				if err := json.Unmarshal(raw, &r); err != nil {
					t.Fatal(err)
				}
				if got := r.Text(); r.IsError != test.isError || !strings.Contains(got, test.want) {
					t.Errorf("got error %v and %.200q", r.IsError, got)
				}
				cut := strings.Contains(r.Text(), "[cut: ") || test.want == "bytes"
				if says := strings.Contains(r.Text(), "call large with a higher start"); cut != says && test.err == nil {
					t.Errorf("cut is %v, says how to go on is %v: %.300q", cut, says, r.Text())
				}
			})
		})
	}
}

func manyBlocks(n int) []mcpcore.Content {
	all := make([]mcpcore.Content, n)
	for i := range all {
		all[i] = mcpcore.Text{Text: "x"}
	}
	return all
}

func TestResourceBudget(t *testing.T) {
	s := newServer()
	s.Options.MaxResultBytes = 4000
	s.AddResources(mcpcore.Resource{URI: "test:///large", Name: "large", Read: func(context.Context, string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents(strings.Repeat("x", 5000)), nil
	}})
	c := mcptest.Connect(t, s, mcptest.Options{})
	if e := c.Refused("resources/read", map[string]any{"uri": "test:///large"}); !strings.Contains(e.Message, "4000 bytes") {
		t.Errorf("got %v", e)
	}
}

// A broken block behind a long one costs the call its result, and not the
// stream its form.
func TestLongAndBroken(t *testing.T) {
	long := mcpcore.Text{Text: strings.Repeat("x", 4<<20)}
	l := mcptest.Pipe(t, newServer(gives("long", []mcpcore.Content{long, nil}), gives("fine", long)))
	if got := parse(t, l.Ask(call("1", "long", "{}"))); got.Error == nil || got.Error.Code != -32603 {
		t.Errorf("got %.100v, want -32603", got)
	}
	l.Alive()
	if got := l.Ask(call("2", "fine", "{}")); !strings.Contains(got, `"`+long.Text+`"`) {
		t.Errorf("got %d bytes, want %d and more", len(got), len(long.Text))
	}
	l.Alive()
}

func TestLongLines(t *testing.T) {
	const limit = 100_000
	s := newServer()
	s.Options.MaxLineBytes = limit
	l := mcptest.Pipe(t, s)
	fill := func(size int) string { // a line of that size, with its newline
		return call("1", "echo", `{"text":"`+strings.Repeat("x", size-1-len(call("1", "echo", `{"text":""}`)))+`"}`)
	}
	for _, test := range []struct {
		size int
		ok   bool
	}{{60_000, true}, {65_536, true}, {65_537, true}, {limit, true}, {limit + 1, false}, {131_072, false}, {1 << 20, false}} {
		got := parse(t, l.Ask(fill(test.size)))
		if test.ok != (got.Result != nil) || (!test.ok && (got.Error.Code != -32600 || string(got.ID) != "null")) {
			t.Errorf("%d bytes: got error %+v", test.size, got.Error)
		}
		l.Alive()
	}
	l.Write(strings.Repeat("x", limit+10)) // and no newline
	l.CloseInput()
	if got := l.Rest(); len(got) != 1 || !strings.Contains(got[0], "-32600") {
		t.Errorf("got %q, want -32600", got)
	}
}

// A real line beyond the real limit is skipped without being kept.
func TestVeryLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 65 MiB")
	}
	l := mcptest.Pipe(t, newServer())
	before := heap()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	allocated := m.TotalAlloc
	part := strings.Repeat("x", 1<<20)
	for range 65 {
		l.Write(part)
	}
	l.Write("\n")
	if got := parse(t, l.Next()); got.Error == nil || got.Error.Code != -32600 {
		t.Errorf("got %+v, want -32600", got.Error)
	}
	l.Alive()
	runtime.ReadMemStats(&m)
	if n := m.TotalAlloc - allocated; n > 500<<20 {
		t.Errorf("%d MiB were allocated", n>>20)
	}
	if grown := int64(heap()) - int64(before); grown > 8<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}
