package postgres_test

import (
	"strings"
	"testing"
)

func TestParams(t *testing.T) {
	c := served(t)
	for _, q := range []struct {
		sql    string
		params []any
		want   string
	}{
		{"SELECT $1::int + 1 AS n", []any{41}, `"n": 42`},
		{"SELECT $1::text AS t", []any{"it's; DROP TABLE orders --"}, `"t": "it's; DROP TABLE orders --"`},
		{"SELECT $1::text IS NULL AS t", []any{nil}, `"t": true`},
		{"SELECT $1::bool AS t", []any{false}, `"t": false`},
		{"SELECT count(*) AS n FROM customers WHERE id = ANY($1)", []any{[]any{1, 2, 3}}, `"n": "3"`},
		{"SELECT ($1::text[])[2] AS t", []any{[]any{"a", `b"\,{}`, nil}}, `"t": "b\"\\,{}"`},
		{"SELECT $1::jsonb ->> 'a' AS t", []any{map[string]any{"a": "x"}}, `"t": "x"`},
		{"SELECT $1::numeric AS t", []any{"123456789012345678901234567890.10"}, `"t": "123456789012345678901234567890.10"`},
		{"SELECT '{\"a\":1}'::jsonb ? $1 AS t", []any{"a"}, `"t": true`},
	} {
		res := c.Call("query", map[string]any{"sql": q.sql, "params": q.params})
		if res.IsError || !strings.Contains(res.Content[0].Text, q.want) {
			t.Errorf("%s with %v: got %s, want %s", q.sql, q.params, res.Content[0].Text, q.want)
		}
	}
	if res := c.Call("query", map[string]any{"sql": "SELECT $1::int", "params": []any{"x"}}); !res.IsError || !strings.Contains(res.Content[0].Text, "22P02") {
		t.Errorf("got %+v", res)
	}
	if res := c.Call("query", map[string]any{"sql": "SELECT pg_catalog.now() FROM generate_series(1, 1000000000) g", "timeout_ms": 50}); !res.IsError || !strings.Contains(res.Content[0].Text, "57014") {
		t.Errorf("got %+v", res)
	}
}
