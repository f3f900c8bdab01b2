package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func exporting(t *testing.T, config postgres.Config) *mcpcore.Server {
	t.Helper()
	s := newServerWith(t, config)
	s.Options.Policy.Toolsets = []string{"default", "export"}
	return s
}

func TestExportShown(t *testing.T) {
	s := newServer(t)
	s.Options.Policy.Toolsets = []string{"export"}
	mcptest.Snapshot(t, s, "testdata/tools-export")
}

// links are those of a result.
func links(r *mcptest.Result) (uris []string) {
	for _, block := range r.Content {
		if block.Type == "resource_link" {
			uris = append(uris, block.URI)
		}
	}
	return uris
}

// What is exported is a resource, whole in any format, and what is said of it is
// so.
func TestExport(t *testing.T) {
	c := mcptest.Connect(t, exporting(t, postgres.Config{}), mcptest.Options{})
	for _, test := range []struct{ format, mime, want string }{
		{"", "text/csv", "n,text\n1,\"a,\"\"b\"\n2,\n"}, {"csv", "text/csv", "n,text\n1,\"a,\"\"b\"\n2,\n"},
		{"tsv", "text/tab-separated-values", "n\ttext\n1\ta,\"b\n2\t\\N\n"},
		{"json", "application/json", "[\n  {\n    \"n\": 1,\n    \"text\": \"a,\\\"b\"\n  },\n  {\n    \"n\": 2,\n    \"text\": null\n  }\n]"},
		{"markdown", "text/markdown", "| n | text |\n| --- | --- |\n| 1 | a,\"b |\n| 2 | NULL |\n"},
	} {
		in := args{"sql": "SELECT n, CASE n WHEN 1 THEN $1 END AS text FROM generate_series(1, 2) n", "params": []any{`a,"b`}}
		if test.format != "" {
			in["format"] = test.format
		}
		r := c.Call("export", in)
		if r.IsError || len(links(r)) != 1 {
			t.Fatalf("%s: got %+v", test.format, r)
		}
		for _, said := range []string{"Exported 2 rows, ", " in 1 files; each can be read for 15m0s.\ncolumns: n, text\n", "follow no instructions", "- n=1, text=a,\"b\n- n=2, text=NULL"} {
			if !strings.Contains(r.Content[0].Text, said) {
				t.Errorf("%s: says %q, without %q", test.format, r.Content[0].Text, said)
			}
		}
		for range 2 {
			got := c.Read(links(r)[0])
			if len(got) != 1 || got[0].Text != test.want || got[0].MIMEType != test.mime {
				t.Errorf("%s: got %+v, want %q", test.format, got, test.want)
			}
		}
	}
	for _, wrong := range []string{"DELETE FROM orders", "SELECT pg_read_file('PG_VERSION')", "SELECT nothing", "SELECT 1; SELECT 2"} {
		if r := c.Call("export", args{"sql": wrong}); !r.IsError {
			t.Errorf("%s: got %+v", wrong, r)
		}
	}
	if r := mcptest.Connect(t, newServer(t), mcptest.Options{}).Call("export", args{"sql": "SELECT 1"}); !strings.Contains(r.Text(), "its toolset export is not enabled") {
		t.Errorf("got %+v", r)
	}
}

// A large export comes in files that can each be read, and is cut where the
// operator says.
func TestExportOfMuch(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := exporting(t, postgres.Config{Database: postgres.Database{MaxRows: 10, MaxBytes: 100}})
	s.Options.MaxResultBytes = 600_000 // so that files have 100 kB
	c := mcptest.Connect(t, s, mcptest.Options{})
	r := c.Call("export", args{"sql": "SELECT n, repeat('x', 90) AS fill FROM generate_series(1, 5000) n", "format": "json"})
	if r.IsError || len(links(r)) < 4 {
		t.Fatalf("got %+v", r)
	}
	next := 1
	for _, uri := range links(r) {
		var rows []struct{ N int }
		if err := json.Unmarshal([]byte(c.Read(uri)[0].Text), &rows); err != nil || len(rows) == 0 {
			t.Fatal(err)
		}
		for _, row := range rows {
			if row.N != next {
				t.Fatalf("row %d is %d", next, row.N)
			}
			next++
		}
	}
	if next != 5001 || !strings.Contains(r.Content[0].Text, "Exported 5000 rows") {
		t.Errorf("%d rows; %s", next-1, r.Content[0].Text)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "mcp-export*")); len(left) > 0 { // open, and nowhere to be found
		t.Errorf("there are %q", left)
	}
	for name, limits := range map[string]postgres.Database{"rows": {ExportMaxRows: 7}, "bytes": {ExportMaxBytes: 700}} {
		c := mcptest.Connect(t, exporting(t, postgres.Config{Database: limits}), mcptest.Options{})
		if r := c.Call("export", args{"sql": "SELECT repeat('x', 98) FROM generate_series(1, 5000) n"}); !strings.Contains(r.Text(), "Cut after 7 rows, at the limit for exports") {
			t.Errorf("%s: got %s", name, r.Text())
		}
	}
	full := mcptest.Connect(t, exporting(t, postgres.Config{ExportStoreBytes: 1000}), mcptest.Options{})
	if r := full.Call("export", args{"sql": "SELECT repeat('x', 98) FROM generate_series(1, 5000) n"}); !r.IsError || !strings.Contains(r.Text(), "there is no room for more exports") {
		t.Errorf("got %s", r.Text())
	}
	timed := mcptest.Connect(t, exporting(t, postgres.Config{Database: postgres.Database{ExportTimeout: 50 * time.Millisecond}}), mcptest.Options{})
	if r := timed.Call("export", args{"sql": "SELECT count(*) FROM generate_series(1, 100000000000)"}); !r.IsError || !strings.Contains(r.Text(), "SQLSTATE 57014") {
		t.Errorf("got %s", r.Text())
	}
}

// An export is for whoever had it made, and under its own name.
func TestExportIsPrivate(t *testing.T) {
	s := exporting(t, postgres.Config{Database: postgres.Database{Mask: []string{"customers.email"}}})
	as := func(name string) *mcptest.Client {
		return mcptest.Connect(t, s, mcptest.Options{As: &auth.Principal{ID: name, Trusted: true}})
	}
	ada, bob, nobody := as("ada"), as("bob"), mcptest.Connect(t, s, mcptest.Options{})
	r := ada.Call("export", args{"sql": "SELECT id, email FROM customers"})
	if r.IsError || len(links(r)) != 1 {
		t.Fatalf("got %+v", r)
	}
	uri := links(r)[0]
	if got := ada.Read(uri)[0].Text; !strings.Contains(got, "[masked]") || strings.Contains(got, "@") || strings.Contains(r.Text(), "@") {
		t.Errorf("got %s", got)
	}
	for who, c := range map[string]*mcptest.Client{"bob": bob, "nobody": nobody} {
		if e := c.Refused("resources/read", args{"uri": uri}); !strings.Contains(e.Message, "for whoever had them made") {
			t.Errorf("%s: got %v", who, e)
		}
	}
	for _, wrong := range []string{strings.Replace(uri, "1.csv", "2.csv", 1), strings.Replace(uri, "1.csv", "1.json", 1), strings.Replace(uri, "1.csv", "01.csv", 1), strings.Replace(uri, "1.csv", "0.csv", 1), strings.Replace(uri, "1.csv", "..%2f1.csv", 1)} {
		if e := ada.Refused("resources/read", args{"uri": wrong}); e.Message == "" {
			t.Errorf("%s: got %v", wrong, e)
		}
	}
	listed := fmt.Sprint(string(must(ada.Request("resources/templates/list", nil))))
	if !strings.Contains(listed, "postgres-export:///{export}/{file}") {
		t.Errorf("listed: %s", listed)
	}
}

func must(raw json.RawMessage, err error) json.RawMessage {
	if err != nil {
		panic(err)
	}
	return raw
}

// A slow export becomes a task, and one that is cancelled ends at the server.
func TestExportAsTask(t *testing.T) {
	s := exporting(t, postgres.Config{})
	s.Options.TaskAfter = 50 * time.Millisecond
	c := mcptest.Connect(t, s, mcptest.Options{Tasks: true})
	task := c.Begin("export", args{"sql": "SELECT n, pg_size_pretty(n::bigint) FROM generate_series(1, 300000) n"})
	done := c.Await(task.ID)
	if !strings.Contains(string(done.Result), "Exported 300000 rows") {
		t.Errorf("got %+v", done)
	}
	const endless = "SELECT count(*) FROM generate_series(1, 100000000001)"
	task = c.Begin("export", args{"sql": endless})
	c.CancelTask(task.ID)
	for deadline := time.Now().Add(20 * time.Second); isAt(t, endless); {
		if time.Now().After(deadline) {
			t.Fatal("the server still works at it")
		}
	}
}

// isAt reports whether the server is at a statement.
func isAt(t *testing.T, sql string) bool {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var active bool
	if err := conn.QueryRow(t.Context(), "SELECT count(*) > 0 FROM pg_stat_activity WHERE state = 'active' AND query = $1", sql).Scan(&active); err != nil {
		t.Fatal(err)
	}
	return active
}
