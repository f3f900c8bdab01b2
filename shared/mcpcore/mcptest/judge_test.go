package mcptest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// What a server must not send, and what the checker says of it.
func TestChecker(t *testing.T) {
	const init18 = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}`
	const ready18 = `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"x","version":"1"}}}`
	for _, test := range []struct{ name, sent, received, want string }{
		{"good", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, `{"jsonrpc":"2.0","id":1,"result":{}}`, ""},
		{"no version", "", `{"id":1,"result":{}}`, "JSON-RPC"},
		{"both", "", `{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}`, "or both"},
		{"neither", "", `{"jsonrpc":"2.0","id":1}`, "neither"},
		{"code 0", "", `{"jsonrpc":"2.0","id":1,"error":{"code":0,"message":"x"}}`, "needs a code"},
		{"null id", "", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}`, ""},
		{"content missing", `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, `{"jsonrpc":"2.0","id":1,"result":{}}`, "content"},
		{"text no string", `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":1}]}}`, "content"},
		{"newer member", `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, `{"jsonrpc":"2.0","id":1,"result":{"content":[],"resultType":"complete"}}`, "does not know .resultType"},
		{"newer nested member", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"x","icons":[],"inputSchema":{"type":"object","$defs":{}}}]}}`, "does not know .tools[0].icons"},
		{"no uri", `{"jsonrpc":"2.0","id":1,"method":"resources/read"}`, `{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"not a uri","text":""}]}}`, "uri"},
		{"notification", "", `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`, ""},
		{"unknown notification", "", `{"jsonrpc":"2.0","method":"notifications/none","params":{}}`, "has no notifications/none"},
		{"server request", "", `{"jsonrpc":"2.0","id":1,"method":"roots/list"}`, ""},
		{"unknown request", "", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "has no tools/list"},
		{"batch", "", `[{"jsonrpc":"2.0","id":1,"result":{}},{"id":1}]`, "JSON-RPC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChecker()
			c.sent([]byte(init18))
			if err := c.received([]byte(ready18)); err != nil {
				t.Fatal(err)
			}
			c.sent([]byte(test.sent))
			err := c.received([]byte(test.received))
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

// probe is a testing.TB that notes that it failed.
type probe struct {
	testing.TB
	failed bool
}

func (p *probe) Errorf(string, ...any) { p.failed = true }
func (p *probe) Error(...any)          { p.failed = true }

func TestSnapshotOfChanges(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tools")
	s := fixture()
	check := func(name string, rewrite, want bool) {
		t.Helper()
		p := &probe{TB: t}
		if snapshot(p, s, dir, rewrite); p.failed != want {
			t.Errorf("%s: failed is %v, want %v", name, p.failed, want)
		}
	}
	check("missing", false, true)
	check("written", true, false)
	check("same", false, false)
	extra := filepath.Join(dir, "gone.json")
	if err := os.WriteFile(extra, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("surplus", false, true)
	check("surplus removed", true, false)
	if err := os.WriteFile(filepath.Join(dir, "look.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("changed", false, true)
}
func fixture() *mcpcore.Server {
	return mcpcore.New(mcpcore.Info{Name: "mcp-look"}, mcpcore.Read("look", "Look.",
		func(context.Context, struct{}) (string, error) { return "", nil }))
}

func TestURITemplate(t *testing.T) {
	for text, good := range map[string]bool{
		"repo://{owner}/{repo}/contents/{+path}": true, "file:///{+path}": true, "x://h/{a,b}{?c*,d:3}": true,
		"x://{": false, "x://{a}}": false, "x://{}": false, "x://{a b}": false, "x://\x7f/{a}": false,
	} {
		if err := uriTemplate(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
