package mcpcore_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestUnlisted(t *testing.T) {
	run := func(_ context.Context, in presetIn) (string, error) { return in.Owner + " " + in.Word, nil }
	s := mcpcore.New(mcpcore.Info{Name: "t"}, mcpcore.Read("say", "Say it.", run, mcpcore.Unlisted("word")))
	c := mcptest.Connect(t, s, mcptest.Options{})
	if schema := string(c.Tools()[0].InputSchema); strings.Contains(schema, "word") || !strings.Contains(schema, "owner") {
		t.Errorf("schema: %s", schema)
	}
	if got := c.Call("say", map[string]any{"owner": "acme", "word": "x"}).Text(); got != "acme x" {
		t.Errorf("got %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("an argument that is not there is taken")
		}
	}()
	mcpcore.Read("say", "Say it.", run, mcpcore.Unlisted("other"))
}

type presetIn struct {
	Owner string `json:"owner" jsonschema:"account" audit:"target"`
	Word  string `json:"word,omitzero" jsonschema:"word" alias:"w"`
}

func TestPreset(t *testing.T) {
	run := func(_ context.Context, in presetIn) (string, error) { return in.Owner + " " + in.Word, nil }
	other := func(_ context.Context, in struct{}) (string, error) { return "other", nil }
	s := mcpcore.New(mcpcore.Info{Name: "t"},
		mcpcore.Read("say", "Say it.", run).With(mcpcore.Preset("owner", "acme"), mcpcore.Prepare(func(args []byte) ([]byte, error) {
			return bytes.ReplaceAll(args, []byte("old"), []byte("new")), nil
		})),
		mcpcore.Read("other", "Say something else.", other).With(mcpcore.Preset("owner", "acme")))
	c := mcptest.Connect(t, s, mcptest.Options{})
	if schema := string(c.Tools()[0].InputSchema); strings.Contains(schema, "owner") || !strings.Contains(schema, "word") {
		t.Errorf("schema: %s", schema)
	}
	for _, q := range []struct {
		args any
		want string
	}{
		{nil, "acme "},
		{map[string]any{}, "acme "},
		{map[string]any{"w": "old"}, "acme new"},
		{map[string]any{"owner": "ACME", "word": "x"}, "ACME x"},
		{map[string]any{"owner": "evil"}, `owner: this server has no other than "acme"` + "\nhint: leave it out"},
		{map[string]any{"owner": 5}, `owner: this server has no other than "acme"` + "\nhint: leave it out"},
	} {
		if got := c.Call("say", q.args).Text(); got != q.want {
			t.Errorf("%v: got %q, want %q", q.args, got, q.want)
		}
	}
	twice := c.Raw(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"say","arguments":{"owner":"acme","owner":"evil"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`)
	if len(twice) != 1 || strings.Contains(twice[0], "evil") || !strings.Contains(twice[0], "error") && !strings.Contains(twice[0], "no other") {
		t.Errorf("an argument that stands there twice: %q", twice)
	}
	if got := c.Call("other", nil).Text(); got != "other" {
		t.Errorf("got %q", got)
	}
}
