package postgres_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
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

var cursorSaid = regexp.MustCompile(`with cursor ([A-Z0-9]{26}) soon`)

// An answer that was cut goes on where it ended, by its cursor.
func TestQueryPages(t *testing.T) {
	c := served(t)
	r := c.Call("query", args{"sql": "SELECT generate_series(1, 7) AS n", "max_rows": 3})
	var got []string
	for page := 1; ; page++ {
		got = append(got, r.Content[0].Text)
		m := cursorSaid.FindStringSubmatch(r.Text())
		if m == nil {
			break
		}
		r = c.Call("query", args{"cursor": m[1], "max_rows": 3, "format": "csv"})
	}
	if want := "[\n  {\n    \"n\": 1\n  },\n  {\n    \"n\": 2\n  },\n  {\n    \"n\": 3\n  }\n]; n\n4\n5\n6\n; n\n7\n"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "; "), want)
	}
	for _, wrong := range []args{{}, {"sql": "SELECT 1", "cursor": "x"}} {
		if r := c.Call("query", wrong); !r.IsError || !strings.Contains(r.Text(), "give sql, or the cursor of an answer that was cut") {
			t.Errorf("%v: got %+v", wrong, r)
		}
	}
	if r := c.Call("query", args{"cursor": "x"}); !r.IsError || !strings.Contains(r.Text(), "run the query again") {
		t.Errorf("got %+v", r)
	}
	off := newServerWith(t, postgres.Config{Database: postgres.Database{CursorIdle: -1}})
	if r := mcptest.Connect(t, off, mcptest.Options{}).Call("query", args{"sql": "SELECT generate_series(1, 7)", "max_rows": 3}); !strings.Contains(r.Text(), "Cut after 3 rows; there are more: aggregate, filter, or raise max_rows.") {
		t.Errorf("got %+v", r)
	}
}
