package mcpcore_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type forwardIn struct {
	Tool      string          `json:"tool" jsonschema:"its name"`
	Arguments json.RawMessage `json:"arguments,omitzero" jsonschema:"its arguments"`
}

func newGateway(p mcpcore.Policy) *mcpcore.Server {
	say := func(_ context.Context, in presetIn) (string, error) { return "said " + in.Owner, nil }
	s := mcpcore.New(mcpcore.Info{Name: "t"},
		mcpcore.Read("find", "Find tools.", func(ctx context.Context, _ struct{}) (string, error) {
			var names []string
			for _, t := range mcpcore.Reachable(ctx) {
				name, _, _ := t.Shown()
				names = append(names, name)
			}
			return strings.Join(names, " "), nil
		}, mcpcore.Gateway()),
		mcpcore.Read("look", "Call a tool that reads.", func(ctx context.Context, in forwardIn) (*mcpcore.Result, error) {
			return mcpcore.Forward(ctx, in.Tool, in.Arguments, mcpcore.Reads)
		}, mcpcore.Gateway()),
		mcpcore.Write("change", "Call a tool that writes.", func(ctx context.Context, in forwardIn) (*mcpcore.Result, error) {
			return mcpcore.Forward(ctx, in.Tool, in.Arguments, mcpcore.Writes, mcpcore.Deletes)
		}, mcpcore.Gateway()),
		mcpcore.Read("see", "See.", say, mcpcore.Behind(), mcpcore.Toolset("a")),
		mcpcore.Write("put", "Put.", say, mcpcore.Behind(), mcpcore.Toolset("b")),
	)
	s.Options.Policy = p
	return s
}

func TestGateway(t *testing.T) {
	call := func(p mcpcore.Policy, tool string, args any) string {
		c := mcptest.Connect(t, newGateway(p), mcptest.Options{})
		for _, listed := range c.Tools() {
			if listed.Name == "see" || listed.Name == "put" {
				t.Errorf("%s is listed", listed.Name)
			}
		}
		return c.Call(tool, args).Text()
	}
	see := map[string]any{"tool": "see", "arguments": map[string]any{"owner": "x"}}
	put := map[string]any{"tool": "put", "arguments": map[string]any{"owner": "x"}}
	for _, q := range []struct {
		policy mcpcore.Policy
		tool   string
		args   any
		want   string
	}{
		{mcpcore.Policy{}, "find", nil, "see put"},
		{mcpcore.Policy{ReadOnly: true}, "find", nil, "see"},
		{mcpcore.Policy{Toolsets: []string{"b"}}, "find", nil, "put"},
		{mcpcore.Policy{Allow: []string{"see"}}, "find", nil, "see"},
		{mcpcore.Policy{}, "look", see, "said x"},
		{mcpcore.Policy{}, "change", put, "said x"},
		{mcpcore.Policy{}, "see", map[string]any{"owner": "x"}, "said x"},
		{mcpcore.Policy{}, "look", put, "its effect is write"},
		{mcpcore.Policy{}, "change", see, "its effect is read"},
		{mcpcore.Policy{Deny: []string{"see"}}, "look", see, "--disable-tools"},
		{mcpcore.Policy{Toolsets: []string{"a"}}, "change", put, "--toolsets"},
		{mcpcore.Policy{ReadOnly: true}, "change", put, "--read-only"},
		{mcpcore.Policy{}, "look", map[string]any{"tool": "look"}, "no tool"},
		{mcpcore.Policy{}, "look", map[string]any{"tool": "see", "arguments": map[string]any{}}, "owner"},
		{mcpcore.Policy{}, "look", map[string]any{"tool": "see"}, "owner"},
	} {
		if got := call(q.policy, q.tool, q.args); !strings.Contains(got, q.want) {
			t.Errorf("%+v %s %v: got %q, want %q", q.policy, q.tool, q.args, got, q.want)
		}
	}
}

// A tool that is off leaves the rest of its toolset; a tool may be
// in several.
func TestOff(t *testing.T) {
	run := func(context.Context, struct{}) (string, error) { return "ran", nil }
	s := mcpcore.New(mcpcore.Info{Name: "t"},
		mcpcore.Read("one", "One.", run, mcpcore.Toolset("a", "default")),
		mcpcore.Read("two", "Two.", run, mcpcore.Toolset("a", "default"), mcpcore.Off("--exclude", "it is excluded (--exclude)")),
		mcpcore.Read("three", "Three.", run, mcpcore.Extra("b")),
		mcpcore.Read("four", "Four.", run, mcpcore.Extra("c")))
	s.Options.Policy.Toolsets = []string{"default", "b"}
	c := mcptest.Connect(t, s, mcptest.Options{})
	for name, want := range map[string]string{"one": "ran", "two": "--exclude", "three": "ran", "four": "--toolsets"} {
		if got := c.Call(name, nil).Text(); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A gateway asks what the tool behind it would have asked.
func TestGatewayAsks(t *testing.T) {
	asked := 0
	c := mcptest.Connect(t, newGateway(mcpcore.Policy{Confirm: mcpcore.ConfirmWrites}), mcptest.Options{Elicit: func(mcptest.Question) mcptest.Answer {
		asked++
		return mcptest.Decline()
	}})
	if r := c.Call("change", map[string]any{"tool": "put", "arguments": map[string]any{"owner": "x"}}); !r.IsError || asked != 1 {
		t.Errorf("%s, asked %d times", r.Text(), asked)
	}
}
