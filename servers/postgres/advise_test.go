package postgres_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
)

var slow = []string{
	"SELECT * FROM events WHERE customer_id = 7 AND at > '2026-01-20' AND kind = 'k3'",
	"SELECT c.name, e.at FROM customers c JOIN events e ON e.customer_id = c.id WHERE c.country = 'DE' AND c.id < 10 ORDER BY e.at DESC LIMIT 5",
	"SELECT * FROM events ORDER BY at DESC, id LIMIT 10",
	"SELECT * FROM events WHERE lower(kind) = 'k3' AND id + 1 = 5",
	"SELECT * FROM events WHERE id = 7",
	"DELETE FROM events",
}

func TestAdviseIndexes(t *testing.T) {
	c := withExtensions(t, postgres.Config{})
	text := works(t, c, "advise_indexes", args{"queries": slow})
	says(t, text, "Proved with hypopg", "CREATE INDEX CONCURRENTLY ON public.events (customer_id", "CREATE INDEX CONCURRENTLY ON public.events (at DESC, id)",
		"% less): SELECT * FROM events WHERE customer_id = ?", "not looked at: DELETE FROM events", "beginning of no_key_a_b")
	for _, piece := range []string{"(kind)", "events (id", "lower"} {
		if proved, _, _ := strings.Cut(text, "  cost"); strings.Contains(proved, piece) {
			t.Errorf("%s is of no use:\n%s", piece, text)
		}
	}
	says(t, works(t, c, "advise_indexes", args{"queries": slow[4:5]}), "No index would spare")
	says(t, works(t, c, "advise_indexes", args{"queries": slow[:1], "max_size_mb": 1}), "No index would spare")
	says(t, works(t, c, "advise_indexes", args{"queries": slow[:1]}), "(customer_id, kind); -- about 1.9 MB")
	one := works(t, c, "advise_indexes", args{"queries": slow, "limit": 1})
	if n := strings.Count(one, "CONCURRENTLY ON"); n != 1 {
		t.Errorf("%d indexes where one was asked for:\n%s", n, one)
	}
}

// What takes most time comes from the statistics, with parameters for values.
func TestAdviseFromStatistics(t *testing.T) {
	c := withExtensions(t, postgres.Config{})
	for range 20 {
		run(t, "SELECT note FROM events WHERE customer_id = 42 AND kind IN ('k1', 'k2')")
	}
	says(t, works(t, c, "advise_indexes", nil), "Proved with hypopg", "ON public.events (customer_id", "SELECT note FROM events WHERE customer_id = $1")
}

func TestAdviseHides(t *testing.T) {
	c := withExtensions(t, postgres.Config{Database: postgres.Database{DenyTables: []string{"events"}}})
	text := works(t, c, "advise_indexes", args{"queries": slow[:1]})
	says(t, text, "not looked at", "may not be used")
	if strings.Contains(text, "CREATE INDEX CONCURRENTLY ON") {
		t.Errorf("a denied table gets an index:\n%s", text)
	}
}

func TestAdviseUnproved(t *testing.T) {
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c := tuned(t, postgres.Config{})
	says(t, works(t, c, "advise_indexes", args{"queries": []string{"SELECT * FROM orders WHERE customer_id = 3 AND ordered_at > '2025-02-01' ORDER BY id"}}),
		"UNPROVED", "ON public.orders (customer_id, ordered_at)", "CREATE EXTENSION hypopg")
	if got := c.Call("advise_indexes", nil); !got.IsError || !strings.Contains(got.Text(), "pg_stat_statements") {
		t.Errorf("got %s", got.Text())
	}
}
