package postgres_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
)

// says checks that a text has every one of some pieces.
func says(t *testing.T, text string, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if !strings.Contains(text, piece) {
			t.Errorf("there is no %q in:\n%s", piece, text)
		}
	}
}

func TestExplain(t *testing.T) {
	c := served(t)
	says(t, works(t, c, "explain", args{"sql": "SELECT * FROM orders WHERE id = 7;"}), "Index Scan on orders using orders_pkey", "index condition (orders.id = 7)", "rows 1,")
	says(t, works(t, c, "explain", args{"sql": "SELECT * FROM orders WHERE customer_id = 7"}), "Seq Scan on orders", "reads all of 10k rows for about 20", "hypothetical_indexes")
	says(t, works(t, c, "explain", args{"sql": "SELECT * FROM orders WHERE customer_id = $1 AND status = $2"}), "any values", "customer_id = $1")
	says(t, works(t, c, "explain", args{"sql": "SELECT * FROM orders WHERE customer_id = $1 AND status = $2", "params": []any{7, "paid"}, "analyze": true}),
		"customer_id = 7", "removed", "execution", "expected")
	text := works(t, c, "explain", args{"sql": "SELECT 1", "format": "json"})
	var plans []map[string]any
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) != 1 {
		t.Errorf("got %s, %v", text, err)
	}
}

// What stands out of a run: a wrong estimate, and what goes to disk.
func TestExplainRemarks(t *testing.T) {
	c := served(t)
	says(t, works(t, c, "explain", args{"analyze": true, "sql": "SELECT * FROM orders WHERE id % 2 = 0 AND id > 0"}), "worst estimate: Seq Scan on orders was expected to bring 50 rows and brought 5000")
	says(t, works(t, c, "explain", args{"analyze": true, "sql": "SELECT repeat(n::text, 20) FROM generate_series(1, 200000) n ORDER BY 1"}), "spills", "work_mem", "of the time")
	says(t, works(t, c, "explain", args{"analyze": true, "sql": "SELECT * FROM orders WHERE now() < '2000-01-01'"}), "never ran")
	if text := works(t, c, "explain", args{"analyze": true, "sql": "SELECT EXISTS (SELECT FROM orders), * FROM (SELECT * FROM customers LIMIT 1) c"}); strings.Contains(text, "worst") {
		t.Errorf("a node that was stopped early is taken for a wrong estimate:\n%s", text)
	}
}

func TestExplainRefuses(t *testing.T) {
	c := served(t)
	for _, q := range []struct {
		in   args
		want string
	}{
		{args{"sql": "EXPLAIN SELECT 1"}, "no query"},
		{args{"sql": "SHOW work_mem"}, "no query"},
		{args{"sql": "SELECT 1; SELECT 2"}, "more than one statement"},
		{args{"sql": "CREATE TABLE x AS SELECT 1"}, "CREATE"},
		{args{"sql": "DELETE FROM orders", "analyze": true}, "read-only"},
		{args{"sql": "SELECT pg_terminate_backend(1)", "analyze": true}, "pg_terminate_backend"},
		{args{"sql": "SELECT nothing FROM orders"}, "SQLSTATE 42703, at character 8"},
		{args{"sql": "SELECT $1::int", "analyze": true}, "give params"},
		{args{"sql": "SELECT 1", "analyze": true, "hypothetical_indexes": []string{"CREATE INDEX ON orders (status)"}}, "leave analyze out"},
		{args{"sql": "SELECT $99999999999999999999"}, ""},
		{args{"sql": "SELECT 1", "hypothetical_indexes": []string{"CREATE INDEX ON orders (status)"}}, "hypopg"},
		{args{"sql": "SELECT 1", "hypothetical_indexes": []string{"DROP TABLE orders"}}, "CREATE INDEX"},
	} {
		if got := c.Call("explain", q.in); !got.IsError || !strings.Contains(got.Content[0].Text, q.want) {
			t.Errorf("%v: got %s, want an error with %s", q.in, got.Text(), q.want)
		}
	}
}

// What may not be seen is in no plan either, nor does a plan tell of its values.
func TestExplainHidden(t *testing.T) {
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c := tuned(t, postgres.Config{Database: postgres.Database{DenyTables: []string{"products"}, Mask: []string{"customers.email"}}})
	for _, q := range []args{
		{"sql": "SELECT * FROM products"},
		{"sql": "SELECT title FROM products WHERE id = $1"},
		{"sql": "SELECT total FROM revenue"},
		{"sql": "SELECT id FROM customers WHERE email > 'customer3'"},
		{"sql": "SELECT id FROM customers WHERE email > 'customer3'", "analyze": true},
		{"sql": "SELECT id FROM customers WHERE email > $1"},
		{"sql": "SELECT id FROM (SELECT * FROM customers) x (a, b, id) WHERE id > 'customer3'"},
	} {
		if got := c.Call("explain", q); !got.IsError {
			t.Errorf("%v: got %s", q, got.Text())
		}
	}
	says(t, works(t, c, "explain", args{"sql": "SELECT name FROM customers WHERE id = 3", "analyze": true}), "customers_pkey")
}

func TestHypotheticalIndexes(t *testing.T) {
	c := withExtensions(t, postgres.Config{})
	index := "CREATE INDEX ON events (customer_id, at)"
	for _, in := range []args{
		{"sql": "SELECT * FROM events WHERE customer_id = 7 ORDER BY at", "hypothetical_indexes": []string{index}},
		{"sql": "SELECT * FROM events WHERE customer_id = $1 ORDER BY at", "hypothetical_indexes": []string{index, "create unique index x on events (kind, id)"}},
	} {
		says(t, works(t, c, "explain", in), "Cost without these indexes", "% less", "events_customer_id_at on public.events: used, about ")
		says(t, works(t, c, "explain", args{"sql": in["sql"]}), "Seq Scan on events") // it is gone
	}
	for _, q := range []struct{ index, want string }{
		{"CREATE INDEX ON events (nothing)", "nothing"},
		{"CREATE INDEX ON events (customer_id); DROP TABLE events", "more than one statement"},
		{"DROP TABLE events", "CREATE INDEX"},
		{"CREATE TABLE x (a int)", "CREATE INDEX"},
		{"CREATE INDEX ON events ((pg_read_file('/etc/passwd')))", "pg_read_file"},
		{"CREATE INDEX ON pg_catalog.pg_authid (rolpassword)", "pg_"},
		{"SELECT 1", "CREATE INDEX"},
		{"", "no statement"},
	} {
		got := c.Call("explain", args{"sql": "SELECT * FROM events WHERE customer_id = 7", "hypothetical_indexes": []string{index, q.index}})
		if !got.IsError || !strings.Contains(got.Text(), q.want) {
			t.Errorf("%s: got %s, want an error with %s", q.index, got.Text(), q.want)
		}
		says(t, works(t, c, "explain", args{"sql": "SELECT * FROM events WHERE customer_id = 7"}), "Seq Scan on events")
	}
	hidden := withExtensions(t, postgres.Config{Database: postgres.Database{DenyTables: []string{"events"}}})
	if got := hidden.Call("explain", args{"sql": "SELECT 1", "hypothetical_indexes": []string{index}}); !got.IsError || !strings.Contains(got.Text(), "may not be seen") {
		t.Errorf("an index on a denied table: got %s", got.Text())
	}
}
