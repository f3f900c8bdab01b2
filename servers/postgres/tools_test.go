package postgres_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestSuite(t *testing.T) {
	mcptest.Suite(t, func() *mcpcore.Server { return newServer(t) }, mcptest.Limits{ToolsList: 6000})
}

func TestShown(t *testing.T) {
	mcptest.Snapshot(t, newServer(t), "testdata/tools")
}

func TestQuery(t *testing.T) {
	c := served(t)
	for _, q := range []struct{ sql, want string }{
		{"SELECT 1 AS one, 'x' AS \"X\", NULL AS nothing", "[\n  {\n    \"one\": 1,\n    \"X\": \"x\",\n    \"nothing\": null\n  }\n]"},
		{"SELECT count(*) FROM orders", "[\n  {\n    \"count\": \"10000\"\n  }\n]"},
		{"SELECT 1 WHERE false", "[]"},
	} {
		if got := c.Call("query", map[string]any{"sql": q.sql}); got.IsError || got.Content[0].Text != q.want {
			t.Errorf("%s: got %+v, want %s", q.sql, got, q.want)
		}
	}
	for _, q := range []struct{ sql, want string }{
		{"DELETE FROM order_lines", "read-only"},
		{"SELECT 1; SELECT 2", "more than one statement"},
		{"SELECT nothing FROM orders", "SQLSTATE 42703, at character 8"},
	} {
		if got := c.Call("query", map[string]any{"sql": q.sql}); !got.IsError || !strings.Contains(got.Content[0].Text, q.want) {
			t.Errorf("%s: got %+v, want an error with %s", q.sql, got, q.want)
		}
	}
}
