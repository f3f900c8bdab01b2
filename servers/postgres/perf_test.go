package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// What is off by default is neither listed nor served.
func TestPerfIsOff(t *testing.T) {
	c := served(t)
	for _, tool := range c.Tools() {
		if tool.Name == "health" {
			t.Error("health is offered by default")
		}
	}
}

func TestPerfSuite(t *testing.T) {
	mcptest.Suite(t, func() *mcpcore.Server {
		s := newServer(t)
		s.Options.Policy.Toolsets = []string{"perf"}
		return s
	}, mcptest.Limits{ToolsList: 4500})
}

func TestHealth(t *testing.T) {
	c := withExtensions(t, postgres.Config{})
	text := works(t, c, "health", nil)
	says(t, text,
		`"Faults".broken: left by a CREATE INDEX CONCURRENTLY`, `"Faults".no_key_a: beginning of no_key_a_b`, `"Faults".no_key_a_again: `,
		`"Faults".no_key_a_b: 1`, "never used since", `"Faults".no_key: about`, `"Faults".no_key: positive is NOT VALID`,
		`"Faults".left_alone_id_seq: 93.1% used, at 2000000000, for a column of type integer`, `"Faults".left_alone: autovacuum_enabled=off`,
		"public.orders: orders_customer_id_fkey", "slot nobody: inactive, WAL reserved", "hstore: 1.4, while 1.8 is there", "fsync = off", `"Faults".no_key: never analyzed`,
		"critical (sequence)", "next: ", "fine: ")
	if strings.Contains(text, "not checked") {
		t.Errorf("a check fails:\n%s", text)
	}
	some := works(t, c, "health", args{"checks": []string{"sequence", "lock"}})
	says(t, some, "1 critical, 0 warnings, 0 notes", "fine: lock")
	if strings.Contains(some, "broken") {
		t.Errorf("more is checked than was asked for:\n%s", some)
	}
	if got := c.Call("health", args{"checks": []string{"everything"}}); !got.IsError || !strings.Contains(got.Text(), "the checks are index, ") {
		t.Errorf("an unknown check: got %s", got.Text())
	}
}

// What may not be seen is in no finding.
func TestPerfHides(t *testing.T) {
	c := withExtensions(t, postgres.Config{Database: postgres.Database{AllowSchemas: []string{"public"}, DenyTables: []string{"orders"}}})
	run(t, "SELECT count(*) FROM orders WHERE status = 'sesame'")
	for _, tool := range []string{"health", "bloat", "top_queries", "activity"} {
		text := works(t, c, tool, nil)
		for _, word := range []string{"Faults", "orders:", "FROM orders", "no_key", "sesame"} {
			if strings.Contains(text, word) {
				t.Errorf("%s tells of %s:\n%s", tool, word, text)
			}
		}
	}
}

func TestBloat(t *testing.T) {
	c := withExtensions(t, postgres.Config{})
	run(t, `CREATE TABLE IF NOT EXISTS holes AS SELECT n, repeat('x', 100) AS x FROM generate_series(1, 20000) n`, `DELETE FROM holes WHERE n % 10 > 0`, `VACUUM ANALYZE holes`)
	says(t, works(t, c, "bloat", args{"measure": true, "limit": 200}), "table public.holes: 2.4 MB of 2.7 MB (89%), measured 2.", "index public.", "next: VACUUM")
	says(t, works(t, c, "bloat", args{"limit": 1}), "and more, with a higher limit")
}

func TestTopQueries(t *testing.T) {
	c := withExtensions(t, postgres.Config{})
	run(t, "SELECT pg_stat_statements_reset()")
	for range 3 {
		run(t, "SELECT count(*) FROM events WHERE kind = 'sesame' AND customer_id > 4711")
	}
	run(t, "DO $$ BEGIN PERFORM 'sesame'; END $$")
	for _, by := range []string{"total_time", "mean_time", "calls", "rows", "reads", "temp"} {
		text := works(t, c, "top_queries", args{"sort_by": by, "limit": 100})
		says(t, text, "SELECT count(*) FROM events WHERE kind = $1 AND customer_id > $2", "3 calls", "by postgres", "% of the time")
		if strings.Contains(text, "sesame") {
			t.Errorf("a value is shown:\n%s", text)
		}
	}
}

// Without its extension a tool says what to do.
func TestExtensionsAreMissing(t *testing.T) {
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c := tuned(t, postgres.Config{})
	for tool, in := range map[string]args{"top_queries": nil, "bloat": {"measure": true}} {
		if got := c.Call(tool, in); !got.IsError || !strings.Contains(got.Text(), "CREATE EXTENSION") {
			t.Errorf("%s: got %s", tool, got.Text())
		}
	}
	says(t, works(t, c, "bloat", nil), "public.")
	if text := works(t, c, "health", nil); strings.Contains(text, "not checked") {
		t.Errorf("a check fails:\n%s", text)
	}
}

func TestActivity(t *testing.T) {
	c := withExtensions(t, postgres.Config{})
	holder, waiter := connect(t), connect(t)
	execute(t, holder, "BEGIN; LOCK TABLE events; SELECT 'sesame'")
	done := make(chan error)
	go func() {
		_, err := waiter.Exec(context.Background(), "SELECT count(*) FROM events WHERE kind = 'sesame'").ReadAll()
		done <- err
	}()
	text := ""
	for !strings.Contains(text, "blocked by") {
		text = works(t, c, "activity", args{"kind": "locks"})
		if t.Context().Err() != nil {
			t.Fatal(text)
		}
	}
	says(t, text, "idle in transaction", "\n  pid ", "wants AccessShareLock on public.events", "SELECT count(*) FROM events WHERE kind = ?", "next: ")
	says(t, works(t, c, "activity", args{"kind": "queries"}), "waits for Lock/relation", "blocked by pid")
	says(t, works(t, c, "activity", args{"kind": "transactions"}), "idle in transaction", "of postgres")
	if strings.Contains(text, "sesame") {
		t.Errorf("a value is shown:\n%s", text)
	}
	execute(t, holder, "ROLLBACK")
	if err := <-done; err != nil {
		t.Error(err)
	}
	says(t, works(t, c, "activity", args{"kind": "locks"}), "nobody waits")
}

// connect is a session of somebody else's on the database with extensions.
func connect(t *testing.T) *pgconn.PgConn {
	t.Helper()
	c, err := pgconn.Connect(t.Context(), extended.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func execute(t *testing.T, c *pgconn.PgConn, sql string) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// run runs statements on the database with extensions.
func run(t *testing.T, statements ...string) {
	t.Helper()
	c := connect(t)
	for _, sql := range statements {
		execute(t, c, sql)
	}
}

func TestPerfShown(t *testing.T) {
	s := newServer(t)
	s.Options.Policy.Toolsets = []string{"perf"}
	mcptest.Snapshot(t, s, "testdata/tools-perf")
}

// A login that may do little is served as far as it goes, and told what is missing.
func TestPerfAsReader(t *testing.T) {
	withExtensions(t, postgres.Config{}) // starts the server
	c := withExtensions(t, postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret(extended.URL("reader", "postgres"))}})
	text := works(t, c, "health", nil)
	says(t, text, "no member of pg_read_all_stats", "orders_customer_id_fkey")
	if strings.Contains(text, "not checked:") {
		t.Errorf("a check fails:\n%s", text)
	}
	holder := connect(t)
	execute(t, holder, "BEGIN; SELECT 'sesame'")
	transactions := works(t, c, "activity", args{"kind": "transactions"})
	if strings.Contains(transactions, "sesame") {
		t.Errorf("a reader sees another's query:\n%s", transactions)
	}
	says(t, works(t, c, "top_queries", args{"limit": 100}), "of the time")
	says(t, works(t, c, "bloat", nil), "events")
	says(t, works(t, c, "advise_indexes", args{"queries": slow[:1]}), "Proved with hypopg", "(customer_id, kind)")
}
